use jiff::Timestamp;

use super::*;
use crate::ledger::Entry;
use crate::ops::testing::{by, promote, stage};

fn sample() -> Vec<Told> {
    let mut before: Option<(Digest, Entry)> = None;
    let mut told = Vec::new();
    for (action, second) in [stage("a"), promote("production", "a", None)].into_iter().zip(1..) {
        let entry = Entry::after(before.as_ref(), action, by(second)).unwrap();
        before = Some((entry.digest(), entry.clone()));
        told.push(Told { digest: entry.digest(), entry, void: None });
    }
    told[1].entry.reason = "it is time\n\u{1b}[31mred".to_owned();
    told
}

fn dora() -> Dora {
    Dora {
        environment: "production".parse().unwrap(),
        from: Timestamp::UNIX_EPOCH,
        to: Timestamp::from_second(90 * 86_400).unwrap(),
        deployments: 9,
        deployments_per_day: 0.1,
        lead_time_seconds: Some(93_784),
        lead_time_unknown: 1,
        failures: 1,
        change_failure_percent: Some(11.11),
        rollbacks: 1,
        time_to_restore_seconds: Some(59),
    }
}

#[test]
fn entries_and_figures_for_people() {
    let told = sample();
    let mut long = told[1].clone();
    long.entry.state.candidates.values_mut().for_each(|staged| staged.name = "cargo-bulletproof".to_owned());
    long.entry.reason =
        "it is time, and everybody who was asked has said so, twice and in writing".to_owned();
    let mut gone = told[1].clone();
    gone.entry.action =
        Action::Remove { candidates: (0_u8..5).map(|number| Digest::of(&[number])).collect() };
    let shown: Vec<&Told> = [&gone, &long].into_iter().chain(told.iter().rev()).collect();
    let text = log(&shown, Some(&dora()), Format::Human);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn entries_and_figures_for_machines() {
    let told = sample();
    insta::assert_snapshot!(log(&[&told[1]], Some(&dora()), Format::Json));
}

#[test]
fn a_time_has_its_two_largest_units() {
    let shown = [0, 59, 60, 3661, 86_400 * 3 + 7].map(duration);
    assert_eq!(shown, ["0 s", "59 s", "1 min", "1 h 1 min", "3 d"]);
}
