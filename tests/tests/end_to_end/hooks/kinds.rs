//! Every way to commit, with and without our hook, comes to the same; and a commit that the hook refuses leaves
//! everything as it was.

use std::io::Write as _;
use std::process::Stdio;

use super::state::{Repo, entries};
use super::wild::{State, tame, wild};
use crate::support::Workspace;

/// A comment that the gate `todo` refuses.
const REFUSED: &str = "\n// TODO: say who\n";

/// What a way to commit leaves behind: content, index, history, stash.
fn outcome(repo: &Repo) -> Vec<String> {
    let tree = entries(&repo.root(), &[".git"]);
    // times are those of the copy
    let files = tree.into_iter().map(|(path, entry)| format!("{}: {}", path.display(), entry.without_time()));
    let mut all: Vec<String> = files.collect();
    for question in [
        &["ls-files", "--stage"][..],
        &["status", "--porcelain=v2", "--branch", "--untracked-files=all"],
        &["for-each-ref"],
        &["log", "--all", "--graph", "--format=%H %T %s"],
        &["stash", "list"],
        &["config", "--local", "--list"],
    ] {
        all.push(format!("{question:?}:\n{}", repo.done(question)));
    }
    all
}

/// Does that in two equal repositories, one of them with our hook.
fn same_with_our_hook(prepare: impl Fn() -> Repo, act: impl Fn(&Repo)) {
    let [with, without] = [true, false].map(|hook| {
        let repo = prepare();
        if hook {
            repo.install(&["--hook", "pre-commit"]);
            assert_eq!(repo.hooks(&["status", "--hook", "pre-commit"]).0, Some(0));
        }
        act(&repo);
        let home = repo.workspace.root().parent().unwrap().display().to_string();
        outcome(&repo).into_iter().map(|line| line.replace(&home, "HOME")).collect::<Vec<_>>()
    });
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(with, without);
    }
    assert_eq!(with.len(), without.len());
}

/// Asserts that our hook refuses a commit by those arguments, and that all is as it was before.
fn refused(repo: &Repo, args: &[&str]) {
    repo.install(&["--hook", "pre-commit"]);
    repo.settle(args);
    let before = State::of_commits(repo);
    let said = repo.fails(args);
    assert!(said.contains("todo"), "{said}");
    before.assert_same(&State::of_commits(repo), &args.join(" "));
}

fn commit(repo: &Repo) {
    repo.done(&["commit", "--quiet", "--message", "chore: commit"]);
}

fn append(repo: &Repo, path: &str, text: &str) {
    let old = std::fs::read_to_string(repo.root().join(path)).unwrap();
    repo.write(path, old + text);
}

#[test]
fn of_what_is_staged() {
    same_with_our_hook(wild, commit);
}

#[test]
fn of_a_path_alone() {
    same_with_our_hook(wild, |repo| {
        repo.done(&["commit", "--quiet", "--message", "chore: only", "--", "files/kept.txt"]);
    });
}

#[test]
fn of_all_that_is_tracked() {
    let prepare = || {
        let repo = tame();
        append(&repo, "src/lib.rs", "\n// one more\n");
        repo
    };
    same_with_our_hook(prepare, |repo| {
        repo.done(&["commit", "--quiet", "--all", "--message", "chore: all"]);
    });
    let repo = prepare();
    append(&repo, "src/lib.rs", REFUSED);
    refused(&repo, &["commit", "--all", "--message", "chore: refused"]);
}

#[test]
fn of_a_patch() {
    let prepare = || {
        let repo = tame();
        let text = std::fs::read_to_string(repo.root().join("src/lib.rs")).unwrap();
        // two hunks: the second does not compile, and is not taken
        repo.write("src/lib.rs", format!("// first\n{text}\nfn broken( {{\n"));
        repo
    };
    let patch = |repo: &Repo| {
        let args = ["commit", "--quiet", "--patch", "--message", "chore: patch"];
        let mut child =
            repo.command_in("", &args).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"y\nn\n").unwrap();
        assert!(child.wait().unwrap().success());
    };
    same_with_our_hook(prepare, patch);
}

#[test]
fn that_amends() {
    same_with_our_hook(wild, |repo| {
        repo.done(&["commit", "--quiet", "--amend", "--no-edit"]);
    });
    let repo = wild();
    repo.write("src/more.rs", REFUSED);
    repo.done(&["add", "src/more.rs"]);
    refused(&repo, &["commit", "--amend", "--no-edit"]);
}

