//! What a baseline makes of the reports of a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Accepted, Baseline, Entry, refusal};
use crate::finding::Severity;
use crate::report::{FindingReport, GateReport};
use crate::text::counted;
use crate::verdict::Status;

/// What became of a baseline in a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// How many findings it accepted.
    pub accepted: usize,
    /// Entries whose finding is gone. Told only of gates that judged the whole workspace.
    pub gone: Vec<Entry>,
    /// Entries whose figure is better now. Told only of gates that judged the whole workspace.
    pub better: Vec<Entry>,
}

/// Why a finding is not accepted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unaccepted {
    /// The baseline does not have it.
    New,
    /// It is about a figure that is worse than the accepted one.
    Worse {
        /// That one.
        accepted: f64,
        /// The figure.
        now: f64,
    },
    /// Its rule is never accepted; says why.
    Refused(&'static str),
}

impl Baseline {
    /// Marks the accepted findings of a gate; its status rests on the others. A gate that did not judge is left
    /// as it is.
    pub fn apply(&self, report: &mut GateReport) {
        if !judged(report) {
            return;
        }
        for finding in &mut report.findings {
            match accepted(&report.id, self.entry(&report.id, finding), finding) {
                Ok(()) => finding.baselined = true,
                Err(Unaccepted::Worse { accepted, now }) => {
                    let figures =
                        format!("({} accepted by the baseline, now {})", shown(accepted), shown(now));
                    finding.message = format!("{} {figures}", finding.message);
                }
                Err(_) => {}
            }
        }
        let (all, accepted) = (report.findings.len(), accepted_in(report));
        if accepted == 0 {
            return;
        }
        let rest = report.findings.iter().filter(|finding| !finding.baselined);
        report.status = match rest.map(|finding| finding.severity).max() {
            None => Status::Passed,
            Some(Severity::Warning) => Status::Warned,
            Some(Severity::Error) => Status::Failed,
        };
        let how_many = if accepted == all { "all".to_owned() } else { format!("{accepted} of {all}") };
        report.reason = format!("{}; {how_many} accepted by the baseline", report.reason);
    }

    /// What became of it in a run; `whole` where the run was about the whole workspace as the baseline is.
    pub fn standing(&self, reports: &[GateReport], whole: bool) -> Standing {
        let accepted = reports.iter().map(accepted_in).sum();
        let mut standing = Standing { accepted, ..Standing::default() };
        for report in reports.iter().filter(|report| whole && judged(report)) {
            let of_gate = self.entries().filter(|entry| entry.gate == report.id);
            for entry in of_gate {
                let found = report.findings.iter().find(|one| entry.is_of(one));
                match found {
                    None => standing.gone.push(entry),
                    Some(found) if is_better(found, &entry.accepted) => standing.better.push(entry),
                    Some(_) => {}
                }
            }
        }
        standing
    }
}

impl Standing {
    /// What there is to say of it, a sentence a line.
    pub fn sentences(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.accepted > 0 {
            let verb = if self.accepted == 1 { "is" } else { "are" };
            lines.push(format!("{} {verb} accepted by the baseline", counted(self.accepted, "finding")));
        }
        let gone = match self.gone.len() {
            0 => None,
            1 => Some("1 accepted finding is gone".to_owned()),
            many => Some(format!("{many} accepted findings are gone")),
        };
        let better = match self.better.len() {
            0 => None,
            1 => Some("1 accepted figure is better now".to_owned()),
            many => Some(format!("{many} accepted figures are better now")),
        };
        let both: Vec<String> = gone.into_iter().chain(better).collect();
        if !both.is_empty() {
            lines.push(format!("{}: `cargo bulletproof baseline prune` tightens it", both.join(", ")));
        }
        lines
    }
}

/// Whether the gate judged, whatever it found.
pub(super) fn judged(report: &GateReport) -> bool {
    report.judged && report.cause.is_none() && !matches!(report.status, Status::Broken | Status::Skipped)
}

fn accepted_in(report: &GateReport) -> usize {
    report.findings.iter().filter(|finding| finding.baselined).count()
}

/// Whether the entry accepts the finding.
fn accepted(gate: &str, entry: Option<&Accepted>, finding: &FindingReport) -> Result<(), Unaccepted> {
    if let Some(why) = refusal(gate, &finding.rule) {
        return Err(Unaccepted::Refused(why));
    }
    let entry = entry.ok_or(Unaccepted::New)?;
    match (entry.figure, finding.measure) {
        (Some(accepted), Some(now)) if now.is_worse_than(accepted) => {
            Err(Unaccepted::Worse { accepted, now: now.value })
        }
        (None, None) | (Some(_), Some(_)) => Ok(()),
        // the rule learnt to measure since, or forgot it: nobody can say that it is not worse
        _ => Err(Unaccepted::New),
    }
}

/// A figure for people.
fn shown(figure: f64) -> String {
    if figure.fract() == 0.0 { figure.to_string() } else { format!("{figure:.2}") }
}

pub(super) fn is_better(finding: &FindingReport, entry: &Accepted) -> bool {
    finding.measure.zip(entry.figure).is_some_and(|(now, accepted)| now.is_better_than(accepted))
}
