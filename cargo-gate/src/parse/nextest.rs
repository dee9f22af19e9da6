//! The events of `cargo nextest run --message-format libtest-json-plus` (with
//! `NEXTEST_EXPERIMENTAL_LIBTEST_JSON=1`) on standard output, checked against the `Summary` line
//! on standard error.
//!
//! The format is the one of nextest's `LibtestReporter` (nextest 0.9, version 0.1 of the format).
//! Four things about it shape this decoder:
//!
//! - The events of several test binaries are interleaved, and a test's event names
//!   `package::binary` only: a library and a program of one name are told apart in the `suite`
//!   events alone. Tests are therefore counted for each `package::binary`.
//! - A binary with ignored tests may be "finished" early and "started" again.
//! - The `ignored` event of a test gets lost where no other test of its binary ends after it, so a
//!   test without an outcome counts as ignored while the binary's own `ignored` number covers it.
//! - The numbers `ignored` and `filtered_out` of a restarted binary are too high.
//!
//! nextest judges a test by the exit status of its process alone: a test that calls
//! `process::exit(0)` has passed, and nothing in this output shows it.
//!
//! The `Summary` line is counted apart from the events and makes up for that: the run is accepted
//! only if both agree.

mod event;
mod ledger;
mod summary;

use self::event::Event;
use self::ledger::Ledger;
use self::summary::Summary;
use super::TestOutputError;
use super::text::{excerpt, plain_lines};

/// One run of nextest.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestRun {
    /// The test binaries in the order of their start.
    pub suites: Vec<Suite>,
    /// Tests that ran or are marked `#[ignore]`; those that a filter left out are not listed.
    pub tests: Vec<TestCase>,
    /// Tests that should have run and did not, because the run was ended early.
    pub not_run: u64,
    /// Tests that a filter of nextest's configuration left out.
    pub left_out: u64,
    /// How many test binaries there are, those without a test too; none where nextest does not say.
    pub binaries: Option<u64>,
}

/// A test binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// The package's name.
    pub package: String,
    /// The target's name.
    pub binary: String,
    /// The target's kind: `lib`, `bin`, `test`, `example`, `bench` or `proc-macro`.
    pub kind: String,
}

/// One test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// The test binary, as `package::binary` (see [`Suite::id`]).
    pub suite: String,
    /// The test's name inside its binary.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How often it was run: 0 for an ignored test, more than 1 after retries. A test that passed
    /// with more than one is flaky.
    pub attempts: u32,
    /// Time of the last attempt in milliseconds.
    pub duration_ms: Option<u64>,
    /// What a failed test printed to both outputs, or how its process ended if it printed nothing.
    pub output: String,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It passed, in the last attempt.
    Passed,
    /// It failed, could not be started, was killed, or was flaky where that is forbidden.
    Failed,
    /// It is marked `#[ignore]`.
    Ignored,
    /// It was ended for running too long.
    TimedOut,
}

/// The reason that nextest gives where `flaky-result` is `fail` and a later attempt passed.
const FORBIDDEN: &str = "flaky test treated as failure";

impl Suite {
    /// The name under which tests refer to it: `package::binary`.
    pub fn id(&self) -> String {
        format!("{}::{}", self.package, self.binary)
    }
}

impl TestCase {
    /// It passed, but not at the first attempt; where the settings forbid that, nextest calls it failed.
    pub fn is_flaky(&self) -> bool {
        let forbidden = self.outcome == Outcome::Failed && self.output == FORBIDDEN;
        self.attempts > 1 && (self.outcome == Outcome::Passed || forbidden)
    }
}

impl TestRun {
    /// The tests that passed.
    pub fn passed(&self) -> impl Iterator<Item = &TestCase> {
        self.with(|outcome| outcome == Outcome::Passed)
    }

    /// The tests that failed or ran too long.
    pub fn failed(&self) -> impl Iterator<Item = &TestCase> {
        self.with(|outcome| matches!(outcome, Outcome::Failed | Outcome::TimedOut))
    }

    /// The tests marked `#[ignore]`.
    pub fn ignored(&self) -> impl Iterator<Item = &TestCase> {
        self.with(|outcome| outcome == Outcome::Ignored)
    }

    /// How many tests ran.
    pub fn ran(&self) -> usize {
        self.with(|outcome| outcome != Outcome::Ignored).count()
    }

    /// No test failed and none was left out by an early end. True for zero tests: ask
    /// [`TestRun::ran`] too.
    pub fn nothing_failed(&self) -> bool {
        self.not_run == 0 && self.failed().next().is_none()
    }

    fn with(&self, keep: impl Fn(Outcome) -> bool) -> impl Iterator<Item = &TestCase> {
        self.tests.iter().filter(move |test| keep(test.outcome))
    }
}

/// Reads one run of nextest from its standard output and standard error.
///
/// Lines that do not start as an event does are skipped: a setup script may print to the same
/// output. An event lost that way shows in the counts.
///
/// # Errors
///
/// When an event cannot be read, a binary or test has a start and no end, a binary's totals are
/// not those of its events, or the `Summary` line is missing or counts other tests.
pub fn parse(stdout: &[u8], stderr: &[u8]) -> Result<TestRun, TestOutputError> {
    let mut ledger = Ledger::default();
    for (index, bytes) in stdout.split(|byte| *byte == b'\n').enumerate() {
        if !bytes.starts_with(br#"{"type":""#) {
            continue;
        }
        let event: Event = serde_json::from_slice(bytes).map_err(|cause| TestOutputError::Malformed {
            line: index + 1,
            excerpt: excerpt(&String::from_utf8_lossy(bytes)),
            cause: cause.to_string(),
        })?;
        ledger.enter(event)?;
    }
    let mut run = ledger.close()?;
    let lines = plain_lines(stderr);
    let summary = Summary::find(&lines)?;
    summary.check(&run)?;
    run.not_run = summary.not_run();
    run.left_out = summary.left_out(&run);
    run.binaries = summary::binaries(&lines);
    for test in &mut run.tests {
        if test.outcome == Outcome::Failed && test.output.trim().is_empty() {
            test.output = summary::ending(&lines, &test.name).unwrap_or_default();
        }
    }
    Ok(run)
}

#[cfg(test)]
mod tests;
