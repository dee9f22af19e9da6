//! What a promotion or a rollback would do, and what forbids it.

use serde::Serialize;

use crate::checks::{Check, Outcome};
use crate::config::{Config, Environment};
use crate::digest::Digest;
use crate::ledger::{Action, Deployed, Guarantee, Refused, State, Told};
use crate::name::Label;
use crate::select;
use crate::trouble::Trouble;

/// What is to be done with an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The environment.
    pub environment: Label,
    /// Whether it goes to a candidate that it ran before.
    pub rollback: bool,
    /// The candidate that it is to run.
    pub candidate: Digest,
    /// The same for people.
    pub name: String,
    /// What it runs now.
    pub from: Option<Digest>,
    /// The same for people.
    pub from_name: Option<String>,
    /// What was asked before.
    pub checks: Vec<Check>,
    /// What is done, in this order.
    pub steps: Vec<Step>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Every byte is read and compared.
    Verify {
        /// The store.
        store: Label,
    },
    /// The candidate is copied from one store to another.
    Copy {
        /// The store that has it.
        from: Label,
        /// The store of the environment.
        to: Label,
    },
    /// The ledger gets an entry.
    Move {
        /// The ledger.
        ledger: String,
    },
    /// The environment's own command is run.
    Deploy {
        /// The command.
        command: String,
    },
    /// The store names the candidate as what the environment runs.
    Name {
        /// The store.
        store: Label,
        /// The name.
        name: String,
    },
    /// The candidate is shown to the public.
    Reveal {
        /// The store.
        store: Label,
    },
    /// References that show what the ledger says are brought up to date.
    Mirror {
        /// The remote.
        remote: String,
    },
}

impl Plan {
    /// Whether the environment runs the candidate already: what is left is only what follows.
    pub fn is_there(&self) -> bool {
        self.from == Some(self.candidate)
    }

    /// Why the checks forbid it, where they do: one that says no weighs more than one that could not be asked.
    pub fn forbidden(&self) -> Option<Trouble> {
        let stopped: Vec<String> =
            self.checks.iter().filter(|check| check.stops()).map(Check::line).collect();
        let refused = self.checks.iter().any(|check| matches!(check.outcome, Outcome::Refused(_)));
        let why = format!("{} does not get {}:\n{}", self.environment, self.name, stopped.join("\n"));
        match (stopped.is_empty(), refused) {
            (true, _) => None,
            (false, true) => Some(Trouble::Refused(why)),
            (false, false) => Some(Trouble::CouldNot(why)),
        }
    }
}

/// The candidate that goes to an environment where none is named: what the environments before it run, where that is
/// one candidate; the one that was staged last where there is none before it.
///
/// # Errors
/// Where there is none, or more than one.
pub fn usual(config: &Config, environment: &Environment, state: &State) -> Result<Digest, Trouble> {
    let before = config.before(environment);
    if before.is_empty() {
        let none =
            || Trouble::CouldNot("nothing is staged; `cargo promote stage` stages a commit".to_owned());
        return select::newest(state).ok_or_else(none);
    }
    let mut found = None;
    for name in before {
        let Some(runs) = state.current(&name) else {
            return Err(Trouble::Refused(format!(
                "{name} runs nothing yet, and comes before {}",
                environment.name
            )));
        };
        if found.is_some_and(|other| other != runs) {
            let why =
                format!("the environments before {} run different candidates; name one", environment.name);
            return Err(Trouble::CouldNot(why));
        }
        found = Some(runs);
    }
    found.ok_or_else(|| Trouble::CouldNot("no candidate is named".to_owned()))
}

/// Whether the order of the environments lets a candidate go there: it reached those before, and was not taken back
/// from one of them since.
///
/// # Errors
/// What it did not reach.
pub fn order(
    config: &Config,
    environment: &Environment,
    state: &State,
    told: &[Told],
    candidate: Digest,
) -> Result<(), Trouble> {
    let staged = state.candidates.get(&candidate).ok_or(Refused::NotStaged(candidate))?;
    let name = select::shown(&candidate, staged);
    for before in config.before(environment) {
        if !staged.reached.contains(&before) {
            return Err(Trouble::Refused(format!(
                "{name} was never in {before}, which comes before {}: `cargo promote to {before} {}`",
                environment.name,
                candidate.short()
            )));
        }
        if taken_back(told, &before, candidate) {
            return Err(Trouble::Refused(format!(
                "{before} was rolled back from {name}; what failed there does not go to {}",
                environment.name
            )));
        }
    }
    Ok(())
}

/// Whether the last move of an environment to or from the candidate was a rollback from it.
fn taken_back(told: &[Told], environment: &Label, candidate: Digest) -> bool {
    let mut back = false;
    for one in told.iter().filter(|one| one.void.is_none()) {
        match &one.entry.action {
            Action::Promote { environment: it, candidate: to, .. }
                if it == environment && *to == candidate =>
            {
                back = false;
            }
            Action::Rollback { environment: it, candidate: to, from } if it == environment => {
                back = *from == candidate || (back && *to != candidate);
            }
            _ => {}
        }
    }
    back
}

/// Whether the ledger's pointer is safe enough for an environment.
///
/// # Errors
/// Where it is weaker than compare-and-swap, and the config does not accept that by its name.
pub fn guarantee(environment: &Environment, ledger: &str, has: Guarantee) -> Result<(), Trouble> {
    if has == Guarantee::CompareAndSwap || environment.accept.iter().any(|name| name == has.name()) {
        return Ok(());
    }
    Err(Trouble::Refused(format!(
        "{ledger} is `{}`: of two who write at once one can be overruled. {} needs `compare-and-swap`, or \
         `accept = [\"{}\"]` in promote.toml",
        has.name(),
        environment.name,
        has.name()
    )))
}

/// What an environment ran before what it runs now. A candidate that was taken back does not count.
///
/// # Errors
/// Where there is none.
pub fn back(told: &[Told], environment: &Label) -> Result<Digest, Trouble> {
    let mut ran: Vec<Digest> = Vec::new();
    for one in told.iter().filter(|one| one.void.is_none()) {
        match &one.entry.action {
            Action::Promote { environment: it, candidate, .. } if it == environment => ran.push(*candidate),
            Action::Rollback { environment: it, candidate, .. } if it == environment => {
                let at = ran.iter().rposition(|one| one == candidate);
                ran.truncate(at.unwrap_or_default());
                ran.push(*candidate);
            }
            _ => {}
        }
    }
    match ran.as_slice() {
        [] => Err(Refused::Empty(environment.clone()).into()),
        [.., before, now] if before != now => Ok(*before),
        _ => Err(Trouble::Refused(format!(
            "{environment} ran nothing before what it runs now; name a candidate with --to"
        ))),
    }
}

/// What an environment ran before the move that put there what it runs; nothing where it ran nothing.
pub fn before(told: &[Told], environment: &Label, deployed: &Deployed) -> Option<Digest> {
    let is_it = |it: &Label, candidate: &Digest| it == environment && *candidate == deployed.candidate;
    let mut moves = told.iter().rev().filter(|one| one.void.is_none());
    let from = moves.find_map(|one| match &one.entry.action {
        // entries that were written beside each other can have one place
        _ if (one.entry.sequence, one.entry.time) != (deployed.sequence, deployed.since) => None,
        Action::Promote { environment: it, candidate, from } => is_it(it, candidate).then_some(*from),
        Action::Rollback { environment: it, candidate, from } => is_it(it, candidate).then_some(Some(*from)),
        _ => None,
    });
    from.flatten()
}

#[cfg(test)]
mod tests;
