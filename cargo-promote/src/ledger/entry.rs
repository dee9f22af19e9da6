//! One entry: what was done, when, by whom and why, and what holds since.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::merge::Joined;
use super::state::{Refused, Staged, State};
use crate::digest::Digest;
use crate::name::Label;

/// The form of entries that this version writes.
const SCHEMA_VERSION: &str = "1.0";
/// The largest entry that is read, in bytes.
pub const MOST_ENTRY: u64 = 16 << 20;

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The form of this file.
    pub schema_version: String,
    /// Random, so that two equal actions at one time are two entries.
    pub id: String,
    /// Its place in the ledger: how many entries are before it, plus one.
    pub sequence: u64,
    /// The entry before; none before the first.
    pub previous: Option<Digest>,
    /// Entries that were written beside the one before, in a ledger whose pointer cannot refuse them; sorted. See
    /// [`super::merge`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merges: Vec<Digest>,
    /// When it was made.
    pub time: Timestamp,
    /// By whom: name and address, as git has them.
    pub actor: String,
    /// Why, in the words of whoever did it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What was done.
    pub action: Action,
    /// What holds since.
    pub state: State,
}

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// A candidate can be promoted from now on.
    Stage {
        /// The candidate.
        candidate: Digest,
        /// What is known of it.
        staged: Staged,
    },
    /// An environment runs a candidate from now on.
    Promote {
        /// The environment.
        environment: Label,
        /// The candidate.
        candidate: Digest,
        /// What it ran before.
        from: Option<Digest>,
    },
    /// An environment runs again what it ran at an earlier time.
    Rollback {
        /// The environment.
        environment: Label,
        /// The candidate.
        candidate: Digest,
        /// What it ran before.
        from: Digest,
    },
    /// What follows the move of an environment was done: its deployment, and showing the candidate to the public.
    Finish {
        /// The environment.
        environment: Label,
        /// The candidate.
        candidate: Digest,
    },
    /// Candidates that no environment runs are gone.
    Remove {
        /// The candidates.
        candidates: Vec<Digest>,
    },
}

/// Bytes that are no entry, or not the next one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ledger's entry {digest} {why}; whoever can write the ledger can have changed it")]
pub struct BadEntry {
    /// The digest of the bytes, shortened.
    pub digest: String,
    /// What is wrong with them.
    pub why: String,
}

/// Who does something, when and why.
#[derive(Debug, Clone)]
pub struct By {
    /// Random.
    pub id: String,
    /// When.
    pub time: Timestamp,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

impl Entry {
    /// The entry that does this after another one.
    ///
    /// # Errors
    /// Where the action cannot follow.
    pub fn after(before: Option<&(Digest, Self)>, action: Action, by: By) -> Result<Self, Refused> {
        let sequence = before.map_or(1, |(_, before)| before.sequence + 1);
        let nothing = State::default();
        let state = before.map_or(&nothing, |(_, before)| &before.state);
        let state = state.after(&action, by.time, sequence)?;
        let By { id, time, actor, reason } = by;
        let previous = before.map(|(digest, _)| *digest);
        let schema_version = SCHEMA_VERSION.to_owned();
        let merges = Vec::new();
        Ok(Self { schema_version, id, sequence, previous, merges, time, actor, reason, action, state })
    }

    /// The entry that does this after several that were written beside each other.
    pub(super) fn join(
        previous: Option<Digest>,
        joined: &Joined,
        action: Action,
        by: By,
    ) -> Result<Self, Refused> {
        let sequence = joined.entries + 1;
        let state = joined.state.after(&action, by.time, sequence)?;
        let By { id, time, actor, reason } = by;
        let merges = joined.beside.clone();
        let schema_version = SCHEMA_VERSION.to_owned();
        Ok(Self { schema_version, id, sequence, previous, merges, time, actor, reason, action, state })
    }

    /// Its bytes, as stores keep them.
    pub fn bytes(&self) -> Vec<u8> {
        // no map of an entry has keys that are not text, which is all that could fail
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// By what the next entry names it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes())
    }

    /// Reads an entry: only the very bytes that [`Entry::bytes`] would give.
    ///
    /// # Errors
    /// Where the bytes are none.
    pub fn read(bytes: &[u8]) -> Result<Self, BadEntry> {
        let bad = |why: String| BadEntry { digest: Digest::of(bytes).short(), why };
        if bytes.len() as u64 > MOST_ENTRY {
            return Err(bad(format!("is larger than {MOST_ENTRY} bytes")));
        }
        let entry: Self =
            serde_json::from_slice(bytes).map_err(|error| bad(format!("is damaged: {error}")))?;
        if entry.schema_version != SCHEMA_VERSION {
            let theirs = entry.schema_version.escape_debug();
            return Err(bad(format!("has the form `{theirs}`; this version knows {SCHEMA_VERSION}")));
        }
        if entry.previous.is_none() != (entry.sequence == 1) || entry.sequence == 0 {
            return Err(bad("does not tell which one is before it".to_owned()));
        }
        let merges = &entry.merges;
        if !merges.is_sorted_by(|a, b| a < b)
            || merges.iter().any(|digest| entry.previous.is_none_or(|before| before == *digest))
        {
            return Err(bad("does not tell in order which ones are before it".to_owned()));
        }
        if entry.bytes() == bytes {
            Ok(entry)
        } else {
            Err(bad("is not written as this program writes it".to_owned()))
        }
    }

    /// Checks that this entry is what its action makes of the one before. One that names several is checked by
    /// [`super::check`].
    ///
    /// # Errors
    /// Where it is not: somebody has written to the ledger by other means.
    pub fn check_follows(&self, before: Option<&(Digest, Self)>) -> Result<(), BadEntry> {
        let bad = |why: String| BadEntry { digest: self.digest().short(), why };
        let by = By {
            id: self.id.clone(),
            time: self.time,
            actor: self.actor.clone(),
            reason: self.reason.clone(),
        };
        let expected = Self::after(before, self.action.clone(), by).map_err(|why| bad(why.to_string()))?;
        if expected == *self { Ok(()) } else { Err(bad("does not follow from the one before".to_owned())) }
    }
}

#[cfg(test)]
mod tests;
