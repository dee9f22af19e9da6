//! From one baseline to the next: everything of today accepted, or only what is gone taken out.

use std::collections::BTreeSet;

use serde::Serialize;

use super::apply::{is_better, judged};
use super::{Accepted, Baseline, Entry, refusal};
use crate::finding::Severity;
use crate::report::{FindingReport, GateReport};
use crate::verdict::Status;

/// The longest message that is kept, in characters.
const MESSAGE: usize = 160;

/// Which change is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Accept what there is.
    Update,
    /// Take out what is gone, and take over figures that are better.
    Prune,
}

/// A new baseline, and what is different.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Change {
    /// The new baseline.
    #[serde(skip)]
    pub baseline: Baseline,
    /// What it accepts and the old one did not.
    pub added: Vec<Entry>,
    /// What the old one accepted and it does not.
    pub removed: Vec<Entry>,
    /// Entries with a better figure.
    pub tightened: Vec<Entry>,
    /// Entries with a worse figure.
    pub loosened: Vec<Entry>,
    /// Errors that are never accepted, each with the reason.
    pub refused: Vec<Refusal>,
    /// Gates that did not judge: their entries are kept.
    pub unjudged: Vec<String>,
}

/// A finding that is not accepted whatever is asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refusal {
    /// The finding.
    #[serde(flatten)]
    pub entry: Entry,
    /// Why.
    pub why: &'static str,
}

impl Baseline {
    /// The next baseline from the reports of a run to which no baseline was applied. `gates` are the names of all
    /// gates that there are, `exists` says whether a file is still in the tree.
    pub fn change(
        &self,
        how: How,
        reports: &[GateReport],
        gates: &BTreeSet<&str>,
        exists: &dyn Fn(&str) -> bool,
    ) -> Change {
        let mut change = Change::default();
        let is_judged = |gate: &str| reports.iter().any(|report| report.id == gate && judged(report));
        let unjudged = reports.iter().filter(|one| !judged(one) && one.status != Status::Skipped);
        change.unjudged = unjudged.map(|report| report.id.clone()).collect();
        for entry in self.entries() {
            if !gates.contains(entry.gate.as_str()) {
                change.removed.push(entry);
            } else if !is_judged(&entry.gate) {
                change.baseline.add(&entry.gate, &entry.file, entry.accepted);
            }
        }
        for report in reports.iter().filter(|report| judged(report)) {
            self.change_gate(how, report, &mut change);
        }
        self.keep_places(gates, exists, &mut change.baseline);
        change
    }

    fn change_gate(&self, how: How, report: &GateReport, change: &mut Change) {
        let of_gate = || self.entries().filter(|entry| entry.gate == report.id);
        let refused = |entry: &Entry| refusal(&entry.gate, &entry.accepted.rule).is_some();
        let lost = of_gate()
            .filter(|entry| refused(entry) || !report.findings.iter().any(|finding| entry.is_of(finding)));
        change.removed.extend(lost);
        for finding in &report.findings {
            let entry = entry(report, finding);
            if let Some(why) = refusal(&report.id, &finding.rule) {
                if finding.severity == Severity::Error {
                    change.refused.push(Refusal { entry, why });
                }
                continue;
            }
            let before = self.entry(&report.id, finding);
            let kept = match before {
                None if how == How::Prune => continue,
                None => {
                    change.added.push(entry.clone());
                    entry.accepted
                }
                Some(before) if is_better(finding, before) => {
                    change.tightened.push(entry.clone());
                    entry.accepted
                }
                Some(before) if how == How::Update && before.figure != entry.accepted.figure => {
                    change.loosened.push(entry.clone());
                    entry.accepted
                }
                Some(before) => before.clone(),
            };
            change.baseline.add(&report.id, &entry.file, kept);
        }
    }

    /// Keeps the places of files that are still there: see the form.
    fn keep_places(&self, gates: &BTreeSet<&str>, exists: &dyn Fn(&str) -> bool, next: &mut Self) {
        for (gate, files) in self.gates.iter().filter(|(gate, _)| gates.contains(gate.as_str())) {
            for file in files.keys().filter(|file| file.is_empty() || exists(file)) {
                next.gates.entry(gate.clone()).or_default().entry(file.clone()).or_default();
            }
        }
    }
}

impl Change {
    /// Whether the new baseline is another one.
    pub fn is_none(&self) -> bool {
        [&self.added, &self.removed, &self.tightened, &self.loosened].into_iter().all(Vec::is_empty)
    }
}

fn entry(report: &GateReport, finding: &FindingReport) -> Entry {
    let first = finding.message.lines().next().unwrap_or_default();
    let message = match first.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", first.get(..end).unwrap_or_default()),
        None => first.to_owned(),
    };
    Entry {
        gate: report.id.clone(),
        file: finding.file.clone().unwrap_or_default(),
        accepted: Accepted {
            rule: finding.rule.clone(),
            fingerprint: finding.fingerprint.clone(),
            message,
            figure: finding.measure.map(|measure| measure.value),
        },
    }
}
