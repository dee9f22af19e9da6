use super::*;
use crate::canary::{About, Judged, Rollback};
use crate::digest::Digest;

fn about(version: &str) -> About {
    let candidate = Digest::of(version.as_bytes());
    About { candidate, version: version.parse().unwrap(), commit: "1".repeat(40) }
}

fn plan() -> Plan {
    let text = "[canary]\ncommand = [\"./shift\", \"tool\"]\nundo = [\"./shift\", \"tool\"]\n\
                steps = [{ percent = 10, bake = \"5m\" }, 50, 100]\n";
    let settings = crate::config::parse(text).unwrap().canary;
    Plan {
        environment: "production".parse().unwrap(),
        candidate: about("1.1.0"),
        baseline: about("1.0.0"),
        prometheus: "http://127.0.0.1:9090".to_owned(),
        queries: vec![("requests", "sum(increase(requests{version=\"1.1.0\"}[60s]))".to_owned())],
        settings,
        interrupted: Some(50),
    }
}

fn window(outcome: Outcome) -> Window {
    let judged = |measure, outcome, why: &str| Judged { measure, outcome, why: why.to_owned() };
    Window {
        outcome,
        measures: vec![
            judged(Measure::Errors, outcome, "errors 50 of 1000 requests, before 20 of 9000"),
            judged(Measure::Latency, Outcome::Good, "p95 100.0 ms, before 100.0 ms"),
            judged(Measure::Crashes, Outcome::Inconclusive, "crashes of the candidate: the value is NaN"),
        ],
    }
}

fn report(outcome: Outcome) -> Report {
    let bad = outcome == Outcome::Bad;
    let rollback = bad.then(|| Rollback { digest: Digest::of(b"entry"), sequence: 7 });
    let why = window(outcome).why();
    let last = Some(window(outcome));
    Report { outcome, why, percent: Some(10), windows: 3, last, rollback, left: Vec::new() }
}

#[test]
fn the_plan_for_people() {
    insta::assert_snapshot!(canary_plan(&plan(), &window(Outcome::Bad), Format::Human));
}

#[test]
fn the_plan_for_machines() {
    insta::assert_snapshot!(canary_plan(&plan(), &window(Outcome::Good), Format::Json));
}

#[test]
fn each_end_for_people() {
    let ends = [Outcome::Good, Outcome::Bad, Outcome::Inconclusive].map(|outcome| {
        let report = report(outcome);
        format!("exit code {}\n{}\n", report.exit_code(), canary_report(&plan(), &report, Format::Human))
    });
    let stuck =
        Report { rollback: None, left: vec!["the rollback: no network".to_owned()], ..report(Outcome::Bad) };
    let stuck = canary_report(&plan(), &stuck, Format::Human);
    let idle = Report { percent: None, ..report(Outcome::Inconclusive) };
    let idle = canary_report(&plan(), &idle, Format::Human);
    insta::assert_snapshot!(format!("{}{stuck}\n{idle}", ends.concat()));
}

#[test]
fn an_end_for_machines() {
    insta::assert_snapshot!(canary_report(&plan(), &report(Outcome::Bad), Format::Json));
}

#[test]
fn what_happens_is_a_line_each() {
    let window = window(Outcome::Inconclusive);
    let good = Window { outcome: Outcome::Good, ..window.clone() };
    let events = [
        Event::Step { percent: 10, command: "./shift tool".to_owned() },
        Event::Window { number: 1, streak: 0, needed: 3, window: &window },
        Event::Window { number: 2, streak: 1, needed: 3, window: &good },
        Event::Note("reading every byte"),
    ];
    let lines: Vec<String> = events.iter().map(canary_event).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
