//! The signed statements beside a candidate, on their way into another store.

use crate::candidate::Candidate;
use crate::digest::Digest;
use crate::store::{Store, StoreError};

/// Sees to it that a store has these statements beside the candidate, and reads back all that it has: what arrived is
/// compared byte for byte. Where the candidate was just copied, all of them must be there; where it lay there before, a
/// store that takes nothing more (a release that is published) keeps what it has.
///
/// # Errors
/// Where one does not arrive, or what is there cannot be read.
pub fn statements(
    store: &dyn Store,
    candidate: &Candidate,
    wanted: &[Vec<u8>],
    copied: bool,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let digest = candidate.digest();
    let before = store.attestations(&digest)?;
    let missing = wanted.iter().filter(|envelope| !before.contains(envelope));
    for envelope in missing {
        match store.attach(&digest, envelope) {
            Err(StoreError::Refused { .. }) if !copied => return Ok(wanted.to_vec()),
            attached => attached?,
        }
    }
    let there = store.attestations(&digest)?;
    match wanted.iter().find(|envelope| !there.contains(envelope)) {
        None => Ok(there),
        Some(lost) => Err(StoreError::Missing {
            place: store.place(),
            what: format!("the statement {} about {}", Digest::of(lost).short(), candidate.shown()),
        }),
    }
}

#[cfg(test)]
mod tests;
