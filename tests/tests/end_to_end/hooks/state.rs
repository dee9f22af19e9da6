//! A repository as a user has it, and all that no hook may change of it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use crate::support::{Workspace, clean, write_program};

/// git in a folder, with the environment and identity of the tests; `home` is the user's.
pub(super) fn git_command(folder: &Path, home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    clean(&mut command, home);
    let identity =
        ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "protocol.file.allow=always"];
    command.current_dir(folder).args(identity).args(args).stdin(Stdio::null());
    command
}

/// A repository of a workspace.
pub(super) struct Repo {
    pub(super) workspace: Workspace,
    env: Vec<(OsString, OsString)>,
}

impl Repo {
    /// That of a workspace, with nothing but what is staged there.
    pub(super) fn in_workspace(workspace: Workspace) -> Self {
        // commits of equal content have equal hashes
        let dates =
            ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|name| (name.into(), "@1700000000 +0000".into()));
        Self { workspace, env: dates.to_vec() }
    }

    /// With one commit of all of that fixture.
    pub(super) fn of(fixture: &str) -> Self {
        let repo = Self::in_workspace(Workspace::of(fixture));
        repo.done(&["commit", "--quiet", "--message", "chore: begin"]);
        repo
    }

    /// The same with a variable in the environment of git.
    pub(super) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub(super) fn root(&self) -> PathBuf {
        self.workspace.root()
    }

    /// What git does in a folder of the repository.
    pub(super) fn command_in(&self, folder: &str, args: &[&str]) -> Command {
        let mut command = git_command(&self.root().join(folder), &self.workspace.home(), args);
        command.env("CARGO_TARGET_DIR", self.workspace.target()).envs(self.env.clone());
        command
    }

    /// What git gives.
    pub(super) fn git(&self, args: &[&str]) -> Output {
        self.command_in("", args).output().unwrap()
    }

    /// What git prints; it must succeed.
    pub(super) fn done(&self, args: &[&str]) -> String {
        succeeded(args, &self.git(args))
    }

    /// The same in another folder.
    pub(super) fn done_in(&self, folder: &Path, args: &[&str]) -> String {
        let mut command = git_command(folder, &self.workspace.home(), args);
        command.env("CARGO_TARGET_DIR", self.workspace.target()).envs(self.env.clone());
        succeeded(args, &command.output().unwrap())
    }

    /// What it says where it must fail.
    pub(super) fn fails(&self, args: &[&str]) -> String {
        let output = self.git(args);
        assert!(!output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    }

    /// Writes a file of the work tree.
    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    /// Installs our hooks by our program.
    pub(super) fn install(&self, args: &[&str]) -> String {
        let ran = self.workspace.bulletproof(&[&["hooks", "install"], args].concat()).end();
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        ran.stdout
    }

    /// What our program says about the hooks, with its exit code.
    pub(super) fn hooks(&self, args: &[&str]) -> (Option<i32>, String) {
        let ran = self.workspace.bulletproof(&[&["hooks"], args].concat()).end();
        (ran.code, ran.stdout + &ran.stderr)
    }

    /// The path of a file in the repository's own folder of hooks.
    pub(super) fn hook(&self, name: &str) -> PathBuf {
        self.root().join(".git/hooks").join(name)
    }

    /// Writes a hook that may be executed.
    pub(super) fn write_hook(&self, name: &str, text: &str) {
        write_program(&self.hook(name), text);
    }

    /// The rules of the findings of the gate `hooks`.
    pub(super) fn found(&self) -> Vec<String> {
        let report = self.workspace.bulletproof(&["--gate", "hooks"]).report();
        let findings = report["gates"][0]["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    }
}

pub(super) fn succeeded(args: &[&str], output: &Output) -> String {
    assert!(output.status.success(), "git {args:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What is in one place of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A file: its content, permissions and time.
    File(Vec<u8>, u32, SystemTime),
    /// A link, and where it leads.
    Link(PathBuf),
    /// A folder.
    Folder,
}

impl Entry {
    /// It, but for its time.
    pub(super) fn without_time(&self) -> String {
        match self {
            Self::File(content, mode, _) => format!("{mode:o} {}", String::from_utf8_lossy(content)),
            Self::Link(to) => format!("link to {}", to.display()),
            Self::Folder => "folder".to_owned(),
        }
    }
}

/// All that is in a folder, but what has that name below `.git`.
pub(super) fn entries(folder: &Path, but: &[&str]) -> BTreeMap<PathBuf, Entry> {
    let mut found = BTreeMap::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(folder.join(&below)).unwrap() {
            let path = below.join(entry.unwrap().file_name());
            if but.iter().any(|name| path.ends_with(name)) {
                continue;
            }
            let full = folder.join(&path);
            let metadata = fs::symlink_metadata(&full).unwrap();
            let entry = if metadata.is_symlink() {
                Entry::Link(fs::read_link(&full).unwrap())
            } else if metadata.is_dir() {
                open.push(path.clone());
                Entry::Folder
            } else {
                Entry::File(fs::read(&full).unwrap(), mode(&metadata), metadata.modified().unwrap())
            };
            found.insert(path, entry);
        }
    }
    found
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions())
}

#[cfg(not(unix))]
fn mode(metadata: &fs::Metadata) -> u32 {
    u32::from(metadata.permissions().readonly())
}
