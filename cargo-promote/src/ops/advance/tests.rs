use std::cell::{Cell, RefCell};

use super::*;
use crate::ledger::{Guarantee, State};
use crate::ops::testing::{by, promote, stage};

/// What happens to an append.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Taken,
    /// Somebody else is first.
    Overtaken,
    /// The answer is lost, and the entry is in.
    LostAfter,
    /// The connection is lost before the entry is in.
    LostBefore,
}

#[derive(Default)]
struct Memory {
    entries: RefCell<Vec<Entry>>,
    fates: RefCell<Vec<Fate>>,
    /// What was sent.
    sent: RefCell<Vec<Digest>>,
    /// How often the ledger cannot be read after the connection was lost.
    dead: Cell<u32>,
    reads_that_fail: u32,
}

impl Memory {
    fn with(fates: &[Fate]) -> Self {
        let memory = Self::default();
        memory.add(stage("a"), 1);
        memory.fates.borrow_mut().extend(fates.iter().rev());
        memory
    }

    fn add(&self, action: Action, second: i64) {
        let entry = Entry::after(self.last().as_ref(), action, by(second)).unwrap();
        self.entries.borrow_mut().push(entry);
    }

    fn last(&self) -> Option<(Digest, Entry)> {
        self.entries.borrow().last().map(|entry| (entry.digest(), entry.clone()))
    }
}

impl Ledger for Memory {
    fn name(&self) -> String {
        "the memory".to_owned()
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::CompareAndSwap
    }

    fn head(&self) -> Result<Head, StoreError> {
        if self.dead.get() > 0 {
            self.dead.set(self.dead.get() - 1);
            return Err(StoreError::Failed {
                place: self.name(),
                doing: "reading".into(),
                cause: "dead".into(),
            });
        }
        let last = self.last();
        Ok(Head {
            version: last.as_ref().map(|(digest, _)| digest.to_string()).unwrap_or_default(),
            last,
            joined: None,
        })
    }

    fn append(&self, on: &Head, entry: &Entry) -> Result<Appended, StoreError> {
        assert_eq!(on.last, self.last());
        self.sent.borrow_mut().push(entry.digest());
        let fate = self.fates.borrow_mut().pop().unwrap_or(Fate::Taken);
        if fate == Fate::Overtaken {
            self.add(stage(&format!("other {}", self.entries.borrow().len())), 5);
            return Ok(Appended::Moved);
        }
        if fate != Fate::LostBefore {
            self.entries.borrow_mut().push(entry.clone());
        }
        if fate == Fate::Taken {
            return Ok(Appended::Done);
        }
        if fate == Fate::LostAfter {
            self.add(stage("after"), 6);
        }
        self.dead.set(self.reads_that_fail);
        Err(StoreError::Unknown { place: self.name(), doing: "writing".into(), cause: "cut".into() })
    }

    fn entry(&self, digest: &Digest) -> Result<Entry, StoreError> {
        Ok(self.entries.borrow().iter().find(|entry| entry.digest() == *digest).unwrap().clone())
    }
}

fn run(memory: &Memory) -> Result<Option<(Digest, Entry)>, Trouble> {
    let number = Cell::new(100);
    let by = || {
        number.set(number.get() + 1);
        Ok(by(number.get()))
    };
    let decide = |head: &Head| {
        let state: State = head.state();
        let there = state.current(&"staging".parse().unwrap()).is_some();
        Ok((!there).then(|| promote("staging", "a", None)))
    };
    advance(memory, &Cancel::default(), &by, &decide)
}

fn moves(memory: &Memory) -> usize {
    memory.entries.borrow().iter().filter(|entry| matches!(entry.action, Action::Promote { .. })).count()
}

#[test]
fn an_entry_is_added_once_whoever_else_writes() {
    for fates in [&[][..], &[Fate::Overtaken; 7], &[Fate::LostBefore], &[Fate::LostBefore, Fate::Overtaken]] {
        let memory = Memory::with(fates);
        let (digest, entry) = run(&memory).unwrap().unwrap();
        assert_eq!((digest, moves(&memory)), (entry.digest(), 1));
    }
}

#[test]
fn an_answer_that_was_lost_is_found_in_the_ledger_below_what_others_wrote_since() {
    let memory = Memory::with(&[Fate::LostAfter]);
    let (_, entry) = run(&memory).unwrap().unwrap();
    assert_eq!((entry.sequence, moves(&memory), memory.entries.borrow().len()), (2, 1, 3));
}

#[test]
fn the_ledger_is_read_again_until_it_can_be() {
    let memory = Memory { reads_that_fail: 3, ..Memory::with(&[Fate::LostAfter]) };
    assert_eq!(run(&memory).unwrap().unwrap().1.sequence, 2);
}

#[test]
fn what_nobody_knows_is_not_called_done_or_not_done() {
    let memory = Memory { reads_that_fail: 100, ..Memory::with(&[Fate::LostAfter]) };
    let why = run(&memory).unwrap_err().to_string();
    assert!(why.contains("whether it was done is told by `cargo promote status`"), "{why}");
}

#[test]
fn nothing_is_written_where_nothing_is_wanted() {
    let memory = Memory::with(&[]);
    run(&memory).unwrap();
    assert_eq!(run(&memory).unwrap(), None);
    assert_eq!(memory.entries.borrow().len(), 2);
}

#[test]
fn an_entry_that_was_lost_is_sent_again_as_the_same_one_until_somebody_else_was_first() {
    let memory = Memory::with(&[Fate::LostBefore, Fate::LostBefore, Fate::Overtaken]);
    run(&memory).unwrap();
    let sent = memory.sent.borrow();
    assert_eq!(sent.len(), 4);
    assert!(sent[0] == sent[1] && sent[1] == sent[2] && sent[2] != sent[3]);
}

#[test]
fn a_connection_that_is_lost_again_and_again_is_not_called_somebody_else() {
    let memory = Memory::with(&[Fate::LostBefore; 100]);
    let why = run(&memory).unwrap_err().to_string();
    assert!(why.contains("the connection was lost"), "{why}");
    assert_eq!((moves(&memory), memory.sent.borrow().len()), (0, 6));
}
