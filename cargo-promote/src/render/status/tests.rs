use super::*;
use crate::digest::Digest;
use crate::mirrors::Lag;

fn known(bytes: &str, version: &str) -> Known {
    Known {
        candidate: Digest::of(bytes.as_bytes()),
        name: "tool".to_owned(),
        version: version.to_owned(),
        commit: "1".repeat(40),
        staged: Timestamp::UNIX_EPOCH,
        reached: vec!["staging".parse().unwrap()],
    }
}

fn sample() -> Overview {
    let place = |name: &str, runs: Option<Known>, unfinished| Place {
        name: name.parse().unwrap(),
        since: runs.as_ref().map(|_| Timestamp::UNIX_EPOCH),
        runs,
        configured: name != "old",
        unfinished,
    };
    Overview {
        configuration: "git https://git.example/acme/ops@0123456789ab promote.toml".to_owned(),
        ledger: "the ledger in the folder /a/.git/promote".to_owned(),
        guarantee: "compare-and-swap",
        entries: 12,
        environments: vec![
            place("staging", Some(known("b", "1.1.0")), false),
            place("production", Some(known("a", "1.0.0")), true),
            place("canary", None, false),
            place("old", Some(known("a", "1.0.0")), false),
        ],
        waiting: vec![known("c", "1.2.0")],
        mirrors: vec![
            Lag {
                reference: "refs/tags/env/production".into(),
                is: Some("2".repeat(40)),
                wanted: "1".repeat(40),
            },
            Lag { reference: "refs/tags/env/staging".into(), is: None, wanted: "1".repeat(40) },
        ],
        mirrors_unknown: None,
    }
}

#[test]
fn the_overview_fits_eighty_columns() {
    let text = status(&sample(), Format::Human);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn what_has_a_long_name_fits_eighty_columns_too() {
    let mut overview = sample();
    let places = overview.environments.iter_mut().filter_map(|place| place.runs.as_mut());
    for known in places.chain(&mut overview.waiting) {
        known.name = "cargo-bulletproof".to_owned();
    }
    let text = status(&overview, Format::Human);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_overview_for_machines() {
    insta::assert_snapshot!(status(&sample(), Format::Json));
}

#[test]
fn nothing_staged_is_said() {
    let empty = Overview { entries: 0, waiting: Vec::new(), mirrors: Vec::new(), ..sample() };
    assert!(status(&empty, Format::Human).contains("nothing is staged; `cargo promote stage`"));
}
