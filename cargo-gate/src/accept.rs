//! Findings about packages that a gate's settings accept for a time.

use jiff::civil::Date;
use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::config::{Expiry, Reason};
use crate::finding::Finding;
use crate::policy::{Found, Spec};

/// A finding that is accepted for a time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accept {
    /// The rule, without the name of the gate.
    rule: String,
    /// The package: `name`, or `name@version`.
    package: String,
    /// Why.
    reason: Reason,
    /// The last day on which this holds.
    expires: Expiry,
}

impl Accept {
    fn is_about(&self, gate: &str, found: &Found) -> bool {
        let rule = found.finding.rule.strip_prefix(gate).and_then(|rest| rest.strip_prefix('/'));
        let spec = Spec::try_from(self.package.clone());
        let about = |(name, version): &(String, Version)| {
            spec.as_ref().is_ok_and(|spec| spec.is_about(name, version))
        };
        rule == Some(self.rule.as_str()) && found.package.as_ref().is_some_and(about)
    }
}

/// The findings of a gate, with what is accepted taken out; entries that are over or concern nothing are findings of
/// the rules `accept-expired` and `accept-unused`.
pub(crate) fn weigh(gate: &str, accepted: &[Accept], found: Vec<Found>, today: Date) -> Vec<Finding> {
    let mut used = vec![false; accepted.len()];
    let mut findings = Vec::new();
    for one in found {
        let mut holds = false;
        for (accept, used) in accepted.iter().zip(&mut used) {
            if accept.is_about(gate, &one) {
                *used = true;
                holds |= accept.expires.0 >= today;
            }
        }
        if !holds {
            findings.push(one.finding);
        }
    }
    for (Accept { rule, package, reason, expires }, used) in accepted.iter().zip(used) {
        let what = format!("{gate}/{rule} of {package}");
        if !used {
            let message = format!("{what} is accepted, and there is no such finding");
            let finding = Finding::warning(format!("{gate}/accept-unused"), message);
            findings.push(finding.help(format!("remove it from `accept` in [gates.{gate}]")));
        } else if expires.0 < today {
            let message = format!("{what} was accepted until {} ({reason})", expires.0);
            let finding = Finding::error(format!("{gate}/accept-expired"), message).anchor(what);
            findings.push(finding.help("mend it now, or accept it again with a new date"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn found(rule: &str, name: &str, version: &str) -> Found {
        let package = Some((name.to_owned(), version.parse().unwrap()));
        Found { finding: Finding::error(format!("deny/{rule}"), "a defect"), package }
    }

    fn accepting(rule: &str, package: &str, expires: &str) -> [Accept; 1] {
        [Accept {
            rule: rule.into(),
            package: package.into(),
            reason: Reason::try_from("not shipped".to_owned()).unwrap(),
            expires: Expiry::try_from(expires.to_owned()).unwrap(),
        }]
    }

    fn rules(accepted: &[Accept], found: Vec<Found>) -> Vec<String> {
        weigh("deny", accepted, found, date(2026, 6, 1)).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_finding_is_accepted_by_rule_and_package_until_the_day() {
        let one = || vec![found("license", "a", "1.0.0")];
        assert!(rules(&accepting("license", "a", "2026-06-01"), one()).is_empty());
        assert!(rules(&accepting("license", "a@1.0.0", "2026-06-01"), one()).is_empty());
        let expired = rules(&accepting("license", "a", "2026-05-31"), one());
        assert_eq!(expired, ["deny/license", "deny/accept-expired"]);
        for other in [accepting("license", "a@1.0.1", "2027-01-01"), accepting("source", "a", "2027-01-01")] {
            assert_eq!(rules(&other, one()), ["deny/license", "deny/accept-unused"]);
        }
    }

    #[test]
    fn an_entry_that_holds_counts_beside_one_that_is_over() {
        let [over] = accepting("license", "a", "2026-05-31");
        let [holds] = accepting("license", "a@1.0.0", "2027-01-01");
        for both in [[over.clone(), holds.clone()], [holds, over]] {
            assert_eq!(rules(&both, vec![found("license", "a", "1.0.0")]), ["deny/accept-expired"]);
        }
    }

    #[test]
    fn what_concerns_no_package_cannot_be_accepted() {
        let key = Found::from(Finding::error("deny/unknown-key", "a key"));
        let left = rules(&accepting("unknown-key", "a", "2027-01-01"), vec![key]);
        assert_eq!(left, ["deny/unknown-key", "deny/accept-unused"]);
    }
}
