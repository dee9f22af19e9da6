//! A workspace in which the built command works, with candidates that are staged by way of the library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cargo_gate::exec::Cancel;
use cargo_gate::gate::Stage;
use cargo_gate::verdict::Status;
use cargo_promote::attest::{Build, Gate, Verdict};
use cargo_promote::candidate::Candidate;
use cargo_promote::digest::Digest;
use cargo_promote::ledger::{Action, Head, Staged};
use cargo_promote::ops::advance::advance;
use cargo_promote::ops::attest;
use cargo_promote::ops::session::Session;
use jiff::Timestamp;

use crate::things::candidate;

pub(crate) struct Project {
    folder: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// With that `promote.toml`, and with these variables for the command.
    pub(crate) fn new(config: &str, env: &[(&'static str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let env = env.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let project = Self { folder, env };
        let root = project.root();
        std::fs::create_dir_all(root.join("src")).unwrap();
        let manifest = "[package]\nname = \"tool\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[workspace]\n";
        for (file, text) in
            [("Cargo.toml", manifest), ("src/lib.rs", "//! Nothing.\n"), ("promote.toml", config)]
        {
            std::fs::write(root.join(file), text).unwrap();
        }
        for args in [
            &["init", "--quiet"] as &[&str],
            &["config", "user.name", "Ada"],
            &["config", "user.email", "ada@example.invalid"],
            &["add", "--all"],
            &["commit", "--quiet", "--message", "feat: one"],
        ] {
            let done = project.clean("git".into()).args(args).status().unwrap();
            assert!(done.success(), "{args:?}");
        }
        project
    }

    /// Everything that is written lies below.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn clean(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        let of_git = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_"));
        for (name, _) in of_git {
            command.env_remove(name);
        }
        command
            .current_dir(self.root())
            .env("GIT_CONFIG_GLOBAL", self.folder.path().join("no-config"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .stdin(Stdio::null());
        command
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.clean(env!("CARGO_BIN_EXE_cargo-promote").into());
        let own = self.env.iter().map(|(name, value)| (name, value));
        command.arg("promote").args(args).envs(own);
        command
    }

    /// `cargo promote` with those arguments, which goes on by itself.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// `cargo promote` with those arguments.
    pub(crate) fn promote(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The same, which must end with that exit code; all that it says.
    pub(crate) fn told(&self, args: &[&str], code: i32) -> String {
        let ran = self.promote(args);
        assert_eq!(ran.code, Some(code), "{args:?}: {ran:#?}");
        ran.stdout + &ran.stderr
    }

    fn session(&self) -> Session {
        Session::at(self.root(), &Cancel::default()).unwrap()
    }

    /// What the ledger says that an environment runs.
    pub(crate) fn runs(&self, environment: &str) -> Option<Digest> {
        self.session().ledger().unwrap().head().unwrap().state().current(&environment.parse().unwrap())
    }

    /// Stages a candidate in the first environment's store, as `cargo promote stage` would: `1.0.PATCH`.
    pub(crate) fn stage(&self, patch: u64) -> Candidate {
        let session = self.session();
        let given = tempfile::tempdir().unwrap();
        let (candidate, files) = candidate(given.path(), patch);
        let store = session.store(&session.staging_store().unwrap()).unwrap();
        store.put(&candidate, &files).unwrap();
        let (manifest, now) = (candidate.manifest(), Timestamp::now());
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
        let staged = attest::Staged {
            candidate: &candidate,
            verdict: &verdict,
            build: &Build { targets: Vec::new(), started: now, finished: now, builder: None },
            store: store.as_ref(),
            signer: None,
            root: &session.root,
            mirrors: &session.config.mirrors,
            cancel: &session.cancel,
        };
        attest::after_stage(&staged).unwrap();
        let staged = Staged {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            commit: manifest.commit.clone(),
            tree: manifest.tree.clone(),
            at: now,
            reached: [].into(),
        };
        let action = Action::Stage { candidate: candidate.digest(), staged };
        let ledger = session.ledger().unwrap();
        let always = |_: &Head| Ok(Some(action.clone()));
        advance(ledger.as_ref(), &session.cancel, &|| session.by(""), &always).unwrap();
        candidate
    }
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
