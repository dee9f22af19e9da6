//! The `commit-msg` hook, as git runs it.

use std::fs;

use super::state::Repo;
use crate::support::write_program;

fn repo() -> Repo {
    let repo = Repo::of("todo");
    repo.install(&["--hook", "commit-msg"]);
    repo
}

fn commit(repo: &Repo, message: &str) -> Result<(), String> {
    let output = repo.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn a_message_is_held_against_conventional_commits() {
    let repo = repo();
    commit(&repo, "feat(ui)!: a thing\n\nWhat it does.").unwrap();
    let before = repo.done(&["rev-parse", "HEAD"]);
    let said = commit(&repo, "added a thing").unwrap_err();
    for part in
        ["error[commit-msg/not-conventional]", "COMMIT_EDITMSG:1:1", "added a thing", "help:", "feat, fix"]
    {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
    assert_eq!(repo.done(&["rev-parse", "HEAD"]), before);
    // the way out that it tells
    assert!(said.contains("git commit --edit --file=\".git/COMMIT_EDITMSG\""), "{said}");
}

#[test]
fn messages_that_git_writes_itself_pass() {
    let repo = repo();
    repo.write("one.txt", "one");
    repo.done(&["add", "one.txt"]);
    commit(&repo, "feat: one").unwrap();
    repo.done(&["revert", "--no-edit", "HEAD"]);
    commit(&repo, "fixup! feat: one").unwrap();
    repo.done(&["switch", "--quiet", "--create", "side", "HEAD~2"]);
    commit(&repo, "feat: two").unwrap();
    repo.done(&["switch", "--quiet", "-"]);
    repo.done(&["merge", "--quiet", "--no-ff", "--no-edit", "side"]);
    repo.done(&["commit", "--quiet", "--amend", "--no-edit"]);
}

/// What the user's editor leaves of the message: that text before what git put there.
fn edited(repo: &Repo, text: &str, args: &[&str]) -> bool {
    let editor = repo.workspace.home().join("editor");
    write_program(&editor, "#!/bin/sh\ncat \"${0%/*}/text\" \"$1\" > \"$1.new\" && mv \"$1.new\" \"$1\"\n");
    fs::write(repo.workspace.home().join("text"), text).unwrap();
    let editor = format!("'{}'", editor.display());
    let mut command = repo.command_in("", &[&["commit", "--quiet", "--allow-empty"], args].concat());
    command.env("GIT_EDITOR", editor).output().unwrap().status.success()
}

#[test]
fn what_git_takes_out_of_a_message_is_not_judged() {
    let repo = repo();
    assert!(edited(&repo, "\n\nfix: a\n# a comment\n", &[]));
    assert!(!edited(&repo, "# fix: a\nwrong\n", &[]));
    repo.write("src/lib.rs", "//! Changed.\n");
    repo.done(&["add", "src"]);
    assert!(edited(&repo, "fix: b\n", &["--verbose"]), "the diff below the scissors is no body");
    assert!(edited(&repo, "fix: c\n", &["--cleanup=scissors"]));
    repo.done(&["config", "core.commentChar", ";"]);
    assert!(edited(&repo, "fix: d\n", &[]));
    assert!(!edited(&repo, "# fix: d\n", &[]), "no comment with that setting");
}

#[test]
fn without_an_editor_a_comment_is_the_subject() {
    let repo = repo();
    let said = commit(&repo, "# heading\nfeat: x").unwrap_err();
    assert!(said.contains("COMMIT_EDITMSG:1:1") && said.contains("# heading"), "{said}");
    repo.done(&["config", "commit.cleanup", "strip"]);
    commit(&repo, "# heading\nfeat: x").unwrap();
}

#[test]
fn a_team_says_which_types_and_scopes_it_wants() {
    let repo = repo();
    let rules =
        "[gates.hooks]\ncommit_types = [\"task\"]\ncommit_scopes = [\"core\"]\nlongest_subject = 20\n";
    repo.write("bulletproof.toml", rules);
    commit(&repo, "task(core): x").unwrap();
    assert!(commit(&repo, "feat(core): x").unwrap_err().contains("`feat` is no type"));
    assert!(commit(&repo, "task(cli): x").unwrap_err().contains("`cli` is no scope"));
    assert!(commit(&repo, "task(core): 0123456789").unwrap_err().contains("at most 20"));
    repo.write("bulletproof.toml", "[gates.hooks]\ncommit_tipes = []\n");
    let said = commit(&repo, "task(core): x").unwrap_err();
    assert!(said.contains("bulletproof.toml:2"), "a config with a mistake lets nothing through: {said}");
}
