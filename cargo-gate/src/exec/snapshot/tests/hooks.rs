//! What hooks a clone has, told by what was learnt with its copy, is what git says when it is asked.

use super::*;
use crate::exec::base;
use crate::exec::hooks::of_user;
use crate::facts::Facts;
use crate::step::Tool;

/// What hooks the user's clone has, by the copy, and by git alone.
fn told(repo: &Repo) -> (String, String) {
    let ground = repo.index();
    let copy = ground.copy.as_ref().unwrap();
    assert!(copy.copied.clone.is_some());
    let tools = [(Tool::Git, crate::exec::tools::git().unwrap())].into();
    let copied = Some(copy.copied.clone());
    let by_copy = Facts { home: copy.home.clone(), tools, copied, ..Facts::default() };
    let by_git = Facts { copied: None, ..by_copy.clone() };
    let [by_copy, by_git] = [by_copy, by_git].map(|facts| {
        let (environment, cancel) = (&repo.environment, &Cancel::default());
        let git = base::Git { facts: &facts, environment, timeout: Duration::from_mins(1), cancel };
        let found = of_user(&git);
        assert!(matches!(found, Ok(Some(_))), "{found:?}");
        format!("{found:?}")
    });
    (by_copy, by_git)
}

#[test]
fn hooks_are_those_that_git_would_run() {
    let repo = Repo::new();
    repo.write(".git/hooks/pre-commit", "#!/bin/sh\n");
    let (by_copy, by_git) = told(&repo);
    assert_eq!(by_copy, by_git);
    assert!(by_copy.contains("file: Some("));
    for (name, value) in [
        ("hook.lint.command", "lint"),
        ("hook.lint.event", "pre-push"),
        ("core.hooksPath", "our hooks"),
        ("core.autocrlf", "false"),
    ] {
        repo.git(&["config", name, value]);
        let (by_copy, by_git) = told(&repo);
        assert_eq!(by_copy, by_git, "{name}");
        assert!(!by_copy.contains("/dev/null"), "a setting of our own call is none of the user's: {by_copy}");
    }
}

#[test]
fn hooks_of_a_linked_work_tree_are_those_of_its_clone() {
    let repo = Repo::new();
    repo.write(".git/hooks/pre-push", "#!/bin/sh\n");
    let linked = repo.root().with_file_name("linked");
    repo.git(&["worktree", "add", "--quiet", &linked.to_string_lossy(), "-b", "other"]);
    let environment = Environment { directory: linked, ..Environment::default() };
    let folder = tempfile::tempdir().unwrap();
    let (by_copy, by_git) = told(&Repo { folder, environment });
    assert_eq!(by_copy, by_git);
    assert!(by_copy.contains("file: Some("));
}
