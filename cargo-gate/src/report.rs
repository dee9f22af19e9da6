//! The versioned result of a run: what every format shows. Fields are added, never changed.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::affected::Affected;
use crate::baseline::Standing;
use crate::facts::Facts;
use crate::finding::{Excerpt, Finding, Measure, Severity};
use crate::gate::{Cause, Metric, Stage, Table};
use crate::verdict::{Status, Verdict};

/// The version of the report's form.
pub const SCHEMA_VERSION: &str = "1.0";

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this form: `MAJOR.MINOR`; fields are added with a new minor version.
    pub schema_version: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What was judged.
    pub subject: Subject,
    /// With what it was judged.
    pub environment: Environment,
    /// The stage.
    pub stage: Stage,
    /// When the run began (RFC 3339, UTC).
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The time of the steps that were not carried out, since answers of earlier runs stand for them, in
    /// milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_ms: Option<u64>,
    /// Each gate of the run.
    pub gates: Vec<GateReport>,
    /// The packages that a change can matter to, where the run was about a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affected: Option<Affected>,
    /// What became of the baseline, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Standing>,
    /// Why the verdict is not recorded for its tree, where all gates of the stage are fine with what a commit has: a
    /// push judges it anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrecorded: Option<String>,
}

/// What was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// Where its content comes from.
    pub kind: SubjectKind,
    /// The commit that is judged, or that what is judged starts from: the one that is checked out, if any.
    pub commit: Option<String>,
    /// The tree that is judged: that of the commit, or of the index; of the files on disk the one of the commit that
    /// they start from.
    pub tree: Option<String>,
    /// Whether what is judged differs from that commit; true where there is none.
    pub dirty: bool,
    /// The workspace root, relative to where the run was started.
    pub workspace_root: String,
}

/// Where the judged content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// The files on disk.
    Worktree,
    /// What is staged.
    Index,
    /// A commit.
    Commit,
}

/// With what the subject was judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The compiler's version.
    pub rustc: String,
    /// The host's target triple.
    pub host: String,
    /// The digest of the config's text.
    pub config_digest: String,
    /// Where each tool was found.
    pub tools: BTreeMap<String, String>,
}

/// What a gate said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateReport {
    /// Its name.
    pub id: String,
    /// How it ended.
    pub status: Status,
    /// Whether it judged at all.
    pub judged: bool,
    /// Why it could not judge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The result in a few words, or why it could not judge or was left out.
    pub reason: String,
    /// What mends a gate that could not judge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The time of its steps and its judgement together, in milliseconds. A step that two gates
    /// share counts for both.
    pub duration_ms: u64,
    /// Whether the answer comes from an earlier run with equal inputs.
    pub cached: bool,
    /// For an answer from an earlier run: the time that this one took then, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_ms: Option<u64>,
    /// What the answer rests on: for each kind of input the digest of what it was. Empty where the answer is never
    /// used again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key: BTreeMap<String, String>,
    /// Its figures.
    pub metrics: BTreeMap<String, Metric>,
    /// What the reader has to know beyond the findings.
    pub notes: Vec<String>,
    /// The result in rows, where it has many figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// Files that the gate wrote, relative to the workspace root where they lie in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What is wrong.
    pub findings: Vec<FindingReport>,
}

impl GateReport {
    /// A gate that passed and has nothing to say.
    pub fn new(id: &str, duration: Duration) -> Self {
        Self {
            id: id.to_owned(),
            status: Status::Passed,
            judged: true,
            cause: None,
            reason: String::new(),
            help: None,
            duration_ms: milliseconds(duration),
            cached: false,
            saved_ms: None,
            key: BTreeMap::new(),
            metrics: BTreeMap::new(),
            notes: Vec::new(),
            table: None,
            files: Vec::new(),
            findings: Vec::new(),
        }
    }
}

impl GateReport {
    /// Has every text speak of one folder in the place of another: of the user's tree instead of the copy of it
    /// that was judged.
    pub fn speak_of(&mut self, folder: &str, instead_of: &str) {
        let change = |text: &mut String| {
            if text.contains(instead_of) {
                *text = text.replace(instead_of, folder);
            }
        };
        change(&mut self.reason);
        self.help.iter_mut().for_each(change);
        self.notes.iter_mut().for_each(change);
        let cells = self.table.iter_mut().flat_map(|table| table.rows.iter_mut().flatten());
        cells.for_each(change);
        for finding in &mut self.findings {
            change(&mut finding.message);
            finding.help.iter_mut().chain(&mut finding.detail).chain(&mut finding.file).for_each(change);
        }
    }
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingReport {
    /// `gate/rule`.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The file, relative to the workspace root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The first line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The first column, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// The column after the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// More to read: a diff, a test's output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The identity of the finding, which outlives moved lines.
    pub fingerprint: String,
    /// Whether a baseline accepts it.
    pub baselined: bool,
    /// The figure that it is about, where a bar over a figure is missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// The source at that place, for people.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

impl FindingReport {
    /// A finding as reported.
    pub fn new(finding: Finding, fingerprint: String) -> Self {
        let place = finding.place;
        Self {
            rule: finding.rule,
            severity: finding.severity,
            message: finding.message,
            file: place.as_ref().map(|place| place.file.clone()),
            line: place.as_ref().and_then(|place| place.line),
            column: place.as_ref().and_then(|place| place.column),
            end_line: place.as_ref().and_then(|place| place.end_line),
            end_column: place.as_ref().and_then(|place| place.end_column),
            help: finding.help,
            detail: finding.detail,
            fingerprint,
            baselined: false,
            measure: finding.measure,
            excerpt: finding.excerpt,
        }
    }
}

/// The subject of a run that was started in that folder.
pub fn subject(facts: &Facts, start: &std::path::Path) -> Subject {
    let revision = facts.revision.as_ref();
    let root = if start == facts.home { ".".to_owned() } else { facts.home.display().to_string() };
    Subject {
        kind: facts.subject.kind,
        commit: revision.map(|revision| revision.commit.clone()),
        tree: facts.subject.tree.clone().or_else(|| revision.map(|revision| revision.tree.clone())),
        dirty: revision.is_none_or(|revision| revision.dirty),
        workspace_root: root,
    }
}

/// What a run works with, from the facts.
pub fn environment(facts: &Facts, config_digest: &str) -> Environment {
    let tools =
        facts.tools.iter().map(|(tool, path)| (tool.program().to_owned(), path.display().to_string()));
    Environment {
        rustc: facts.toolchain.rustc.clone(),
        host: facts.toolchain.host.clone(),
        config_digest: config_digest.to_owned(),
        tools: tools.collect(),
    }
}

/// Whole milliseconds.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The JSON Schema (2020-12) of the report.
pub fn report_schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}
