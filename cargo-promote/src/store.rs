//! What every store of candidates does, whatever it is kept in.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use crate::candidate::{Artifact, Candidate};
use crate::digest::Digest;
use crate::mirrors::Lag;
use crate::name::Label;

/// What went wrong in a store or a ledger. `place` is its name: kind and address, without secrets.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What is asked for is not there.
    #[error("{place}: {what} is not there")]
    Missing {
        /// The store.
        place: String,
        /// What is asked for.
        what: String,
    },
    /// What is there is not what was stored.
    #[error("{place}: {what} is damaged: {how}; restore it from a copy, or stage the commit again")]
    Damaged {
        /// The store.
        place: String,
        /// What was read.
        what: String,
        /// How it differs.
        how: String,
    },
    /// The store said no, and nothing was changed.
    #[error("{place}: {doing} was refused: {why}")]
    Refused {
        /// The store.
        place: String,
        /// What was tried.
        doing: String,
        /// Its reason.
        why: String,
    },
    /// It did not work, and nothing that others see was changed.
    #[error("{place}: {doing} did not work: {cause}")]
    Failed {
        /// The store.
        place: String,
        /// What was tried.
        doing: String,
        /// What the system or the server says.
        cause: String,
    },
    /// Nobody knows whether it was done: the store has to be read again.
    #[error(
        "{place}: the connection was lost while {doing} ({cause}); whether it was done is told by `cargo promote status`"
    )]
    Unknown {
        /// The store.
        place: String,
        /// What was tried.
        doing: String,
        /// What the system or the server says.
        cause: String,
    },
}

/// A store of candidates. Everything in it is named by its digest; what is read is compared with its name.
pub trait Store {
    /// What it is called in messages: its kind and its place, without secrets.
    fn place(&self) -> String;

    /// Registry and repository, of which another store of that registry can have its server copy.
    fn repository(&self) -> Option<String> {
        None
    }

    /// Puts a candidate in: its artifacts first, its manifest last, so that a manifest that is there is whole.
    /// Putting it in again changes nothing and mends what is missing.
    ///
    /// # Errors
    /// Where something cannot be written, or a file has not the digest or the size that the manifest says.
    fn put(&self, candidate: &Candidate, files: &BTreeMap<Digest, PathBuf>) -> Result<(), StoreError>;

    /// Reads a candidate's manifest.
    ///
    /// # Errors
    /// Where it is gone or damaged.
    fn candidate(&self, digest: &Digest) -> Result<Candidate, StoreError>;

    /// Reads an artifact. Whoever reads to the end compares digest and size.
    ///
    /// # Errors
    /// Where it is gone.
    fn artifact(&self, candidate: &Candidate, artifact: &Artifact) -> Result<Box<dyn Read>, StoreError>;

    /// Keeps a signed statement beside a candidate. Keeping it again changes nothing.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn attach(&self, candidate: &Digest, envelope: &[u8]) -> Result<(), StoreError>;

    /// The signed statements beside a candidate, sorted by their digest.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn attestations(&self, candidate: &Digest) -> Result<Vec<Vec<u8>>, StoreError>;

    /// The candidates whose manifests are there, sorted.
    ///
    /// # Errors
    /// Where they cannot be listed.
    fn candidates(&self) -> Result<Vec<Digest>, StoreError>;

    /// Removes all that belongs to none of the kept candidates: of a candidate its manifest first. Gives the bytes
    /// that are free then; with `dry` they would be.
    ///
    /// # Errors
    /// Where something cannot be listed or removed.
    fn sweep(&self, keep: &[Candidate], dry: bool) -> Result<u64, StoreError>;

    /// Takes over a candidate from another store. Stores that can have their server copy do so.
    ///
    /// # Errors
    /// As [`Store::put`].
    fn take(&self, from: &dyn Store, candidate: &Candidate) -> Result<(), StoreError>;

    /// Names the candidate as what an environment runs, where the store has names for others to read. Nothing of ours
    /// reads them.
    ///
    /// # Errors
    /// Where it cannot be named.
    fn mark(&self, _environment: &Label, _candidate: &Candidate) -> Result<(), StoreError> {
        Ok(())
    }

    /// The name that it has for an environment, where that names something else than the candidate.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn lag(&self, _environment: &Label, _candidate: &Candidate) -> Result<Option<Lag>, StoreError> {
        Ok(None)
    }

    /// Shows the candidate to the public, where being stored and being shown are two things.
    ///
    /// # Errors
    /// Where the server refuses.
    fn reveal(&self, _candidate: &Candidate) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Reads a candidate with every byte of its artifacts, and compares each digest.
///
/// # Errors
/// [`StoreError::Missing`] and [`StoreError::Damaged`] where the store has not the candidate that was put in.
pub fn read_whole(store: &dyn Store, digest: &Digest) -> Result<Candidate, StoreError> {
    let candidate = store.candidate(digest)?;
    for artifact in &candidate.manifest().artifacts {
        let what = || format!("the artifact {} of {}", artifact.name, candidate.shown());
        let mut from = store.artifact(&candidate, artifact)?;
        let damaged = |how: String| StoreError::Damaged { place: store.place(), what: what(), how };
        match Digest::copy(&mut from, &mut std::io::sink()) {
            Ok(read) if read == (artifact.digest, artifact.size) => {}
            Ok((found, size)) => {
                return Err(damaged(format!("it has the digest {found} and {size} bytes")));
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(damaged(error.to_string()));
            }
            Err(error) => {
                let doing = format!("reading {}", what());
                return Err(StoreError::Failed { place: store.place(), doing, cause: error.to_string() });
            }
        }
    }
    Ok(candidate)
}
