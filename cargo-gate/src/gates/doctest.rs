//! `doctest`: the examples of the documentation.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Evidence, Step};
use crate::test_run;

/// The settings of `doctest`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Doctest {}

impl Gate for Doctest {
    const INFO: Info = Info {
        id: "doctest",
        judges: "the examples of the documentation",
        bar: "all pass",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_hours(1),
        rules: &[Rule::error("failed", "an example that does not compile or fails")],
        manual: "\
## What it checks

`cargo test --doc` on every library, to the end of the run. Libraries whose sources hold examples must
have run at least one of them; a workspace without examples says so. Examples of a library with
`doctest = false` are counted in the report.

## Why

An example that no longer compiles is the first thing that a new user meets. nextest does not run
them.

## How to fix

The finding shows the example's place and the error.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        if !test_run::has_doctests(cx) {
            return Planned::Steps(vec![Step::Sources]);
        }
        Planned::Steps(vec![Step::Sources, test_run::doctests(cx)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let left_out = test_run::left_out_examples(cx, evidence)?;
        let outcome = if test_run::has_doctests(cx) {
            test_run::judge_doctests(cx, evidence.tool(&test_run::doctests(cx))?, evidence)?
        } else {
            Outcome::new("nothing to judge: cargo runs the examples of no library")
        };
        Ok(left_out.into_iter().fold(outcome, Outcome::note))
    }
}
