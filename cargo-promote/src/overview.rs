//! What is staged, what each environment runs, and what of it is not done yet.

use jiff::Timestamp;
use serde::Serialize;

use crate::config::Config;
use crate::digest::Digest;
use crate::ledger::{Head, State};
use crate::mirrors::Lag;
use crate::name::Label;

/// What `cargo promote status` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Where the configuration comes from.
    pub configuration: String,
    /// Where the ledger is.
    pub ledger: String,
    /// What its pointer promises.
    pub guarantee: &'static str,
    /// How many entries it has.
    pub entries: u64,
    /// The environments, in the order of the config; those that are only in the ledger last.
    pub environments: Vec<Place>,
    /// The candidates that no environment runs, the newest first.
    pub waiting: Vec<Known>,
    /// The references that lag behind.
    pub mirrors: Vec<Lag>,
    /// Why the references could not be looked at, where they could not.
    pub mirrors_unknown: Option<String>,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Its name.
    pub name: Label,
    /// What it runs.
    pub runs: Option<Known>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Whether the config has it.
    pub configured: bool,
    /// Whether something that follows a move is left to do.
    pub unfinished: bool,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Known {
    /// Its digest.
    pub candidate: Digest,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its commit.
    pub commit: String,
    /// When it was staged first.
    pub staged: Timestamp,
    /// The environments that it ever reached.
    pub reached: Vec<Label>,
}

/// All that a ledger and a config tell. `follows` says whether a move of an environment has something after it that the
/// ledger remembers.
pub fn overview(
    (config, configuration): (&Config, String),
    ledger: (String, &'static str),
    head: &Head,
    follows: &dyn Fn(&Label) -> bool,
    mirrors: Result<Vec<Lag>, String>,
) -> Overview {
    let state = head.state();
    let configured = config.environments.iter().map(|environment| (environment.name.clone(), true));
    let others = state.environments.keys().filter(|name| config.environment(name).is_none());
    let all = configured.chain(others.map(|name| (name.clone(), false)));
    let environments = all
        .map(|(name, configured)| {
            let deployed = state.environments.get(&name);
            Place {
                runs: deployed.and_then(|deployed| known(&state, &deployed.candidate)),
                since: deployed.map(|deployed| deployed.since),
                configured,
                unfinished: deployed.is_some_and(|deployed| !deployed.finished) && follows(&name),
                name,
            }
        })
        .collect();
    let idle = state.candidates.keys().filter(|digest| state.running(**digest).next().is_none());
    let mut waiting: Vec<Known> = idle.filter_map(|digest| known(&state, digest)).collect();
    waiting.sort_by_key(|known| (std::cmp::Reverse(known.staged), known.candidate));
    let of_joined = head.joined.as_ref().map(|joined| joined.entries);
    let entries = of_joined.or_else(|| head.last.as_ref().map(|(_, last)| last.sequence)).unwrap_or(0);
    let (mirrors, mirrors_unknown) = match mirrors {
        Ok(lags) => (lags, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let (ledger, guarantee) = ledger;
    Overview { configuration, ledger, guarantee, entries, environments, waiting, mirrors, mirrors_unknown }
}

fn known(state: &State, candidate: &Digest) -> Option<Known> {
    let staged = state.candidates.get(candidate)?;
    Some(Known {
        candidate: *candidate,
        name: staged.name.clone(),
        version: staged.version.to_string(),
        commit: staged.commit.clone(),
        staged: staged.at,
        reached: staged.reached.iter().cloned().collect(),
    })
}
