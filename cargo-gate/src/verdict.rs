//! From what the gates made of their evidence to statuses and one verdict. Renderers only show it.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Level;
use crate::finding::{Finding, Severity, fingerprints};
use crate::gate::{Cause, Outcome, Stage, Unreadable};
use crate::registry::Configured;
use crate::report::{FindingReport, GateReport};

/// How a gate, or a whole run, ended; the later ones weigh more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Left out by request.
    Skipped,
    /// Judged, and nothing wrong.
    Passed,
    /// Judged, with something to know; or not judged where the config accepts that.
    Warned,
    /// Judged, and something wrong.
    Failed,
    /// Could not judge.
    Broken,
}

impl Status {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::Broken => "broken",
        }
    }
}

/// The verdict of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The worst status of its gates.
    pub status: Status,
    /// 0 passed or warned, 1 failed, 2 no verdict.
    pub exit_code: u8,
    /// How many gates passed.
    pub passed: usize,
    /// How many gates warned.
    pub warned: usize,
    /// How many gates failed.
    pub failed: usize,
    /// How many gates could not judge.
    pub broken: usize,
    /// How many gates were left out by request.
    pub skipped: usize,
}

/// The exit code of a run that gave no verdict: usage, config, interruption, a broken gate.
pub const NO_VERDICT: u8 = 2;

impl Verdict {
    /// The verdict over the gates' statuses. A run in which no gate judged anything is `broken`.
    pub fn over(statuses: &[Status]) -> Self {
        let count = |status| statuses.iter().filter(|other| **other == status).count();
        let worst = statuses
            .iter()
            .copied()
            .max()
            .filter(|status| *status != Status::Skipped)
            .unwrap_or(Status::Broken);
        Self {
            status: worst,
            exit_code: match worst {
                Status::Passed | Status::Warned => 0,
                Status::Failed => 1,
                Status::Broken | Status::Skipped => NO_VERDICT,
            },
            passed: count(Status::Passed),
            warned: count(Status::Warned),
            failed: count(Status::Failed),
            broken: count(Status::Broken),
            skipped: count(Status::Skipped),
        }
    }
}

/// The report of a gate from what it made of its evidence and what the config says of its rules.
pub fn conclude(
    gate: &Configured,
    stage: Stage,
    judged: Result<Outcome, Unreadable>,
    duration: Duration,
) -> GateReport {
    match judged {
        Ok(outcome) => with_outcome(gate, outcome, duration),
        Err(unreadable) => {
            let waived = unreadable.cause == Cause::Unavailable && gate.waives_unavailable(stage);
            let status = if waived { Status::Warned } else { Status::Broken };
            let prefix = if waived { "not judged: " } else { "" };
            GateReport {
                status,
                judged: false,
                cause: Some(unreadable.cause),
                reason: format!("{prefix}{}", unreadable.reason),
                help: unreadable.help,
                ..GateReport::new(gate.info.id, duration)
            }
        }
    }
}

/// The report of a gate that was left out, or has provably nothing to judge.
pub fn without_evidence(id: &str, status: Status, reason: &str) -> GateReport {
    GateReport {
        status,
        judged: status != Status::Skipped,
        reason: reason.to_owned(),
        ..GateReport::new(id, Duration::ZERO)
    }
}

fn with_outcome(gate: &Configured, outcome: Outcome, duration: Duration) -> GateReport {
    let all = outcome.findings.len();
    let weighed: Vec<Finding> = outcome
        .findings
        .into_iter()
        .filter_map(|finding| weigh(finding, gate.info.id, gate.levels()))
        .collect();
    let mut notes = outcome.notes;
    if weighed.len() < all {
        notes.push(format!(
            "{} findings of rules that the config turns off are left out",
            all - weighed.len()
        ));
    }
    let status = match weighed.iter().map(|finding| finding.severity).max() {
        None => Status::Passed,
        Some(Severity::Warning) => Status::Warned,
        Some(Severity::Error) => Status::Failed,
    };
    let findings = fingerprints(weighed);
    GateReport {
        status,
        reason: outcome.summary,
        metrics: outcome.metrics,
        notes,
        table: outcome.table,
        findings: findings.into_iter().map(|(finding, print)| FindingReport::new(finding, print)).collect(),
        ..GateReport::new(gate.info.id, duration)
    }
}

