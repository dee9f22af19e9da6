//! What a canary would do, does and came to.

use serde::Serialize;

use super::judge::{Outcome, Window};
use super::question::About;
use crate::config::Canary;
use crate::digest::Digest;
use crate::name::Label;

/// What would be done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The environment.
    pub environment: Label,
    /// What it runs.
    pub candidate: About,
    /// What it ran before, with which that is compared.
    pub baseline: About,
    /// Where Prometheus is.
    pub prometheus: String,
    /// The rules.
    pub settings: Canary,
    /// The queries about the candidate.
    pub queries: Vec<(&'static str, String)>,
    /// The share of the traffic at which an earlier canary of this candidate was interrupted, in percent.
    pub interrupted: Option<u8>,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A step begins.
    Step {
        /// Its share of the traffic in percent.
        percent: u8,
        /// What brings it about.
        command: String,
    },
    /// A window was judged.
    Window {
        /// Its number, from 1.
        number: u32,
        /// How many windows in a row said the same.
        streak: u32,
        /// How many are needed.
        needed: u32,
        /// What it came to.
        window: &'a Window,
    },
    /// Something else, in words.
    Note(&'a str),
}

/// What it came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Good, bad or inconclusive.
    pub outcome: Outcome,
    /// Why.
    pub why: String,
    /// The share of the traffic that the candidate was given last, in percent; none where nothing gave it any.
    pub percent: Option<u8>,
    /// How many windows were judged.
    pub windows: u32,
    /// The last one.
    pub last: Option<Window>,
    /// The entry of the ledger by which the environment went back.
    pub rollback: Option<Rollback>,
    /// What should have been done and could not be, in words.
    pub left: Vec<String>,
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rollback {
    /// Its digest.
    pub digest: Digest,
    /// Its place in the ledger.
    pub sequence: u64,
}

impl Report {
    /// The exit code of the command: a candidate that was not shown to be good is never a success.
    pub fn exit_code(&self) -> u8 {
        match self.outcome {
            Outcome::Good if self.left.is_empty() => 0,
            Outcome::Bad => 1,
            Outcome::Good | Outcome::Inconclusive => 2,
        }
    }
}
