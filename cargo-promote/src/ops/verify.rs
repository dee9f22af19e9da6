//! `cargo promote verify`.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::session::Session;
use crate::attest::policy;
use crate::candidate::Candidate;
use crate::checks::{Check, Outcome};
use crate::digest::Digest;
use crate::ledger::State;
use crate::name::Label;
use crate::select;
use crate::store::Store;
use crate::trouble::Trouble;
use crate::verify::{self, Gravity, Problem, Seen};

/// A candidate as it was read back from one store.
#[derive(Debug)]
pub struct ReadBack {
    /// The store.
    pub place: String,
    /// The candidate.
    pub candidate: Candidate,
    /// What was read of it.
    pub seen: Seen,
    /// What the policy says of it.
    pub checks: Vec<Check>,
}

/// What was read back.
#[derive(Debug, Default)]
pub struct Verified {
    /// How many entries the ledger has.
    pub entries: usize,
    /// The candidates, in each store that has them.
    pub read: Vec<ReadBack>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

/// Reads back the ledger and those candidates, or all that are staged.
///
/// # Errors
/// Where a word means no candidate, or the config is wrong. What is damaged is no error but a problem.
pub fn verify(session: &Session, words: &[String]) -> Result<Verified, Trouble> {
    let mut done = Verified::default();
    let ledger = session.ledger()?;
    let stores = stores(session)?;
    let state = match ledger.head() {
        Ok(head) => {
            done.entries = verify::chain(ledger.as_ref(), &head, &mut done.problems);
            Some(head.state())
        }
        Err(error) => {
            done.problems.push(Problem::of(&ledger.name(), "the end of the ledger", &error));
            None
        }
    };
    for digest in asked(state.as_ref(), &stores, words, &mut done.problems)? {
        let mut found = false;
        for (name, store) in &stores {
            let before = done.problems.len();
            let read = verify::candidate(store.as_ref(), &digest, &mut done.problems);
            found |= read.is_some() || done.problems.len() > before;
            let needed = needed_in(session, state.as_ref(), &digest, name)?;
            if read.is_none() && done.problems.len() == before && !needed.is_empty() {
                let how = format!("it is not there, and {} runs it", needed.join(", "));
                let what = format!("the candidate {}", digest.short());
                done.problems.push(Problem::wrong(&store.place(), what, how));
                found = true;
            }
            if let Some((candidate, seen, envelopes)) = read {
                let checks = policy::judge(&session.config, &candidate, &envelopes, Timestamp::now());
                let place = store.place();
                done.problems.extend(refused(&checks, &candidate, &place, !words.is_empty()));
                done.read.push(ReadBack { place, candidate, seen, checks });
            }
        }
        if !found {
            let what = format!("the candidate {}", digest.short());
            done.problems.push(Problem::wrong("all stores", what, "none has it: its bytes are gone"));
        }
    }
    Ok(done)
}

/// Stores with their names.
pub(super) type Stores = Vec<(Label, Box<dyn Store>)>;

/// The checks that are problems: statements that are damaged always; what the policy asks for where somebody asks for
/// this candidate. Those that nobody promotes any more may grow older than it allows.
fn refused(checks: &[Check], candidate: &Candidate, place: &str, asked: bool) -> Vec<Problem> {
    let of_policy = |check: &Check| matches!(check.name.as_str(), "verdict" | "provenance");
    let told = checks.iter().filter(|check| asked || !of_policy(check)).filter_map(|check| {
        let (gravity, how) = match &check.outcome {
            Outcome::Refused(how) => (Gravity::Wrong, how),
            Outcome::CouldNot(how) => (Gravity::Unread, how),
            Outcome::Passed(_) | Outcome::Later(_) => return None,
        };
        let what = format!("{} of {}", check.name, candidate.shown());
        Some(Problem { gravity, place: place.to_owned(), what, how: how.clone() })
    });
    told.collect()
}

/// The stores of all environments, that of staging first.
///
/// # Errors
/// Where one cannot be opened.
pub(super) fn stores(session: &Session) -> Result<Stores, Trouble> {
    let mut names = vec![session.staging_store()?];
    for environment in &session.config.environments {
        let name = session.store_name(environment)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| session.store(&name).map(|store| (name, store))).collect()
}

/// The candidates that are meant, the newest first; where the ledger cannot be read, all that a store has.
fn asked(
    state: Option<&State>,
    stores: &[(Label, Box<dyn Store>)],
    words: &[String],
    problems: &mut Vec<Problem>,
) -> Result<Vec<Digest>, Trouble> {
    if let Some(state) = state {
        let named: BTreeSet<Digest> =
            words.iter().map(|word| select::candidate(state, word)).collect::<Result<_, _>>()?;
        let newest_first = state.newest_first().into_iter();
        return Ok(newest_first.filter(|digest| words.is_empty() || named.contains(digest)).collect());
    }
    let mut all = BTreeSet::new();
    for (_, store) in stores {
        match store.candidates() {
            Ok(listed) => all.extend(listed),
            Err(error) => problems.push(Problem::of(&store.place(), "the list of its candidates", &error)),
        }
    }
    Ok(all.into_iter().collect())
}

/// The environments that run the candidate from that store.
fn needed_in(
    session: &Session,
    state: Option<&State>,
    digest: &Digest,
    store: &Label,
) -> Result<Vec<String>, Trouble> {
    let mut names = Vec::new();
    for environment in &session.config.environments {
        let runs = state.and_then(|state| state.current(&environment.name)) == Some(*digest);
        if runs && session.store_name(environment)? == *store {
            names.push(environment.name.to_string());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
