//! What lies around a workspace that is a part of a repository: its tests may read it.

use std::path::Path;
use std::time::Duration;

use super::super::Cancel;
use super::super::gather::{STATUS, path_of};
use super::super::git;
use super::super::process::run;
use super::ignored::is_cache;
use crate::cache::digest;
use crate::facts::Facts;
use crate::step::{End, Tool};

const TIMEOUT: Duration = Duration::from_mins(1);

/// What names the content of the repository around the workspace; empty where there is nothing around it.
///
/// # Errors
/// Where it cannot be known, or differs from what git has of it.
pub(super) fn state(facts: &Facts, cancel: &Cancel) -> Result<String, String> {
    let Some(repository) = Around::of(facts, cancel)? else { return Ok(String::new()) };
    let around = |args: &[&str]| repository.ask(args);
    if !around(&STATUS)?.is_empty() {
        return Err("files of the repository around the workspace differ from its commit".to_owned());
    }
    let listed = around(&["ls-files", "-v", "-s", "-z"])?;
    // of a file with a flag that has git pass it over nobody knows what it holds
    let is_plain = |line: &[u8]| line.is_empty() || line.starts_with(b"H ");
    if !listed.split(|byte| *byte == 0).all(is_plain) {
        return Err("git is told to pass over files of the repository around the workspace".to_owned());
    }
    Ok(digest([listed]))
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
    /// All of it but the workspace, as git reads paths.
    without: String,
}

impl<'a> Around<'a> {
    /// None where there is no git, no repository, or nothing around the workspace.
    fn of(facts: &'a Facts, cancel: &'a Cancel) -> Result<Option<Self>, String> {
        let Some(program) = facts.tools.get(&Tool::Git) else { return Ok(None) };
        let asked = git(program, &facts.root, TIMEOUT).args(["rev-parse", "--show-prefix"]);
        let prefix = run(&asked, cancel);
        match prefix.end {
            End::Code(0) if prefix.stdout.trim_ascii().is_empty() => return Ok(None),
            End::Code(0) => {}
            // without a repository there is none around it
            End::Code(_) => return Ok(None),
            _ => return Err("git does not tell where the workspace lies in its repository".to_owned()),
        }
        let prefix =
            String::from_utf8(prefix.stdout).map_err(|_| "the workspace has a name that is not UTF-8")?;
        let without = format!(":(top,exclude,literal){}", prefix.trim_end_matches(['\n', '/']));
        Ok(Some(Self { program, facts, cancel, without }))
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
        let state = |root: &Path| state(&facts(root), &Cancel::default());
        assert_eq!(state(top).unwrap(), "", "nothing lies around it");
        let first = state(&root).unwrap();
        commit("sub/a", "b");
        std::fs::write(root.join("a"), "c").unwrap();
        assert_eq!(state(&root).unwrap(), first, "what lies in it is keyed by itself");
        std::fs::write(top.join("shared.txt"), "two").unwrap();
        assert!(state(&root).is_err());
        commit("shared.txt", "two");
        assert_ne!(state(&root).unwrap(), first);
        git(top, &["update-index", "--assume-unchanged", "shared.txt"]);
        std::fs::write(top.join("shared.txt"), "three").unwrap();
        assert!(state(&root).is_err(), "git passes over it");
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
