//! `deny` against cargo-deny.

use std::collections::BTreeSet;

use super::Difference;
use crate::corpus::truth::Refusal;

/// Compares what is refused: the two sets must be the same.
pub(in crate::corpus) fn deny(ours: &BTreeSet<Refusal>, truth: &BTreeSet<Refusal>) -> Vec<Difference> {
    let missed =
        truth.difference(ours).map(|one| Difference::unexplained("missed: only cargo-deny refuses it", one));
    missed
        .chain(ours.difference(truth).map(|one| Difference::unexplained("only we refuse it", one)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_counts_as_well_as_the_package() {
        let set = |rule: &str| BTreeSet::from([Refusal { rule: rule.into(), package: "a 1.0.0".into() }]);
        assert!(deny(&set("license"), &set("license")).is_empty());
        assert_eq!(deny(&set("license"), &set("banned")).len(), 2);
    }
}
