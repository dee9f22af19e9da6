//! What lies around a workspace that is a part of a repository: its tests may read it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::Cancel;
use super::super::gather::{STATUS, path_of};
use super::super::git;
use super::super::process::run;
use super::contents::Contents;
use super::ignored::is_cache;
use crate::cache::digest;
use crate::facts::Facts;
use crate::step::{End, Tool};

const TIMEOUT: Duration = Duration::from_mins(1);

/// What lies around a workspace, of which git says that it is that of its commit.
#[derive(Default)]
pub(super) struct Beyond {
    /// What git has of it.
    listed: Vec<Vec<u8>>,
    /// Its files on disk: what git has to take for the same need not have the same bytes, nor the same mode.
    files: Vec<PathBuf>,
    /// The submodules that are checked out.
    submodules: Vec<PathBuf>,
    /// What git ignores, and empty folders, but for caches, which can be made anew.
    others: Vec<PathBuf>,
}

impl Beyond {
    /// What names its content; empty where there is nothing around it.
    pub(super) fn state(&self, contents: &mut Contents) -> String {
        if self.listed.is_empty() && self.others.is_empty() {
            return String::new();
        }
        let digests = contents.of(&self.files);
        let paths = self.submodules.iter().chain(&self.others);
        let paths = paths.map(|path| path.as_os_str().as_encoded_bytes());
        let of_files =
            self.listed.iter().zip(&digests).flat_map(|(entry, digest)| [entry, digest.as_bytes()]);
        let others = contents.of(&self.others);
        digest(of_files.chain(paths).chain(others.iter().map(String::as_bytes)))
    }

    /// `MODE HASH STAGE<tab>NAME`.
    fn add(&mut self, entry: &[u8], top: &Path) {
        let tab = entry.iter().position(|byte| *byte == b'\t').unwrap_or_default();
        let name = entry.get(tab + 1..).unwrap_or_default();
        let path = top.join(path_of(name));
        let is_empty = || std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_none());
        if entry.starts_with(b"160000 ") && !is_empty() {
            self.submodules.push(path.clone());
        }
        self.listed.push(entry.to_owned());
        self.files.push(path);
    }

    /// Whether nothing but what git has of it lies there.
    pub(super) fn is_checkout(&self) -> bool {
        self.others.is_empty() && self.submodules.is_empty()
    }
}

/// Looks around the workspace.
///
/// # Errors
/// Where it cannot be known what lies there, or that differs from what git has of it.
pub(super) fn look(facts: &Facts, cancel: &Cancel) -> Result<Beyond, String> {
    let Some(repository) = Around::of(facts, cancel)? else { return Ok(Beyond::default()) };
    let around = |args: &[&str]| repository.ask(args);
    if !around(&STATUS)?.is_empty() {
        return Err("files of the repository around the workspace differ from its commit".to_owned());
    }
    let listed =
        around(&["ls-files", "-v", "-s", "-z", "--full-name", "--cached", "--others", "--directory"])?;
    let mut found = Beyond::default();
    for line in listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        match line.split_at_checked(2) {
            Some((b"H ", entry)) => found.add(entry, &repository.top),
            Some((b"? ", name)) => found.others.extend(repository.other(name)),
            // of a file with a flag that has git pass it over nobody knows what it holds
            _ => {
                return Err(
                    "git is told to pass over files of the repository around the workspace".to_owned()
                );
            }
        }
    }
    Ok(found)
}

/// The repository around a workspace that is a part of it.
struct Around<'a> {
    program: &'a Path,
    facts: &'a Facts,
    cancel: &'a Cancel,
    /// Its top.
    top: PathBuf,
    /// All of it but the workspace, as git reads paths.
    without: String,
}

impl<'a> Around<'a> {
    /// None where there is no repository, or nothing around the workspace.
    fn of(facts: &'a Facts, cancel: &'a Cancel) -> Result<Option<Self>, String> {
        let untold = "git does not tell where the workspace lies in its repository";
        let told = facts.tools.get(&Tool::Git).map(|program| {
            let asked = git(program, &facts.root, TIMEOUT).args(["rev-parse", "--show-prefix"]);
            (program, run(&asked, cancel))
        });
        let Some((program, prefix)) = told.filter(|(_, told)| told.end == End::Code(0)) else {
            // of a repository that is there git may refuse to tell, as of another user's
            let is_there = facts.root.ancestors().any(|folder| folder.join(".git").exists());
            return if is_there { Err(untold.to_owned()) } else { Ok(None) };
        };
        let prefix =
            String::from_utf8(prefix.stdout).map_err(|_| "the workspace has a name that is not UTF-8")?;
        let prefix = prefix.trim_end_matches(['\n', '/']);
        if prefix.is_empty() {
            return Ok(None);
        }
        let top = facts.root.ancestors().nth(prefix.split('/').count()).ok_or(untold)?.to_owned();
        let without = format!(":(top,exclude,literal){prefix}");
        Ok(Some(Self { program, facts, cancel, top, without }))
    }

