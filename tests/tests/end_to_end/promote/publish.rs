//! `cargo promote publish` against a registry of our own, and cargo as the one who uses what was published.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cargo_promote::digest::Digest;
use serde_json::Value;
use tests::registry::{Fault, Registry};

use crate::support::{Binary, Ran, Run, Workspace, clean, git};

const TOKEN: &str = "a-token-that-shows-nowhere";
/// In the order in which they have to go.
const NAMES: [&str; 3] = ["acme-zero", "acme-mid", "acme-app"];

/// Three packages that need each other, packaged by cargo for the default registry.
struct Acme {
    workspace: Workspace,
    packages: PathBuf,
    registry: Registry,
}

/// A package as the workspace has it.
fn package(name: &str, rest: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"1.2.0\"\nedition = \"2024\"\nlicense = \"MIT\"\n\
         description = \"A test.\"\nrepository = \"https://forge.invalid/acme\"\nreadme = \"README.md\"\n{rest}"
    )
}

impl Acme {
    fn new() -> Self {
        let path = |name: &str| format!("{{ path = \"../{name}\", version = \"=1.2.0\" }}");
        let mid = "[dependencies]\nzero = { package = \"acme-zero\", path = \"../acme-zero\", version = \"1.2\" }\n";
        let app = format!(
            "[dependencies]\nacme-mid = {}\n[dev-dependencies]\nacme-zero = {}\n",
            path("acme-mid"),
            path("acme-zero")
        );
        let workspace = Workspace::empty()
            .with("Cargo.toml", "[workspace]\nmembers = [\"acme-*\"]\nresolver = \"3\"\n")
            .with("acme-zero/Cargo.toml", package("acme-zero", ""))
            .with("acme-mid/Cargo.toml", package("acme-mid", mid))
            .with("acme-app/Cargo.toml", package("acme-app", &app))
            .with(".gitignore", "/target\n");
        let workspace = NAMES.into_iter().fold(workspace, |workspace, name| {
            workspace
                .with(&format!("{name}/src/lib.rs"), "//! x\n")
                .with(&format!("{name}/README.md"), format!("# {name}\n"))
        });
        let registry = Registry::start(TOKEN).unwrap();
        let acme = Self { packages: workspace.target().join("package"), workspace, registry };
        std::fs::create_dir_all(acme.workspace.home()).unwrap();
        let lock = acme.cargo(&acme.workspace.root(), &["generate-lockfile"]);
        assert!(lock.status.success(), "{lock:?}");
        acme.workspace.commit();
        acme.package();
        acme
    }

    fn package(&self) {
        self.packaged(&["--workspace"]);
    }

    /// cargo packages for the default registry, which it is not let ask: the packages need each other only.
    fn packaged(&self, args: &[&str]) {
        let mut command = Command::new("cargo");
        clean(&mut command, &self.workspace.home());
        let packaged = command
            .current_dir(self.workspace.root())
            .env("CARGO_HOME", self.workspace.home().join("cargo"))
            .env("CARGO_TARGET_DIR", self.workspace.target())
            .args(["package", "--no-verify", "--quiet", "--offline"])
            .args(args)
            .output()
            .unwrap();
        assert!(packaged.status.success(), "{packaged:?}");
    }

    /// cargo with a home of its own and the registry in the place of the default one.
    fn cargo(&self, folder: &Path, args: &[&str]) -> std::process::Output {
        let mut command = Command::new("cargo");
        clean(&mut command, &self.workspace.home());
        command
            .current_dir(folder)
            .env("CARGO_HOME", self.workspace.home().join("cargo"))
            .env("CARGO_TARGET_DIR", self.workspace.target())
            .env_remove("CARGO_NET_OFFLINE")
            .args(args)
            .args(["--config", "source.crates-io.replace-with='local'"])
            .args(["--config", &format!("source.local.registry='{}'", self.registry.index())])
            .output()
            .unwrap()
    }

