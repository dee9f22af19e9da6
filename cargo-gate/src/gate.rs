//! The contract of a gate: its documentation, its settings, what it needs, how it judges.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::affected::Affected;
use crate::config::Globs;
use crate::facts::{Facts, selects};
use crate::finding::Severity;
use crate::hooks::HookSettings;
use crate::step::{Evidence, Step};
use crate::test_run::TestSettings;
use crate::versions::tags::Pattern;

pub use crate::outcome::{Metric, Outcome, OutputFile, Table};

/// A named selection of gates.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// What needs no compile, on every commit.
    PreCommit,
    /// What a push must stand up to.
    #[default]
    PrePush,
    /// What the server runs.
    Ci,
    /// What a release must stand up to.
    Release,
    /// What takes long.
    Nightly,
}

impl Stage {
    /// Every stage, in the order of a change's life.
    pub const ALL: [Self; 5] = [Self::PreCommit, Self::PrePush, Self::Ci, Self::Release, Self::Nightly];

    /// Its name in config, reports and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
            Self::Ci => "ci",
            Self::Release => "release",
            Self::Nightly => "nightly",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One rule of a gate: what its findings are filed under.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name within the gate.
    pub name: &'static str,
    /// Its weight where the config says nothing.
    pub severity: Severity,
    /// What it finds.
    pub finds: &'static str,
}

impl Rule {
    /// A rule whose findings fail the gate.
    pub const fn error(name: &'static str, finds: &'static str) -> Self {
        Self { name, severity: Severity::Error, finds }
    }

    /// A rule whose findings are named and do not fail the gate.
    pub const fn warning(name: &'static str, finds: &'static str) -> Self {
        Self { name, severity: Severity::Warning, finds }
    }
}

/// What is known of a gate without running it.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Its name.
    pub id: &'static str,
    /// What it judges, in one line.
    pub judges: &'static str,
    /// The bar it sets where the config says nothing.
    pub bar: &'static str,
    /// The stages it is in where the config says nothing.
    pub stages: &'static [Stage],
    /// The longest that each of its steps may take where the config says nothing.
    pub timeout: Duration,
    /// Its rules.
    pub rules: &'static [Rule],
    /// Its manual, in Markdown, with the sections of [`SECTIONS`].
    pub manual: &'static str,
}

/// The sections that each gate's manual has, in this order. The section on configuration follows
/// them, made from the type of the gate's settings.
pub const SECTIONS: [&str; 3] = ["## What it checks", "## Why", "## How to fix"];

/// A gate. The type itself holds its settings: the table `[gates.<id>]` of the config.
pub trait Gate:
    Default + Serialize + DeserializeOwned + JsonSchema + fmt::Debug + Send + Sync + 'static
{
    /// What is known without running it.
    const INFO: Info;

    /// What it needs before it can judge.
    fn plan(&self, cx: &Context<'_>) -> Planned;

    /// Judges the evidence.
    ///
    /// # Errors
    /// When the evidence does not allow a judgement; the gate is then `broken`.
    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable>;

    /// Has its say on how the tests run, for a gate that shares their run.
    fn shape_tests(&self, _: &mut TestSettings) {}

    /// How releases are tagged, by the gate whose settings say so.
    fn tag_patterns(&self) -> Option<&[Pattern]> {
        None
    }

    /// Which hooks there are to be and what they ask, by the gate whose settings say so.
    fn hook_settings(&self) -> Option<HookSettings> {
        None
    }

    /// Whether its judgement reads what that step of its plan gives. A step that it only has carried out for others
    /// is no input of its verdict.
    fn rests_on(&self, _: &Step) -> bool {
        true
    }
}

/// The gates whose presence in a run may change how others plan and judge. A verdict that is used again was given in
/// the same company.
pub const COMPANIONS: [&str; 7] = ["check", "clippy", "coverage", "doctest", "flaky", "panics", "test"];

/// What a gate needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// These steps.
    Steps(Vec<Step>),
    /// Nothing, since the facts prove that there is nothing to judge; says which.
    NothingToJudge(String),
}

/// Features, as cargo's options name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// Features to turn on.
    pub names: Vec<String>,
    /// All features.
    pub all: bool,
    /// Without the default features.
    pub no_default: bool,
}

/// What the command line asks of the gates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The stage that runs.
    pub stage: Stage,
    /// Packages to judge; empty for the whole workspace.
    pub packages: Vec<String>,
    /// Packages left out.
    pub exclude: Vec<String>,
    /// The features that they are judged with.
    pub features: Features,
    /// Without any network.
    pub offline: bool,
    /// Stop at the first failure.
    pub fail_fast: bool,
    /// A folder with the advisory database, instead of what the config says.
    pub advisory_db: Option<String>,
    /// The revision to compare with; none to find it.
    pub base: Option<String>,
    /// The commits of a push, as arguments of `git rev-list`, where git has told which they are.
    pub range: Option<String>,
    /// Whether gates that can show their result as HTML write it.
    pub html: bool,
    /// A coverage file to judge instead of a run.
    pub lcov: Option<PathBuf>,
    /// Sources that the config leaves out of every gate.
    pub left_out: Globs,
    /// What a change can matter to, where the request is about a change. `packages` are then among these; where
    /// there is none of these, the gates that are about packages have nothing to judge.
    pub affected: Option<Affected>,
}

