//! The four figures by which the DORA reports judge how software is delivered, from the entries of a ledger alone.
//!
//! For one environment, usually production, and one period:
//!
//! - **deployment frequency**: promotions in the period, by its days;
//! - **lead time for changes**: from the time of a candidate's commit to its promotion, the median over the promotions
//!   in the period (a candidate that is promoted again counts again);
//! - **change failure rate**: of the promotions in the period, the share whose candidate was rolled back from later,
//!   before it was promoted again;
//! - **time to restore**: from when the environment got what it was rolled back from to the rollback, the median over
//!   the rollbacks in the period.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::digest::Digest;
use crate::ledger::{Action, Entry, Told};
use crate::name::Label;

const DAY: f64 = 86_400.0;

/// The figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dora {
    /// The environment.
    pub environment: Label,
    /// The begin of the period.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Promotions in it.
    pub deployments: u32,
    /// The same by day.
    pub deployments_per_day: f64,
    /// In seconds; none where nothing was promoted, or no commit's time is known.
    pub lead_time_seconds: Option<i64>,
    /// Promotions whose commit's time is not known: it is not in this repository.
    pub lead_time_unknown: u32,
    /// Promotions that were rolled back from.
    pub failures: u32,
    /// The same in percent of all; none where nothing was promoted.
    pub change_failure_percent: Option<f64>,
    /// Rollbacks in the period.
    pub rollbacks: u32,
    /// In seconds; none where nothing was rolled back.
    pub time_to_restore_seconds: Option<i64>,
}

/// A move of the environment.
struct Move<'a> {
    entry: &'a Entry,
    candidate: Digest,
    /// What it was rolled back from.
    back_from: Option<Digest>,
}

/// The figures of an environment, from all entries with the oldest first. `commits` has the times of commits.
pub fn figures(
    told: &[Told],
    environment: &Label,
    (from, to): (Timestamp, Timestamp),
    commits: &BTreeMap<String, Timestamp>,
) -> Dora {
    let moves: Vec<Move<'_>> = told.iter().filter_map(|one| of(one, environment)).collect();
    let within = |entry: &Entry| from <= entry.time && entry.time <= to;
    let (mut leads, mut restores, mut unknown, mut failures, mut rollbacks) =
        (Vec::new(), Vec::new(), 0, 0, 0);
    let mut deployments = 0_u32;
    for (at, one) in moves.iter().enumerate().filter(|(_, one)| within(one.entry)) {
        if one.back_from.is_some() {
            rollbacks += 1;
            let since = at.checked_sub(1).and_then(|before| moves.get(before));
            restores.extend(since.map(|since| seconds(since.entry.time, one.entry.time)));
            continue;
        }
        deployments += 1;
        let commit = one.entry.state.candidates.get(&one.candidate).map(|staged| &staged.commit);
        match commit.and_then(|commit| commits.get(commit)) {
            Some(time) => leads.push(seconds(*time, one.entry.time)),
            None => unknown += 1,
        }
        let later = moves.iter().skip(at + 1);
        let mut until_again = later.take_while(|it| it.back_from.is_some() || it.candidate != one.candidate);
        failures += u32::from(until_again.any(|it| it.back_from == Some(one.candidate)));
    }
    #[expect(clippy::cast_precision_loss, reason = "no period has 2^52 seconds")]
    let days = (seconds(from, to) as f64 / DAY).max(1.0 / DAY);
    Dora {
        environment: environment.clone(),
        from,
        to,
        deployments,
        deployments_per_day: f64::from(deployments) / days,
        lead_time_seconds: median(leads),
        lead_time_unknown: unknown,
        failures,
        change_failure_percent: (deployments > 0)
            .then(|| 100.0 * f64::from(failures) / f64::from(deployments)),
        rollbacks,
        time_to_restore_seconds: median(restores),
    }
}

fn of<'a>(told: &'a Told, environment: &Label) -> Option<Move<'a>> {
    let entry = Some(&told.entry).filter(|_| told.void.is_none())?;
    let (it, candidate, back_from) = match &entry.action {
        Action::Promote { environment, candidate, .. } => (environment, *candidate, None),
        Action::Rollback { environment, candidate, from } => (environment, *candidate, Some(*from)),
        _ => return None,
    };
    (it == environment).then_some(Move { entry, candidate, back_from })
}

/// Clocks differ: what ends before it began took no time.
fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second()).max(0)
}

/// The middle one; of an even number the lower of the two in the middle, which did happen.
fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests;
