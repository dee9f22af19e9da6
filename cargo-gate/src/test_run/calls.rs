//! The calls that run the tests. Pure: tested without a run.

use crate::facts::Facts;
use crate::finding::digest;
use crate::gate::Context;
use crate::step::{Instrument, Measure, Step, Streams, Tool, ToolCall, cargo};

/// How nextest is called: it writes what it tells as JSON, and starts each test once. It starts itself before each, a
/// third of its time with short tests, lest a terminal stops it between; a group of processes of its own, as each of
/// ours has, is stopped by none.
const NEXTEST: [(&str, &str); 2] =
    [("NEXTEST_EXPERIMENTAL_LIBTEST_JSON", "1"), ("NEXTEST_DOUBLE_SPAWN", "0")];

/// The run of the unit and integration tests: the instrumented one where `coverage` runs as well.
pub(crate) fn unit_tests(cx: &Context<'_>) -> Step {
    let shared = measures(cx) && !cx.tests().separate;
    if shared { measured_unit_tests(cx) } else { Step::Tool(unit_test_call(cx)) }
}

/// The run of the documentation's examples: the instrumented one where `coverage` counts them.
pub(crate) fn doctests(cx: &Context<'_>) -> Step {
    let shared = measures(cx) && cx.tests().measure_doctests;
    if shared { measured_doctests(cx) } else { Step::Tool(doctest_call(cx)) }
}

/// The instrumented run of the unit and integration tests.
pub(crate) fn measured_unit_tests(cx: &Context<'_>) -> Step {
    let mut build = cargo(cx, &["test", "--no-run", "--message-format=json"]);
    if !cx.tests().runner.is_nextest(cx.facts) {
        build.args.insert(1, "--tests".to_owned());
    }
    let alone = cx.tests().separate || !(cx.selected("test") || cx.selected("flaky"));
    Step::Instrumented(Box::new(Instrument {
        call: unit_test_call(cx),
        measure: Measure::UnitTests { build },
        doctests: counts_doctests(cx),
        alone,
    }))
}

/// The instrumented run of the documentation's examples.
pub(crate) fn measured_doctests(cx: &Context<'_>) -> Step {
    let alone = !cx.selected("doctest");
    let (call, doctests) = (doctest_call(cx), counts_doctests(cx));
    Step::Instrumented(Box::new(Instrument { call, measure: Measure::Doctests, doctests, alone }))
}

/// The outcomes of all runs of the unit and integration tests on this tree, the one of now included.
pub(crate) fn unit_test_history(cx: &Context<'_>) -> Step {
    // what a test comes to may well hang on the packages, the features and the compiler
    let call = cargo(cx, &[]);
    let Facts { toolchain, .. } = cx.facts;
    let nextest = cx.tests().runner.is_nextest(cx.facts).to_string();
    let key = digest(&[&call.args.join(" "), &toolchain.rustc, &toolchain.host, &nextest]);
    Step::TestHistory { run: Box::new(unit_tests(cx)), key }
}

/// Whether there are doctests whose lines are to be counted.
pub(crate) fn counts_doctests(cx: &Context<'_>) -> bool {
    cx.tests().measure_doctests && super::has_doctests(cx)
}

/// Whether the run has the unit tests built.
pub(crate) fn runs_unit_tests(cx: &Context<'_>) -> bool {
    cx.selected("test") || cx.selected("flaky") || measures(cx)
}

/// Whether the run measures anything.
fn measures(cx: &Context<'_>) -> bool {
    cx.selected("coverage") && cx.options.lcov.is_none()
}

fn unit_test_call(cx: &Context<'_>) -> ToolCall {
    let run_on: &[&str] = if cx.options.fail_fast { &[] } else { &["--no-fail-fast"] };
    if cx.tests().runner.is_nextest(cx.facts) {
        let retries = cx.tests().retries.to_string();
        let again: &[&str] = if cx.selected("flaky") { &["--retries", &retries] } else { &[] };
        let command =
            [&["nextest", "run"], run_on, again, &["--message-format", "libtest-json-plus"]].concat();
        let mut call = cargo(cx, &command);
        call.tool = Tool::Nextest;
        call.env = NEXTEST.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        return call;
    }
    // `--tests`: every target with tests, without the documentation's examples
    let mut call = cargo(cx, &[&["test", "--tests"], run_on].concat());
    call.streams = Streams::Joined;
    call
}

fn doctest_call(cx: &Context<'_>) -> ToolCall {
    let run_on: &[&str] = if cx.options.fail_fast { &[] } else { &["--no-fail-fast"] };
    let mut call = cargo(cx, &[&["test", "--doc"], run_on].concat());
    call.streams = Streams::Joined;
    call
}
