//! What test runners say.

use cargo_gate::parse::{libtest, nextest};

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
    let outcomes = |run: &nextest::TestRun| {
        run.tests.iter().map(|test| (test.suite.clone(), test.name.clone(), test.outcome)).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&part), outcomes(&whole), "a lost test shows in the counts");
}
