//! What a suite says of its tests, against the tests that it has.

use std::ops::AddAssign;

use super::{FORMAT, JunitOutcome};
use crate::parse::ReportError;

/// Numbers of tests by outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Counts {
    /// One test with that outcome.
    pub(super) fn of(outcome: JunitOutcome) -> Self {
        let is = |one: JunitOutcome| u64::from(outcome == one);
        Self {
            tests: 1,
            failures: is(JunitOutcome::Failed),
            errors: is(JunitOutcome::Errored),
            skipped: is(JunitOutcome::Skipped),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.tests += more.tests;
        self.failures += more.failures;
        self.errors += more.errors;
        self.skipped += more.skipped;
    }
}

/// The numbers that a suite states of itself; runners leave some of them out.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Claims {
    pub(super) tests: Option<u64>,
    pub(super) failures: Option<u64>,
    pub(super) errors: Option<u64>,
    pub(super) skipped: Option<u64>,
}

impl Claims {
    /// Whether the suite has what it states. Some runners count the suites inside a suite too.
    pub(super) fn check(self, name: &str, own: Counts, all: Counts) -> Result<(), ReportError> {
        let checks = [
            ("tests", self.tests, own.tests, all.tests),
            ("failures", self.failures, own.failures, all.failures),
            ("errors", self.errors, own.errors, all.errors),
            ("skipped", self.skipped, own.skipped, all.skipped),
        ];
        let wrong = checks
            .into_iter()
            .find(|(_, claim, own, all)| claim.is_some_and(|claim| claim != *own && claim != *all));
        match wrong {
            None => Ok(()),
            Some((what, claim, _, all)) => {
                let claim = claim.unwrap_or_default();
                let what = format!("the suite `{name}` states {what}=\"{claim}\", and there are {all}");
                Err(ReportError::Contradiction { format: FORMAT, what })
            }
        }
    }
}
