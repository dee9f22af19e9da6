use serde_json::json;

use super::*;
use crate::graph::sample::{REGISTRY, Sample, metadata};

fn lock(packages: &[(&str, &str)]) -> Vec<LockedPackage> {
    let package = |(line, (name, version)): (usize, &(&str, &str))| LockedPackage {
        name: (*name).to_owned(),
        version: version.parse().unwrap(),
        source: (*name != "app").then(|| REGISTRY.to_owned()),
        from_registry: *name != "app",
        checksum: None,
        line: u32::try_from(line).unwrap() + 1,
        dependencies: Vec::new(),
    };
    packages.iter().enumerate().map(package).collect()
}

fn found(kind: Kind, severity: Option<Severity>) -> Match {
    Match {
        id: "RUSTSEC-2026-0001".into(),
        package: "a".into(),
        version: "1.0.0".into(),
        kind,
        severity,
        title: "a defect".into(),
        url: None,
        patched: Vec::new(),
        line: 3,
        aliases: Vec::new(),
        date: "2026-01-01".into(),
        path: vec!["app 0.1.0".into(), "a 1.0.0".into()],
    }
}

fn rules(found: Vec<Found>) -> Vec<String> {
    found.into_iter().map(|one| one.finding.rule).collect()
}

fn base_revision() -> Base {
    Base { commit: "0123456789".into(), tree: "t".into(), how: "main".into() }
}

#[test]
fn a_new_vulnerability_fails_from_a_moderate_score_on_or_without_one() {
    use Severity::{Critical, High, Low, Medium};
    let rule = |kind, severity| rules(new_advisories(&[], &[found(kind, severity)])).remove(0);
    for severity in [None, Some(Medium), Some(High), Some(Critical)] {
        assert_eq!(rule(Kind::Vulnerability, severity), "deps/advisory");
    }
    for severity in [Some(Low), Some(Severity::None)] {
        assert_eq!(rule(Kind::Vulnerability, severity), "deps/advisory-minor");
    }
    for kind in [Kind::Unsound, Kind::Unmaintained, Kind::Notice, Kind::Other] {
        assert_eq!(rule(kind, None), "deps/advisory-minor");
    }
}

#[test]
fn an_advisory_that_the_base_has_for_that_package_is_not_new() {
    let old = Match { version: "0.9.0".into(), ..found(Kind::Vulnerability, None) };
    assert!(new_advisories(&[old], &[found(Kind::Vulnerability, None)]).is_empty());
    let of_another = Match { package: "b".into(), ..found(Kind::Vulnerability, None) };
    assert_eq!(new_advisories(&[of_another], &[found(Kind::Vulnerability, None)]).len(), 1);
}

#[test]
fn new_packages_are_told_with_what_they_do_at_build_time_and_their_licence() {
    let metadata = metadata(&[
        Sample::member("app 0.1.0")
            .needs("old 1.0.0")
            .needs("scripted 1.0.0")
            .needs("macros 1.0.0")
            .needs("plain 1.1.0"),
        Sample::registry("old 1.0.0").with("license", json!("MIT OR Apache-2.0")),
        Sample::registry("scripted 1.0.0").target("custom-build").with("license", json!("Zlib")),
        Sample::registry("macros 1.0.0").target("proc-macro").with("license", json!("MIT/Zlib")),
        Sample::registry("plain 1.1.0").target("custom-build").with("license", json!("MIT")),
    ]);
    let graph = Graph::new(&metadata).unwrap();
    let base = lock(&[("app", "0.1.0"), ("old", "1.0.0"), ("plain", "1.0.0"), ("gone", "1.0.0")]);
    let head = lock(&[
        ("app", "0.1.0"),
        ("macros", "1.0.0"),
        ("old", "1.0.0"),
        ("plain", "1.1.0"),
        ("scripted", "1.0.0"),
    ]);
    let change = LockChange::new(&base, &head, &graph);
    assert_eq!(rules(change.facts()), ["deps/proc-macro", "deps/build-script", "deps/license-new"]);
    let outcome = change.outcome(&base_revision(), Vec::new());
    assert_eq!(
        outcome.summary,
        "2 new packages, 1 updated, 1 removed against 0123456789 (main): no new advisory"
    );
    let rows = outcome.table.unwrap().rows;
    assert_eq!(rows[0], ["new", "macros", "1.0.0", "proc-macro", "MIT/Zlib", "app"]);
    assert_eq!(rows[2], ["updated", "plain", "1.0.0 → 1.1.0", "build script", "MIT", "app"]);
    assert_eq!(rows[3], ["removed", "gone", "1.0.0", "", "", ""]);
}

#[test]
fn a_further_version_is_told_once() {
    let metadata = metadata(&[
        Sample::member("app 0.1.0").needs("a 2.0.0").needs("b 1.0.0"),
        Sample::registry("a 1.0.0"),
        Sample::registry("a 2.0.0"),
        Sample::registry("b 1.0.0").needs("a 1.0.0"),
    ]);
    let graph = Graph::new(&metadata).unwrap();
    let base = lock(&[("app", "0.1.0"), ("a", "1.0.0"), ("b", "1.0.0")]);
    let head = lock(&[("app", "0.1.0"), ("a", "1.0.0"), ("a", "2.0.0"), ("b", "1.0.0")]);
    let facts = LockChange::new(&base, &head, &graph).facts();
    assert_eq!(facts[0].finding.message, "a is now there in 2 versions: 1.0.0, 2.0.0");
    assert_eq!(rules(facts), ["deps/duplicate"]);
}

#[test]
fn what_nothing_turns_on_is_never_built_and_no_news() {
    let metadata = metadata(&[
        Sample::member("app 0.1.0").needs("a 1.0.0"),
        Sample::registry("a 1.0.0").line("weak 1.0.0", &json!({ "optional": true })),
        Sample::registry("weak 1.0.0").target("custom-build"),
    ]);
    let graph = Graph::new(&metadata).unwrap();
    let base = lock(&[("app", "0.1.0"), ("a", "1.0.0")]);
    let head = lock(&[("app", "0.1.0"), ("a", "1.0.0"), ("weak", "1.0.0")]);
    let change = LockChange::new(&base, &head, &graph);
    assert!(change.facts().is_empty());
    assert_eq!(change.rows()[0][3], "never built");
}

#[test]
fn an_equal_lock_file_has_no_table() {
    let metadata = metadata(&[Sample::member("app 0.1.0")]);
    let graph = Graph::new(&metadata).unwrap();
    let one = lock(&[("app", "0.1.0")]);
    let change = LockChange::new(&one, &one, &graph);
    assert!(!change.brings_packages());
    let outcome = change.outcome(&base_revision(), Vec::new());
    assert_eq!(
        (outcome.summary.as_str(), outcome.table),
        ("no package differs against 0123456789 (main)", None)
    );
}
