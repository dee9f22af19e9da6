//! Steps and evidence of instrumented test runs: what runs, the tools that read its profiles, and the
//! line counts that come of them.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Captured, Evidence, Observed, Step, ToolCall};
use crate::facts::Facts;
use crate::gate::Unreadable;
use crate::test_run::History;

/// A test run whose code counts the lines that it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Instrument {
    /// The call that runs the tests.
    pub call: ToolCall,
    /// What it runs.
    pub measure: Measure,
    /// Whether the toolchain was asked about doctests, as in [`Step::LlvmTools`].
    pub doctests: bool,
    /// Whether only the line counts are wanted: without tools that read them nothing needs to run.
    pub alone: bool,
}

impl Instrument {
    /// The step that finds the tools for it.
    pub fn tools(&self) -> Step {
        Step::LlvmTools { doctests: self.doctests }
    }
}

/// What an instrumented run runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "runs", rename_all = "kebab-case")]
pub enum Measure {
    /// Unit and integration tests, and the programs that those start.
    UnitTests {
        /// The call that builds all of them and names them.
        build: ToolCall,
    },
    /// The documentation's examples.
    Doctests,
}

/// What an instrumented run gave.
#[derive(Debug)]
pub struct Instrumented {
    /// The end and output of the run.
    pub captured: Captured,
    /// Its profiles; none where it ran without counting, since the toolchain cannot count there.
    pub profiles: Result<Option<Profiles>, Unreadable>,
}

/// The profiles of a run and the programs that wrote them.
#[derive(Debug, Clone)]
pub struct Profiles {
    /// Where they lie; gone with the last copy of this value.
    pub folder: Arc<tempfile::TempDir>,
    /// The programs and libraries that ran.
    pub objects: Vec<PathBuf>,
}

/// LLVM's tools that read profiles, tried on a program of three lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlvmTools {
    /// `llvm-cov`.
    pub cov: PathBuf,
    /// `llvm-profdata`.
    pub profdata: PathBuf,
    /// Whether doctests can count lines with this toolchain; else why not.
    pub doctests: Result<(), String>,
}

/// The line counts of the instrumented runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// As a tracefile of lcov.
    pub lcov: Vec<u8>,
    /// How many programs and libraries were asked.
    pub objects: usize,
    /// How many of them are doctests.
    pub doctests: usize,
    /// Profiles that could not be read, of programs that were killed while they wrote.
    pub unread_profiles: usize,
}

/// The line counts of the base revision.
#[derive(Debug, Clone)]
pub struct BaseCounts {
    /// As a tracefile of lcov.
    pub lcov: Vec<u8>,
    /// The workspace that was measured: a private copy.
    pub facts: Box<Facts>,
}

impl Evidence {
    /// The line counts of the base revision; none where its figures are recorded, or there is no base.
    ///
    /// # Errors
    /// When the step was not done, or the base could not be measured.
    pub fn base_counts(&self, step: &Step) -> Result<Option<&BaseCounts>, Unreadable> {
        match self.get(step) {
            Some(Observed::BaseCounts(counts)) => counts.as_ref().map(Option::as_ref).map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// An instrumented run.
    pub(crate) fn instrumented(&self, step: &Step) -> Result<&Instrumented, Unreadable> {
        match self.get(step) {
            Some(Observed::Instrumented(run)) => Ok(run),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// LLVM's tools.
    ///
    /// # Errors
    /// When the step was not done, or none fits.
    pub fn llvm_tools(&self, step: &Step) -> Result<&LlvmTools, Unreadable> {
        match self.get(step) {
            Some(Observed::LlvmTools(found)) => found.as_ref().map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// The line counts of the instrumented runs.
    ///
    /// # Errors
    /// When the step was not done, or they could not be had.
    pub fn counts(&self, step: &Step) -> Result<&Counts, Unreadable> {
        match self.get(step) {
            Some(Observed::Counts(counts)) => counts.as_ref().map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// The outcomes of all test runs on this tree; none where the tree is not a commit's.
    ///
    /// # Errors
    /// When the step was not done, or the record cannot be read.
    pub fn history(&self, step: &Step) -> Result<Option<&History>, Unreadable> {
        match self.get(step) {
            Some(Observed::TestHistory(history)) => {
                history.as_ref().map(Option::as_ref).map_err(Clone::clone)
            }
            _ => Err(Unreadable::not_done(step)),
        }
    }
}
