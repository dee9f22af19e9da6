//! Why the output of a test run could not be trusted.

use thiserror::Error;

/// The output of a test run is incomplete or contradicts itself, so no verdict can rest on it.
#[derive(Debug, Error)]
pub enum TestOutputError {
    /// A line that looks like an event of nextest is not one.
    #[error("line {line} of nextest's output is not a test event ({cause}): `{excerpt}`")]
    Malformed {
        /// Line number in standard output, counted from 1.
        line: usize,
        /// The start of the line.
        excerpt: String,
        /// What is wrong with it.
        cause: String,
    },
    /// An event names a test binary that was never announced.
    #[error("nextest reports on `{name}`, which it never announced")]
    Unannounced {
        /// The test or test binary of the event.
        name: String,
    },
    /// A test binary was started and its end was never reported.
    #[error("nextest's output ends before the test binary `{suite}` was finished (cut short)")]
    SuiteCutShort {
        /// The binary, as `package::binary`.
        suite: String,
    },
    /// A test was started and its outcome was never reported.
    #[error("nextest's output gives no outcome for the test `{name}` of `{suite}` (cut short)")]
    TestCutShort {
        /// The binary, as `package::binary`.
        suite: String,
        /// The test.
        name: String,
    },
    /// Two counts of the same tests differ.
    #[error("the numbers of {place} do not add up: {stated} stated, {counted} counted")]
    CountsDisagree {
        /// Where, and which tests.
        place: String,
        /// The count that the tool states.
        stated: u64,
        /// The count of the single reports.
        counted: u64,
    },
    /// nextest's closing line is missing.
    #[error("nextest ended without its `Summary` line: the run was not finished")]
    NoSummary,
    /// nextest's closing line is in a form that this decoder does not know.
    #[error("nextest's summary cannot be read: `{line}`")]
    UnreadableSummary {
        /// The line.
        line: String,
    },
    /// Nothing shows that any test program was started.
    #[error("cargo test's output has no `Running` and no `Doc-tests` line: no tests were started")]
    NoSections,
    /// A `test result` line without the `running … tests` line that belongs to it.
    #[error("{section} prints a test result for tests that it never announced: `{line}`")]
    StrayResult {
        /// The test program.
        section: String,
        /// The line.
        line: String,
    },
}
