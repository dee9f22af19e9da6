//! `cargo promote cleanup`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::advance;
use super::session::Session;
use super::verify::{Stores, stores};
use crate::attest::{Predicate, policy};
use crate::candidate::Candidate;
use crate::cleanup::{self, Kept};
use crate::digest::Digest;
use crate::ledger::{self, Action, Head, Ledger, Staged, State, Unjoined};
use crate::name::Label;
use crate::store::{Store, StoreError};
use crate::trouble::Trouble;

/// What is, or would be, cleaned up.
#[derive(Debug)]
pub struct Cleaned {
    /// Whether it was done.
    pub executed: bool,
    /// The candidates that go, the newest first, as below.
    pub removed: Vec<(Digest, Staged)>,
    /// Those that stay, with why.
    pub kept: Vec<(Digest, Staged, BTreeSet<String>)>,
    /// The bytes that are free then, in each store.
    pub free: Vec<(String, u64)>,
}

/// Removes candidates that nothing needs; without `execute` it tells which those are. The ledger loses them first, so
/// that whatever is interrupted afterwards is done by the next call.
///
/// # Errors
/// Where the ledger or a store cannot be read or written, or a candidate that stays is damaged.
pub fn cleanup(session: &Session, newest: usize, execute: bool) -> Result<Cleaned, Trouble> {
    let ledger = session.ledger()?;
    let stores = stores(session)?;
    // nobody is between the bytes of a new candidate and its entry
    let mut holds = Vec::new();
    for (name, _) in &stores {
        holds.push(session.hold(name, true)?);
    }
    let head = ledger.head()?;
    let state = head.state();
    let marked = mark(session, ledger.as_ref(), &stores, &head, newest)?;
    let gone = cleanup::loose(&state, &marked);
    if execute && !gone.is_empty() {
        let reason = format!("cleanup: the newest {newest} stay, and what environments run or ran");
        advance(ledger.as_ref(), &session.cancel, &|| session.by(&reason), &|head| {
            let marked = mark(session, ledger.as_ref(), &stores, head, newest)?;
            let candidates = cleanup::loose(&head.state(), &marked);
            Ok((!candidates.is_empty()).then_some(Action::Remove { candidates }))
        })?;
    }
    let after = if execute { ledger.head()?.state() } else { without(&state, &gone) };
    let mut free = Vec::new();
    for (_, store) in &stores {
        let keep = candidates(store.as_ref(), &after)?;
        free.push((store.place(), store.sweep(&keep, !execute)?));
    }
    let staged = |digest: &Digest| state.candidates.get(digest).cloned();
    let (stay, go): (Vec<_>, Vec<_>) =
        state.newest_first().into_iter().partition(|digest| after.candidates.contains_key(digest));
    let why = |digest: &Digest| marked.get(digest).cloned();
    Ok(Cleaned {
        executed: execute,
        removed: go.into_iter().filter_map(|digest| Some((digest, staged(&digest)?))).collect(),
        kept: stay.into_iter().filter_map(|digest| Some((digest, staged(&digest)?, why(&digest)?))).collect(),
        free,
    })
}

/// The candidates that stay.
fn mark(
    session: &Session,
    ledger: &dyn Ledger,
    stores: &Stores,
    head: &Head,
    newest: usize,
) -> Result<Kept, Trouble> {
    let history = ledger::history(head, &mut |digest| ledger.entry(digest)).map_err(|error| match error {
        Unjoined::Unread(error) => Trouble::from(error),
        Unjoined::Bad(bad) => Trouble::from(bad),
    })?;
    let state = head.state();
    let mut approved: BTreeMap<Digest, BTreeSet<Label>> = BTreeMap::new();
    let keys = policy::keys(&session.config);
    for (_, store) in stores {
        for candidate in candidates(store.as_ref(), &state)? {
            let envelopes = store.attestations(&candidate.digest())?;
            let (evidence, _) = policy::read(&candidate, &envelopes, &keys);
            for one in evidence.iter().filter(|one| !one.signers.by.is_empty()) {
                let Predicate::Approval(approval) = &one.statement.predicate else { continue };
                approved.entry(candidate.digest()).or_default().insert(approval.environment.clone());
            }
        }
    }
    Ok(cleanup::kept(&state, &history, newest, &approved))
}

/// The manifests of a state's candidates, as far as a store has them. What a damaged one needs nobody knows, so that
/// nothing is removed beside it.
fn candidates(store: &dyn Store, state: &State) -> Result<Vec<Candidate>, Trouble> {
    let mut found = Vec::new();
    for digest in state.candidates.keys() {
        match store.candidate(digest) {
            Ok(candidate) => found.push(candidate),
            Err(StoreError::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

fn without(state: &State, gone: &[Digest]) -> State {
    let action = Action::Remove { candidates: gone.to_vec() };
    state.after(&action, Timestamp::UNIX_EPOCH, 0).unwrap_or_else(|_| state.clone())
}

#[cfg(test)]
mod tests;
