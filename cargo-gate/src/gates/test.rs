//! `test`: unit and integration tests.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Evidence, Step};
use crate::test_run::{self, Runner, TestSettings};

/// The settings of `test`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Test {
    /// Whether a workspace in which no test ran may pass.
    allow_no_tests: bool,
    /// What runs the tests; `auto` is nextest where it is installed.
    runner: Runner,
    /// Whether the tests run once more for `coverage`, instead of once for both: worth it where code that
    /// counts its lines is much slower, as in tight loops.
    separate: bool,
}

impl Gate for Test {
    const INFO: Info = Info {
        id: "test",
        judges: "unit and integration tests",
        bar: "all pass, and more than 0 ran",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_hours(1),
        rules: &[
            Rule::error("failed", "a test that failed, crashed or ran too long"),
            Rule::warning("left-out", "tests of a target that the manifest or the features leave out"),
        ],
        manual: "\
## What it checks

All unit and integration tests, to the end of the run (`--fail-fast` stops at the first failure).
nextest runs them where it is installed, else `cargo test`; the report says which. A run in which no
test ran does not pass, nor does one whose output is cut short or contradicts itself. Tests that the sources
hold and no run reaches, since their target has `test = false` or needs features that are off, are a warning.

## Why

A test suite that ran nothing looks like one that passed.

## How to fix

The finding shows the test's output and the place of its panic. Run it alone with
`cargo test NAME`. A workspace that has no test on purpose says so: `allow_no_tests = true`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        if !test_run::has_unit_tests(cx) {
            return Planned::Steps(vec![Step::Sources]);
        }
        // the history is kept for `flaky`, which may run elsewhere
        Planned::Steps(vec![Step::Sources, test_run::unit_tests(cx), test_run::unit_test_history(cx)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let left_out = test_run::left_out(cx, evidence)?;
        if !test_run::has_unit_tests(cx) {
            return Ok(Outcome::new("nothing to judge: cargo tests no target").findings(left_out));
        }
        let tests = test_run::judge_unit_tests(cx, evidence.tool(&test_run::unit_tests(cx))?)?;
        if tests.ran > 0 || self.allow_no_tests || !tests.outcome.findings.is_empty() {
            return Ok(tests.outcome.findings(left_out));
        }
        Err(Unreadable::nothing_ran("no test ran")
            .help("write one; or, where there are none on purpose, `allow_no_tests = true` in [gates.test]"))
    }

    fn rests_on(&self, step: &Step) -> bool {
        !matches!(step, Step::TestHistory { .. })
    }

    fn shape_tests(&self, tests: &mut TestSettings) {
        tests.runner = self.runner;
        tests.separate = self.separate;
    }
}
