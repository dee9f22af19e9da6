//! What is wrong, and where.

use serde::Serialize;

use crate::store::StoreError;

/// What something that is wrong means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gravity {
    /// Nobody could tell: a store did not answer.
    Unread,
    /// It is not what it has to be.
    Wrong,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// What it means.
    pub gravity: Gravity,
    /// The store or the ledger.
    pub place: String,
    /// What it is about: an artifact, a manifest, an entry.
    pub what: String,
    /// What is wrong with it.
    pub how: String,
}

impl Problem {
    /// Something that is not what it has to be.
    pub fn wrong(place: &str, what: impl Into<String>, how: impl Into<String>) -> Self {
        Self { gravity: Gravity::Wrong, place: place.to_owned(), what: what.into(), how: how.into() }
    }

    /// What a store said when it was asked for something.
    pub fn of(place: &str, what: impl Into<String>, error: &StoreError) -> Self {
        let (gravity, how) = match error {
            StoreError::Missing { .. } => (Gravity::Wrong, "it is not there".to_owned()),
            StoreError::Damaged { how, .. } => (Gravity::Wrong, format!("it is damaged: {how}")),
            StoreError::Refused { why, .. } => (Gravity::Unread, format!("reading was refused: {why}")),
            StoreError::Failed { cause, .. } | StoreError::Unknown { cause, .. } => {
                (Gravity::Unread, format!("it cannot be read: {cause}"))
            }
        };
        Self { gravity, place: place.to_owned(), what: what.into(), how }
    }
}
