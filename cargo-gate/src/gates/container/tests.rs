use std::collections::BTreeSet;

use super::*;
use crate::facts::Facts;
use crate::gate::Options;

fn container(severity: Floor, ignored: &[(&str, &str)]) -> Container {
    let ignore = ignored.iter().map(|(id, expires)| Ignore {
        id: (*id).to_owned(),
        reason: Reason::try_from("not reachable".to_owned()).unwrap(),
        expires: Expiry::try_from((*expires).to_owned()).unwrap(),
    });
    let ignore = ignore.collect();
    Container { images: vec!["app".to_owned()], severity, ignore, ..Container::default() }
}

fn scan(severities: &[ImageSeverity]) -> ImageScan {
    let vulnerability = |(number, severity): (usize, &ImageSeverity)| ImageVulnerability {
        id: format!("CVE-{number}"),
        package: "p".into(),
        version: "1".into(),
        fixed: String::new(),
        severity: *severity,
        title: None,
        url: None,
    };
    let vulnerabilities = severities.iter().enumerate().map(vulnerability).collect();
    ImageScan {
        image: "app".into(),
        system: None,
        end_of_life: false,
        database: None,
        vulnerabilities,
        unjudged: None,
        left_out: 0,
        ends_with_error: false,
    }
}

fn rules(container: &Container, scan: ImageScan) -> Vec<String> {
    let facts = Facts { now: "2026-06-01T12:00:00Z".parse().unwrap(), ..Facts::default() };
    let (options, selected) = (Options::default(), BTreeSet::new());
    let cx = Context::new(&facts, &options, &selected);
    let outcome = container.outcome(&[scan], Tool::Trivy, &cx);
    outcome.findings.into_iter().map(|finding| finding.rule.replace("container/", "")).collect()
}

#[test]
fn the_floor_parts_what_fails_from_what_is_named() {
    use ImageSeverity::{Critical, High, Low, Medium, Negligible, Unknown};
    let all = [Critical, High, Medium, Low, Negligible, Unknown];
    let found = rules(&container(Floor::High, &[]), scan(&all));
    assert_eq!(found, ["vulnerability", "vulnerability", "unknown-severity", "below-severity"]);
    let found = rules(&container(Floor::Critical, &[]), scan(&[High]));
    assert_eq!(found, ["below-severity"]);
}

#[test]
fn what_is_accepted_holds_until_its_day() {
    let high = || scan(&[ImageSeverity::High]);
    assert!(rules(&container(Floor::High, &[("CVE-0", "2026-06-01")]), high()).is_empty());
    let expired = rules(&container(Floor::High, &[("CVE-0", "2026-05-31")]), high());
    assert_eq!(expired, ["vulnerability", "ignore-expired"]);
    let unused = rules(&container(Floor::High, &[("CVE-7", "2027-01-01")]), scan(&[]));
    assert_eq!(unused, ["ignore-unused"]);
}

#[test]
fn a_system_without_security_data_is_an_error() {
    let old = ImageScan { end_of_life: true, ..scan(&[]) };
    assert_eq!(rules(&container(Floor::High, &[]), old), ["end-of-life"]);
}

#[test]
fn a_database_beyond_its_age_does_not_judge() {
    let container = container(Floor::High, &[]);
    let now: Timestamp = "2026-06-08T00:00:00Z".parse().unwrap();
    assert!(container.fresh(Tool::Grype, "2026-06-01T00:00:00Z".parse().unwrap(), now).is_ok());
    let old = container.fresh(Tool::Grype, "2026-05-31T00:00:00Z".parse().unwrap(), now).unwrap_err();
    assert_eq!(old.reason, "grype's database is 8 days old (limit 7days)");
}

#[test]
fn the_age_of_trivys_database_is_asked_after_all_scans() {
    let container = Container { images: vec!["a".into(), "b".into()], ..Container::default() };
    let (facts, options, selected) = (Facts::default(), Options::default(), BTreeSet::new());
    let Planned::Steps(steps) = container.plan(&Context::new(&facts, &options, &selected)) else { panic!() };
    let [first, second, database] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!(database.after(), [first.clone(), second.clone()]);
    assert!(database.to_string().starts_with("trivy version"));
}
