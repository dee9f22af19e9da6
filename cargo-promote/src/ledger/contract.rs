//! What every ledger does, whatever it is kept in.

use super::entry::Entry;
use super::state::State;
use crate::digest::Digest;
use crate::store::StoreError;

/// What a ledger's pointer promises when several write at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// The last one to write wins, and what the others wrote is lost.
    LastWriter,
    /// Nothing that was written is lost, but a writer cannot demand to be the only one after what it read.
    AppendOnly,
    /// An entry is taken only where the one before is still the last.
    CompareAndSwap,
}

impl Guarantee {
    /// Its name, as the config has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastWriter => "last-writer",
            Self::AppendOnly => "append-only",
            Self::CompareAndSwap => "compare-and-swap",
        }
    }
}

/// The end of the ledger as somebody read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// What the store compares: an object's name, a tag, a digest; empty before the first entry.
    pub version: String,
    /// The last entry with the digest of its bytes.
    pub last: Option<(Digest, Entry)>,
}

impl Head {
    /// What holds.
    pub fn state(&self) -> State {
        self.last.as_ref().map(|(_, entry)| entry.state.clone()).unwrap_or_default()
    }
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// It is in the ledger.
    Done,
    /// Somebody else's entry came first; nothing was written.
    Moved,
}

/// A chain of entries with one pointer to its end.
pub trait Ledger {
    /// What it is called in messages: its kind and its place.
    fn name(&self) -> String;

    /// What its pointer promises.
    fn guarantee(&self) -> Guarantee;

    /// Reads its end.
    ///
    /// # Errors
    /// Where it cannot be read, or what is read is no entry.
    fn head(&self) -> Result<Head, StoreError>;

    /// Adds an entry after the end that was read.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where the connection was lost before the answer: read the head again.
    fn append(&self, on: &Head, entry: &Entry) -> Result<Appended, StoreError>;

    /// Reads an entry by its digest, which its bytes have.
    ///
    /// # Errors
    /// Where it is gone or damaged.
    fn entry(&self, digest: &Digest) -> Result<Entry, StoreError>;
}
