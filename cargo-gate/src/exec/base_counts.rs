//! The line counts of the base revision: its tests run instrumented in a private copy of its files.

use std::sync::Arc;
use std::time::Duration;

use super::gather::gather;
use super::steps::{Bench, against};
use crate::gate::Unreadable;
use crate::step::{AgainstBase, Base, BaseCounts, Evidence, Instrument, Measure, Observed, Step, ToolCall};

impl Bench<'_> {
    /// The line counts of the base that the step asks for; none where its figures are recorded.
    pub(super) fn base_lines(
        &self,
        step: &Step,
        before: &Evidence,
        timeout: Duration,
    ) -> AgainstBase<BaseCounts> {
        let Step::BaseCounts { runs, doctests, gate, base } = step else {
            return Err(Unreadable::not_done(step));
        };
        let recorded = Step::BaseFigures { gate: gate.clone(), base: base.clone() };
        against(before, base.as_ref(), |base| match before.figures(&recorded)? {
            Some(_) => Ok(None),
            None => self.base_counts(base, runs, *doctests, before, timeout).map(Some),
        })
    }

    /// Runs the tests of the base as those of the workspace run, in a target folder of its own.
    fn base_counts(
        &self,
        base: &Base,
        runs: &[Step],
        doctests: bool,
        before: &Evidence,
        timeout: Duration,
    ) -> Result<BaseCounts, Unreadable> {
        let tree = self.git(timeout).tree(base)?;
        let environment = super::Environment { directory: tree.root.clone(), ..self.environment.clone() };
        let manifest = tree.root.join("Cargo.toml");
        let mut facts = gather(&environment, Some(&manifest), self.options.offline, self.cancel)
            .map_err(|error| Unreadable::unavailable(format!("the base ({}): {error}", base.how)))?;
        facts.target.clone_from(&tree.target);
        facts.state.clone_from(&self.facts.state);
        facts.tools.clone_from(&self.facts.tools);
        let elsewhere = |call: &ToolCall| {
            let mut call = call.clone();
            call.env.extend(tree.env());
            call
        };
        let bench = Bench { facts: &facts, environment: &environment, ..*self };
        let mut evidence = before.clone();
        let mut moved = Vec::new();
        for run in runs {
            let Step::Instrumented(run) = run else { continue };
            let measure = match &run.measure {
                Measure::UnitTests { build } => Measure::UnitTests { build: elsewhere(build) },
                Measure::Doctests => Measure::Doctests,
            };
            let run = Instrument { call: elsewhere(&run.call), measure, ..(**run).clone() };
            let observed = Observed::Instrumented(bench.instrumented(&run, before, timeout));
            let step = Step::Instrumented(Box::new(run));
            evidence.insert(step.clone(), Arc::new(observed));
            moved.push(step);
        }
        let counts = bench.counts(&moved, doctests, &evidence, timeout).map_err(|unreadable| Unreadable {
            reason: format!("the base ({}): {}", base.how, unreadable.reason),
            ..unreadable
        })?;
        Ok(BaseCounts { lcov: counts.lcov, facts: Box::new(facts) })
    }
}
