use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use super::*;
use crate::candidate::Artifact;
use crate::ops::testing::candidate;

/// A store that keeps what `keep` makes of a statement, or refuses it.
struct Keeper {
    kept: RefCell<Vec<Vec<u8>>>,
    keep: fn(&[u8]) -> Option<Vec<u8>>,
}

impl Store for Keeper {
    fn place(&self) -> String {
        "keeper".to_owned()
    }

    fn put(&self, _: &Candidate, _: &BTreeMap<Digest, PathBuf>) -> Result<(), StoreError> {
        panic!("nobody asks for it")
    }

    fn candidate(&self, _: &Digest) -> Result<Candidate, StoreError> {
        panic!("nobody asks for it")
    }

    fn artifact(&self, _: &Candidate, _: &Artifact) -> Result<Box<dyn Read>, StoreError> {
        panic!("nobody asks for it")
    }

    fn attach(&self, _: &Digest, envelope: &[u8]) -> Result<(), StoreError> {
        let (place, doing, why) = (self.place(), "keeping it".to_owned(), "it is published".to_owned());
        let kept = (self.keep)(envelope).ok_or(StoreError::Refused { place, doing, why })?;
        self.kept.borrow_mut().push(kept);
        Ok(())
    }

    fn attestations(&self, _: &Digest) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(self.kept.borrow().clone())
    }

    fn candidates(&self) -> Result<Vec<Digest>, StoreError> {
        panic!("nobody asks for it")
    }

    fn sweep(&self, _: &[Candidate], _: bool) -> Result<u64, StoreError> {
        panic!("nobody asks for it")
    }

    fn take(&self, _: &dyn Store, _: &Candidate) -> Result<(), StoreError> {
        panic!("nobody asks for it")
    }
}

fn arrive(
    keep: fn(&[u8]) -> Option<Vec<u8>>,
    before: &[&[u8]],
    copied: bool,
) -> (Keeper, Result<Vec<Vec<u8>>, StoreError>) {
    let folder = tempfile::tempdir().unwrap();
    let (candidate, _) = candidate(folder.path(), "1.0.0", &[("tool", b"a")]);
    let store = Keeper { kept: RefCell::new(before.iter().map(|kept| kept.to_vec()).collect()), keep };
    let there = statements(&store, &candidate, &[b"one".to_vec(), b"two".to_vec()], copied);
    (store, there)
}

#[test]
fn what_is_missing_is_added_and_what_was_there_is_read_too() {
    let (store, there) = arrive(|envelope| Some(envelope.to_vec()), &[b"two", b"planted"], true);
    let all = [b"two".to_vec(), b"planted".to_vec(), b"one".to_vec()];
    assert_eq!(there.unwrap(), all);
    assert_eq!(*store.kept.borrow(), all);
}

#[test]
fn a_statement_that_arrives_with_other_bytes_is_missing() {
    let changes = |envelope: &[u8]| Some([envelope, b" "].concat());
    for copied in [true, false] {
        let (_, there) = arrive(changes, &[], copied);
        assert!(matches!(there, Err(StoreError::Missing { .. })), "{there:?}");
    }
}

#[test]
fn a_store_that_takes_nothing_more_is_refused_for_a_copy_only() {
    assert!(matches!(arrive(|_| None, &[], true).1, Err(StoreError::Refused { .. })));
    // what was judged is what is judged again
    assert_eq!(arrive(|_| None, &[b"two"], false).1.unwrap(), [b"one".to_vec(), b"two".to_vec()]);
}
