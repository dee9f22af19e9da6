//! The test runners' own sums.

use crate::corpus::Error;
use crate::corpus::cargo::{Programs, Ran};
use crate::corpus::subject::Subject;

/// What a test run adds up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::corpus) struct Counts {
    /// Tests that passed.
    pub(in crate::corpus) passed: u64,
    /// Tests that failed.
    pub(in crate::corpus) failed: u64,
    /// Tests that did not run.
    pub(in crate::corpus) ignored: u64,
    /// Programs that print no sum.
    pub(in crate::corpus) own_harness: u64,
}

impl Counts {
    /// With each program of a harness of its own as one test that passed, as the gate counts it.
    pub(in crate::corpus) fn flat(self) -> Self {
        Self { passed: self.passed + self.own_harness, own_harness: 0, ..self }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { passed, failed, ignored, own_harness } = *self;
        write!(f, "{passed}")?;
        let rest = [(failed, "failed"), (ignored, "ignored"), (own_harness, "own harness")];
        rest.iter()
            .filter(|(count, _)| *count > 0)
            .try_for_each(|(count, word)| write!(f, ", {count} {word}"))
    }
}

/// nextest's summary line; none where it could not build or run.
pub(in crate::corpus) fn nextest(programs: &Programs, subject: &Subject) -> Result<Option<Counts>, Error> {
    let args = ["nextest", "run", "--no-fail-fast", "--workspace", "--locked", "--offline"];
    let ran = programs.cargo(&subject.root, args)?;
    Ok(summary(&ran.stderr))
}

/// The sums of `cargo test --tests`.
pub(in crate::corpus) fn cargo_tests(
    programs: &Programs,
    subject: &Subject,
) -> Result<Option<Counts>, Error> {
    libtest(programs, subject, "--tests", "Running ")
}

/// The sums of `cargo test --doc`.
pub(in crate::corpus) fn doctests(programs: &Programs, subject: &Subject) -> Result<Option<Counts>, Error> {
    libtest(programs, subject, "--doc", "Doc-tests ")
}

fn libtest(programs: &Programs, subject: &Subject, kind: &str, title: &str) -> Result<Option<Counts>, Error> {
    let args = ["test", kind, "--no-fail-fast", "--workspace", "--locked", "--offline"];
    let ran: Ran = programs.cargo(&subject.root, args)?;
    Ok(results(&ran.stdout, &ran.stderr, title))
}

/// `Summary [ 0.1s] 5 tests run: 3 passed (1 slow), 2 failed, 1 skipped`.
fn summary(stderr: &str) -> Option<Counts> {
    let line = stderr.lines().rev().find(|line| line.trim_start().starts_with("Summary ["))?;
    let parts = line.split_once(" run: ")?.1;
    let mut counts = Counts::default();
    for part in parts.split(", ") {
        let mut words = part.split_whitespace();
        let number: u64 = words.next()?.parse().ok()?;
        match words.next()? {
            "passed" => counts.passed = number,
            "failed" | "timed" => counts.failed += number,
            "skipped" => counts.ignored = number,
            _ => {}
        }
    }
    Some(counts)
}

/// The sum of all `test result:` lines; a program under a title without one has a harness of its own.
fn results(stdout: &str, stderr: &str, title: &str) -> Option<Counts> {
    let programs = stderr.lines().filter(|line| line.trim_start().starts_with(title)).count();
    if programs == 0 {
        return None;
    }
    let mut counts = Counts::default();
    let mut sums = 0;
    for (_, rest) in stdout.lines().filter_map(|line| line.split_once("test result: ")) {
        sums += 1;
        for part in rest.split_once(". ").map_or("", |(_, parts)| parts).split("; ") {
            let number =
                |word: &str| part.strip_suffix(word).and_then(|number| number.trim().parse::<u64>().ok());
            counts.passed += number(" passed").unwrap_or(0);
            counts.failed += number(" failed").unwrap_or(0);
            counts.ignored += number(" ignored").unwrap_or(0);
        }
    }
    counts.own_harness = (programs as u64).saturating_sub(sums);
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_nextest_is_read() {
        let line = "------------\n     Summary [   0.107s] 7 tests run: 4 passed (1 slow), 2 failed, 1 timed out, 3 skipped\n";
        let counts = summary(line).unwrap();
        assert_eq!(counts, Counts { passed: 4, failed: 3, ignored: 3, own_harness: 0 });
        assert_eq!(counts.to_string(), "4, 3 failed, 3 ignored");
        assert_eq!(summary("error: could not compile"), None);
    }

    #[test]
    fn all_results_are_added_up() {
        let stdout = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                      hello\ntest result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        let stderr = "     Running unittests src/lib.rs (target/debug/deps/a-1)\n     Running tests/a.rs (x)\n     \
                      Running tests/own.rs (y)\n";
        let counts = results(stdout, stderr, "Running ").unwrap();
        assert_eq!(counts, Counts { passed: 4, failed: 2, ignored: 1, own_harness: 1 });
        assert_eq!(results("", "error: no library\n", "Doc-tests "), None);
    }
}
