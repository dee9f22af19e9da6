//! What lies around a workspace that is a part of a repository: its tests may read it.

use std::iter;
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
    listed: Vec<u8>,
    /// Its files on disk: what git has to take for the same need not have the same bytes, nor the same mode.
    files: Vec<PathBuf>,
    /// The submodules that are checked out.
    submodules: Vec<PathBuf>,
}

impl Beyond {
    /// What names its content; empty where there is nothing around it.
    pub(super) fn state(&self, contents: &mut Contents) -> String {
        if self.listed.is_empty() {
            return String::new();
        }
        let submodules = self.submodules.iter().map(|path| path.to_string_lossy().into_owned());
        let listed = String::from_utf8_lossy(&self.listed).into_owned();
        digest(iter::once(listed).chain(contents.of(&self.files)).chain(submodules))
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
    let listed = around(&["ls-files", "-v", "-s", "-z", "--full-name"])?;
    // of a file with a flag that has git pass it over nobody knows what it holds
    let is_plain = |line: &[u8]| line.is_empty() || line.starts_with(b"H ");
    if !listed.split(|byte| *byte == 0).all(is_plain) {
        return Err("git is told to pass over files of the repository around the workspace".to_owned());
    }
    let mut found = Beyond::default();
    for line in listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        // `H MODE HASH STAGE<tab>NAME`
        let tab = line.iter().position(|byte| *byte == b'\t').unwrap_or_default();
        let (head, name) = line.split_at(tab);
        let path = repository.top.join(path_of(name.trim_ascii_start()));
        if !head.starts_with(b"H 160000 ") {
            found.files.push(path);
        } else if std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some()) {
            found.submodules.push(path);
        }
    }
    Ok(Beyond { listed, ..found })
}

/// Whether git ignores nothing there but folders of caches, which can be made anew.
pub(super) fn has_no_ignored(facts: &Facts, cancel: &Cancel) -> bool {
    let args = ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"];
    match Around::of(facts, cancel) {
        Ok(None) => true,
        Ok(Some(around)) => around.ask(&args).is_ok_and(|listed| {
            let mut names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            names.all(|name| is_cache(&facts.root.join(path_of(name))))
        }),
        Err(_) => false,
    }
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
        let nowhere = Facts { tools: [].into(), ..facts(&root) };
        assert!(look(&nowhere, &Cancel::default()).is_err(), "nobody tells of the repository that is there");
        let is_without = || has_no_ignored(&facts(&root), &Cancel::default());
        commit(".gitignore", "/ignored\n/target\n/sub/own\n");
        std::fs::write(root.join("own"), "in the workspace").unwrap();
        std::fs::create_dir(top.join("target")).unwrap();
        std::fs::write(top.join("target/CACHEDIR.TAG"), "").unwrap();
        assert!(is_without());
        std::fs::write(top.join("ignored"), "read by a test").unwrap();
        assert!(!is_without());
    }
}
