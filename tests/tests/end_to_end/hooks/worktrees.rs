//! Commits at the same time in several work trees of one repository.

use std::fs;
use std::path::Path;
use std::thread;

use super::state::{Repo, git_command, succeeded};
use super::wild::tame;

const TREES: usize = 4;
const COMMITS: usize = 5;

fn run(repo: &Repo, folder: &Path, target: &Path, args: &[&str]) -> std::process::Output {
    let mut command = git_command(folder, &repo.workspace.home(), args);
    command.env("CARGO_TARGET_DIR", target).output().unwrap()
}

/// Each tree makes its commits, of which the third has a finding and is refused.
fn commits(repo: &Repo, tree: usize, target: &Path) {
    let folder = repo.root().join(format!("../tree {tree}"));
    let git = |args: &[&str]| run(repo, &folder, target, args);
    for number in 0..COMMITS {
        let wrong = number == 2;
        let text = if wrong { "// TODO: say who\n" } else { "//! Fine.\n" };
        fs::write(folder.join(format!("src/of_{tree}_{number}.rs")), text).unwrap();
        succeeded(&["add"], &git(&["add", "src"]));
        let output = git(&["commit", "--quiet", "--message", &format!("chore: {tree} {number}")]);
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.success(), !wrong, "{tree} {number}: {said}");
        if wrong {
            // the finding is of this tree's file, and of no other tree's
            assert!(said.contains(&format!("of_{tree}_2.rs")), "{said}");
            succeeded(&["rm"], &git(&["rm", "--quiet", "--force", &format!("src/of_{tree}_2.rs")]));
        }
    }
    assert_eq!(succeeded(&["status"], &git(&["status", "--porcelain"])), "");
}

fn twenty_commits(target: impl Fn(&Repo, usize) -> std::path::PathBuf + Sync) {
    let repo = tame();
    repo.install(&["--hook", "pre-commit"]);
    for tree in 0..TREES {
        repo.done(&["worktree", "add", "--quiet", "-b", &format!("b{tree}"), &format!("../tree {tree}")]);
    }
    thread::scope(|scope| {
        let started: Vec<_> = (0..TREES)
            .map(|tree| {
                let (repo, target) = (&repo, target(&repo, tree));
                scope.spawn(move || commits(repo, tree, &target))
            })
            .collect();
        for one in started {
            one.join().unwrap();
        }
    });
    for tree in 0..TREES {
        let branch = format!("b{tree}");
        let files = repo.done(&["ls-tree", "--name-only", &branch, "src/"]);
        for number in 0..COMMITS {
            assert_eq!(files.contains(&format!("of_{tree}_{number}.rs")), number != 2, "{files}");
        }
        let others = (0..TREES).filter(|other| *other != tree);
        others.for_each(|other| assert!(!files.contains(&format!("of_{other}_")), "{files}"));
        let count = repo.done(&["rev-list", "--count", &branch, "^HEAD"]);
        assert_eq!(count.trim(), (COMMITS - 1).to_string());
    }
    assert_eq!(repo.done(&["worktree", "list"]).lines().count(), TREES + 1);
    repo.done(&["fsck", "--no-progress"]);
}

#[test]
fn twenty_commits_in_four_work_trees_with_target_folders_of_their_own() {
    twenty_commits(|repo, tree| repo.workspace.home().join(format!("target {tree}")));
}

#[test]
fn twenty_commits_in_four_work_trees_with_one_target_folder() {
    twenty_commits(|repo, _| repo.workspace.target().to_owned());
}
