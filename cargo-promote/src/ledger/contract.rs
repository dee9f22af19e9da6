//! What every ledger does, whatever it is kept in.

use super::entry::{Action, By, Entry};
use super::merge::Joined;
use super::state::{Refused, State};
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
    /// Where the ledger has several ends, because its pointer cannot refuse the second of two entries: all of them
    /// as one.
    pub joined: Option<Joined>,
}

impl Head {
    /// What holds.
    pub fn state(&self) -> State {
        match (&self.joined, &self.last) {
            (Some(joined), _) => joined.state.clone(),
            (None, Some((_, entry))) => entry.state.clone(),
            (None, None) => State::default(),
        }
    }

    /// The entry that does this after everything that was read.
    ///
    /// # Errors
    /// Where the action cannot follow.
    pub fn next(&self, action: Action, by: By) -> Result<Entry, Refused> {
        match &self.joined {
            None => Entry::after(self.last.as_ref(), action, by),
            Some(joined) => Entry::join(self.last.as_ref().map(|(digest, _)| *digest), joined, action, by),
        }
    }
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// It is in the ledger.
    Done,
    /// Somebody else's entry came first; nothing was written.
    Moved,
    /// It is in the ledger and does nothing: what somebody else wrote beside it left it nothing to act on. Only a
    /// ledger that is `append-only` gives this.
    Void(Refused),
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
