//! The ledger in a folder: entries by their digests, and a file that names the last one. Whoever adds one holds a
//! lock, compares, and renames; a reader needs no lock.

use crate::digest::Digest;
use crate::ledger::{Appended, Entry, Guarantee, Head, Ledger, MOST_ENTRY};
use crate::ops::folder::Folder;
use crate::store::StoreError;

/// Where the name of the last entry is.
const HEAD: &str = "ledger/head";
/// Who adds an entry holds this.
const LOCK: &str = "ledger/lock";
/// The length of [`HEAD`]: a digest and a line end, with room to see that there is more.
const MOST_HEAD: u64 = 100;

/// The ledger in a folder.
#[derive(Debug, Clone)]
pub struct LocalLedger {
    folder: Folder,
}

impl LocalLedger {
    /// The ledger in that folder.
    pub fn new(folder: Folder) -> Self {
        Self { folder }
    }

    fn pointer(&self) -> Result<Option<Digest>, StoreError> {
        let Some(bytes) = self.folder.bytes(HEAD, MOST_HEAD)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let digest = text.strip_suffix('\n').unwrap_or(&text).parse();
        digest.map(Some).map_err(|error: crate::digest::NoDigest| self.damaged(HEAD, error.to_string()))
    }

    fn damaged(&self, what: &str, how: String) -> StoreError {
        StoreError::Damaged { place: self.name(), what: what.to_owned(), how }
    }
}

fn name_of(digest: &Digest) -> String {
    format!("ledger/entries/{}", digest.hex())
}

impl Ledger for LocalLedger {
    fn name(&self) -> String {
        format!("the ledger in {}", self.folder.place())
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::CompareAndSwap
    }

    fn head(&self) -> Result<Head, StoreError> {
        let Some(digest) = self.pointer()? else { return Ok(Head::default()) };
        let entry = self.entry(&digest)?;
        let before = match entry.previous {
            Some(before) => Some((before, self.entry(&before)?)),
            None => None,
        };
        let follows = entry.check_follows(before.as_ref());
        follows.map_err(|bad| self.damaged("its last entry", bad.to_string()))?;
        Ok(Head { version: digest.to_string(), last: Some((digest, entry)), joined: None })
    }

    fn append(&self, on: &Head, entry: &Entry) -> Result<Appended, StoreError> {
        let _held = self.folder.lock(LOCK, true)?;
        let now = self.pointer()?.map(|digest| digest.to_string()).unwrap_or_default();
        if now != on.version {
            return Ok(Appended::Moved);
        }
        let bytes = entry.bytes();
        let digest = Digest::of(&bytes);
        self.folder.write(&name_of(&digest), &mut bytes.as_slice(), &digest, bytes.len() as u64)?;
        self.folder.replace(HEAD, format!("{digest}\n").as_bytes())?;
        Ok(Appended::Done)
    }

    fn entry(&self, digest: &Digest) -> Result<Entry, StoreError> {
        let what = || format!("the entry {}", digest.short());
        let bytes = self.folder.bytes(&name_of(digest), MOST_ENTRY)?;
        let bytes = bytes.ok_or_else(|| StoreError::Missing { place: self.name(), what: what() })?;
        if Digest::of(&bytes) != *digest {
            return Err(self.damaged(&what(), format!("its digest is {}", Digest::of(&bytes))));
        }
        Entry::read(&bytes).map_err(|bad| self.damaged(&what(), bad.to_string()))
    }
}

#[cfg(test)]
mod tests;
