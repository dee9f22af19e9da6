//! `check`: the workspace compiles.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile::{self, is_compile_error};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Evidence, Step, check};
use crate::text::counted;

/// The settings of `check`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Check {}

impl Gate for Check {
    const INFO: Info = Info {
        id: "check",
        judges: "that every target compiles",
        bar: "compiles",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(30),
        rules: &[
            Rule::error("does-not-compile", "an error of the compiler"),
            Rule::warning("needs-nightly", "a target that only a nightly toolchain compiles"),
        ],
        manual: "\
## What it checks

All targets of the workspace compile: libraries, programs, tests, benches, examples. Where the
`clippy` gate runs too, clippy's own build answers; a run that left a target out does not pass. A
target that does not compile stops no other (`--keep-going`). Where clippy answers, a denied lint is the `clippy`
gate's to tell; by itself, `cargo check` does not get past it.

## Why

`cargo build` leaves tests, benches and examples alone, and those break unseen.

## How to fix

The finding shows the compiler's error. `cargo check --all-targets` shows it in full.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        Planned::Steps(vec![Step::Sources, check(cx)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let compiled = compile::read(cx, evidence.tool(&check(cx))?)?;
        let sources = evidence.sources().ok();
        let errors = compiled.diagnostics.iter().filter(|d| is_compile_error(d) && !compiled.is_nightly(d));
        let findings: Vec<_> =
            errors.map(|error| compile::finding("check/does-not-compile", error, sources)).collect();
        let summary = match findings.len() {
            0 => format!("no error in {}", counted(compiled.targets, "target")),
            many => format!("{} of the compiler", counted(many, "error")),
        };
        let outcome =
            Outcome::new(summary).count("targets", compiled.targets).count("errors", findings.len());
        Ok(outcome.findings(findings).findings(compiled.nightly_findings("check/needs-nightly")))
    }
}
