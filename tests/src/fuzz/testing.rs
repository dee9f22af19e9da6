//! What test runners say.

use cargo_gate::parse::{junit, libtest, nextest};

use super::Input;

pub(super) fn libtest(input: Input<'_>) {
    let whole = match libtest::parse(input.bytes) {
        Ok(whole) => whole,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!whole.sections.is_empty(), "without a test program there is no result");
    for block in whole.sections.iter().flat_map(|section| &section.blocks) {
        let counted = [block.passed, block.failed, block.ignored, block.measured];
        let sum = counted.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        assert_eq!(sum, Some(block.announced), "a result is that of the announced tests");
    }
    let Ok(part) = libtest::parse(input.whole_lines()) else { return };
    assert!(part.sections.len() <= whole.sections.len());
    let closed = part.sections.len().saturating_sub(1);
    assert_eq!(part.sections.get(..closed), whole.sections.get(..closed), "an ended program stays as it is");
}

pub(super) fn nextest(input: Input<'_>) {
    let (stdout, stderr) = input.pair();
    let whole = match nextest::parse(stdout.bytes, stderr.bytes) {
        Ok(whole) => whole,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for test in &whole.tests {
        let ran = test.outcome != nextest::Outcome::Ignored;
        assert!(!ran || test.attempts > 0, "a test that has an outcome was run: {test:?}");
        assert!(whole.suites.iter().any(|suite| suite.id() == test.suite), "its binary is known: {test:?}");
    }
    let Ok(part) = nextest::parse(stdout.part(), stderr.bytes) else { return };
    // nextest's summary counts ignored tests with those that a filter left out
    let ran = |run: &nextest::TestRun| {
        let ran = run.tests.iter().filter(|test| test.outcome != nextest::Outcome::Ignored);
        ran.map(|test| (test.suite.clone(), test.name.clone(), test.outcome)).collect::<Vec<_>>()
    };
    assert_eq!(ran(&part), ran(&whole), "a lost test shows in the counts");
}

pub(super) fn junit(input: Input<'_>) {
    let whole = match junit::parse(input.bytes) {
        Ok(whole) => whole,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!whole.tests.is_empty(), "a report without a test tells nothing");
    assert!(whole.tests.iter().all(|test| test.line != Some(0)), "lines count from 1");
    if let Ok(part) = junit::parse(input.part()) {
        assert_eq!(part, whole, "only what follows the report may be missing");
    }
}
