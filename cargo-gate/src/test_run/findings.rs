//! What the test runs have in common: findings from failed tests, at the places of their panics.

use crate::finding::{Finding, Place};
use crate::parse::libtest::TextRun;
use crate::text::counted;

/// A finding for each test that failed and each program that crashed.
pub(crate) fn text_failures(rule: &str, run: &TextRun) -> Vec<Finding> {
    let failures =
        run.sections.iter().flat_map(|section| section.blocks.iter().flat_map(|block| &block.failures));
    let tests = failures.map(|failure| failed(rule, &failure.name, &failure.output));
    let crashes = run.sections.iter().filter_map(|section| {
        let crash = section.crashed.as_ref()?;
        let message = format!("{}: {crash}", section.title);
        Some(Finding::error(rule, message).anchor(section.title.to_string()))
    });
    let mut findings: Vec<Finding> = tests.chain(crashes).collect();
    if findings.is_empty() {
        let targets = run.failed_targets.iter();
        findings
            .extend(targets.map(|target| Finding::error(rule, format!("{target} failed")).anchor(target)));
    }
    if findings.is_empty() && !run.nothing_failed() {
        findings.push(Finding::error(
            rule,
            format!("{} failed", counted(usize::try_from(run.failed()).unwrap_or(usize::MAX), "test")),
        ));
    }
    findings
}

/// A failed test, at the place of its panic.
pub(crate) fn failed(rule: &str, name: &str, output: &str) -> Finding {
    let finding = Finding::error(rule, format!("{name} failed")).anchor(name).detail(output);
    match panic_place(output) {
        Some(place) => finding.at(place),
        None => finding,
    }
}

/// The place in `thread 'x' panicked at src/lib.rs:5:9:`.
fn panic_place(output: &str) -> Option<Place> {
    let place = output.lines().find_map(|line| line.split_once("panicked at ")?.1.strip_suffix(':'))?;
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    let file = parts.next().filter(|file| !file.starts_with('/'))?;
    Some(Place { column: Some(column), ..Place::line(file, line) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::libtest::{Block, Section, Title};

    #[test]
    fn a_failure_without_a_name_is_a_finding_all_the_same() {
        let block = Block {
            announced: 2,
            passed: 0,
            failed: 2,
            ignored: 0,
            measured: 0,
            filtered: 0,
            failures: Vec::new(),
        };
        let title = Title::Unit { path: "src/lib.rs".into() };
        let section = Section { title, executable: None, blocks: vec![block], crashed: None };
        let run = TextRun { sections: vec![section], failed_targets: Vec::new() };
        let findings = text_failures("test/failed", &run);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].message, "2 tests failed");
    }

    #[test]
    fn a_failed_test_points_at_its_panic() {
        let output = "\nthread 'a::b' (12) panicked at crates/a/src/lib.rs:5:9:\nassertion failed\n";
        let place = panic_place(output).unwrap();
        assert_eq!(
            (place.file.as_str(), place.line, place.column),
            ("crates/a/src/lib.rs", Some(5), Some(9))
        );
        assert_eq!(panic_place("thread 'x' panicked at /rustc/1/library/core/src/a.rs:1:1:\n"), None);
        assert_eq!(panic_place("killed by a signal"), None);
    }
}
