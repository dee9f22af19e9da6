//! The ledger in a bucket: entries by their digests, and an object that names the last one, which is written only
//! where it still is what was read.
//!
//! Not every server that speaks the protocol keeps to the condition: some write all the same and say so to nobody. So a
//! ledger that is said to compare is tried before it is written to.

use std::cell::Cell;

use crate::digest::{Digest, NoDigest};
use crate::ledger::{self, Appended, Entry, Guarantee, Head, Ledger, MOST_ENTRY, Unjoined};
use crate::ops::bucket::{Bucket, Written};
use crate::ops::store::Blobs as _;
use crate::store::StoreError;

/// Where the name of the last entry is.
const HEAD: &str = "ledger/head";
/// What it is tried with.
const PROBE: &str = "ledger/probe";
/// The length of [`HEAD`]: a digest and a line end, with room to see that there is more.
const MOST_HEAD: u64 = 100;

/// A bucket as a ledger.
#[derive(Debug)]
pub struct S3Ledger {
    bucket: Bucket,
    conditional: bool,
    tried: Cell<bool>,
}

impl S3Ledger {
    /// The ledger in that bucket, whose server is said to keep to conditions, or not.
    pub fn new(bucket: Bucket, conditional: bool) -> Self {
        Self { bucket, conditional, tried: Cell::new(false) }
    }

    fn damaged(&self, what: &str, how: String) -> StoreError {
        StoreError::Damaged { place: self.name(), what: what.to_owned(), how }
    }

    /// The last entry's digest, and what changes with it.
    fn pointer(&self) -> Result<Option<(Digest, String)>, StoreError> {
        let Some((bytes, version)) = self.bucket.bytes(HEAD, MOST_HEAD)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let digest = text.strip_suffix('\n').unwrap_or(&text).parse();
        let digest = digest.map_err(|error: NoDigest| self.damaged(HEAD, error.to_string()))?;
        Ok(Some((digest, version)))
    }

    /// Whether an entry is the last one or before it.
    fn contains(&self, entry: &Entry, digest: &Digest) -> Result<bool, StoreError> {
        let mut at = self.pointer()?.map(|(digest, _)| digest);
        while let Some(found) = at {
            if found == *digest {
                return Ok(true);
            }
            let other = self.entry(&found)?;
            at = other.previous.filter(|_| other.sequence > entry.sequence);
        }
        Ok(false)
    }

    /// Tries whether the server keeps to conditions.
    fn try_conditions(&self) -> Result<(), StoreError> {
        if self.tried.get() {
            return Ok(());
        }
        let probe = || b"cargo promote tries whether conditions are kept\n".to_vec();
        // the first may be the one that makes it
        self.bucket.swap(PROBE, probe(), None)?;
        let again = self.bucket.swap(PROBE, probe(), None)?;
        let other = self.bucket.swap(PROBE, probe(), Some("\"no-such-version\""))?;
        if (again, other) != (Written::Not, Written::Not) {
            return Err(StoreError::Refused {
                place: self.name(),
                doing: "adding an entry".to_owned(),
                why: "its server writes where a condition does not hold, so entries could get lost; say \
                      `conditional_writes = false` for the store, and which environments accept `last-writer`"
                    .to_owned(),
            });
        }
        self.tried.set(true);
        Ok(())
    }
}

fn name_of(digest: &Digest) -> String {
    format!("ledger/entries/{}", digest.hex())
}

impl Ledger for S3Ledger {
    fn name(&self) -> String {
        format!("the ledger in {}", self.bucket.place())
    }

    fn guarantee(&self) -> Guarantee {
        if self.conditional { Guarantee::CompareAndSwap } else { Guarantee::LastWriter }
    }

    fn head(&self) -> Result<Head, StoreError> {
        let Some((digest, version)) = self.pointer()? else { return Ok(Head::default()) };
        let entry = self.entry(&digest)?;
        ledger::check(&entry, &mut |digest| self.entry(digest)).map_err(|why| match why {
            Unjoined::Unread(error) => error,
            Unjoined::Bad(bad) => self.damaged("its last entry", bad.to_string()),
        })?;
        Ok(Head { version, last: Some((digest, entry)), joined: None })
    }

    fn append(&self, on: &Head, entry: &Entry) -> Result<Appended, StoreError> {
        let bytes = entry.bytes();
        let digest = Digest::of(&bytes);
        let pointer = format!("{digest}\n").into_bytes();
        if self.conditional {
            self.try_conditions()?;
        } else if self.pointer()?.map(|(_, version)| version).unwrap_or_default() != on.version {
            return Ok(Appended::Moved);
        }
        self.bucket.write(&name_of(&digest), &mut bytes.as_slice(), &digest, bytes.len() as u64)?;
        let written = if self.conditional {
            let before = Some(on.version.as_str()).filter(|version| !version.is_empty());
            self.bucket.swap(HEAD, pointer, before)?
        } else {
            self.bucket.overwrite(HEAD, pointer)?;
            Written::Not
        };
        // a write whose answer was lost is sent again, and its condition does not hold then; and without conditions
        // another one can have taken its place at once
        let there = written == Written::Done || self.contains(entry, &digest)?;
        Ok(if there { Appended::Done } else { Appended::Moved })
    }

    fn entry(&self, digest: &Digest) -> Result<Entry, StoreError> {
        let what = || format!("the entry {}", digest.short());
        let read = self.bucket.bytes(&name_of(digest), MOST_ENTRY)?;
        let (bytes, _) = read.ok_or_else(|| StoreError::Missing { place: self.name(), what: what() })?;
        if Digest::of(&bytes) != *digest {
            return Err(self.damaged(&what(), format!("its digest is {}", Digest::of(&bytes))));
        }
        Entry::read(&bytes).map_err(|bad| self.damaged(&what(), bad.to_string()))
    }
}
