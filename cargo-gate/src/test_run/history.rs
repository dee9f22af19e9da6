//! The outcomes of tests over many runs on one tree: a test that both failed and passed there is flaky,
//! since nothing that git tracks differs between those runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The outcomes of all recorded runs on one tree, by test.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// How many runs are recorded.
    pub runs: u64,
    /// How each test ended in them.
    pub tests: BTreeMap<String, Tally>,
}

/// How a test ended, how often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Tries that passed.
    pub passed: u64,
    /// Tries that failed.
    pub failed: u64,
}

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record of earlier test runs cannot be read: {0}")]
pub struct HistoryError(String);

impl History {
    /// A record as written by [`History::to_bytes`].
    ///
    /// # Errors
    /// When the bytes are no such record.
    pub fn parse(bytes: &[u8]) -> Result<Self, HistoryError> {
        serde_json::from_slice(bytes).map_err(|error| HistoryError(error.to_string()))
    }

    /// The record as JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Adds a run: the tests that ran and whether they passed, and those that passed only when they were
    /// tried again, with the number of tries.
    pub fn add(&mut self, ended: &[(String, bool)], retried: &[(String, u32)]) {
        self.runs = self.runs.saturating_add(1);
        for (name, passed) in ended {
            let tally = self.tests.entry(name.clone()).or_default();
            let count = if *passed { &mut tally.passed } else { &mut tally.failed };
            *count = count.saturating_add(1);
        }
        for (name, tries) in retried {
            let tally = self.tests.entry(name.clone()).or_default();
            tally.failed = tally.failed.saturating_add(u64::from(tries.saturating_sub(1)));
        }
    }

    /// How many runs a test has passed that never failed; none for one that did.
    pub fn steady_runs(&self, test: &str) -> u64 {
        self.tests.get(test).filter(|tally| tally.failed == 0).map_or(0, |tally| tally.passed)
    }

    /// The tests that both passed and failed.
    pub fn flaky(&self) -> impl Iterator<Item = (&str, Tally)> {
        let both = self.tests.iter().filter(|(_, tally)| tally.passed > 0 && tally.failed > 0);
        both.map(|(name, tally)| (name.as_str(), *tally))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(tests: &[(&str, bool)]) -> Vec<(String, bool)> {
        tests.iter().map(|(name, passed)| ((*name).to_owned(), *passed)).collect()
    }

    #[test]
    fn a_test_that_failed_and_passed_is_flaky_and_one_that_always_failed_is_not() {
        let mut history = History::default();
        history.add(&ended(&[("a", true), ("b", false), ("c", true)]), &[]);
        assert_eq!(history.flaky().count(), 0);
        history.add(&ended(&[("a", false), ("b", false), ("c", true)]), &[]);
        assert_eq!(history.flaky().collect::<Vec<_>>(), [("a", Tally { passed: 1, failed: 1 })]);
        assert_eq!(history.runs, 2);
    }

    #[test]
    fn a_retry_counts_as_a_failure_too() {
        let mut history = History::default();
        history.add(&ended(&[("a", true)]), &[("a".to_owned(), 3)]);
        assert_eq!(history.flaky().collect::<Vec<_>>(), [("a", Tally { passed: 1, failed: 2 })]);
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_half_of_one_is_an_error() {
        let mut history = History::default();
        history.add(&ended(&[("a", true), ("b", false)]), &[("a".to_owned(), 2)]);
        let bytes = history.to_bytes();
        assert_eq!(History::parse(&bytes), Ok(history));
        assert!((0..bytes.len()).all(|cut| History::parse(&bytes[..cut]).is_err()));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_record_or_an_error(bytes: Vec<u8>) {
            let _ = History::parse(&bytes);
        }
    }
}
