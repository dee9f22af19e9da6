//! `audit` against cargo-audit.

use std::collections::BTreeSet;

use super::Difference;
use crate::corpus::truth::Advisory;

/// Compares the advisories of each kind: the two sets must be the same.
pub(in crate::corpus) fn audit(ours: &BTreeSet<Advisory>, truth: &BTreeSet<Advisory>) -> Vec<Difference> {
    let missed =
        truth.difference(ours).map(|one| Difference::unexplained("missed: only cargo-audit says it", one));
    missed.chain(ours.difference(truth).map(|one| Difference::unexplained("only we say it", one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_counts_as_well_as_the_identifier() {
        let set = |kind: &str| {
            BTreeSet::from([Advisory {
                kind: kind.into(),
                id: "RUSTSEC-2020-0001".into(),
                package: "a 1.0.0".into(),
            }])
        };
        assert!(audit(&set("unsound"), &set("unsound")).is_empty());
        assert_eq!(audit(&set("unsound"), &set("vulnerability")).len(), 2);
    }
}
