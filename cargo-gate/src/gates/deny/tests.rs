use super::*;

const RECORDED: &[u8] = include_bytes!("../../parse/recorded/cargo_deny/rejected.jsonl");

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
