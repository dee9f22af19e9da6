//! Copies of the fixtures.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use super::{Run, clean};

/// The folder of all fixtures.
pub(crate) fn fixtures_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("fixtures")
}

/// A copy of a fixture in a folder of its own, in a git repository with everything staged.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: tempfile::TempDir,
    target: PathBuf,
}

impl Workspace {
    /// A copy of that fixture. As long as nothing is written into it, it shares its target folder with
    /// all other copies: they have equal files of equal age, so that cargo builds them once.
    pub(crate) fn of(fixture: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = Self { target: shared_target(fixture), folder };
        copy_tree(&fixtures_folder().join(fixture), &copy.root(), |content| content);
        copy.staged()
    }

    /// A copy of that fixture in which everything of its name has another name.
    pub(crate) fn renamed(fixture: &str, other: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = Self { target: shared_target(fixture), folder };
        copy_tree(&fixtures_folder().join(fixture), &copy.root(), |content| {
            String::from_utf8(content).unwrap().replace(fixture, other).into_bytes()
        });
        copy.staged()
    }

    /// Stages everything but what only tests need. What `expected.json` lists under `joined` is written out
    /// first: files in parts, so that no scanner takes this repository's own for what they are made of.
    fn staged(self) -> Self {
        let expected = self.root().join("expected.json");
        let text: serde_json::Value = serde_json::from_slice(&fs::read(&expected).unwrap()).unwrap();
        for (path, parts) in text["joined"].as_object().into_iter().flatten() {
            let parts: Vec<&str> =
                parts.as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
            let file = self.root().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, parts.concat()).unwrap();
        }
        fs::remove_file(expected).unwrap();
        self.stage();
        self
    }

    /// An empty folder.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Self { target: folder.path().join("target"), folder };
        fs::create_dir(workspace.root()).unwrap();
        workspace
    }

    /// Its root.
    pub(crate) fn root(&self) -> PathBuf {
        // the system's own folder for temporary files may be behind a link
        self.folder.path().canonicalize().unwrap().join("wörk späce")
    }

    /// The home of the user who runs it.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Where cargo builds it.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Gives it a target folder of its own.
    pub(crate) fn with_own_target(mut self) -> Self {
        self.target = self.folder.path().join("target");
        self
    }

    /// Writes a file. The copy is then built by itself, unless the file is our config.
    pub(crate) fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        if path == "bulletproof.toml" { self } else { self.with_own_target() }
    }

    /// Changes the text of a file.
    pub(crate) fn with_text_of(self, path: &str, change: impl Fn(String) -> String) -> Self {
        let text = fs::read_to_string(self.root().join(path)).unwrap();
        self.with(path, change(text))
    }

    /// Removes a file.
    pub(crate) fn without(self, path: &str) -> Self {
        fs::remove_file(self.root().join(path)).unwrap();
        self.with_own_target()
    }

    /// Stages all files.
    pub(crate) fn stage(&self) {
        git(&self.root(), &["init", "--quiet"]);
        git(&self.root(), &["add", "--all", "--force"]);
    }

    /// Commits all files.
    pub(crate) fn commit(&self) {
        self.stage();
        git(&self.root(), &["commit", "--quiet", "--message", "a commit"]);
    }

    /// A run of `cargo bulletproof` in it with those arguments.
    pub(crate) fn bulletproof(&self, args: &[&str]) -> Run<'_> {
        Run::new(self, super::Binary::Bulletproof, args)
    }

    /// Each file below the root but those of git, with the hash of its content.
    pub(crate) fn listing(&self) -> BTreeMap<PathBuf, u64> {
        files(&self.root()).into_iter().map(|(path, content)| (path, hash(&content))).collect()
    }
}

/// Runs git in that folder.
pub(crate) fn git(folder: &Path, args: &[&str]) {
    run_git(folder, args, None);
}

/// The same, at that time (seconds since 1970).
pub(crate) fn git_at(folder: &Path, seconds: u64, args: &[&str]) {
    run_git(folder, args, Some(format!("@{seconds} +0000")));
}

fn run_git(folder: &Path, args: &[&str], date: Option<String>) {
    let mut command = Command::new("git");
    clean(&mut command, folder);
    command.current_dir(folder).args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"]).args(args);
    if let Some(date) = date {
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
    }
    let status = command.stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "git {args:?}: {status}");
}

/// Copies a folder with that done to the content of each file; every file gets the same age.
pub(crate) fn copy_tree(from: &Path, to: &Path, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let age = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 50);
    for (path, content) in files(from) {
        let copy = to.join(path);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::write(&copy, change(content)).unwrap();
        File::options().write(true).open(&copy).unwrap().set_modified(age).unwrap();
    }
}

/// Every file below a folder but those of git, relative to it, with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(folder.join(&below)).unwrap() {
            let entry = entry.unwrap();
            let path = below.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                open.extend((entry.file_name() != ".git").then_some(path));
            } else {
                let content = fs::read(entry.path()).unwrap();
                found.insert(path, content);
            }
        }
    }
    found
}

/// The target folder of all copies of a fixture as it is now: a changed fixture gets another one, as
/// the age of a copy's files tells cargo nothing.
fn shared_target(fixture: &str) -> PathBuf {
    let content = hash(&files(&fixtures_folder().join(fixture)));
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{fixture}-{content:016x}"))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
