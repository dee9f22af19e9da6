use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use super::*;
use crate::candidate::{Artifact, Candidate};
use crate::digest::Digest;
use crate::ledger::{Appended, Entry, Guarantee, Head};
use crate::ops::testing::{by, candidate, promote, stage};
use crate::store::StoreError;

/// A store that notes how it names what an environment runs, and fails as often as it is told to.
#[derive(Default)]
struct Names {
    known: Vec<Candidate>,
    named: RefCell<Vec<Digest>>,
    fails: Cell<usize>,
}

impl Store for Names {
    fn place(&self) -> String {
        "names".to_owned()
    }

    fn put(&self, _: &Candidate, _: &BTreeMap<Digest, PathBuf>) -> Result<(), StoreError> {
        panic!("nobody asks for it")
    }

    fn candidate(&self, digest: &Digest) -> Result<Candidate, StoreError> {
        let found = self.known.iter().find(|candidate| candidate.digest() == *digest).cloned();
        found.ok_or_else(|| StoreError::Missing { place: self.place(), what: digest.short() })
    }

    fn artifact(&self, _: &Candidate, _: &Artifact) -> Result<Box<dyn Read>, StoreError> {
        panic!("nobody asks for it")
    }

    fn attach(&self, _: &Digest, _: &[u8]) -> Result<(), StoreError> {
        panic!("nobody asks for it")
    }

    fn attestations(&self, _: &Digest) -> Result<Vec<Vec<u8>>, StoreError> {
        panic!("nobody asks for it")
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

    fn mark(&self, _: &Label, candidate: &Candidate) -> Result<(), StoreError> {
        if let Some(left) = self.fails.get().checked_sub(1) {
            self.fails.set(left);
            let (place, doing, cause) = (self.place(), "naming it".to_owned(), "cut".to_owned());
            return Err(StoreError::Failed { place, doing, cause });
        }
        self.named.borrow_mut().push(candidate.digest());
        Ok(())
    }
}

/// A ledger whose ends are read one after the other; the last one stays.
struct Moving {
    heads: Vec<Head>,
    reads: Cell<usize>,
}

impl Ledger for Moving {
    fn name(&self) -> String {
        "moving".to_owned()
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::CompareAndSwap
    }

    fn head(&self) -> Result<Head, StoreError> {
        let read = self.reads.get();
        self.reads.set(read + 1);
        Ok(self.heads[read.min(self.heads.len() - 1)].clone())
    }

    fn append(&self, _: &Head, _: &Entry) -> Result<Appended, StoreError> {
        panic!("nobody asks for it")
    }

    fn entry(&self, _: &Digest) -> Result<Entry, StoreError> {
        panic!("nobody asks for it")
    }
}

/// Two candidates, and the ledger's ends: nothing runs, then the first, then the second.
fn two() -> (Names, [Head; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let known: Vec<Candidate> =
        ["1.0.0", "1.1.0"].map(|version| candidate(folder.path(), version, &[("tool", b"a")]).0).into();
    let staged = |candidate: &Candidate| match stage("") {
        crate::ledger::Action::Stage { staged, .. } => {
            crate::ledger::Action::Stage { candidate: candidate.digest(), staged }
        }
        other => other,
    };
    let moved = |from: Option<&Candidate>, to: &Candidate| match promote("staging", "", None) {
        crate::ledger::Action::Promote { environment, .. } => crate::ledger::Action::Promote {
            environment,
            candidate: to.digest(),
            from: from.map(Candidate::digest),
        },
        other => other,
    };
    let next = |head: &Head, action| {
        let entry = head.next(action, by(1)).unwrap();
        Head { version: entry.digest().to_string(), last: Some((entry.digest(), entry)), joined: None }
    };
    let none = next(&next(&Head::default(), staged(&known[0])), staged(&known[1]));
    let first = next(&none, moved(None, &known[0]));
    let second = next(&first, moved(Some(&known[0]), &known[1]));
    (Names { known, ..Names::default() }, [none, first, second])
}

fn followed(store: &Names, heads: &[&Head]) -> Result<(), Trouble> {
    let heads = heads.iter().map(|head| (*head).clone()).collect();
    follow(&Moving { heads, reads: Cell::new(0) }, store, &"staging".parse().unwrap())
}

#[test]
fn a_store_names_what_the_ledger_says_once() {
    let (store, [none, first, _]) = two();
    followed(&store, &[&none]).unwrap();
    assert!(store.named.borrow().is_empty(), "it runs nothing");
    followed(&store, &[&first]).unwrap();
    assert_eq!(*store.named.borrow(), [store.known[0].digest()]);
}

#[test]
fn who_was_overtaken_names_what_the_ledger_says_by_then() {
    let (store, [_, first, second]) = two();
    followed(&store, &[&first, &second]).unwrap();
    assert_eq!(*store.named.borrow(), [store.known[0].digest(), store.known[1].digest()]);
    let endless: Vec<&Head> = [&first, &second].repeat(MOST_ROUNDS);
    assert!(followed(&store, &endless).unwrap_err().to_string().contains("again and again"));
}

#[test]
fn a_name_that_cannot_be_written_is_written_by_the_next_call() {
    let (store, [_, first, _]) = two();
    store.fails.set(1);
    assert!(matches!(followed(&store, &[&first]), Err(Trouble::CouldNot(why)) if why.contains("cut")));
    assert!(store.named.borrow().is_empty());
    followed(&store, &[&first]).unwrap();
    assert_eq!(*store.named.borrow(), [store.known[0].digest()]);
}
