use std::path::Path;

use cargo_gate::exec::Cancel;

use super::*;
use crate::ops::testing::{by, promote, stage};

fn ledger(at: &Path) -> LocalLedger {
    LocalLedger::new(Folder::new(at, &Cancel::default()))
}

fn next(head: &Head, action: crate::ledger::Action, second: i64) -> Entry {
    Entry::after(head.last.as_ref(), action, by(second)).unwrap()
}

fn filled(at: &Path) -> (LocalLedger, Entry) {
    let ledger = ledger(at);
    let first = next(&ledger.head().unwrap(), stage("a"), 1);
    assert_eq!(ledger.append(&Head::default(), &first).unwrap(), Appended::Done);
    let second = next(&ledger.head().unwrap(), promote("staging", "a", None), 2);
    assert_eq!(ledger.append(&ledger.head().unwrap(), &second).unwrap(), Appended::Done);
    (ledger, second)
}

#[test]
fn entries_follow_each_other() {
    let temp = tempfile::tempdir().unwrap();
    assert_eq!(ledger(temp.path()).head().unwrap(), Head::default());
    let (ledger, second) = filled(temp.path());
    let head = ledger.head().unwrap();
    assert_eq!(head.last, Some((second.digest(), second.clone())));
    assert_eq!(ledger.entry(&second.previous.unwrap()).unwrap().sequence, 1);
    assert!(matches!(ledger.entry(&Digest::of(b"none")), Err(StoreError::Missing { .. })));
}

#[test]
fn an_entry_after_one_that_is_not_the_last_is_not_taken() {
    let temp = tempfile::tempdir().unwrap();
    let (ledger, second) = filled(temp.path());
    let late = next(&Head::default(), stage("b"), 3);
    assert_eq!(ledger.append(&Head::default(), &late).unwrap(), Appended::Moved);
    assert_eq!(ledger.head().unwrap().last.unwrap().1, second);
}

#[test]
fn a_flipped_bit_in_the_pointer_or_an_entry_is_found() {
    let temp = tempfile::tempdir().unwrap();
    let (ledger, second) = filled(temp.path());
    let first = temp.path().join(name_of(&second.previous.unwrap()));
    for path in [temp.path().join(HEAD), temp.path().join(name_of(&second.digest())), first] {
        let whole = std::fs::read(&path).unwrap();
        for place in [0, 10, whole.len() - 2] {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert!(ledger.head().is_err(), "{} at {place}", path.display());
        }
        std::fs::write(&path, whole).unwrap();
    }
    ledger.head().unwrap();
}

#[test]
fn an_entry_that_does_not_follow_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let (ledger, second) = filled(temp.path());
    let mut forged = next(&ledger.head().unwrap(), stage("b"), 3);
    forged.state.environments.clear();
    assert_eq!(forged.previous, Some(second.digest()));
    ledger.append(&ledger.head().unwrap(), &forged).unwrap();
    assert!(ledger.head().unwrap_err().to_string().contains("does not follow"));
}

#[test]
fn what_a_killed_writer_left_is_no_entry() {
    let temp = tempfile::tempdir().unwrap();
    let (ledger, second) = filled(temp.path());
    // killed between the entry and the pointer
    let lost = next(&ledger.head().unwrap(), stage("b"), 3);
    let bytes = lost.bytes();
    let folder = Folder::new(temp.path(), &Cancel::default());
    folder
        .write(&name_of(&lost.digest()), &mut bytes.as_slice(), &lost.digest(), bytes.len() as u64)
        .unwrap();
    assert_eq!(ledger.head().unwrap().last.unwrap().1, second);
    let next = next(&ledger.head().unwrap(), stage("c"), 4);
    assert_eq!(ledger.append(&ledger.head().unwrap(), &next).unwrap(), Appended::Done);
}