/// A branch `side` and the branch that is checked out, which change one line in two ways.
fn forked() -> Repo {
    let repo = tame();
    repo.done(&["switch", "--quiet", "--create", "side"]);
    repo.write("files/kept.txt", "side\r\n");
    repo.done(&["commit", "--quiet", "--all", "--message", "chore: side"]);
    repo.done(&["switch", "--quiet", "-"]);
    repo.write("files/kept.txt", "main\r\n");
    repo.done(&["commit", "--quiet", "--all", "--message", "chore: main"]);
    repo
}

fn resolved(repo: &Repo) {
    repo.write("files/kept.txt", "both\r\n");
    repo.done(&["add", "files/kept.txt"]);
}

#[test]
fn that_ends_a_merge() {
    let merging = || {
        let repo = forked();
        repo.fails(&["merge", "--quiet", "side"]);
        resolved(&repo);
        repo
    };
    same_with_our_hook(merging, |repo| {
        repo.done(&["commit", "--quiet", "--no-edit"]);
        assert_eq!(repo.done(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 3);
    });
    let repo = merging();
    repo.write("src/more.rs", REFUSED);
    repo.done(&["add", "src/more.rs"]);
    repo.install(&["--hook", "pre-commit"]);
    let before = (outcome(&repo), std::fs::read(repo.root().join(".git/MERGE_HEAD")).unwrap());
    repo.fails(&["commit", "--no-edit"]);
    assert_eq!((outcome(&repo), std::fs::read(repo.root().join(".git/MERGE_HEAD")).unwrap()), before);
}

#[test]
fn that_ends_a_cherry_pick() {
    let picking = || {
        let repo = forked();
        repo.fails(&["cherry-pick", "side"]);
        resolved(&repo);
        repo
    };
    same_with_our_hook(picking, |repo| {
        repo.done(&["commit", "--quiet", "--no-edit"]);
        assert!(!repo.root().join(".git/CHERRY_PICK_HEAD").exists());
    });
    same_with_our_hook(picking, |repo| {
        repo.done(&["-c", "core.editor=true", "cherry-pick", "--continue"]);
    });
}

#[test]
fn in_the_middle_of_a_rebase() {
    let conflict = || {
        let repo = forked();
        repo.fails(&["rebase", "--quiet", "side"]);
        resolved(&repo);
        repo
    };
    same_with_our_hook(conflict, |repo| {
        repo.done(&["commit", "--quiet", "--no-edit"]);
        repo.done(&["-c", "core.editor=true", "rebase", "--continue"]);
    });
    let stopped = || {
        let repo = forked();
        repo.done(&[
            "-c",
            "sequence.editor=sed -i.bak -e 1s/pick/edit/",
            "rebase",
            "--quiet",
            "--interactive",
            "HEAD~1",
        ]);
        repo
    };
    same_with_our_hook(stopped, |repo| {
        append(repo, "src/lib.rs", "\n// in the middle\n");
        repo.done(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
        append(repo, "src/lib.rs", "// and once more\n");
        repo.done(&["commit", "--quiet", "--all", "--message", "chore: more"]);
        repo.done(&["-c", "core.editor=true", "rebase", "--continue"]);
    });
}

#[test]
fn on_no_branch() {
    let detached = || {
        let repo = wild();
        repo.done(&["checkout", "--quiet", "--detach"]);
        repo
    };
    same_with_our_hook(detached, commit);
}

#[test]
fn as_the_first_of_all() {
    let empty = || Repo::in_workspace(Workspace::of("clean").with_own_target());
    same_with_our_hook(empty, commit);
    let repo = empty();
    repo.write("src/more.rs", REFUSED);
    repo.done(&["add", "src/more.rs"]);
    repo.install(&["--hook", "pre-commit"]);
    let index = std::fs::read(repo.root().join(".git/index")).unwrap();
    repo.fails(&["commit", "--message", "chore: refused"]);
    assert!(!repo.git(&["rev-parse", "--verify", "--quiet", "HEAD"]).status.success());
    let listed = repo.done(&["ls-files", "--stage"]);
    std::fs::write(repo.root().join(".git/index"), index).unwrap();
    assert_eq!(repo.done(&["ls-files", "--stage"]), listed);
}

#[test]
fn in_a_linked_worktree() {
    let linked = || {
        let repo = tame();
        repo.done(&["worktree", "add", "--quiet", "-b", "other", "../länked tree"]);
        repo
    };
    same_with_our_hook(linked, |repo| {
        let folder = repo.root().join("../länked tree");
        std::fs::write(folder.join("src/lib.rs"), "//! Another.\n\n/// One.\npub fn one() {}\n").unwrap();
        repo.done_in(&folder, &["commit", "--quiet", "--all", "--message", "chore: linked"]);
        assert_eq!(repo.done_in(&folder, &["status", "--porcelain"]), "");
    });
}