    fn run<'a>(&'a self, args: &[&str]) -> Run<'a> {
        let (index, from) = (self.registry.index(), self.packages.to_string_lossy().into_owned());
        Run::new(&self.workspace, Binary::Promote, &["publish", "--stand-in", "--token-env", "ACME_TOKEN"])
            .args(["--index", &index, "--from", &from])
            .args(args.iter().copied())
            .env("ACME_TOKEN", TOKEN)
    }

    fn publish(&self, args: &[&str]) -> Ran {
        let ran = self.run(args).end();
        assert!(!format!("{ran:?}").contains(TOKEN), "{ran:#?}");
        ran
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.packages.join(format!("{name}-1.2.0.crate"))).unwrap()
    }

    /// Everything is there, byte for byte, and was sent in its order; nothing that was there was sent again.
    fn is_whole(&self, why: &str) {
        let uploads = self.registry.uploads();
        let kept: Vec<_> =
            uploads.iter().filter(|one| one.kept).map(|one| one.metadata["name"].clone()).collect();
        assert_eq!(kept, NAMES, "{why}");
        assert!(uploads.iter().all(|one| !one.again), "{why}: sent again although it was there");
        for name in NAMES {
            assert_eq!(self.registry.kept()[&format!("{name}-1.2.0")], self.bytes(name), "{why}");
        }
    }
}

#[test]
fn cargo_uses_what_was_published_and_locks_our_digest() {
    let acme = Acme::new();
    let shown = acme.publish(&[]);
    assert!(shown.code == Some(0) && shown.stdout.contains("nothing was sent"), "{shown:#?}");
    assert!(acme.registry.uploads().is_empty());
    let done = acme.publish(&["--execute"]);
    assert_eq!(done.code, Some(0), "{done:#?}");
    acme.is_whole("the first time");
    let user = tempfile::tempdir().unwrap();
    std::fs::create_dir(user.path().join("src")).unwrap();
    std::fs::write(user.path().join("src/lib.rs"), "//! x\n").unwrap();
    let manifest =
        "[package]\nname = \"user\"\nedition = \"2024\"\n[dependencies]\nacme-app = \"1\"\n[workspace]\n";
    std::fs::write(user.path().join("Cargo.toml"), manifest).unwrap();
    let checked = acme.cargo(user.path(), &["check", "--quiet"]);
    assert!(checked.status.success(), "{checked:?}");
    let lock = std::fs::read_to_string(user.path().join("Cargo.lock")).unwrap();
    for name in NAMES {
        assert!(lock.contains(&Digest::of(&acme.bytes(name)).hex()), "{name}: {lock}");
    }
    // again: nothing to do, also from bytes that were packaged again
    acme.package();
    let again = acme.publish(&["--execute"]);
    assert!(again.code == Some(0) && again.stdout.contains("everything is there already"), "{again:#?}");
    acme.is_whole("again");
}

#[test]
fn after_any_failure_the_same_call_goes_on_and_nothing_is_sent_twice() {
    let acme = Acme::new();
    let faults = [Fault::ErrorBefore, Fault::ErrorAfter, Fault::CutBefore, Fault::CutAfter, Fault::Refused];
    for fault in faults {
        for nth in 1..=3 {
            for delay in [0, 2] {
                let why = format!("{fault:?} of upload {nth}, shown after {delay} more reads");
                acme.registry.clear();
                std::fs::remove_dir_all(acme.workspace.root().join(".git/promote")).ok();
                acme.registry.fail(nth, fault);
                acme.registry.delay(delay);
                let kept = matches!(fault, Fault::ErrorAfter | Fault::CutAfter);
                // what was not kept is waited for in vain, by either call
                let wait = if kept { "1m" } else { "500ms" };
                let first = acme.publish(&["--execute", "--wait", wait]);
                assert_eq!(first.code, Some(if kept { 0 } else { 2 }), "{why}: {first:#?}");
                acme.registry.heal();
                let second = acme.publish(&["--execute", "--wait", wait]);
                assert_eq!(second.code, Some(0), "{why}: {second:#?}");
                acme.is_whole(&why);
            }
        }
    }
}

