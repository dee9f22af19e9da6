use super::*;
use crate::ledger::Head;
use crate::ops::testing::{by, promote, stage};

const DAY: i64 = 86_400;

fn label(name: &str) -> Label {
    name.parse().unwrap()
}

fn back(to: &str, from: &str) -> Action {
    Action::Rollback {
        environment: label("production"),
        candidate: Digest::of(to.as_bytes()),
        from: Digest::of(from.as_bytes()),
    }
}

fn told(actions: Vec<(i64, Action)>) -> Vec<Told> {
    let mut head = Head::default();
    let mut told = Vec::new();
    for (second, action) in actions {
        let entry = head.next(action, by(second)).unwrap();
        let digest = entry.digest();
        head.last = Some((digest, entry.clone()));
        told.push(Told { digest, entry, void: None });
    }
    told
}

fn days(from: i64, to: i64) -> (Timestamp, Timestamp) {
    (Timestamp::from_second(from * DAY).unwrap(), Timestamp::from_second(to * DAY).unwrap())
}

/// Two promotions, of which the second fails after an hour, and one of staging.
fn story() -> Vec<Told> {
    told(vec![
        (0, stage("a")),
        (0, stage("b")),
        (DAY, promote("production", "a", None)),
        (2 * DAY, promote("staging", "b", None)),
        (3 * DAY, promote("production", "b", Some("a"))),
        (3 * DAY + 3600, back("a", "b")),
    ])
}

#[test]
fn the_figures_of_a_known_story_are_those_of_paper_and_pencil() {
    let commits = BTreeMap::from([("1".repeat(40), Timestamp::UNIX_EPOCH)]);
    let dora = figures(&story(), &label("production"), days(0, 10), &commits);
    assert_eq!((dora.deployments, dora.deployments_per_day), (2, 0.2));
    assert_eq!((dora.lead_time_seconds, dora.lead_time_unknown), (Some(DAY), 0));
    assert_eq!((dora.failures, dora.change_failure_percent), (1, Some(50.0)));
    assert_eq!((dora.rollbacks, dora.time_to_restore_seconds), (1, Some(3600)));
}

#[test]
fn only_the_period_counts_but_a_later_rollback_is_seen() {
    let dora = figures(&story(), &label("production"), days(2, 3), &BTreeMap::new());
    assert_eq!((dora.deployments, dora.failures, dora.rollbacks), (1, 1, 0));
    assert_eq!((dora.lead_time_seconds, dora.lead_time_unknown), (None, 1));
    assert_eq!(dora.time_to_restore_seconds, None);
}

#[test]
fn nothing_that_happened_gives_no_rate() {
    let dora = figures(&[], &label("production"), days(0, 10), &BTreeMap::new());
    assert_eq!((dora.deployments, dora.change_failure_percent, dora.lead_time_seconds), (0, None, None));
}

#[test]
fn one_that_was_promoted_again_and_stayed_failed_once() {
    let mut told = told(vec![
        (0, stage("a")),
        (0, stage("b")),
        (1, promote("production", "a", None)),
        (2, promote("production", "b", Some("a"))),
        (3, back("a", "b")),
        (4, promote("production", "b", Some("a"))),
    ]);
    assert_eq!(figures(&told, &label("production"), days(0, 1), &BTreeMap::new()).failures, 1);
    // an entry without effect counts for nothing
    told[4].void = Some(crate::ledger::Refused::Empty(label("production")));
    assert_eq!(figures(&told, &label("production"), days(0, 1), &BTreeMap::new()).failures, 0);
}

#[test]
fn the_median_is_a_value_that_was_there() {
    assert_eq!(median(vec![]), None);
    assert_eq!(median(vec![5]), Some(5));
    assert_eq!(median(vec![9, 1, 5, 7]), Some(5));
}
