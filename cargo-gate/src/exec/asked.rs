//! What a run is asked to do.

use super::steps::Bench;
use super::{Cancel, Environment, Kept};
use crate::baseline::Baseline;
use crate::config::Config;
use crate::facts::Facts;
use crate::gate::Options;
use crate::plan::Plan;
use crate::report::SubjectKind;

/// A run as it is planned, and everything that it works with.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// What is to be done: all gates, where keys are made or verdicts kept; what is left, where it is carried out.
    pub plan: &'a Plan,
    /// The configured gates.
    pub config: &'a Config,
    /// The workspace.
    pub facts: &'a Facts,
    /// The request.
    pub options: &'a Options,
    /// What is accepted.
    pub baseline: &'a Baseline,
    /// The environment that we were started in.
    pub environment: &'a Environment,
    /// Ends the run early.
    pub cancel: &'a Cancel,
}

impl<'a> Asked<'a> {
    /// Whether no file that is judged changes in the run: it is in a private copy, into which nobody but the run's own
    /// programs writes, and those only read. To be asked of a plan with all gates.
    pub(super) fn is_still(&self) -> bool {
        self.facts.subject.kind != SubjectKind::Worktree
            && self.plan.steps.iter().all(|planned| planned.step.only_reads())
    }

    /// What its steps are carried out with, until somebody sets that flag.
    pub(super) fn bench(&self, kept: &'a Kept, cancel: &'a Cancel) -> Bench<'a> {
        let Self { config, facts, options, environment, .. } = *self;
        Bench { facts, options, general: &config.general, environment, cancel, tests: config.tests(), kept }
    }
}
