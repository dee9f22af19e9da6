use jiff::civil::date;

use super::*;

const RECORDED: &[u8] = include_bytes!("../../parse/recorded/cargo_deny/rejected.jsonl");

fn found(rule: &str, name: &str, version: &str) -> Found {
    let package = Some((name.to_owned(), version.parse().unwrap()));
    Found { finding: Finding::error(format!("deny/{rule}"), "a defect"), package }
}

fn accepting(rule: &str, package: &str, expires: &str) -> Deny {
    let accept = Accept {
        rule: rule.into(),
        package: package.into(),
        reason: Reason::try_from("not shipped".to_owned()).unwrap(),
        expires: Expiry::try_from(expires.to_owned()).unwrap(),
    };
    Deny { accept: vec![accept], ..Deny::default() }
}

fn rules(deny: &Deny, found: Vec<Found>) -> Vec<String> {
    deny.weigh(found, date(2026, 6, 1)).into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_finding_is_accepted_by_rule_and_package_until_the_day() {
    let one = || vec![found("license", "a", "1.0.0")];
    assert!(rules(&accepting("license", "a", "2026-06-01"), one()).is_empty());
    assert!(rules(&accepting("license", "a@1.0.0", "2026-06-01"), one()).is_empty());
    let expired = rules(&accepting("license", "a", "2026-05-31"), one());
    assert_eq!(expired, ["deny/license", "deny/accept-expired"]);
    for deny in [accepting("license", "a@1.0.1", "2027-01-01"), accepting("source", "a", "2027-01-01")] {
        assert_eq!(rules(&deny, one()), ["deny/license", "deny/accept-unused"]);
    }
}

#[test]
fn what_concerns_no_package_cannot_be_accepted() {
    let key = Found::from(Finding::error("deny/unknown-key", "a key"));
    let left = rules(&accepting("unknown-key", "a", "2027-01-01"), vec![key]);
    assert_eq!(left, ["deny/unknown-key", "deny/accept-unused"]);
}

#[test]
fn every_code_of_cargo_deny_has_one_rule_of_ours() {
    let known: Vec<&str> = Deny::INFO.rules.iter().map(|rule| rule.name).collect();
    for (rule, _) in CODES {
        assert!(known.contains(rule), "{rule}");
    }
    let mut codes: Vec<&str> = CODES.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
    codes.sort_unstable();
    assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "{codes:?}");
}

#[test]
fn cargo_denys_diagnostics_become_findings() {
    let checked = cargo_deny::parse(RECORDED).unwrap();
    let Found { finding, package } = from_diagnostic(&checked.diagnostics[0], "deny.toml");
    assert_eq!(finding.rule, "deny/license");
    assert_eq!(finding.message, "adler2 2.0.1: failed to satisfy license requirements [rejected]");
    assert_eq!(package, Some(("adler2".to_owned(), Version::new(2, 0, 1))));
    assert!(finding.detail.unwrap().contains("MIT: rejected: license is not explicitly allowed"));
    let other = Diagnostic { code: "replaced-in-std".into(), ..checked.diagnostics[1].clone() };
    let finding = from_diagnostic(&other, "deny.toml").finding;
    assert_eq!(
        (finding.rule.as_str(), finding.severity),
        ("deny/cargo-deny", crate::finding::Severity::Warning)
    );
}
