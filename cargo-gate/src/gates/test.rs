//! `test`: unit and integration tests.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile;
use crate::facts::Target;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::parse::{libtest, nextest};
use crate::step::{Captured, Evidence, Step, Streams, Tool, cargo};
use crate::test_run;
use crate::text::counted;

/// The settings of `test`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Test {
    /// Whether a workspace in which no test ran may pass.
    allow_no_tests: bool,
    /// What runs the tests; `auto` is nextest where it is installed.
    runner: Runner,
}

/// What runs the tests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Runner {
    /// nextest where it is installed, else `cargo test`.
    #[default]
    Auto,
    /// nextest; the gate is `broken` without it.
    Nextest,
    /// `cargo test`.
    Cargo,
}

impl Gate for Test {
    const INFO: Info = Info {
        id: "test",
        judges: "unit and integration tests",
        bar: "all pass, and more than 0 ran",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_hours(1),
        rules: &[Rule::error("failed", "a test that failed, crashed or ran too long")],
        manual: "\
## What it checks

All unit and integration tests, to the end of the run (`--fail-fast` stops at the first failure).
nextest runs them where it is installed, else `cargo test`; the report says which. A run in which no
test ran does not pass, nor does one whose output is cut short or contradicts itself.

## Why

A test suite that ran nothing looks like one that passed.

## How to fix

The finding shows the test's output and the place of its panic. Run it alone with
`cargo test NAME`. A workspace that has no test on purpose says so: `allow_no_tests = true`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        if tested(cx).next().is_none() {
            return Planned::NothingToJudge("nothing to judge: no target has tests".to_owned());
        }
        Planned::Steps(vec![self.step(cx)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let captured = evidence.tool(&self.step(cx))?;
        let outcome =
            if self.uses_nextest(cx) { with_nextest(cx, captured)? } else { with_cargo(cx, captured)? };
        let ran = matches!(outcome.metrics.get("ran"), Some(crate::gate::Metric::Count(ran)) if *ran > 0);
        if ran || self.allow_no_tests || !outcome.findings.is_empty() {
            return Ok(outcome);
        }
        Err(Unreadable::nothing_ran("no test ran")
            .help("write one; or, where there are none on purpose, `allow_no_tests = true` in [gates.test]"))
    }
}

impl Test {
    fn uses_nextest(&self, cx: &Context<'_>) -> bool {
        match self.runner {
            Runner::Auto => cx.facts.has(Tool::Nextest),
            Runner::Nextest => true,
            Runner::Cargo => false,
        }
    }

    fn step(&self, cx: &Context<'_>) -> Step {
        let run_on: &[&str] = if cx.options.fail_fast { &[] } else { &["--no-fail-fast"] };
        if self.uses_nextest(cx) {
            let command = [&["nextest", "run"], run_on, &["--message-format", "libtest-json-plus"]].concat();
            let mut call = cargo(cx, &command);
            call.tool = Tool::Nextest;
            call.env = vec![("NEXTEST_EXPERIMENTAL_LIBTEST_JSON".to_owned(), "1".to_owned())];
            return Step::Tool(call);
        }
        // `--tests`: every target with tests, without the documentation's examples
        let mut call = cargo(cx, &[&["test", "--tests"], run_on].concat());
        call.streams = Streams::Joined;
        Step::Tool(call)
    }
}

/// The targets whose tests run.
fn tested<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Target> {
    let targets = cx.facts.judged(cx.options).flat_map(|package| &package.targets);
    targets.filter(|target| target.test && !target.is("custom-build"))
}

fn with_nextest(cx: &Context<'_>, captured: &Captured) -> Result<Outcome, Unreadable> {
    /// nextest's exit codes: <https://docs.rs/nextest-metadata/latest/nextest_metadata/enum.NextestExitCode.html>
    const NO_TESTS_RUN: i32 = 4;
    const TEST_RUN_FAILED: i32 = 100;
    let code = captured.exit_code().map_err(|unreadable| unreadable.help(Tool::Nextest.install()))?;
    if ![0, NO_TESTS_RUN, TEST_RUN_FAILED].contains(&code) {
        return Err(compile::failed(captured));
    }
    let run = nextest::parse(&captured.stdout, &captured.stderr)
        .map_err(|error| Unreadable::garbage(error.to_string()))?;
    let known =
        |suite: &&nextest::Suite| cx.facts.packages.iter().any(|package| package.name == suite.package);
    if let Some(foreign) = run.suites.iter().find(|suite| !known(suite)) {
        return Err(Unreadable::garbage(format!("nextest ran tests of another workspace: {}", foreign.id())));
    }
    if run.nothing_failed() != (code != TEST_RUN_FAILED) {
        return Err(Unreadable::garbage(format!("nextest's exit code {code} contradicts its report")));
    }
    let expected = tested(cx).filter(|target| target.required_features.is_empty()).count();
    if run.binaries.is_some_and(|binaries| binaries < expected as u64) {
        let found = run.binaries.unwrap_or_default();
        return Err(Unreadable::garbage(format!("nextest found {found} of {expected} test binaries")));
    }
    if run.not_run > 0 && run.failed().next().is_none() {
        let count = counted(usize::try_from(run.not_run).unwrap_or(usize::MAX), "test");
        return Err(Unreadable::garbage(format!("nextest ended before {count} had run")));
    }
    let findings =
        run.failed().map(|test| test_run::failed("test/failed", &nextest_name(test), &test.output)).collect();
    let flaky: Vec<String> = run.tests.iter().filter(|test| test.is_flaky()).map(nextest_name).collect();
    let outcome =
        outcome(run.ran(), run.passed().count(), run.ignored().count(), "nextest").findings(findings);
    let outcome = match run.left_out {
        0 => outcome,
        count => outcome.note(format!("{count} tests are left out by a filter in nextest's configuration")),
    };
    Ok(match flaky.as_slice() {
        [] => outcome,
        names => outcome.note(format!("passed only on a retry: {}", names.join(", "))),
    })
}

fn nextest_name(test: &nextest::TestCase) -> String {
    format!("{} {}", test.suite, test.name)
}

fn with_cargo(cx: &Context<'_>, captured: &Captured) -> Result<Outcome, Unreadable> {
    let code = captured.exit_code()?;
    let run = match libtest::parse(&captured.stdout) {
        Ok(run) => run,
        Err(_) if code != 0 => return Err(compile::failed(captured)),
        Err(error) => return Err(Unreadable::garbage(error.to_string())),
    };
    if run.nothing_failed() != (code == 0) {
        return Err(Unreadable::garbage(format!(
            "the exit code {code} of `cargo test` contradicts its report"
        )));
    }
    let expected = tested(cx).filter(|target| target.required_features.is_empty()).count();
    if code == 0 && run.sections.len() < expected {
        let ran = run.sections.len();
        return Err(Unreadable::garbage(format!("`cargo test` ran {ran} of {expected} test programs")));
    }
    run.sections.iter().try_for_each(|section| known_program(cx, section))?;
    let findings = test_run::text_failures("test/failed", &run);
    // a harness of its own prints no counts: its program is one test
    let own_harness =
        run.sections.iter().filter(|section| section.blocks.is_empty() && section.crashed.is_none()).count();
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let (ran, passed) = (count(run.ran()) + own_harness, count(run.passed()) + own_harness);
    let outcome = outcome(ran, passed, count(run.ignored()), "cargo test").findings(findings);
    Ok(if cx.facts.has(Tool::Nextest) {
        outcome
    } else {
        outcome.note(format!(
            "run by `cargo test`, since nextest is not installed ({})",
            Tool::Nextest.install()
        ))
    })
}

/// Whether the program is a target's of ours, and says how many tests it ran unless it has a harness
/// of its own: its output may have been swallowed.
fn known_program(cx: &Context<'_>, section: &libtest::Section) -> Result<(), Unreadable> {
    let Some(name) = section.executable.as_deref().and_then(program_name) else { return Ok(()) };
    let mut targets = tested(cx).filter(|target| target.name.replace('-', "_") == name).peekable();
    if targets.peek().is_none() {
        let title = &section.title;
        return Err(Unreadable::garbage(format!("`cargo test` ran tests of another workspace: {title}")));
    }
    if section.blocks.is_empty() && section.crashed.is_none() && !targets.any(|target| target.own_harness) {
        return Err(Unreadable::garbage(format!("{} does not say how many tests it ran", section.title)));
    }
    Ok(())
}

/// The target's name in `target/debug/deps/NAME-HASH`.
fn program_name(path: &str) -> Option<&str> {
    let file = path.rsplit(['/', '\\']).next()?;
    Some(file.rsplit_once('-')?.0)
}

fn outcome(ran: usize, passed: usize, ignored: usize, runner: &str) -> Outcome {
    let left_out = if ignored == 0 { String::new() } else { format!(", {ignored} ignored") };
    Outcome::new(format!("{passed} of {ran} tests passed{left_out} ({runner})"))
        .count("ran", ran)
        .count("passed", passed)
        .count("ignored", ignored)
        .text("runner", runner)
}