#[test]
fn an_index_that_is_late_is_waited_for_and_what_nobody_knows_is_said() {
    let acme = Acme::new();
    acme.registry.fail(2, Fault::CutAfter);
    acme.registry.delay(1);
    let first = acme.publish(&["--execute", "--wait", "10s"]);
    assert_eq!(first.code, Some(0), "{first:#?}");
    acme.is_whole("a late index");
    acme.registry.clear();
    std::fs::remove_dir_all(acme.workspace.root().join(".git/promote")).unwrap();
    acme.registry.fail(1, Fault::CutAfter);
    acme.registry.delay(100_000);
    let lost = acme.publish(&["--execute", "--wait", "300ms"]);
    assert!(lost.code == Some(2) && lost.stderr.contains("nobody knows"), "{lost:#?}");
    // it is there, and the journal knows that it may be: it is looked for, not sent again
    let taken = acme.publish(&["--execute", "--wait", "300ms"]);
    assert_eq!(taken.code, Some(2), "{taken:#?}");
    acme.registry.heal();
    assert_eq!(acme.publish(&["--execute"]).code, Some(0));
    let uploads = acme.registry.uploads();
    assert_eq!(uploads.iter().filter(|one| one.kept).count(), 3);
    for name in NAMES {
        assert_eq!(acme.registry.kept()[&format!("{name}-1.2.0")], acme.bytes(name));
    }
}

#[test]
fn a_killed_publisher_is_followed_by_one_that_goes_on() {
    let acme = Acme::new();
    for (fault, nth) in
        [(Fault::HeldBefore, 1), (Fault::HeldAfter, 1), (Fault::HeldBefore, 3), (Fault::HeldAfter, 2)]
    {
        acme.registry.clear();
        std::fs::remove_dir_all(acme.workspace.root().join(".git/promote")).ok();
        acme.registry.fail(nth, fault);
        let mut child = acme.run(&["--execute", "--wait", "1s"]).command().spawn().unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        while acme.registry.uploads().len() < nth {
            assert!(Instant::now() < deadline, "the upload does not come");
            std::thread::sleep(Duration::from_millis(5));
        }
        // two at a time are one too many
        let other = acme.publish(&["--execute"]);
        assert!(other.code == Some(2) && other.stderr.contains("at work"), "{other:#?}");
        child.kill().unwrap();
        child.wait().unwrap();
        acme.registry.heal();
        let after = acme.publish(&["--execute", "--wait", "1s"]);
        assert_eq!(after.code, Some(0), "{fault:?}: {after:#?}");
        acme.is_whole(&format!("{fault:?} of upload {nth}"));
    }
}

#[test]
fn other_bytes_of_a_version_stop_everything_before_the_first_upload() {
    let acme = Acme::new();
    acme.registry.put("acme-app", "1.2.0", b"other bytes", false);
    let refused = acme.publish(&["--execute"]);
    assert_eq!(refused.code, Some(1), "{refused:#?}");
    for digest in [Digest::of(b"other bytes").hex(), Digest::of(&acme.bytes("acme-app")).hex()] {
        assert!(refused.stderr.contains(&digest), "{refused:#?}");
    }
    assert!(acme.registry.uploads().is_empty());
    // the same bytes are done, yanked ones too, and that is told
    acme.registry.clear();
    acme.registry.put("acme-app", "1.2.0", &acme.bytes("acme-app"), true);
    let shown = acme.publish(&[]);
    assert!(shown.code == Some(0) && shown.stdout.contains("was yanked"), "{shown:#?}");
}

