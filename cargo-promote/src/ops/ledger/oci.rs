//! The ledger in a repository of an OCI registry.
//!
//! A registry has no tag that is only set where it still has the value that was read, so no tag is ever set twice:
//! each entry has one of its own, whose name holds its place and its digest. Setting it is what adds the entry, all at
//! once. Entries that were written beside each other are ends, which [`ledger::join`] makes one state of, and the next
//! entry names all of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::image::{self, Tag};
use crate::ledger::{self, Appended, Entry, Guarantee, Head, Joined, Ledger, MOST_ENTRY, Unjoined};
use crate::ops::registry::Registry;
use crate::store::StoreError;

/// A repository as a ledger.
#[derive(Debug)]
pub struct OciLedger {
    registry: Registry,
    /// What was read: an entry never changes.
    read: RefCell<BTreeMap<Digest, Entry>>,
    /// Those that follow from what is before them.
    checked: RefCell<BTreeSet<Digest>>,
    known: RefCell<Known>,
}

/// What earlier looks have shown: only what is new since then is read.
#[derive(Debug, Default)]
struct Known {
    listed: BTreeSet<(u64, Digest)>,
    named: BTreeSet<Digest>,
    ends: BTreeSet<(u64, Digest)>,
    /// What follows from all that is listed.
    head: Option<Head>,
}

impl OciLedger {
    /// The ledger in that repository.
    pub fn new(registry: Registry) -> Self {
        Self { registry, read: RefCell::default(), checked: RefCell::default(), known: RefCell::default() }
    }

    fn damaged(&self, what: String, how: String) -> StoreError {
        StoreError::Damaged { place: self.name(), what, how }
    }

    fn unjoined(&self, why: Unjoined<StoreError>) -> StoreError {
        match why {
            Unjoined::Unread(error) => error,
            Unjoined::Bad(bad) => self.damaged("an entry".to_owned(), bad.to_string()),
        }
    }

    /// What was made of these very entries before. Nothing is kept of others, should one of them turn out to be bad.
    fn unchanged(&self, keys: &BTreeSet<(u64, Digest)>) -> Option<Head> {
        let mut known = self.known.borrow_mut();
        if known.listed != *keys {
            known.head = None;
        }
        known.head.clone()
    }

    /// The entries that no other one names as before it, among all that there are.
    fn ends(&self, keys: &BTreeSet<(u64, Digest)>) -> Result<Vec<(Digest, Entry)>, StoreError> {
        let mut known = self.known.borrow_mut();
        for (lower, key) in keys.iter().enumerate().rev() {
            let (sequence, digest) = key;
            if known.listed.contains(key) {
                continue;
            }
            let entry = self.entry(digest)?;
            if entry.sequence != *sequence {
                let how = format!("its tag says that it is the entry number {sequence}");
                return Err(self.damaged(format!("the entry {}", digest.short()), how));
            }
            known.named.extend(entry.previous.iter().chain(&entry.merges).copied());
            known.ends.insert(*key);
            // as many are before it as there are with lower keys: those are all before it
            if *sequence == lower as u64 + 1 {
                break;
            }
        }
        let Known { listed, named, ends, .. } = &mut *known;
        ends.retain(|(_, digest)| !named.contains(digest));
        listed.extend(keys);
        ends.iter().map(|(_, digest)| Ok((*digest, self.entry(digest)?))).collect()
    }
}

/// Whether an entry is one of several ends.
fn is_end(head: &Head, joined: &Joined, digest: &Digest) -> bool {
    joined.beside.contains(digest) || head.last.as_ref().is_some_and(|(last, _)| last == digest)
}

impl Ledger for OciLedger {
    fn name(&self) -> String {
        format!("the ledger in {}", self.registry.place())
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::AppendOnly
    }

    fn head(&self) -> Result<Head, StoreError> {
        let keys = self.registry.tags()?.into_iter().filter_map(|tag| match tag {
            Tag::Entry { sequence, digest } => Some((sequence, digest)),
            _ => None,
        });
        let keys: BTreeSet<_> = keys.collect();
        if let Some(head) = self.unchanged(&keys) {
            return Ok(head);
        }
        let ends = self.ends(&keys)?;
        // of several ends none is believed: what holds is made of their actions
        if let [(digest, entry)] = ends.as_slice()
            && !self.checked.borrow().contains(digest)
        {
            let checked = ledger::check(entry, &mut |digest| self.entry(digest));
            checked.map_err(|why| self.unjoined(why))?;
            self.checked.borrow_mut().insert(*digest);
        }
        let head = ledger::join(ends, &mut |digest| self.entry(digest)).map_err(|why| self.unjoined(why))?;
        self.known.borrow_mut().head = Some(head.clone());
        Ok(head)
    }

    fn append(&self, _on: &Head, entry: &Entry) -> Result<Appended, StoreError> {
        let bytes = entry.bytes();
        let digest = Digest::of(&bytes);
        let tag = Tag::Entry { sequence: entry.sequence, digest };
        let open = || Ok(std::io::Cursor::new(bytes.clone()));
        self.registry.put_blob(&digest, bytes.len() as u64, open)?;
        self.registry.put_image(&image::of_bytes(&tag, &bytes), &tag.to_string())?;
        // it is in the ledger, whatever becomes of the question whether it has an effect
        let unknown = |error: StoreError| StoreError::Unknown {
            place: self.name(),
            doing: "reading it again after an entry was added".to_owned(),
            cause: error.to_string(),
        };
        let head = self.head().map_err(unknown)?;
        let told = head.joined.as_ref().filter(|it| is_end(&head, it, &digest));
        let void = match told {
            Some(joined) => {
                joined.void.iter().find(|(other, _)| *other == digest).map(|(_, why)| why.clone())
            }
            None => ledger::void(&head, &digest, &mut |digest| self.entry(digest))
                .map_err(|why| unknown(self.unjoined(why)))?,
        };
        Ok(void.map_or(Appended::Done, Appended::Void))
    }

    fn entry(&self, digest: &Digest) -> Result<Entry, StoreError> {
        if let Some(entry) = self.read.borrow().get(digest) {
            return Ok(entry.clone());
        }
        let what = || format!("the entry {}", digest.short());
        let bytes = self.registry.blob::<Vec<u8>>(digest, MOST_ENTRY)?;
        let bytes = bytes.ok_or_else(|| StoreError::Missing { place: self.name(), what: what() })?;
        let entry = Entry::read(&bytes).map_err(|bad| self.damaged(what(), bad.to_string()))?;
        self.read.borrow_mut().insert(*digest, entry.clone());
        Ok(entry)
    }
}
