//! A workspace with a git repository in which candidates are staged by way of the library: nothing is built.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cargo_gate::exec::Cancel;
use cargo_gate::gate::Stage;
use cargo_gate::verdict::Status;
use cargo_promote::attest::{Build, Gate, Verdict};
use cargo_promote::candidate::{Artifact, Candidate, Kind, Manifest, Toolchain};
use cargo_promote::digest::Digest;
use cargo_promote::ledger::{Action, Head, Staged};
use cargo_promote::ops::advance::advance;
use cargo_promote::ops::attest;
use cargo_promote::ops::session::Session;

use crate::support::{Binary, Ran, Run, Workspace, git};

/// A workspace of one package without any code to build, with one commit and a user whom git knows.
pub(crate) struct Project {
    /// The workspace.
    pub(crate) workspace: Workspace,
}

impl Project {
    /// With that `promote.toml`; none where the text is empty.
    pub(crate) fn new(config: &str) -> Self {
        let workspace = Workspace::empty()
            .with("Cargo.toml", "[package]\nname = \"tool\"\nversion = \"1.0.0\"\nedition = \"2024\"\n")
            .with("src/main.rs", "fn main() {}\n")
            .with(".gitignore", "/target\n");
        let project = Self { workspace };
        if !config.is_empty() {
            std::fs::write(project.root().join("promote.toml"), config).unwrap();
        }
        project.workspace.stage();
        git(&project.root(), &["config", "user.name", "Ada"]);
        git(&project.root(), &["config", "user.email", "ada@example.invalid"]);
        git(&project.root(), &["commit", "--quiet", "--message", "feat: one"]);
        project
    }

    /// Its root.
    pub(crate) fn root(&self) -> PathBuf {
        self.workspace.root()
    }

    /// `cargo promote` with those arguments, run to its end.
    pub(crate) fn promote(&self, args: &[&str]) -> Ran {
        Run::new(&self.workspace, Binary::Promote, args).end()
    }

    /// The same, which must end with that exit code; its standard output and then its standard error.
    pub(crate) fn told(&self, args: &[&str], code: i32) -> String {
        let ran = self.promote(args);
        assert_eq!(ran.code, Some(code), "{args:?}: {ran:#?}");
        format!("{}{}", ran.stdout, ran.stderr)
    }

    /// The library's view of it.
    pub(crate) fn session(&self) -> Session {
        Session::at(self.root(), &Cancel::default()).unwrap()
    }

    /// What git prints, without the line end.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.session().git.text(args).unwrap()
    }

    /// A new commit on the current branch; its name.
    pub(crate) fn commit(&self, message: &str) -> String {
        git(&self.root(), &["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Stages a candidate of the current commit with these files, as `cargo promote stage` would.
    pub(crate) fn stage(&self, version: &str, files: &[(&str, &[u8])]) -> Digest {
        let session = self.session();
        let given = tempfile::tempdir().unwrap();
        let (candidate, paths) = self.candidate(version, files, given.path());
        let store = session.store(&session.staging_store().unwrap()).unwrap();
        store.put(&candidate, &paths).unwrap();
        let manifest = candidate.manifest();
        let now = session.by("").unwrap().time;
        let verdict = Verdict {
            stage: Stage::Release,
            status: Status::Passed,
            tree: manifest.tree.clone(),
            commit: manifest.commit.clone(),
            config_digest: String::new(),
            time: now,
            whole_stage: true,
            gates: vec![Gate { id: "test".to_owned(), status: Status::Passed, judged: true }],
            tools: BTreeMap::new(),
        };
        let build = Build { targets: Vec::new(), started: now, finished: now, builder: None };
        let said = attest::after_stage(&attest::Staged {
            candidate: &candidate,
            verdict: &verdict,
            build: &build,
            store: store.as_ref(),
            signer: None,
            root: &session.root,
            mirrors: &session.config.mirrors,
            cancel: &session.cancel,
        });
        said.unwrap();
        let staged = Staged {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            commit: manifest.commit.clone(),
            tree: manifest.tree.clone(),
            at: now,
            reached: [].into(),
        };
        let digest = candidate.digest();
        let action = |head: &Head| {
            let is_new = !head.state().candidates.contains_key(&digest);
            Ok(is_new.then(|| Action::Stage { candidate: digest, staged: staged.clone() }))
        };
        let ledger = session.ledger().unwrap();
        advance(ledger.as_ref(), &session.cancel, &|| session.by(""), &action).unwrap();
        digest
    }

    fn candidate(
        &self,
        version: &str,
        files: &[(&str, &[u8])],
        folder: &Path,
    ) -> (Candidate, BTreeMap<Digest, PathBuf>) {
        let mut paths = BTreeMap::new();
        let mut artifacts = Vec::new();
        for (name, bytes) in files {
            let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
            std::fs::write(folder.join(digest.hex()), bytes).unwrap();
            paths.insert(digest, folder.join(digest.hex()));
            artifacts.push(Artifact {
                name: name.parse().unwrap(),
                kind: Kind::File,
                target: None,
                digest,
                size,
            });
        }
        artifacts.sort();
        let manifest = Manifest {
            schema_version: Manifest::schema_version(),
            name: "tool".to_owned(),
            version: version.parse().unwrap(),
            commit: self.git(&["rev-parse", "HEAD"]),
            tree: self.git(&["rev-parse", "HEAD^{tree}"]),
            toolchain: Toolchain {
                rustc: "rustc 1.95.0".to_owned(),
                cargo: "cargo 1.95.0".to_owned(),
                host: "x86_64-unknown-linux-gnu".to_owned(),
            },
            artifacts,
        };
        (Candidate::new(&manifest).unwrap(), paths)
    }
}
