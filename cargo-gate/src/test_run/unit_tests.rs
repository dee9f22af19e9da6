//! What the output of a run of the unit and integration tests says.

use super::findings;
use crate::compile;
use crate::facts::{Package, Target};
use crate::feature_sets::has_required;
use crate::gate::{Context, Outcome, Unreadable};
use crate::parse::{libtest, nextest};
use crate::step::{Captured, Tool};
use crate::text::counted;

/// What came of the unit and integration tests.
pub(crate) struct UnitTests {
    /// What is wrong, and the figures, for the gate `test`.
    pub(crate) outcome: Outcome,
    /// How many tests ran.
    pub(crate) ran: usize,
    /// The tests that passed only when they were tried again, each with the number of tries.
    pub(crate) retried: Vec<(String, u32)>,
    /// How each test ended that ran: whether its last try passed.
    pub(crate) ended: Vec<(String, bool)>,
    /// What did not run since the run ended at a failure, in words.
    pub(crate) not_run: Option<String>,
}

/// Whether there is a target with tests.
pub(crate) fn has_unit_tests(cx: &Context<'_>) -> bool {
    tested(cx).next().is_some()
}

/// Reads the run.
///
/// # Errors
/// When its output is not that of a complete run of this workspace's tests.
pub(crate) fn judge_unit_tests(cx: &Context<'_>, captured: &Captured) -> Result<UnitTests, Unreadable> {
    if cx.tests().runner.is_nextest(cx.facts) { with_nextest(cx, captured) } else { with_cargo(cx, captured) }
}

/// The targets whose tests run.
fn tested<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Target> {
    cx.facts.judged(cx.options).flat_map(tested_of)
}

fn tested_of(package: &Package) -> impl Iterator<Item = &Target> {
    package.targets.iter().filter(|target| target.test && !target.is("custom-build"))
}

/// How many test programs there must be, at the least.
fn expected(cx: &Context<'_>) -> usize {
    let chosen = &cx.options.features;
    let is_on =
        |package: &Package| tested_of(package).filter(|one| has_required(package, one, chosen)).count();
    cx.facts.judged(cx.options).map(is_on).sum()
}

fn with_nextest(cx: &Context<'_>, captured: &Captured) -> Result<UnitTests, Unreadable> {
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
    let expected = expected(cx);
    if run.binaries.is_some_and(|binaries| binaries < expected as u64) {
        let found = run.binaries.unwrap_or_default();
        return Err(Unreadable::garbage(format!("nextest found {found} of {expected} test binaries")));
    }
    if run.not_run > 0 && run.failed().next().is_none() {
        let count = counted(usize::try_from(run.not_run).unwrap_or(usize::MAX), "test");
        return Err(Unreadable::garbage(format!("nextest ended before {count} had run")));
    }
    let findings =
        run.failed().map(|test| findings::failed("test/failed", &nextest_name(test), &test.output)).collect();
    let retried: Vec<(String, u32)> = run
        .tests
        .iter()
        .filter(|test| test.is_flaky())
        .map(|test| (nextest_name(test), test.attempts))
        .collect();
    let mut outcome =
        outcome(run.ran(), run.passed().count(), run.ignored().count(), "nextest").findings(findings);
    if run.left_out > 0 {
        let note = format!("{} tests are left out by a filter in nextest's configuration", run.left_out);
        outcome = outcome.note(note);
    }
    if !retried.is_empty() {
        let names: Vec<&str> = retried.iter().map(|(name, _)| name.as_str()).collect();
        outcome = outcome.note(format!("passed only on a retry: {}", names.join(", ")));
    }
    let ended = run.passed().map(|test| (nextest_name(test), true));
    let ended = ended.chain(run.failed().map(|test| (nextest_name(test), test.is_flaky()))).collect();
    let not_run =
        (run.not_run > 0).then(|| counted(usize::try_from(run.not_run).unwrap_or(usize::MAX), "test"));
    Ok(UnitTests { outcome, ran: run.ran(), retried, ended, not_run })
}

fn nextest_name(test: &nextest::TestCase) -> String {
    format!("{} {}", test.suite, test.name)
}

fn with_cargo(cx: &Context<'_>, captured: &Captured) -> Result<UnitTests, Unreadable> {
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
    let expected = expected(cx);
    if code == 0 && run.sections.len() < expected {
        let ran = run.sections.len();
        return Err(Unreadable::garbage(format!("`cargo test` ran {ran} of {expected} test programs")));
    }
    run.sections.iter().try_for_each(|section| known_program(cx, section))?;
    let findings = findings::text_failures("test/failed", &run);
    // a harness of its own prints no counts: its program is one test
    let own_harness =
        run.sections.iter().filter(|section| section.blocks.is_empty() && section.crashed.is_none()).count();
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let (ran, passed) = (count(run.ran()) + own_harness, count(run.passed()) + own_harness);
    let mut outcome = outcome(ran, passed, count(run.ignored()), "cargo test").findings(findings);
    if !cx.facts.has(Tool::Nextest) {
        let install = Tool::Nextest.install();
        outcome = outcome.note(format!("run by `cargo test`, since nextest is not installed ({install})"));
    }
    let not_run = expected.checked_sub(run.sections.len()).filter(|missing| *missing > 0);
    let not_run = not_run.map(|missing| counted(missing, "test program"));
    Ok(UnitTests { outcome, ran, retried: Vec::new(), ended: ended(&run), not_run })
}

/// How each test program ended: the text counts the tests that passed and does not name them.
fn ended(run: &libtest::TextRun) -> Vec<(String, bool)> {
    let programs = run.sections.iter().map(|section| {
        let failed = section.crashed.is_some() || section.blocks.iter().any(|block| block.failed > 0);
        let program = section.executable.as_deref().and_then(program_name).unwrap_or_default();
        (format!("{program} ({})", section.title), !failed)
    });
    programs.collect()
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
