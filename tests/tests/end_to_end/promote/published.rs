//! `cargo promote publish` of what was staged and promoted.

use std::path::PathBuf;

use cargo_promote::digest::Digest;
use serde_json::Value;
use tests::registry::Registry;

use super::staging::Staging;
use crate::support::{Binary, Ran, Run};

const TOKEN: &str = "the-token-of-the-registry-that-shows-nowhere";
const PACKAGE: &str = "tool-1.0.0";

/// A candidate with a package in production, and a registry.
struct Promoted {
    staging: Staging,
    registry: Registry,
    manifest: Value,
}

impl Promoted {
    fn new() -> Self {
        let staging = Staging::new("[candidate]\narchives = false\n");
        let staged = staging.stage();
        for environment in ["staging", "production"] {
            staging.told(&["to", environment, "--execute"], 0);
        }
        Self { staging, registry: Registry::start(TOKEN).unwrap(), manifest: staged["manifest"].clone() }
    }

    fn root(&self) -> PathBuf {
        self.staging.root()
    }

    /// Where the store has the package.
    fn blob(&self) -> PathBuf {
        let artifacts = self.manifest["artifacts"].as_array().unwrap();
        let package = artifacts.iter().find(|one| one["name"] == format!("{PACKAGE}.crate")).unwrap();
        let digest: Digest = package["digest"].as_str().unwrap().parse().unwrap();
        self.staging.store().join("blobs/sha256").join(digest.hex())
    }

    fn run<'a>(&'a self, args: &[&str]) -> Run<'a> {
        Run::new(&self.staging.project.workspace, Binary::Promote, &["publish", "production"])
            .args(args.iter().copied())
            .env("ACME_TOKEN", TOKEN)
            .env("CARGO_REGISTRIES_OWN_TOKEN", TOKEN)
    }

    /// To the index of the registry.
    fn publish(&self, args: &[&str]) -> Ran {
        let index = self.registry.index();
        self.run(args).args(["--stand-in", "--token-env", "ACME_TOKEN", "--index", &index]).end()
    }

    /// To the registry that cargo's configuration calls `own`.
    fn named(&self) -> Run<'_> {
        self.run(&["--registry", "own", "--execute"])
    }
}

#[test]
fn what_production_runs_is_published_as_it_was_staged() {
    let it = Promoted::new();
    let whole = std::fs::read(it.blob()).unwrap();
    // what lies in the workspace by now is not what was staged
    std::fs::write(it.root().join("src/main.rs"), "fn main() { todo!() }\n").unwrap();
    let plan = it.publish(&[]);
    assert!(plan.code == Some(0) && plan.stdout.contains("nothing was sent"), "{plan:#?}");
    let done = it.publish(&["--execute"]);
    assert_eq!(done.code, Some(0), "{done:#?}");
    assert_eq!(it.registry.kept()[PACKAGE], whole);
    assert!(it.publish(&["--execute"]).stdout.contains("everything is there already"));
    assert_eq!(it.registry.uploads().len(), 1);
}

#[test]
fn a_candidate_whose_bytes_changed_is_not_published() {
    let it = Promoted::new();
    let blob = it.blob();
    let digest = it.staging.json(&["status"])["environments"][0]["runs"]["candidate"].clone();
    let digest: Digest = digest.as_str().unwrap().parse().unwrap();
    let manifest = it.staging.store().join("candidates").join(digest.hex());
    for file in [&blob, &manifest] {
        let whole = std::fs::read(file).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for bytes in
            [flipped, whole[..whole.len() - 1].to_vec(), [whole.as_slice(), b" "].concat(), Vec::new()]
        {
            std::fs::write(file, bytes).unwrap();
            let refused = it.publish(&["--execute"]);
            assert!(refused.code == Some(2) && refused.stderr.contains("is damaged"), "{refused:#?}");
        }
        std::fs::remove_file(file).unwrap();
        let refused = it.publish(&["--execute"]);
        assert_eq!(refused.code, Some(2), "{refused:#?}");
        std::fs::write(file, whole).unwrap();
    }
    assert!(it.registry.uploads().is_empty());
    assert_eq!(it.publish(&["--execute"]).code, Some(0));
}

#[test]
fn a_registry_is_found_by_its_name_as_cargo_finds_it() {
    let it = Promoted::new();
    let write = |folder: PathBuf, index: &str| {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), format!("[registries.own]\nindex = \"{index}\"\n"))
            .unwrap();
    };
    let nowhere = "sparse+http://127.0.0.1:9/index/";
    let home = it.staging.project.workspace.home().join("cargo");
    let unknown = it.named().env("CARGO_HOME", &home).end();
    assert!(unknown.code == Some(2) && unknown.stderr.contains("has no registry `own`"), "{unknown:#?}");
    // that of the user
    write(home.clone(), &it.registry.index());
    let none = it.named().env("CARGO_HOME", &home).without_env("CARGO_REGISTRIES_OWN_TOKEN").end();
    assert!(none.code == Some(2) && none.stderr.contains("CARGO_REGISTRIES_OWN_TOKEN"), "{none:#?}");
    let done = it.named().env("CARGO_HOME", &home).end();
    assert_eq!(done.code, Some(0), "{done:#?}");
    assert_eq!(it.registry.kept()[PACKAGE], std::fs::read(it.blob()).unwrap());
    // the workspace's own goes before it, and a variable before both
    write(it.root().join(".cargo"), nowhere);
    let other = it.named().env("CARGO_HOME", &home).end();
    assert!(other.code == Some(2) && other.stderr.contains("127.0.0.1:9"), "{other:#?}");
    let index = it.registry.index();
    let done = it.named().env("CARGO_HOME", &home).env("CARGO_REGISTRIES_OWN_INDEX", index).end();
    assert!(done.code == Some(0) && done.stdout.contains("everything is there already"), "{done:#?}");
    // the nearest file alone
    write(it.root().join(".cargo"), &it.registry.index());
    assert_eq!(it.named().end().code, Some(0));
    assert_eq!(it.registry.uploads().len(), 1);
}
