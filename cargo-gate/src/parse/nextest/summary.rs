//! The closing lines on standard error, such as
//! `     Summary [   1.081s] 12 tests run: 5 passed (1 slow), 6 failed, 1 timed out, 1 skipped`.

use super::{TestOutputError, TestRun};

/// How the line starts: nextest aligns it so. What tests print is indented otherwise.
const START: &str = "     Summary [";

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    ran: u64,
    planned: u64,
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Summary {
    /// Finds the last summary among the lines and reads it.
    pub(super) fn find(lines: &[String]) -> Result<Self, TestOutputError> {
        let line = lines.iter().rfind(|line| line.starts_with(START)).ok_or(TestOutputError::NoSummary)?;
        Self::read(line).ok_or_else(|| TestOutputError::UnreadableSummary { line: line.clone() })
    }

    fn read(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix(START)?.split_once("] ")?;
        let (tests, parts) =
            counts.split_once(" tests run: ").or_else(|| counts.split_once(" test run: "))?;
        let (ran, planned) = tests.split_once('/').unwrap_or((tests, tests));
        let mut summary = Self { ran: ran.parse().ok()?, planned: planned.parse().ok()?, ..Self::default() };
        let parts = without_parentheses(parts);
        let mut last = "";
        for part in parts.split(", ") {
            let (count, what) = part.split_once(' ')?;
            let count: u64 = count.parse().ok()?;
            last = what.trim_end();
            match last {
                "passed" => summary.passed = count,
                "failed" | "exec failed" | "timed out" => {
                    summary.failed = summary.failed.checked_add(count)?;
                }
                "skipped" => summary.skipped = count,
                _ => return None,
            }
        }
        (last == "skipped").then_some(summary)
    }

    /// Tests that neither ran nor are marked `#[ignore]`.
    pub(super) fn left_out(&self, run: &TestRun) -> u64 {
        self.skipped.saturating_sub(number(run.ignored().count()))
    }

    pub(super) fn not_run(&self) -> u64 {
        self.planned.saturating_sub(self.ran)
    }

    /// Compares the summary with itself and with the events.
    pub(super) fn check(&self, run: &TestRun) -> Result<(), TestOutputError> {
        let ended = self.passed.saturating_add(self.failed);
        agree("nextest's summary (tests run)", self.ran, ended)?;
        agree("nextest's summary (passed)", self.passed, number(run.passed().count()))?;
        agree("nextest's summary (failed)", self.failed, number(run.failed().count()))?;
        let ignored = number(run.ignored().count());
        if ignored > self.skipped {
            agree("nextest's summary (skipped)", self.skipped, ignored)?;
        }
        Ok(())
    }
}

fn agree(place: &str, stated: u64, counted: u64) -> Result<(), TestOutputError> {
    if stated == counted {
        return Ok(());
    }
    Err(TestOutputError::CountsDisagree { place: place.to_owned(), stated, counted })
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Drops details such as `(1 slow, 1 flaky)`, with the space before them.
fn without_parentheses(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once(" (") {
        let Some((_, behind)) = after.split_once(')') else {
            break;
        };
        kept.push_str(before);
        rest = behind;
    }
    kept + rest
}

/// How many test binaries nextest found, from its opening line, such as
/// `    Starting 4 tests across 3 binaries (2 tests and 1 binary skipped)`.
pub(super) fn binaries(lines: &[String]) -> Option<u64> {
    let line = lines.iter().find(|line| line.trim_start().starts_with("Starting "))?;
    let (count, rest) = line.split_once(" across ")?.1.split_once(" binar")?;
    let words: Vec<&str> = rest.split([' ', '(', ')']).collect();
    let skipped = words.windows(2).find_map(|pair| match pair {
        [count, what] if what.starts_with("binar") => count.parse::<u64>().ok(),
        _ => None,
    });
    count.parse::<u64>().ok()?.checked_add(skipped.unwrap_or(0))
}

/// How the process of a silent failed test ended, from its status line, such as
/// `     SIGABRT [   0.003s] ( 8/12) demo::abort b_aborts`.
pub(super) fn ending(lines: &[String], name: &str) -> Option<String> {
    let status = lines
        .iter()
        .rev()
        .filter(|line| line.ends_with(&format!(" {name}")))
        .find_map(|line| line.trim_start().split_once(" [").map(|(status, _)| status))?;
    Some(format!("nextest reports this test as {status}"))
}