#[test]
fn what_is_missing_is_told_before_the_first_upload() {
    let acme = Acme::new();
    std::fs::remove_file(acme.packages.join("acme-zero-1.2.0.crate")).unwrap();
    let refused = acme.publish(&["--execute"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("needs `acme-zero`"), "{refused:#?}");
    assert!(acme.registry.uploads().is_empty());
    // a yanked one is not there for those who need it; a good one is
    acme.registry.put("acme-zero", "1.2.0", b"x", true);
    assert_eq!(acme.publish(&[]).code, Some(1));
    acme.registry.put("acme-zero", "1.2.9", b"x", false);
    let dev_pin = acme.publish(&[]);
    assert!(dev_pin.code == Some(1) && dev_pin.stderr.contains("=1.2.0"), "{dev_pin:#?}");
}

#[test]
fn packages_of_a_dirty_tree_of_two_commits_or_that_are_not_to_be_published_are_refused() {
    let acme = Acme::new();
    let root = acme.workspace.root();
    std::fs::write(root.join("acme-zero/src/lib.rs"), "//! y\n").unwrap();
    acme.packaged(&["--package", "acme-zero", "--allow-dirty"]);
    let refused = acme.publish(&["--execute"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("not committed"), "{refused:#?}");
    git(&root, &["commit", "--quiet", "--all", "--message", "fix: y"]);
    acme.packaged(&["--package", "acme-zero"]);
    let refused = acme.publish(&["--execute"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("was packaged from"), "{refused:#?}");
    let text = std::fs::read_to_string(root.join("acme-zero/Cargo.toml")).unwrap();
    let text = text.replacen("license", "publish = false\nlicense", 1);
    std::fs::write(root.join("acme-zero/Cargo.toml"), text).unwrap();
    git(&root, &["commit", "--quiet", "--all", "--message", "fix: not for everybody"]);
    acme.packaged(&["--package", "acme-zero"]);
    let refused = acme.publish(&["--execute"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("may not go to"), "{refused:#?}");
    assert!(acme.registry.uploads().is_empty());
}

#[test]
fn the_token_goes_to_uploads_only_and_none_is_no_start() {
    let acme = Acme::new();
    let none = acme.run(&["--execute"]).without_env("ACME_TOKEN").end();
    assert!(none.code == Some(2) && none.stderr.contains("ACME_TOKEN, which is not set"), "{none:#?}");
    let wrong = acme.run(&["--execute"]).env("ACME_TOKEN", "wr0ng").end();
    assert!(wrong.code == Some(2) && wrong.stderr.contains("token is not valid"), "{wrong:#?}");
    assert!(!format!("{wrong:?}").contains("wr0ng"));
    acme.registry.clear();
    std::fs::remove_dir_all(acme.workspace.root().join(".git/promote")).unwrap();
    assert_eq!(acme.publish(&["--execute"]).code, Some(0));
    for (line, token) in acme.registry.requests() {
        assert_eq!(token.is_some(), line.starts_with("PUT /api/v1/crates/new "), "{line}");
    }
    let journal = std::fs::read_dir(acme.workspace.root().join(".git/promote/publish")).unwrap();
    for file in journal {
        assert!(!std::fs::read_to_string(file.unwrap().path()).unwrap().contains(TOKEN));
    }
}

/// A package with everything that a manifest can say, published by cargo itself and then by us.
#[test]
fn the_registry_is_told_what_cargo_would_tell_it() {
    let registry = Registry::start(TOKEN).unwrap();
    let rest = "documentation = \"https://docs.invalid\"\nhomepage = \"https://home.invalid\"\n\
                keywords = [\"a\", \"b\"]\ncategories = [\"command-line-utilities\"]\nauthors = [\"A <a@x.invalid>\"]\n\
                license-file = \"LICENSE\"\nlinks = \"z\"\nrust-version = \"1.85\"\nbuild = \"build.rs\"\n\
                publish = [\"own\"]\n\
                [badges]\nmaintenance = { status = \"experimental\" }\n\
                [features]\ndefault = [\"fast\"]\nfast = [\"dep:zero\", \"two?/more\"]\nplain = [\"two\"]\n\
                [dependencies]\n\
                zero = { package = \"acme-zero\", version = \"1.2\", registry = \"own\", optional = true }\n\
                two = { package = \"acme-two\", version = \"~1.2.0\", registry = \"own\", optional = true, \
                default-features = false, features = [\"one\"] }\n\
                [target.'cfg(unix)'.dependencies]\nacme-two = { version = \">=1, <3\", registry = \"own\" }\n\
                [target.x86_64-pc-windows-msvc.build-dependencies]\nacme-zero = { version = \"=1.2.0\", registry = \"own\" }\n\
                [dev-dependencies]\nacme-zero = { version = \"*\", registry = \"own\" }\n\
                [build-dependencies]\nacme-zero = { version = \"1\", registry = \"own\" }\n";
    let plain = |name: &str| package(name, "publish = [\"own\"]\n[features]\nmore = []\none = []\n");
    let workspace =
        ["acme-zero", "acme-two", "acme-full"].into_iter().fold(Workspace::empty(), |workspace, name| {
            let manifest = if name == "acme-full" { package(name, rest) } else { plain(name) };
            workspace
                .with(&format!("{name}/Cargo.toml"), format!("{manifest}[workspace]\n"))
                .with(&format!("{name}/src/lib.rs"), "//! x\n")
                .with(&format!("{name}/build.rs"), "fn main() {}\n")
                .with(&format!("{name}/LICENSE"), "MIT\n")
                .with(&format!("{name}/README.md"), "# Ü\n")
        });
    let workspace = workspace.with("Cargo.toml", "[workspace]\nexclude = [\"acme-*\"]\n");
    std::fs::create_dir_all(workspace.home()).unwrap();
    workspace.commit();
    for name in ["acme-zero", "acme-two", "acme-full"] {
        let mut cargo = Command::new("cargo");
        clean(&mut cargo, &workspace.home());
        let published = cargo
            .current_dir(workspace.root().join(name))
            .env("CARGO_HOME", workspace.home().join("cargo"))
            .env("CARGO_TARGET_DIR", workspace.target())
            .env("CARGO_REGISTRIES_OWN_INDEX", registry.index())
            .env("CARGO_REGISTRIES_OWN_TOKEN", TOKEN)
            .env_remove("CARGO_NET_OFFLINE")
            .args(["publish", "--registry", "own", "--no-verify", "--quiet", "--allow-dirty"])
            .output()
            .unwrap();
        assert!(published.status.success(), "{published:?}");
    }
    let theirs = registry.uploads();
    registry.clear();
    let folder = tempfile::tempdir().unwrap();
    for upload in &theirs {
        let name = format!("{}-1.2.0.crate", upload.metadata["name"].as_str().unwrap());
        std::fs::write(folder.path().join(name), &upload.bytes).unwrap();
    }
    let from = folder.path().to_string_lossy().into_owned();
    let ran = Run::new(
        &workspace,
        Binary::Promote,
        &["publish", "--registry", "own", "--execute", "--from", &from],
    )
    .env("CARGO_REGISTRIES_OWN_INDEX", registry.index())
    .env("CARGO_REGISTRIES_OWN_TOKEN", TOKEN)
    .end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let told = |uploads: &[tests::registry::Upload], name: &str| -> (Value, Vec<u8>) {
        let upload = uploads.iter().find(|one| one.metadata["name"] == name).unwrap();
        (sorted(upload.metadata.clone()), upload.bytes.clone())
    };
    let ours = registry.uploads();
    for name in ["acme-zero", "acme-two", "acme-full"] {
        assert_eq!(told(&ours, name), told(&theirs, name), "{name}");
    }
}

/// The order of dependencies says nothing.
fn sorted(mut metadata: Value) -> Value {
    metadata["deps"].as_array_mut().unwrap().sort_by_key(Value::to_string);
    metadata
}
