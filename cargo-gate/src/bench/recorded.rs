//! Benches that were recorded before the gate ran: criterion's baselines, and exports of critcmp. Weaker
//! evidence: each side is one run at a time of its own, so that whatever else the machine did then counts as
//! a change. That names a bench, and never fails it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::opinion::worst_first;
use super::words::{judgement, percent};
use super::{Bars, Interval, Judgement, Kind, Opinion, Verdict};
use crate::gate::Unreadable;
use crate::parse::criterion::{Estimates, Sample};

/// Where both records lie.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordedIn {
    /// In criterion's folder: the baseline of that name, against the last run (`new`).
    Baseline(String),
    /// In exports of critcmp, relative to the workspace root: the base's, and the head's.
    Exports([String; 2]),
}

impl RecordedIn {
    /// The base's record and the head's, in words.
    pub fn sides(&self) -> [String; 2] {
        match self {
            Self::Baseline(name) => [format!("the baseline `{name}`"), "the last run (`new`)".to_owned()],
            Self::Exports(paths) => paths.each_ref().map(|path| format!("`{path}`")),
        }
    }
}

/// One run of a bench: two figures of it, in nanoseconds for one iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneRun {
    /// The best one: the shortest sample, or the median where the samples are not kept.
    pub figure: f64,
    /// What stands against it: the samples' median, or the median's confidence interval.
    pub middle: Interval,
}

impl From<&Sample> for OneRun {
    fn from(sample: &Sample) -> Self {
        let mut sorted = sample.per_iteration.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
        Self { figure: sample.shortest(), middle: Interval { low: median, high: median } }
    }
}

impl From<&Estimates> for OneRun {
    fn from(estimates: &Estimates) -> Self {
        let median = estimates.median;
        Self { figure: median.point, middle: Interval { low: median.low, high: median.high } }
    }
}

/// Both records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// The base's benches, by their full names.
    pub base: BTreeMap<String, OneRun>,
    /// The head's.
    pub head: BTreeMap<String, OneRun>,
    /// The head's benches that were measured before the sources were last changed.
    pub stale: Vec<String>,
    /// The source that was changed last.
    pub newest: String,
    /// The day on which they were read.
    pub today: jiff::civil::Date,
}

/// What comes of two records.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The opinions on the benches that both have, the worst first.
    pub opinions: Vec<Opinion>,
    /// Benches that only the base's has.
    pub vanished: Vec<String>,
    /// Benches that only the head's has.
    pub appeared: Vec<String>,
}

/// Compares them.
///
/// # Errors
/// When a bench of the head was measured before the sources changed, when no bench is in both records, or
/// when one record is nothing but a copy of the other.
pub fn compare(records: &Records, from: &RecordedIn, bars: Bars) -> Result<Compared, Unreadable> {
    let [base_side, head_side] = from.sides();
    let Records { base, head, stale, newest, .. } = records;
    if let Some(first) = stale.first() {
        let reason = format!(
            "{head_side}: {} of {} benches (`{first}` first) were measured before `{newest}` was changed",
            stale.len(),
            head.len()
        );
        let help = "measure again: cargo bench; and delete what is left of benches that are no more";
        return Err(Unreadable::garbage(reason).help(help));
    }
    let both: Vec<(&String, OneRun, OneRun)> =
        base.iter().filter_map(|(name, base)| Some((name, *base, *head.get(name)?))).collect();
    if both.is_empty() {
        return Err(Unreadable::nothing_ran(format!("{base_side} and {head_side} have no bench in common")));
    }
    if both.iter().all(|(_, base, head)| base == head) {
        let reason = format!("{base_side} is a copy of {head_side}, and nothing was compared");
        let help = "record the base on its own revision, under a name (cargo bench --bench '*' -- --save-baseline NAME), \
                    then run the benches of the change: criterion's own `base` is replaced by each run";
        return Err(Unreadable::nothing_ran(reason).help(help));
    }
    let mut opinions: Vec<Opinion> =
        both.into_iter().map(|(name, base, head)| opinion(name, base, head, bars)).collect();
    worst_first(&mut opinions);
    let only = |one: &BTreeMap<String, OneRun>, other: &BTreeMap<String, OneRun>| {
        one.keys().filter(|name| !other.contains_key(*name)).cloned().collect()
    };
    Ok(Compared { opinions, vanished: only(base, head), appeared: only(head, base) })
}

fn opinion(name: &str, base: OneRun, head: OneRun, bars: Bars) -> Opinion {
    let change = head.figure / base.figure - 1.0;
    // a median whose interval reaches down to nothing bounds nothing
    let highest =
        if base.middle.low > 0.0 { head.middle.high / base.middle.low - 1.0 } else { f64::INFINITY };
    let lowest = head.middle.low / base.middle.high - 1.0;
    let interval = Interval { low: change.min(lowest), high: change.max(highest) };
    let share = |percent: u32| f64::from(percent) / 100.0;
    let (verdict, kind) = match change {
        _ if base == head => (Verdict::Unclear, Kind::NotCompared),
        change if change > share(bars.warn) => (Verdict::Warns, Kind::SlowerOnce),
        _ if interval.high > share(bars.fail) => (Verdict::Unclear, Kind::Unclear),
        change if change < -share(bars.warn) && interval.high < 0.0 => (Verdict::Faster, Kind::Faster),
        _ => (Verdict::Holds, Kind::Holds),
    };
    let judged = Judgement {
        base: base.figure,
        head: head.figure,
        change,
        interval,
        rounds: 1,
        verdict,
        clear: false,
    };
    let (said, help) = match kind {
        Kind::NotCompared => (
            "both records are the same run".to_owned(),
            Some(
                "record the base on its own revision: cargo bench --bench '*' -- --save-baseline NAME"
                    .to_owned(),
            ),
        ),
        Kind::Unclear => (
            format!("{} in one run each, which may be {}", percent(change), percent(interval.high)),
            Some("measure both sides again, or let the gate run them in turns".to_owned()),
        ),
        _ => (judgement(&judged), None),
    };
    let (target, root) = (String::new(), String::new());
    Opinion { name: name.to_owned(), target, root, judged: Some(judged), counted: None, kind, said, help }
}

#[cfg(test)]
mod tests;
