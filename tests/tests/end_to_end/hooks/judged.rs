//! What the hooks judge: what is about to be committed or pushed, and nothing else; and that they leave the rest
//! of the repository alone.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::state::{Entry, Repo, entries, git_command, succeeded};
use crate::support::{Binary, Run};

/// A repository whose hooks run one gate: those lines of a shell.
fn repo(lines: &str) -> Repo {
    let repo = Repo::of("clean");
    let line = lines.replace('\n', "; ");
    let gate = format!(
        "[[gate]]\nname = \"line\"\ncommand = [\"sh\", \"-c\", '''{line}''']\n\n\
         [stages]\npre-commit = [\"line\"]\npre-push = [\"line\"]\n"
    );
    repo.write("bulletproof.toml", gate);
    repo.done(&["add", "--all"]);
    repo.done(&["commit", "--quiet", "--message", "chore: a gate"]);
    fs::create_dir_all(repo.workspace.home()).unwrap();
    repo.install(&["--hook", "pre-commit,pre-push"]);
    repo
}

/// What the gate wrote into a file of the user's home.
fn seen(repo: &Repo) -> String {
    fs::read_to_string(repo.workspace.home().join("seen")).unwrap_or_default()
}

/// The files of the tree and what git keeps of it: refs, stash, settings, and what the index holds, which git
/// itself writes again for each commit. The objects that a commit writes anyway may be there before.
fn state(repo: &Repo) -> Vec<(PathBuf, Entry)> {
    let all = entries(&repo.root(), &["objects", "COMMIT_EDITMSG", "index"]).into_iter();
    // git itself makes and removes locks, which gives folders a new time
    let mut all: Vec<(PathBuf, Entry)> = all.filter(|(_, entry)| *entry != Entry::Folder).collect();
    let index = repo.done(&["ls-files", "--stage"]).into_bytes();
    all.push(("index".into(), Entry::File(index, 0, std::time::SystemTime::UNIX_EPOCH)));
    all
}

/// Names what differs between two states.
fn assert_same(before: &[(PathBuf, Entry)], after: &[(PathBuf, Entry)]) {
    let only = |one: &[(PathBuf, Entry)], other: &[(PathBuf, Entry)]| -> Vec<PathBuf> {
        one.iter().filter(|entry| !other.contains(entry)).map(|(path, _)| path.clone()).collect()
    };
    assert_eq!((only(before, after), only(after, before)), (Vec::new(), Vec::new()));
}

#[test]
fn a_commit_is_judged_by_what_is_staged_whatever_lies_in_the_tree() {
    let repo = repo("cat src/extra.rs >> \"$HOME/seen\"\nls >> \"$HOME/seen\"\ngrep -q good src/extra.rs");
    repo.write("src/extra.rs", "// good\n");
    repo.done(&["add", "src/extra.rs"]);
    repo.write("src/extra.rs", "// bad\n");
    repo.write("untracked.rs", "// bad\n");
    let index = repo.done(&["ls-files", "--stage"]);
    let output = repo.git(&["commit", "--quiet", "--message", "feat: good"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("judging the index"), "{said}");
    assert!(seen(&repo).starts_with("// good\n") && !seen(&repo).contains("untracked"), "{}", seen(&repo));
    assert_eq!(repo.done(&["ls-files", "--stage"]), index);
    assert_eq!(repo.done(&["status", "--porcelain"]), " M src/extra.rs\n?? untracked.rs\n");
    // staged content that is bad stops the commit, though the file on disk is good by now
    repo.done(&["add", "src/extra.rs"]);
    repo.write("src/extra.rs", "// good\n");
    repo.done(&["status"]);
    let before = state(&repo);
    repo.fails(&["commit", "--quiet", "--message", "feat: bad"]);
    assert_same(&before, &state(&repo));
    // git has an index of its own for files that are named, and for all
    repo.write("src/extra.rs", "// good again\n");
    repo.done(&["commit", "--quiet", "--message", "feat: good again", "src/extra.rs"]);
    repo.write("src/extra.rs", "// bad\n");
    repo.fails(&["commit", "--quiet", "--all", "--message", "feat: bad"]);
    repo.write("src/extra.rs", "// good, again\n");
    repo.done(&["commit", "--quiet", "--all", "--message", "feat: good"]);
    repo.done(&["commit", "--quiet", "--amend", "--message", "feat: better"]);
}

#[test]
fn a_test_that_makes_a_repository_of_its_own_during_a_commit_leaves_the_real_one_alone() {
    let repo = repo(
        "env | grep ^GIT_ > \"$HOME/seen\"\nset -e\nd=$(mktemp -d)\ncd \"$d\"\ngit init --quiet\n\
         git config user.name fixture\ngit config user.email f@example.invalid\n\
         git commit --quiet --allow-empty --message fixture\ngit branch extra\n\
         git rev-parse --show-toplevel >> \"$HOME/seen\"",
    );
    let linked = repo.root().parent().unwrap().join("linked");
    repo.done(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap()]);
    let source = fs::read_to_string(linked.join("src/lib.rs")).unwrap();
    fs::write(linked.join("src/lib.rs"), source + "\n// side\n").unwrap();
    let config = fs::read(repo.root().join(".git/config")).unwrap();
    let (main, before) = (repo.done(&["rev-parse", "HEAD"]), repo.done(&["rev-parse", "side"]));
    let author = "A U Thor <a@example.invalid>";
    let args = ["commit", "--quiet", "--all", "--message", "feat: side", "--author", author];
    let mut command = git_command(&linked, &repo.workspace.home(), &args);
    succeeded(&args, &command.output().unwrap());
    let top = seen(&repo).lines().last().unwrap().to_owned();
    assert!(
        Path::new(&top).join(".git").is_dir() && !Path::new(&top).starts_with(&linked),
        "{}",
        seen(&repo)
    );
    let of_the_commit =
        ["DIR", "INDEX_FILE", "WORK_TREE", "AUTHOR_DATE", "PREFIX", "REFLOG_ACTION", "CONFIG_PARAMETERS"];
    for name in of_the_commit {
        assert!(!seen(&repo).contains(&format!("GIT_{name}=")), "{}", seen(&repo));
    }
    assert_eq!(fs::read(repo.root().join(".git/config")).unwrap(), config, "core.bare among them");
    assert_eq!(repo.done(&["rev-parse", "HEAD"]), main);
    assert_eq!(repo.done(&["rev-parse", "side~1"]), before, "one commit, the user's");
    assert_eq!(repo.done(&["log", "-1", "--format=%an %s", "side"]), "A U Thor feat: side\n");
    assert_eq!(repo.done(&["for-each-ref", "--format=%(refname)", "refs/heads/extra"]), "");
    assert_eq!(repo.done(&["worktree", "list", "--porcelain"]).matches("worktree ").count(), 2);
    fs::remove_dir_all(top).unwrap();
}