impl Options {
    /// Whether the request is about the whole workspace, with its usual features.
    pub fn whole(&self) -> bool {
        self.whole_packages() && self.features == Features::default()
    }

    /// Whether the request is about every package, whatever the features.
    pub fn whole_packages(&self) -> bool {
        self.packages.is_empty() && self.exclude.is_empty() && self.lcov.is_none() && !self.is_idle()
    }

    /// Asks for the packages that a change can matter to only.
    pub fn narrow(&mut self, affected: Affected) {
        if !affected.is_whole() {
            let asked = |name: &&String| selects(self, name);
            self.packages = affected.packages.iter().filter(asked).cloned().collect();
            self.exclude = Vec::new();
        }
        self.affected = Some(affected);
    }

    /// Whether the request is about a change that matters to no package.
    pub fn is_idle(&self) -> bool {
        self.packages.is_empty() && self.affected.as_ref().is_some_and(|affected| !affected.is_whole())
    }
}

/// What a gate may look at when it plans and judges.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The workspace.
    pub facts: &'a Facts,
    /// The request.
    pub options: &'a Options,
    selected: &'a BTreeSet<&'static str>,
    tests: TestSettings,
    tags: &'a [Pattern],
}

impl<'a> Context<'a> {
    /// A context for the gates of those names.
    pub fn new(facts: &'a Facts, options: &'a Options, selected: &'a BTreeSet<&'static str>) -> Self {
        Self { facts, options, selected, tests: TestSettings::default(), tags: &[] }
    }

    /// The same with what the settings say about the tests.
    #[must_use]
    pub fn with_tests(self, tests: TestSettings) -> Self {
        Self { tests, ..self }
    }

    /// The same with how releases are tagged.
    #[must_use]
    pub fn with_tags(self, tags: &'a [Pattern]) -> Self {
        Self { tags, ..self }
    }

    /// How releases are tagged.
    pub fn tags(&self) -> &'a [Pattern] {
        self.tags
    }

    /// How the tests run.
    pub fn tests(&self) -> &TestSettings {
        &self.tests
    }

    /// The same context with another request: for a call on some packages or features only.
    #[must_use]
    pub fn with<'b>(&self, options: &'b Options) -> Context<'b>
    where
        'a: 'b,
    {
        Context { options, ..*self }
    }

    /// Whether the gate of that name, one of [`COMPANIONS`], runs too.
    pub fn selected(&self, gate: &str) -> bool {
        debug_assert!(
            COMPANIONS.contains(&gate),
            "{gate} is no companion: a kept verdict would not know of it"
        );
        self.selected.contains(gate)
    }
}

/// Why a gate could not judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A tool or its data is not there. Only this cause can be waived (`if_unavailable`).
    Unavailable,
    /// A tool failed without an answer, or was killed.
    Crashed,
    /// A tool ran longer than it may.
    TimedOut,
    /// An answer that does not make sense: cut short, contradictory, of another run.
    Garbage,
    /// Nothing was judged where something should have been.
    NothingRan,
    /// The run was interrupted.
    Interrupted,
    /// A defect of ours.
    Defect,
}

/// A gate that could not judge: which kind of trouble, what happened, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unreadable {
    /// Which kind of trouble.
    pub cause: Cause,
    /// What happened, in the user's words.
    pub reason: String,
    /// What mends it.
    pub help: Option<String>,
}

impl Unreadable {
    fn new(cause: Cause, reason: impl Into<String>) -> Self {
        Self { cause, reason: reason.into(), help: None }
    }

    /// A tool or its data is not there.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::new(Cause::Unavailable, reason)
    }

    /// A tool failed without an answer.
    pub fn crashed(reason: impl Into<String>) -> Self {
        Self::new(Cause::Crashed, reason)
    }

    /// An answer that does not make sense.
    pub fn garbage(reason: impl Into<String>) -> Self {
        Self::new(Cause::Garbage, reason)
    }

    /// Nothing was judged where something should have been.
    pub fn nothing_ran(reason: impl Into<String>) -> Self {
        Self::new(Cause::NothingRan, reason)
    }

    /// No source is left to judge.
    pub fn no_source() -> Self {
        Self::nothing_ran("there is no Rust source to judge")
            .help("look at `exclude` in bulletproof.toml; a gate is turned off with `stages = []`")
    }

    /// A tool ran longer than it may.
    pub fn timed_out(what: &str, limit: Duration) -> Self {
        let limit = humantime::format_duration(limit);
        Self::new(Cause::TimedOut, format!("`{what}` did not end within {limit} and was stopped"))
            .help("give it longer with `timeout` in the gate's table of bulletproof.toml")
    }

    /// The run was interrupted.
    pub fn interrupted() -> Self {
        Self::new(Cause::Interrupted, "the run was interrupted")
    }

    /// A step that the gate needs has no evidence.
    pub fn not_done(step: &Step) -> Self {
        Self::new(Cause::Defect, format!("no evidence of the step `{step}`"))
    }

    /// A defect of ours.
    pub fn defect(reason: impl Into<String>) -> Self {
        Self::new(Cause::Defect, reason).help("please report this as a defect of cargo-bulletproof")
    }

    /// Sets what mends it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
