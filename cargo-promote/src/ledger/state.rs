//! What an entry says of all environments and candidates.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::Action;
use crate::digest::Digest;
use crate::name::Label;

/// Everything that is staged, and what each environment runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What each environment runs.
    pub environments: BTreeMap<Label, Deployed>,
    /// The candidates that are staged and not cleaned up, by their digest.
    pub candidates: BTreeMap<Digest, Staged>,
}

/// What an environment runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployed {
    /// The candidate.
    pub candidate: Digest,
    /// Since when.
    pub since: Timestamp,
    /// The entry that put it there.
    pub sequence: u64,
    /// Whether what follows the move was done: the deployment, and showing it to the public.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub finished: bool,
}

impl Deployed {
    /// Whether both were put there by one move, whatever was done since. Its place alone does not tell: in a ledger that
    /// only appends, two entries that were written beside each other have the same one.
    pub fn is_of_one_move_with(&self, other: &Self) -> bool {
        (self.candidate, self.since, self.sequence) == (other.candidate, other.since, other.sequence)
    }
}

/// What is known of a staged candidate without its store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staged {
    /// What it releases.
    pub name: String,
    /// Its version.
    pub version: semver::Version,
    /// Its commit.
    pub commit: String,
    /// Its commit's tree.
    pub tree: String,
    /// When it was staged first.
    pub at: Timestamp,
    /// The environments that it was ever promoted to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reached: BTreeSet<Label>,
}

/// Why an action cannot follow a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A candidate that is not staged.
    #[error("the candidate {0} is not staged; `cargo promote status` shows those that are")]
    NotStaged(Digest),
    /// A candidate that an environment runs cannot be removed.
    #[error("the candidate {0} is what {1} runs; it cannot be removed")]
    InUse(Digest, Label),
    /// A rollback of an environment that runs nothing.
    #[error("{0} runs nothing yet, so there is nothing to roll back")]
    Empty(Label),
    /// A rollback to a candidate that the environment never ran.
    #[error("{1} never ran the candidate {0}; to put it there, promote it")]
    NeverThere(Digest, Label),
    /// A change of nothing.
    #[error("{1} runs the candidate {0} already")]
    Already(Digest, Label),
    /// Somebody else was there before.
    #[error(
        "{0} does not run what it was said to run: somebody else changed it; look at `cargo promote log`"
    )]
    Moved(Label),
}

impl State {
    /// The staged candidates, those that were staged last first.
    pub fn newest_first(&self) -> Vec<Digest> {
        let mut by_age: Vec<_> =
            self.candidates.iter().map(|(digest, staged)| (staged.at, *digest)).collect();
        by_age.sort_unstable_by(|one, other| other.cmp(one));
        by_age.into_iter().map(|(_, digest)| digest).collect()
    }

    /// The state after an action.
    ///
    /// # Errors
    /// Where the action cannot follow.
    pub fn after(&self, action: &Action, time: Timestamp, sequence: u64) -> Result<Self, Refused> {
        match action {
            Action::Promote { environment, candidate, from } => self.moves(environment, *candidate, *from)?,
            Action::Rollback { environment, candidate, from } => {
                self.moves(environment, *candidate, Some(*from))?;
            }
            Action::Stage { .. } | Action::Finish { .. } | Action::Remove { .. } => {}
        }
        self.beside(action, time, sequence)
    }

    /// The state after an action of which is not asked whether it was made from this state: a move holds whatever
    /// its environment ran before.
    ///
    /// # Errors
    /// Where the action has nothing to act on.
    pub(super) fn beside(&self, action: &Action, time: Timestamp, sequence: u64) -> Result<Self, Refused> {
        let mut state = self.clone();
        match action {
            Action::Stage { candidate, staged } => {
                state.candidates.entry(*candidate).or_insert_with(|| Staged { at: time, ..staged.clone() });
            }
            Action::Promote { environment, candidate, from: _ } => {
                let staged = state.candidates.get_mut(candidate).ok_or(Refused::NotStaged(*candidate))?;
                staged.reached.insert(environment.clone());
                let deployed = Deployed { candidate: *candidate, since: time, sequence, finished: false };
                state.environments.insert(environment.clone(), deployed);
            }
            Action::Rollback { environment, candidate, from: _ } => {
                let staged = self.candidates.get(candidate).ok_or(Refused::NotStaged(*candidate))?;
                if !staged.reached.contains(environment) {
                    return Err(Refused::NeverThere(*candidate, environment.clone()));
                }
                let deployed = Deployed { candidate: *candidate, since: time, sequence, finished: false };
                state.environments.insert(environment.clone(), deployed);
            }
            Action::Finish { environment, candidate } => {
                let deployed = state.environments.get_mut(environment);
                let deployed = deployed.filter(|deployed| deployed.candidate == *candidate);
                let deployed = deployed.ok_or_else(|| Refused::Moved(environment.clone()))?;
                if std::mem::replace(&mut deployed.finished, true) {
                    return Err(Refused::Already(*candidate, environment.clone()));
                }
            }
            Action::Remove { candidates } => {
                for candidate in candidates {
                    if let Some((environment, _)) = self.running(*candidate).next() {
                        return Err(Refused::InUse(*candidate, environment.clone()));
                    }
                    state.candidates.remove(candidate).ok_or(Refused::NotStaged(*candidate))?;
                }
            }
        }
        Ok(state)
    }

    /// What an environment runs.
    pub fn current(&self, environment: &Label) -> Option<Digest> {
        self.environments.get(environment).map(|deployed| deployed.candidate)
    }

    /// The environments that run a candidate.
    pub fn running(&self, candidate: Digest) -> impl Iterator<Item = (&Label, &Deployed)> {
        self.environments.iter().filter(move |(_, deployed)| deployed.candidate == candidate)
    }

    fn moves(&self, environment: &Label, candidate: Digest, from: Option<Digest>) -> Result<(), Refused> {
        let current = self.current(environment);
        match current {
            _ if current != from => Err(Refused::Moved(environment.clone())),
            Some(current) if current == candidate => Err(Refused::Already(candidate, environment.clone())),
            _ => Ok(()),
        }
    }
}
