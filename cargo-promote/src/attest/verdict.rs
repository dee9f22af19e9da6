//! How the gates judged a tree, as a predicate of our own.

use std::collections::{BTreeMap, BTreeSet};

use cargo_gate::gate::Stage;
use cargo_gate::report::{Report, SubjectKind};
use cargo_gate::verdict::Status;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::statement::BadStatement;

/// The verdict of a run of gates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The stage whose gates ran.
    pub stage: Stage,
    /// The worst status.
    pub status: Status,
    /// The tree that was judged, by git's name.
    pub tree: String,
    /// The commit that it is of.
    pub commit: String,
    /// The digest of `bulletproof.toml`.
    pub config_digest: String,
    /// When the run began.
    pub time: Timestamp,
    /// Whether the gates are all of the stage: none was named or left out on the command line.
    pub whole_stage: bool,
    /// How each gate ended, sorted by name.
    pub gates: Vec<Gate>,
    /// The programs that the gates had, each with the version that it tells.
    pub tools: BTreeMap<String, String>,
}

/// How one gate ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Its name.
    pub id: String,
    /// How it ended.
    pub status: Status,
    /// Whether it judged at all: the config may accept that it could not.
    pub judged: bool,
}

impl Verdict {
    /// The verdict of a report about a commit.
    ///
    /// # Errors
    /// Where it is about something else.
    pub fn of_report(
        report: &Report,
        whole_stage: bool,
        tools: BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let subject = &report.subject;
        let (Some(commit), Some(tree), SubjectKind::Commit) = (&subject.commit, &subject.tree, subject.kind)
        else {
            return Err("the gates did not judge a commit".to_owned());
        };
        let time = report.started_at.parse().map_err(|error| format!("the report has no time: {error}"))?;
        let mut gates: Vec<_> = report
            .gates
            .iter()
            .map(|gate| Gate { id: gate.id.clone(), status: gate.status, judged: gate.judged })
            .collect();
        gates.sort();
        Ok(Self {
            stage: report.stage,
            status: report.verdict.status,
            tree: tree.clone(),
            commit: commit.clone(),
            config_digest: report.environment.config_digest.clone(),
            time,
            whole_stage,
            gates,
            tools,
        })
    }

    pub(super) fn checked(self) -> Result<Self, BadStatement> {
        let names: BTreeSet<_> = self.gates.iter().map(|gate| &gate.id).collect();
        if names.len() < self.gates.len() {
            return Err(BadStatement("names a gate twice".to_owned()));
        }
        let worst = self.gates.iter().map(|gate| gate.status).max();
        if worst.is_some_and(|worst| worst > self.status) {
            return Err(BadStatement("has a gate that ended worse than the whole".to_owned()));
        }
        Ok(self)
    }
}
