//! Brings the names that a store itself has for environments up to date with the ledger.

use super::session::Session;
use crate::config::{Environment, StoreSettings};
use crate::ledger::{Ledger, State};
use crate::mirrors::Lag;
use crate::name::Label;
use crate::store::Store;
use crate::trouble::Trouble;

/// How often a name is written for an environment that others move at the same time.
const MOST_ROUNDS: usize = 8;

/// Whether a store has names for environments.
pub fn has_names(session: &Session, store: &Label) -> bool {
    matches!(session.config.stores.get(store), Some(StoreSettings::Oci { .. }))
}

/// The names that lag behind that state.
///
/// # Errors
/// Where a store cannot be read.
pub fn lagging(session: &Session, state: &State) -> Result<Vec<Lag>, Trouble> {
    let mut lags = Vec::new();
    for environment in &session.config.environments {
        let name = session.store_name(environment)?;
        let Some(current) = state.current(&environment.name).filter(|_| has_names(session, &name)) else {
            continue;
        };
        let store = session.store(&name)?;
        lags.extend(store.lag(&environment.name, &store.candidate(&current)?)?);
    }
    Ok(lags)
}

/// Brings that of an environment up to date.
///
/// # Errors
/// Where the store cannot be read or refuses. What the environment runs is what the ledger says all the same.
pub fn update(session: &Session, ledger: &dyn Ledger, environment: &Environment) -> Result<(), Trouble> {
    let name = session.store_name(environment)?;
    if !has_names(session, &name) {
        return Ok(());
    }
    let store = session.store(&name)?;
    follow(ledger, store.as_ref(), &environment.name).map_err(|why| {
        Trouble::CouldNot(format!(
            "the name of {} in {} lags behind the ledger: {why}",
            environment.name,
            store.place()
        ))
    })
}

/// Names what the ledger says until it says it still: of two who do this at the same time the last one to end has named
/// what the ledger says.
fn follow(ledger: &dyn Ledger, store: &dyn Store, environment: &Label) -> Result<(), Trouble> {
    let current = || Ok::<_, Trouble>(ledger.head()?.state().current(environment));
    let mut wanted = current()?;
    for _ in 0..MOST_ROUNDS {
        let Some(digest) = wanted else { return Ok(()) };
        store.mark(environment, &store.candidate(&digest)?)?;
        let now = current()?;
        if now == wanted {
            return Ok(());
        }
        wanted = now;
    }
    Err(Trouble::CouldNot(format!("{environment} is moved by others again and again")))
}

#[cfg(test)]
mod tests;
