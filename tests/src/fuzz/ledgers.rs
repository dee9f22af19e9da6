//! Entries of the ledger, and what git says of the commits that hold them.

use cargo_promote::digest::Digest;
use cargo_promote::ledger::Entry;
use cargo_promote::ledger::commit::{self, Pushed};
use cargo_promote::{mirrors, version};

use super::Input;

/// One entry has one form, and nothing in it can add a line to the commit that holds it.
pub(super) fn ledger_entry(input: Input<'_>) {
    let entry = match Entry::read(input.bytes) {
        Ok(entry) => entry,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(entry.digest(), Digest::of(input.bytes), "what is written reads the same");
    let _ = entry.check_follows(None);
    if input.part().len() < input.bytes.len() {
        assert!(Entry::read(input.part()).is_err(), "what was cut short is none");
    }
    let [tree, parent] = ["1", "2"].map(|digit| digit.repeat(40));
    let object = commit::commit(&tree, Some(&parent), &entry);
    assert_eq!(commit::parents(&object), [parent.as_str()]);
    let told = [format!("{parent} commit {}\n", object.len()).as_bytes(), &object, b"\n"].concat();
    let written = entry.time.as_second().max(0);
    assert!(commit::time(&object).is_some_and(|time| time.as_second() == written));
    assert_eq!(commit::objects(&told), Ok(vec![Some(("commit".to_owned(), object))]));
}

/// `git cat-file --batch`, and a commit.
pub(super) fn git_batch(input: Input<'_>) {
    for parent in commit::parents(input.bytes) {
        assert!(!parent.contains('\n'));
    }
    let _ = commit::time(input.bytes);
    let objects = match commit::objects(input.bytes) {
        Ok(objects) => objects,
        Err(error) => return assert!(!error.is_empty()),
    };
    let lines = input.bytes.split(|byte| *byte == b'\n').count() - 1;
    let ends = objects.len() + objects.iter().flatten().count();
    assert!(ends <= lines, "each answer has a line, and an object a line end behind it");
    if let Ok(part) = commit::objects(input.part()) {
        assert!(objects.starts_with(&part), "what is cut short is its beginning");
    }
}

/// `git ls-remote`, and `git push --porcelain`.
pub(super) fn git_remote(input: Input<'_>) {
    let Some(text) = input.text() else { return };
    // a push that ended badly has moved nothing for sure
    assert_ne!(commit::pushed(text, false), Pushed::Done);
    let _ = commit::pushed(text, true);
    let references = match mirrors::references(text) {
        Ok(references) => references,
        Err(error) => return assert!(!error.is_empty()),
    };
    assert!(references.len() <= text.lines().count());
    for (name, reference) in &references {
        assert!(!name.is_empty() && !name.contains('\n'));
        for object in [&reference.object, &reference.commit] {
            assert!(matches!(object.len(), 40 | 64), "{object}");
            assert!(object.bytes().all(|byte| byte.is_ascii_hexdigit()), "{object}");
        }
    }
}

/// `git log`, as the next version is found by it.
pub(super) fn commit_log(input: Input<'_>) {
    let commits = match version::read_log(input.bytes) {
        Ok(commits) => commits,
        Err(error) => return assert!(!error.is_empty()),
    };
    let parts = input.bytes.split(|byte| *byte == 0).count();
    assert_eq!(commits.len() + 1, parts, "a commit before each end");
    for commit in &commits {
        assert!(commit.hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && !commit.subject.contains('\n'));
    }
    let _ = (version::needed(&commits), version::notes(&commits));
    if let Ok(part) = version::read_log(input.part()) {
        assert!(commits.starts_with(&part), "what is cut short is its beginning");
    }
}