/// With a remote beside it.
fn with_remote(lines: &str) -> Repo {
    let repo = repo(lines);
    let remote = repo.root().parent().unwrap().join("remote.git");
    repo.done(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    repo.done(&["remote", "add", "origin", remote.to_str().unwrap()]);
    repo
}

fn commit(repo: &Repo, path: &str, text: &str) -> String {
    repo.write(path, text);
    repo.done(&["add", path]);
    let first = text.lines().next().unwrap();
    repo.done(&["commit", "--quiet", "--no-verify", "--message", &format!("feat: {first}")]);
    repo.done(&["rev-parse", "HEAD"]).trim().to_owned()
}

#[test]
fn a_push_is_judged_by_its_commits_each_tree_once_whatever_is_checked_out() {
    let repo = with_remote("git log -1 --format=%s >> \"$HOME/seen\"\n! grep -q bad src/extra.rs");
    let forget = || fs::remove_file(repo.workspace.home().join("seen")).unwrap();
    commit(&repo, "src/extra.rs", "// one\n");
    repo.done(&["tag", "--annotate", "--message=v1", "v1"]);
    repo.done(&["branch", "same"]);
    repo.write("src/extra.rs", "// bad, and not committed\n");
    repo.done(&["status"]);
    let before = state(&repo);
    let output = repo.git(&["push", "--quiet", "origin", "HEAD:refs/heads/main", "same", "v1"]);
    let said = String::from_utf8_lossy(&[output.stderr.clone(), output.stdout.clone()].concat()).into_owned();
    assert!(output.status.success() && said.contains("judging commit"), "{said}");
    assert_eq!(seen(&repo), "feat: // one\n", "one tree, three refs");
    let mut after = state(&repo);
    after.retain(|(path, _)| {
        !path.starts_with(".git/refs/remotes") && !path.starts_with(".git/logs/refs/remotes")
    });
    assert_same(&before, &after);
    // what is up to date, and what is only deleted, needs no judging
    forget();
    repo.done(&["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    repo.done(&["push", "--quiet", "origin", "--delete", "same"]);
    assert_eq!(seen(&repo), "");
    // of several refs one that is bad stops the push, and each is judged
    repo.done(&["checkout", "--quiet", "src/extra.rs"]);
    commit(&repo, "src/extra.rs", "// bad\n");
    repo.done(&["branch", "bad"]);
    commit(&repo, "src/extra.rs", "// two\n");
    repo.fails(&["push", "--quiet", "origin", "HEAD:refs/heads/main", "bad"]);
    let mut judged: Vec<String> = seen(&repo).lines().map(str::to_owned).collect();
    judged.sort();
    assert_eq!(judged, ["feat: // bad", "feat: // two"]);
    // a branch that is not checked out, and a history that is written anew
    repo.fails(&["push", "--quiet", "origin", "bad"]);
    repo.done(&["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    repo.done(&["reset", "--quiet", "--hard", "v1"]);
    commit(&repo, "src/extra.rs", "// three\n");
    repo.done(&["push", "--quiet", "--force", "origin", "HEAD:refs/heads/main"]);
    assert!(seen(&repo).ends_with("feat: // three\n"), "{}", seen(&repo));
}

#[test]
fn no_build_is_taken_for_that_of_another_commit() {
    let repo = Repo::of("clean");
    let good = fs::read_to_string(repo.root().join("src/lib.rs")).unwrap() + "// one\n";
    let first = commit(&repo, "src/lib.rs", &good);
    let second = commit(&repo, "src/lib.rs", &good.replace("saturating_add", "wrapping_sub"));
    repo.write("src/lib.rs", &good);
    let judge = |revision: &str| {
        let args = ["test", "--package", "clean", "--rev", revision, "--format", "json"];
        let ran = Run::new(&repo.workspace, Binary::Gate, &args).end();
        let report: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"));
        assert_eq!(report["subject"]["commit"].as_str(), Some(revision), "{report:#}");
        assert!(!ran.stdout.contains("snapshot-"), "no text leads into the copy: {report:#}");
        (ran.code, report["gates"][0]["findings"].as_array().is_some_and(|all| !all.is_empty()))
    };
    for _ in 0..2 {
        assert_eq!(judge(&first), (Some(0), false));
        assert_eq!(judge(&second), (Some(1), true));
    }
    // the files on disk have builds of their own
    let ran = Run::new(&repo.workspace, Binary::Gate, &["test", "--package", "clean"]).end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(judge(&second), (Some(1), true));
    assert_eq!(judge(&first), (Some(0), false));
}

#[test]
fn a_dependency_outside_of_the_repository_is_told_and_not_judged() {
    let repo = Repo::of("clean");
    let manifest = fs::read_to_string(repo.root().join("Cargo.toml")).unwrap();
    repo.write("Cargo.toml", format!("{manifest}\n[dependencies.other]\npath = \"../other\"\n"));
    repo.done(&["add", "--all"]);
    let ran = repo.workspace.bulletproof(&["--staged", "--stage", "pre-commit"]).end();
    ran.refused(&["Cargo.toml: `../other` leads out of the repository"]);
}

#[test]
fn what_a_test_does_with_git_stays_in_the_copy() {
    let repo = repo(
        "git branch evil\ngit tag evil\necho >> src/lib.rs\ngit stash\ngit update-ref -d refs/heads/main\n\
         git config core.bare true\ngit for-each-ref >> \"$HOME/seen\"\nexit 1",
    );
    repo.write("src/extra.rs", "// one\n");
    repo.done(&["add", "--all"]);
    repo.done(&["status"]);
    let before = state(&repo);
    for _ in 0..2 {
        repo.fails(&["commit", "--quiet", "--message", "feat: one"]);
        assert_same(&before, &state(&repo));
        let seen = seen(&repo);
        assert!(seen.contains("refs/heads/evil") && seen.contains("refs/tags/evil"), "{seen}");
        fs::remove_file(repo.workspace.home().join("seen")).unwrap();
    }
}

#[test]
fn a_plain_run_does_not_write_the_index() {
    let repo = Repo::of("clean");
    let index = || fs::read(repo.root().join(".git/index")).unwrap();
    let before = index();
    let file = fs::File::options().write(true).open(repo.root().join("src/lib.rs")).unwrap();
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_hours(1)).unwrap();
    assert_eq!(repo.workspace.bulletproof(&["--gate", "fmt"]).end().code, Some(0));
    assert_eq!(index(), before);
}

#[test]
fn a_manifest_that_is_only_meant_to_be_added_is_not_that_of_the_tree() {
    let repo = Repo::of("clean");
    repo.done(&["rm", "--quiet", "--cached", "Cargo.toml"]);
    repo.done(&["add", "--intent-to-add", "Cargo.toml"]);
    let ran = repo.workspace.bulletproof(&["--gate", "fmt,todo", "--staged"]).end();
    ran.refused(&["what is to be judged has no Cargo.toml"]);
}

#[test]
fn the_index_and_the_commit_are_told_apart_in_the_report() {
    let repo = repo("exit 1");
    repo.write("src/extra.rs", "// one\n");
    repo.done(&["add", "--all"]);
    let subject = |args: &[&str]| {
        repo.workspace.bulletproof(&[&["--gate", "todo"], args].concat()).report()["subject"].clone()
    };
    let (staged, commit, disk) = (subject(&["--staged"]), subject(&["--rev", "HEAD"]), subject(&[]));
    let head = repo.done(&["rev-parse", "HEAD"]);
    let told = [(&staged, "index", true), (&commit, "commit", false), (&disk, "worktree", true)];
    for (subject, kind, dirty) in told {
        assert_eq!(
            (subject["kind"].as_str(), subject["dirty"].as_bool(), subject["commit"].as_str()),
            (Some(kind), Some(dirty), Some(head.trim()))
        );
        assert_eq!(subject["workspace_root"], ".");
    }
    assert_eq!(staged["tree"].as_str(), Some(repo.done(&["write-tree"]).trim()));
    assert_eq!(commit["tree"].as_str(), Some(repo.done(&["rev-parse", "HEAD^{tree}"]).trim()));
    assert_eq!(repo.workspace.bulletproof(&["--staged", "--rev", "HEAD"]).end().code, Some(2));
}
