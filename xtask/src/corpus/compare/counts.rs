//! `test` and `doctest` against the runners' own sums.

use super::Difference;
use crate::corpus::truth::Counts;

/// Compares sums. A runner that could not run at all agrees with a gate that could not judge.
pub(in crate::corpus) fn counts(
    ours: Option<Counts>,
    truth: Option<Counts>,
    reason: &str,
) -> Vec<Difference> {
    match (ours, truth) {
        (Some(ours), Some(truth)) if ours == truth => Vec::new(),
        (None, None) => Vec::new(),
        // nothing ran: we give no verdict on that
        (None, Some(truth)) if truth.passed + truth.failed + truth.own_harness == 0 => Vec::new(),
        (Some(ours), Some(truth)) => {
            vec![Difference::unexplained("other counts", &format!("{ours} here, {truth} there"))]
        }
        (Some(ours), None) => vec![Difference::unexplained("only we have counts", &ours)],
        (None, Some(_)) => vec![Difference::unexplained("the gate gave no verdict", reason)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_counts_and_two_runs_without_a_test_agree() {
        let some = Some(Counts { passed: 3, ..Counts::default() });
        let none = Some(Counts::default());
        assert!(counts(some, some, "").is_empty() && counts(None, None, "").is_empty());
        assert!(counts(None, none, "no test ran").is_empty());
        assert_eq!(counts(some, none, "").len(), 1);
        assert_eq!(counts(None, some, "crashed")[0].what, "crashed");
    }
}
