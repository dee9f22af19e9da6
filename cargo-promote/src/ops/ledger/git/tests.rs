use std::path::Path;

use cargo_gate::exec::Cancel;

use super::*;
use crate::ops::testing::{by, promote, stage};

/// A bare repository, and a clone of it.
fn repositories(options: &[&str]) -> (tempfile::TempDir, Git) {
    let temp = tempfile::tempdir().unwrap();
    let git = Git::new(temp.path(), &Cancel::default()).unwrap();
    for (name, kind) in [("remote.git", &["--bare"][..]), ("clone", &[])] {
        git.text(["init", "--quiet"].iter().chain(kind).chain(options).chain(&[name])).unwrap();
    }
    let clone = Git::new(temp.path().join("clone"), &Cancel::default()).unwrap();
    clone.text(["remote", "add", "origin", "../remote.git"]).unwrap();
    (temp, clone)
}

fn open(git: &Git) -> GitLedger {
    GitLedger::new(git, "origin", "promote-ledger").unwrap()
}

fn filled(git: &Git) -> (GitLedger, Entry) {
    let ledger = open(git);
    let mut last = None;
    for (action, second) in [stage("a"), promote("staging", "a", None), stage("b")].into_iter().zip(1..) {
        let head = ledger.head().unwrap();
        let entry = head.next(action, by(second)).unwrap();
        assert_eq!(ledger.append(&head, &entry).unwrap(), Appended::Done);
        last = Some(entry);
    }
    (ledger, last.unwrap())
}

/// Whatever could be seen of a change in the user's repository.
fn seen(git: &Git) -> Vec<String> {
    // as after any push git notes where the branch of the remote is
    let references = git.text(["for-each-ref", "--exclude=refs/remotes/origin/promote-ledger"]).unwrap();
    let status = git.text(["status", "--porcelain", "--branch"]).unwrap();
    let head = git.text(["symbolic-ref", "HEAD"]).unwrap();
    let files =
        ["index", "FETCH_HEAD", "ORIG_HEAD"].map(|name| git.folder().join(".git").join(name).exists());
    vec![references, status, head, format!("{files:?}")]
}

#[test]
fn entries_follow_each_other_in_every_kind_of_repository_and_touch_nothing_of_the_user() {
    for options in [&["--ref-format=files"][..], &["--ref-format=reftable"], &["--object-format=sha256"]] {
        let (_temp, git) = repositories(options);
        let before = seen(&git);
        let (ledger, last) = filled(&git);
        assert_eq!(seen(&git), before, "{options:?}");
        let head = open(&git).head().unwrap();
        assert_eq!(head.last, Some((last.digest(), last.clone())));
        let first = ledger.entry(&last.previous.unwrap()).unwrap().previous.unwrap();
        assert_eq!(open(&git).entry(&first).unwrap().sequence, 1);
        assert!(matches!(ledger.entry(&Digest::of(b"none")), Err(StoreError::Missing { .. })));
    }
}

#[test]
fn another_clone_reads_it_and_only_one_of_two_is_taken() {
    let (temp, git) = repositories(&[]);
    let (ledger, last) = filled(&git);
    git.text(["init", "--quiet", "../other"]).unwrap();
    let other = Git::new(temp.path().join("other"), &Cancel::default()).unwrap();
    let before = seen(&other);
    let address = temp.path().join("remote.git").to_str().unwrap().to_owned();
    let theirs = GitLedger::new(&other, &address, "promote-ledger").unwrap();
    let head = theirs.head().unwrap();
    assert_eq!(head.last.as_ref().unwrap().1, last);
    let mine = ledger.head().unwrap();
    let first = head.next(stage("c"), by(8)).unwrap();
    let second = mine.next(stage("d"), by(9)).unwrap();
    assert_eq!(theirs.append(&head, &first).unwrap(), Appended::Done);
    assert_eq!(ledger.append(&mine, &second).unwrap(), Appended::Moved);
    // the very same entry sent again is there already
    assert_eq!(theirs.append(&head, &first).unwrap(), Appended::Done);
    assert_eq!(ledger.head().unwrap().last.unwrap().1, first);
    assert_eq!(seen(&other), before);
}

#[test]
fn the_first_entry_of_two_is_taken_once() {
    let (_temp, git) = repositories(&[]);
    let (ledger, empty) = (open(&git), Head::default());
    let (first, second) = (empty.next(stage("a"), by(1)).unwrap(), empty.next(stage("b"), by(2)).unwrap());
    assert_eq!(ledger.append(&empty, &first).unwrap(), Appended::Done);
    assert_eq!(ledger.append(&empty, &second).unwrap(), Appended::Moved);
}

/// A shell writes it: what we have open for writing is open in what other tests are starting, and cannot be run.
#[cfg(unix)]
fn hook(temp: &Path, script: &str) {
    let path = temp.join("remote.git/hooks/update");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\"";
    let done = std::process::Command::new("sh").args(["-c", write]).arg(&path).arg(script).status();
    assert!(done.unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_remote_that_says_no_is_told_and_one_that_dies_is_unknown() {
    let (temp, git) = repositories(&[]);
    let (ledger, _) = filled(&git);
    let head = ledger.head().unwrap();
    let entry = head.next(stage("c"), by(8)).unwrap();
    hook(temp.path(), "exit 1");
    assert!(matches!(ledger.append(&head, &entry), Err(StoreError::Refused { .. })));
    hook(temp.path(), "kill -9 $PPID");
    assert!(matches!(ledger.append(&head, &entry), Err(StoreError::Unknown { .. })));
    hook(temp.path(), "exit 0");
    assert_eq!(ledger.append(&head, &entry).unwrap(), Appended::Done);
}

#[test]
fn what_somebody_wrote_by_other_means_is_no_entry() {
    let (_temp, git) = repositories(&[]);
    let (ledger, last) = filled(&git);
    let head = ledger.head().unwrap();
    let mut forged = head.next(promote("production", "a", None), by(8)).unwrap();
    forged.state.environments.clear();
    let commit = ledger.write(&head, &forged).unwrap();
    git.text(["push", "--quiet", "origin", &format!("{commit}:refs/heads/promote-ledger")]).unwrap();
    assert!(ledger.head().unwrap_err().to_string().contains("does not follow"));
    // an entry that is not a child of the one that it names
    let torn = Head { version: String::new(), ..head };
    let commit = ledger.write(&torn, &torn.next(stage("c"), by(9)).unwrap()).unwrap();
    git.text(["push", "--quiet", "--force", "origin", &format!("{commit}:refs/heads/promote-ledger")])
        .unwrap();
    assert!(matches!(ledger.head(), Err(StoreError::Damaged { .. })), "{}", last.sequence);
}

#[test]
fn a_password_in_the_address_is_refused_and_not_repeated() {
    let (_temp, git) = repositories(&[]);
    let why = GitLedger::new(&git, "https://ada:geheim@example.invalid/x", "b").unwrap_err().to_string();
    assert!(why.contains("credential") && !why.contains("geheim"), "{why}");
    assert!(GitLedger::new(&git, "--upload-pack=x", "b").is_err());
}
