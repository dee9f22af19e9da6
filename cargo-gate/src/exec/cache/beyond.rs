//! What lies around a workspace that is a part of a repository: its tests may read it.

use std::time::Duration;

use super::super::Cancel;
use super::super::gather::STATUS;
use super::super::process::{Command, run};
use crate::cache::digest;
use crate::facts::Facts;
use crate::step::{End, Tool};

const TIMEOUT: Duration = Duration::from_mins(1);

/// What names the content of the repository around the workspace; empty where there is nothing around it.
///
/// # Errors
/// Where it cannot be known, or differs from what git has of it.
pub(super) fn state(facts: &Facts, cancel: &Cancel) -> Result<String, String> {
    let Some(git) = facts.tools.get(&Tool::Git) else { return Ok(String::new()) };
    let ask = |args: &[&str]| run(&Command::new(git, &facts.root, TIMEOUT).args(args), cancel);
    let prefix = ask(&["rev-parse", "--show-prefix"]);
    if prefix.end != End::Code(0) || prefix.stdout.trim_ascii().is_empty() {
        return Ok(String::new());
    }
    let prefix =
        String::from_utf8(prefix.stdout).map_err(|_| "the workspace has a name that is not UTF-8")?;
    let without = format!(":(top,exclude,literal){}", prefix.trim_end_matches(['\n', '/']));
    let around = |args: &[&str]| {
        let captured = ask(&[args, &["--", ":/", &without]].concat());
        match captured.end {
            End::Code(0) => Ok(captured.stdout),
            _ => Err("git does not tell what lies around the workspace".to_owned()),
        }
    };
    if !around(&STATUS)?.is_empty() {
        return Err("files of the repository around the workspace differ from its commit".to_owned());
    }
    Ok(digest([around(&["ls-files", "-s", "-z"])?]))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
    }
}