    /// What is no part of the tree, where it counts.
    fn other(&self, name: &[u8]) -> Option<PathBuf> {
        let path = self.top.join(path_of(name));
        (path != self.facts.target && !is_cache(&path)).then_some(path)
    }

    fn ask(&self, args: &[&str]) -> Result<Vec<u8>, String> {
        let args = [args, &["--", ":/", &self.without]].concat();
        let captured = run(&git(self.program, &self.facts.root, TIMEOUT).args(args), self.cancel);
        match captured.end {
            End::Code(0) => Ok(captured.stdout),
            _ => Err("git does not tell what lies around the workspace".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::process::Command;
    use super::*;

    fn git(folder: &Path, args: &[&str]) {
        let program = super::super::super::tools::git().unwrap();
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
        let command = Command::new(program, folder, TIMEOUT).args([&identity[..], args].concat());
        let captured = run(&command, &Cancel::default());
        assert_eq!(captured.end, End::Code(0), "{captured:?}");
    }

    #[test]
    fn the_repository_around_a_workspace_counts_by_its_content() {
        let Some(program) = super::super::super::tools::git() else { return };
        let temporary = tempfile::tempdir().unwrap();
        let top = temporary.path();
        let root = top.join("sub");
        std::fs::create_dir(&root).unwrap();
        git(top, &["init", "--quiet"]);
        let commit = |path: &str, text: &str| {
            std::fs::write(top.join(path), text).unwrap();
            git(top, &["add", "--all"]);
            git(top, &["commit", "--quiet", "--message=m"]);
        };
        commit("shared.txt", "one");
        commit("sub/a", "a");
        let facts = |root: &Path| Facts {
            root: root.to_owned(),
            tools: [(Tool::Git, program.clone())].into(),
            ..Facts::default()
        };
        let state = |root: &Path| {
            let mut contents = Contents::open(top.join(".git/contents"));
            look(&facts(root), &Cancel::default()).map(|found| found.state(&mut contents))
        };
        assert_eq!(state(top).unwrap(), "", "nothing lies around it");
        let first = state(&root).unwrap();
        commit("sub/a", "b");
        std::fs::write(root.join("a"), "c").unwrap();
        assert_eq!(state(&root).unwrap(), first, "what lies in it is keyed by itself");
        std::fs::write(top.join("shared.txt"), "two").unwrap();
        assert!(state(&root).is_err());
        commit("shared.txt", "two");
        assert_ne!(state(&root).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |mode| {
                let to = std::fs::Permissions::from_mode(mode);
                std::fs::set_permissions(top.join("shared.txt"), to).unwrap();
            };
            git(top, &["config", "core.fileMode", "false"]);
            let before = state(&root).unwrap();
            mode(0o755);
            assert_ne!(state(&root).unwrap(), before, "git does not look at it");
            mode(0o644);
        }
        git(top, &["config", "filter.same.clean", "echo two"]);
        std::fs::write(top.join(".git/info/attributes"), "shared.txt filter=same\n").unwrap();
        std::fs::write(top.join("shared.txt"), "two\n").unwrap();
        git(top, &["add", "--all"]);
        git(top, &["commit", "--quiet", "--message=m"]);
        let before = state(&root).unwrap();
        std::fs::write(top.join("shared.txt"), "owt\n").unwrap();
        assert_ne!(state(&root).unwrap(), before, "git would commit the same");
        std::fs::remove_file(top.join(".git/info/attributes")).unwrap();
        std::fs::write(top.join("shared.txt"), "two\n").unwrap();
        git(top, &["update-index", "--assume-unchanged", "shared.txt"]);
        std::fs::write(top.join("shared.txt"), "three").unwrap();
        assert!(state(&root).is_err(), "git passes over it");
        git(top, &["update-index", "--no-assume-unchanged", "shared.txt"]);
        std::fs::write(top.join("shared.txt"), "two\n").unwrap();
        let nowhere = Facts { tools: [].into(), ..facts(&root) };
        assert!(look(&nowhere, &Cancel::default()).is_err(), "nobody tells of the repository that is there");
        let is_without = || look(&facts(&root), &Cancel::default()).unwrap().is_checkout();
        commit(".gitignore", "/ignored\n/target\n/sub/own\n");
        std::fs::write(root.join("own"), "in the workspace").unwrap();
        std::fs::create_dir(top.join("target")).unwrap();
        std::fs::write(top.join("target/CACHEDIR.TAG"), "").unwrap();
        assert!(is_without());
        std::fs::write(top.join("ignored"), "read by a test").unwrap();
        assert!(!is_without());
        let before = state(&root).unwrap();
        std::fs::write(top.join("ignored"), "and another time").unwrap();
        assert_ne!(state(&root).unwrap(), before);
        std::fs::remove_file(top.join("ignored")).unwrap();
        let before = state(&root).unwrap();
        std::fs::create_dir(top.join("empty")).unwrap();
        assert!(!is_without());
        assert_ne!(state(&root).unwrap(), before, "tests may write there");
    }
}
