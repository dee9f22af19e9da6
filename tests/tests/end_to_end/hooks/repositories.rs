//! Repositories that are not of the usual kind: their references, names or work trees are kept in another way.

use std::fs;
use std::path::Path;

use super::state::{Repo, git_command};

/// Has our hooks judge commits and a push in the work tree that `make` lays at a path, from a repository of one
/// commit, whose remote is at another path.
fn hooks_judge(make: impl Fn(&Repo, &Path, &Path)) {
    let source = Repo::of("clean");
    source.write("bulletproof.toml", "[stages]\npre-commit = [\"todo\"]\npre-push = [\"todo\"]\n");
    source.done(&["add", "--all"]);
    source.done(&["commit", "--quiet", "--message", "chore: stages"]);
    let beside = source.root().parent().unwrap().to_owned();
    let (tree, remote) = (beside.join("trée"), beside.join("remote.git"));
    make(&source, &tree, &remote);
    let done = |args: &[&str]| source.done_in(&tree, args);
    let fails = |args: &[&str]| {
        let output = git_command(&tree, &source.workspace.home(), args).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).into_owned();
        assert!(!output.status.success() && said.contains("src/more.rs"), "git {args:?}: {said}");
    };
    let hooks = |args: &[&str]| {
        let args = [&["hooks"], args].concat();
        let ran = source.workspace.bulletproof(&args).within(tree.to_str().unwrap()).end();
        assert_eq!(ran.code, Some(0), "{ran:#?}");
    };
    hooks(&["install"]);
    hooks(&["status"]);
    // what is staged passes, whatever is in the work tree
    fs::write(tree.join("src/more.rs"), "//! Fine.\n").unwrap();
    done(&["add", "src/more.rs"]);
    fs::write(tree.join("src/more.rs"), "// TODO: say who\n").unwrap();
    done(&["commit", "--quiet", "--message", "feat: fine"]);
    done(&["push", "--quiet", "origin", "HEAD:refs/heads/one"]);
    assert_eq!(done(&["status", "--porcelain"]), " M src/more.rs\n");
    // what is not to pass does not, and all stays as it was
    done(&["add", "src/more.rs"]);
    let state = || [&["for-each-ref"][..], &["ls-files", "--stage"], &["status", "--porcelain"]].map(done);
    let before = state();
    fails(&["commit", "--quiet", "--message", "feat: not fine"]);
    assert_eq!(state(), before);
    done(&["commit", "--quiet", "--no-verify", "--message", "feat: not fine"]);
    let before = state();
    fails(&["push", "--quiet", "origin", "HEAD:refs/heads/one"]);
    assert_eq!(state(), before);
    let pushed = source.done_in(&remote, &["log", "-1", "--format=%s", "one"]);
    assert_eq!(pushed, "feat: fine\n");
}

/// The files of a repository, committed into one that is made so.
fn made_anew(source: &Repo, tree: &Path, remote: &Path, format: &str) {
    let (folder, address) = (tree.to_str().unwrap(), remote.to_str().unwrap());
    source.done(&["init", "--quiet", "--bare", format, address]);
    source.done(&["init", "--quiet", format, folder]);
    source.done(&["checkout-index", "--all", &format!("--prefix={folder}/")]);
    for args in [
        &["remote", "add", "origin", address][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "chore: begin"],
    ] {
        source.done_in(tree, args);
    }
}

#[test]
fn whose_references_are_a_table() {
    hooks_judge(|source, tree, remote| made_anew(source, tree, remote, "--ref-format=reftable"));
}

#[test]
fn whose_names_are_of_sha256() {
    hooks_judge(|source, tree, remote| made_anew(source, tree, remote, "--object-format=sha256"));
}

#[test]
fn that_is_bare_and_has_its_work_trees_elsewhere() {
    hooks_judge(|source, tree, remote| {
        let bare = remote.with_file_name("bare.git");
        for to in [remote, &bare] {
            source.done(&["clone", "--quiet", "--bare", ".", to.to_str().unwrap()]);
        }
        source.done_in(&bare, &["remote", "set-url", "origin", remote.to_str().unwrap()]);
        source.done_in(&bare, &["worktree", "add", "--quiet", "-b", "two", tree.to_str().unwrap()]);
    });
}

#[test]
fn whose_folder_of_git_lies_elsewhere() {
    hooks_judge(|source, tree, remote| {
        source.done(&["clone", "--quiet", "--bare", ".", remote.to_str().unwrap()]);
        let elsewhere = format!("--separate-git-dir={}", remote.with_file_name("elsewhere").display());
        source.done(&["clone", "--quiet", &elsewhere, remote.to_str().unwrap(), tree.to_str().unwrap()]);
    });
}