/// The finding with the weight that the config gives to its rule; none where it is off.
fn weigh(finding: Finding, gate: &str, levels: &BTreeMap<String, Level>) -> Option<Finding> {
    let name =
        finding.rule.strip_prefix(gate).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&finding.rule);
    match levels.get(name) {
        None => Some(finding),
        Some(Level::Off) => None,
        Some(Level::Warning) => Some(Finding { severity: Severity::Warning, ..finding }),
        Some(Level::Error) => Some(Finding { severity: Severity::Error, ..finding }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn over(statuses: &[Status]) -> (Status, u8) {
        let verdict = Verdict::over(statuses);
        (verdict.status, verdict.exit_code)
    }

    fn concluded(config: &str, judged: Result<Outcome, Unreadable>) -> GateReport {
        let config = parse(Some(config), "").unwrap();
        let gate = config.gates.iter().find(|gate| gate.info.id == "panics").unwrap();
        conclude(gate, Stage::PrePush, judged, Duration::from_millis(5))
    }

    fn unwrap_found() -> Outcome {
        Outcome::new("1 panic point").findings(vec![Finding::error("panics/unwrap", "`unwrap` may panic")])
    }

    #[test]
    fn the_verdict_is_the_worst_status() {
        assert_eq!(over(&[Status::Passed, Status::Warned]), (Status::Warned, 0));
        assert_eq!(over(&[Status::Passed, Status::Failed, Status::Skipped]), (Status::Failed, 1));
        assert_eq!(over(&[Status::Failed, Status::Broken, Status::Passed]), (Status::Broken, 2));
    }

    #[test]
    fn a_run_without_a_judged_gate_is_no_pass() {
        assert_eq!(over(&[]), (Status::Broken, 2));
        assert_eq!(over(&[Status::Skipped, Status::Skipped]), (Status::Broken, 2));
    }

    #[test]
    fn an_error_fails_and_a_warning_warns() {
        assert_eq!(concluded("", Ok(unwrap_found())).status, Status::Failed);
        assert_eq!(
            concluded("[gates.panics.rules]\nunwrap = \"warning\"\n", Ok(unwrap_found())).status,
            Status::Warned
        );
        assert_eq!(concluded("", Ok(Outcome::new("none"))).status, Status::Passed);
    }

    #[test]
    fn findings_of_a_rule_that_is_off_are_counted_in_a_note() {
        let report = concluded("[gates.panics.rules]\nunwrap = \"off\"\n", Ok(unwrap_found()));
        assert_eq!(report.status, Status::Passed);
        assert!(
            report.notes[0].contains("1 findings of rules that the config turns off"),
            "{:?}",
            report.notes
        );
    }

    #[test]
    fn only_what_is_not_there_can_be_waived_and_only_where_the_config_says_so() {
        let waive = "[gates.panics]\nif_unavailable = { pre-push = \"warn\" }\n";
        let missing = || Err(Unreadable::unavailable("no such tool"));
        let report = concluded(waive, missing());
        assert_eq!((report.status, report.judged), (Status::Warned, false));
        assert_eq!(report.reason, "not judged: no such tool");
        assert_eq!(concluded("", missing()).status, Status::Broken);
        assert_eq!(concluded(waive, Err(Unreadable::crashed("killed"))).status, Status::Broken);
        let other_stage = "[gates.panics]\nif_unavailable = { ci = \"warn\" }\n";
        assert_eq!(concluded(other_stage, missing()).status, Status::Broken);
    }
}
