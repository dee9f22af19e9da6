//! `check` and `clippy` against the compiler's and clippy's own runs.

use std::collections::BTreeSet;

use cargo_gate::verdict::Status;

use super::Difference;
use crate::corpus::truth::{Linted, Site};

/// Compares the gate's end with the compiler's, and the errors of both.
pub(in crate::corpus) fn check(status: Status, errors: &[Site], truth: &Linted) -> Vec<Difference> {
    let mut found = Vec::new();
    let expected = match (truth.success, truth.errors.is_empty()) {
        (true, _) => Status::Passed,
        (false, true) if !truth.nightly.is_empty() => Status::Warned,
        (false, _) => Status::Failed,
    };
    if status != expected {
        let what = format!("{} instead of {}", status.name(), expected.name());
        found.push(Difference::unexplained("another end than the compiler's", &what));
    }
    if !truth.success && status == Status::Warned {
        let targets = truth.nightly.iter();
        let reason = "a warning, though the compiler fails: the target needs a nightly toolchain";
        found.extend(targets.map(|target| Difference::explained(reason, target)));
    }
    let (ours, theirs) = (places(errors.iter()), places(truth.errors.iter().map(|lint| &lint.site)));
    found.extend(theirs.difference(&ours).map(|what| Difference::unexplained("an error that we miss", what)));
    found
}

/// Compares the places of the lints.
pub(in crate::corpus) fn clippy(ours: &[Site], truth: &Linted) -> Vec<Difference> {
    let named = |site: &Site| (site.file.clone(), site.start, site.rule.clone());
    let said: BTreeSet<_> = ours.iter().map(named).collect();
    let meant: BTreeSet<_> = truth.lints.iter().map(|lint| named(&lint.site)).collect();
    let show = |(file, (line, column), rule): &(String, (u32, u32), String)| {
        format!("{file}:{line}:{column} ({rule})")
    };
    meant
        .difference(&said)
        .map(|key| Difference::unexplained("missed: only clippy says it", &show(key)))
        .chain(said.difference(&meant).map(|key| Difference::unexplained("only we say it", &show(key))))
        .collect()
}

fn places<'a>(sites: impl Iterator<Item = &'a Site>) -> BTreeSet<String> {
    sites.map(|site| format!("{}:{}:{}", site.file, site.start.0, site.start.1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::truth::Lint;

    fn site(line: u32) -> Site {
        Site { file: "src/lib.rs".into(), start: (line, 1), end: (line, 2), rule: "x".into() }
    }

    fn truth(success: bool, nightly: &[&str], errors: &[u32]) -> Linted {
        let lint = |line: &u32| Lint { site: site(*line), message: String::new() };
        Linted {
            lints: errors.iter().map(lint).collect(),
            errors: errors.iter().map(lint).collect(),
            nightly: nightly.iter().map(|name| (*name).to_owned()).collect(),
            success,
        }
    }

    #[test]
    fn a_compile_that_fails_must_fail_here_unless_only_nightly_targets_failed() {
        assert!(check(Status::Passed, &[], &truth(true, &[], &[])).is_empty());
        assert!(check(Status::Warned, &[], &truth(false, &["bench a"], &[])).iter().all(|d| d.explained));
        assert!(check(Status::Passed, &[], &truth(false, &[], &[1])).iter().any(|d| !d.explained));
        assert!(check(Status::Failed, &[site(1)], &truth(false, &[], &[1])).is_empty());
        assert!(check(Status::Failed, &[site(2)], &truth(false, &[], &[1])).iter().any(|d| !d.explained));
    }

    #[test]
    fn lints_are_compared_by_place_and_name() {
        assert!(clippy(&[site(1)], &truth(true, &[], &[1])).is_empty());
        assert_eq!(clippy(&[site(2)], &truth(true, &[], &[1])).len(), 2);
    }
}
