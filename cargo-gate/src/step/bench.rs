//! Steps and evidence of measuring benches.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::{Captured, Evidence, Observed, Step, ToolCall, cargo};
use crate::bench::{Bars, BenchRun, Records};
use crate::gate::{Context, Unreadable};

/// The bench programs of the base and of the head, run against each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct BenchCall {
    /// The base, as in [`Step::Base`].
    pub base: Option<String>,
    /// The build of the bench programs, with JSON messages: of the head in the workspace, of the base in a
    /// folder and with a target folder of its own.
    pub build: ToolCall,
    /// The bars, since rounds end where the answer is clear.
    pub bars: Bars,
    /// How long all benches together may be measured.
    pub time: Duration,
    /// What is measured.
    pub measure: BenchMeasure,
}

/// What is measured of a bench.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum BenchMeasure {
    /// Time; instructions too for what became slower, where valgrind is installed.
    #[default]
    Time,
    /// Instructions only, for machines whose clock cannot be trusted; needs valgrind.
    Instructions,
}

impl BenchCall {
    /// The steps before it.
    pub(super) fn after(&self) -> Vec<Step> {
        vec![Step::Tool(self.build.clone()), self.base_build()]
    }

    /// The build of the base.
    pub fn base_build(&self) -> Step {
        Step::BaseBenches { base: self.base.clone(), build: self.build.clone() }
    }
}

impl fmt::Display for BenchCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.measure {
            BenchMeasure::Time => write!(f, "run the benches of the base and the head in turns"),
            BenchMeasure::Instructions => {
                write!(f, "count the instructions of the benches of the base and the head")
            }
        }
    }
}

/// The build of the bench programs.
pub fn bench_build(cx: &Context<'_>) -> ToolCall {
    cargo(cx, &["build", "--profile", "bench", "--bench", "*", "--keep-going", "--message-format=json"])
}

/// The base's build.
#[derive(Debug)]
pub struct BaseBuilt {
    /// The base's workspace root.
    pub root: PathBuf,
    /// cargo's end and output.
    pub captured: Captured,
}

impl Evidence {
    /// The base's build of its benches; none where there is no base.
    ///
    /// # Errors
    /// When the step was not done, or the base could not be found or written out.
    pub fn base_benches(&self, step: &Step) -> Result<Option<&BaseBuilt>, Unreadable> {
        match self.get(step) {
            Some(Observed::BaseBenches(built)) => built.as_ref().map(Option::as_ref).map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// The records of benches.
    ///
    /// # Errors
    /// When the step was not done, or a record is missing or cannot be read.
    pub fn recorded(&self, step: &Step) -> Result<&Records, Unreadable> {
        match self.get(step) {
            Some(Observed::Recorded(read)) => read.as_ref().map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// The measured benches; none where there is no base.
    ///
    /// # Errors
    /// When the step was not done, or nothing could be measured.
    pub fn benches(&self, step: &Step) -> Result<Option<&BenchRun>, Unreadable> {
        match self.get(step) {
            Some(Observed::Benches(run)) => run.as_ref().map(Option::as_ref).map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }
}
