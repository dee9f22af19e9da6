use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::{Accepted, Baseline, Change, How};
use crate::finding::{Finding, Place, Worse, fingerprints};
use crate::gate::Cause;
use crate::report::{FindingReport, GateReport};
use crate::verdict::Status;

fn report(gate: &str, findings: Vec<Finding>) -> GateReport {
    let findings: Vec<FindingReport> = fingerprints(findings)
        .into_iter()
        .map(|(finding, print)| FindingReport::new(finding, print))
        .collect();
    let status = if findings.is_empty() { Status::Passed } else { Status::Failed };
    GateReport { status, reason: "said".to_owned(), findings, ..GateReport::new(gate, Duration::ZERO) }
}

fn panic_at(file: &str, line: u32, text: &str) -> Finding {
    Finding::error("panics/unwrap", "`unwrap` in production code").at(Place::line(file, line)).anchor(text)
}

fn coverage(percent: f64) -> GateReport {
    let finding = Finding::error("coverage/below-minimum", format!("{percent} % of lines (bar 80 %)"));
    report("coverage", vec![finding.anchor("whole").measure(percent, Worse::Lower)])
}

fn gates() -> BTreeSet<&'static str> {
    ["panics", "coverage", "secrets", "clippy"].into()
}

fn change(old: &Baseline, how: How, reports: &[GateReport]) -> Change {
    old.change(how, reports, &gates(), &|_| true)
}

fn accepting(reports: &[GateReport]) -> Baseline {
    change(&Baseline::default(), How::Update, reports).baseline
}

fn applied(baseline: &Baseline, mut report: GateReport) -> GateReport {
    baseline.apply(&mut report);
    report
}

#[test]
fn an_accepted_finding_is_marked_and_does_not_fail_its_gate() {
    let baseline = accepting(&[report("panics", vec![panic_at("src/a.rs", 3, "x.unwrap()")])]);
    let now = applied(&baseline, report("panics", vec![panic_at("src/a.rs", 30, "x.unwrap()")]));
    assert_eq!(now.status, Status::Passed);
    assert!(now.findings[0].baselined);
    assert_eq!(now.reason, "said; all accepted by the baseline");
}

#[test]
fn a_new_finding_fails_beside_an_accepted_one() {
    let baseline = accepting(&[report("panics", vec![panic_at("src/a.rs", 3, "x.unwrap()")])]);
    let both = vec![panic_at("src/a.rs", 3, "x.unwrap()"), panic_at("src/a.rs", 4, "y.unwrap()")];
    let now = applied(&baseline, report("panics", both));
    assert_eq!(now.status, Status::Failed);
    assert_eq!(now.findings.iter().map(|finding| finding.baselined).collect::<Vec<_>>(), [true, false]);
    assert_eq!(now.reason, "said; 1 of 2 accepted by the baseline");
}

#[test]
fn one_more_of_equal_findings_is_new_and_one_less_is_gone() {
    let equal =
        |count: u32| report("panics", (1..=count).map(|line| panic_at("src/a.rs", line, "x")).collect());
    let baseline = accepting(&[equal(2)]);
    let more = applied(&baseline, equal(3));
    assert_eq!(more.status, Status::Failed);
    assert_eq!(more.findings.iter().filter(|finding| finding.baselined).count(), 2);
    let less = applied(&baseline, equal(1));
    assert_eq!(baseline.standing(&[less], true).gone.len(), 1);
}

#[test]
fn a_warning_among_the_rest_warns() {
    let baseline = accepting(&[report("panics", vec![panic_at("src/a.rs", 3, "x")])]);
    let warning = Finding::warning("panics/unconfirmed", "perhaps");
    let now = applied(&baseline, report("panics", vec![panic_at("src/a.rs", 3, "x"), warning]));
    assert_eq!(now.status, Status::Warned);
}

#[test]
fn a_figure_is_accepted_until_it_is_worse() {
    let baseline = accepting(&[coverage(70.5)]);
    assert_eq!(applied(&baseline, coverage(70.5)).status, Status::Passed);
    assert_eq!(applied(&baseline, coverage(75.0)).status, Status::Passed);
    let worse = applied(&baseline, coverage(70.4));
    assert_eq!(worse.status, Status::Failed);
    assert!(
        worse.findings[0].message.ends_with("(70.50 accepted by the baseline, now 70.40)"),
        "{:?}",
        worse.findings
    );
    assert_eq!(applied(&baseline, coverage(f64::NAN)).status, Status::Failed);
}

#[test]
fn a_figure_without_an_accepted_one_is_not_accepted() {
    let mut baseline = Baseline::default();
    let now = coverage(79.0);
    let accepted = Accepted {
        rule: "coverage/below-minimum".to_owned(),
        fingerprint: now.findings[0].fingerprint.clone(),
        message: String::new(),
        figure: None,
    };
    baseline.add("coverage", "", accepted);
    assert_eq!(applied(&baseline, now).status, Status::Failed);
}

#[test]
fn a_gate_that_did_not_judge_is_left_as_it_is() {
    let baseline = accepting(&[report("panics", vec![panic_at("src/a.rs", 3, "x")])]);
    for (status, judged, cause) in [
        (Status::Broken, false, Some(Cause::Crashed)),
        (Status::Broken, true, None),
        (Status::Warned, false, Some(Cause::Unavailable)),
        (Status::Skipped, false, None),
    ] {
        let before =
            GateReport { status, judged, cause, ..report("panics", vec![panic_at("src/a.rs", 3, "x")]) };
        assert_eq!(applied(&baseline, before.clone()), before);
        assert_eq!(baseline.standing(&[before], true).gone, []);
    }
}

#[test]
fn a_rule_that_is_never_accepted_fails_though_the_baseline_names_it() {
    let secret = report("secrets", vec![Finding::error("secrets/private-key", "a private key")]);
    let refused = change(&Baseline::default(), How::Update, std::slice::from_ref(&secret));
    assert!(refused.baseline.is_empty());
    assert_eq!(refused.refused.len(), 1);
    let mut by_hand = Baseline::default();
    let accepted = Accepted {
        rule: "secrets/private-key".to_owned(),
        fingerprint: secret.findings[0].fingerprint.clone(),
        message: String::new(),
        figure: None,
    };
    by_hand.add("secrets", "", accepted);
    assert_eq!(applied(&by_hand, secret.clone()).status, Status::Failed);
    assert_eq!(change(&by_hand, How::Prune, &[secret]).removed.len(), 1);
}

#[test]
fn an_entry_with_another_rule_or_file_than_its_finding_accepts_nothing() {
    let now = report("panics", vec![panic_at("src/a.rs", 3, "x.unwrap()")]);
    let print = now.findings[0].fingerprint.clone();
    for (rule, file, accepts) in [
        ("panics/unwrap", "src/a.rs", true),
        ("panics/expect", "src/a.rs", false),
        ("panics/unwrap", "src/b.rs", false),
        ("panics/unwrap", "", false),
    ] {
        let mut by_hand = Baseline::default();
        let (rule, fingerprint, message) = (rule.to_owned(), print.clone(), String::new());
        by_hand.add("panics", file, Accepted { rule, fingerprint, message, figure: None });
        let judged = applied(&by_hand, now.clone());
        assert_eq!(judged.status == Status::Passed, accepts, "{file}");
        assert_eq!(by_hand.standing(&[judged], true).gone.is_empty(), accepts, "{file}");
        let pruned = change(&by_hand, How::Prune, std::slice::from_ref(&now));
        assert_eq!((pruned.removed.is_empty(), !pruned.baseline.is_empty()), (accepts, accepts), "{file}");
    }
}

#[test]
fn pruning_takes_out_what_is_gone_takes_over_better_figures_and_adds_nothing() {
    let old = accepting(&[
        report("panics", vec![panic_at("src/a.rs", 3, "x"), panic_at("src/b.rs", 4, "y")]),
        coverage(70.0),
    ]);
    let now =
        [report("panics", vec![panic_at("src/b.rs", 4, "y"), panic_at("src/c.rs", 5, "z")]), coverage(72.0)];
    let pruned = change(&old, How::Prune, &now);
    assert_eq!((pruned.added.len(), pruned.removed.len(), pruned.tightened.len()), (0, 1, 1));
    assert_eq!(applied(&pruned.baseline, now[0].clone()).status, Status::Failed);
    assert_eq!(applied(&pruned.baseline, coverage(71.0)).status, Status::Failed);
    let worse = change(&old, How::Prune, &[coverage(60.0)]);
    assert_eq!(applied(&worse.baseline, coverage(69.0)).status, Status::Failed);
}

#[test]
fn an_update_says_which_figures_it_loosens() {
    let old = accepting(&[coverage(70.0)]);
    let looser = change(&old, How::Update, &[coverage(60.0)]);
    assert_eq!((looser.loosened.len(), looser.tightened.len(), looser.added.len()), (1, 0, 0));
    assert_eq!(applied(&looser.baseline, coverage(60.0)).status, Status::Passed);
}

#[test]
fn entries_of_gates_that_did_not_judge_are_kept() {
    let old = accepting(&[report("panics", vec![panic_at("src/a.rs", 3, "x")])]);
    let broken = GateReport { status: Status::Broken, judged: false, ..report("panics", Vec::new()) };
    for how in [How::Update, How::Prune] {
        let kept = change(&old, how, std::slice::from_ref(&broken));
        assert_eq!(kept.baseline, old);
        assert_eq!(kept.unjudged, ["panics"]);
        assert_eq!(change(&old, how, &[]).baseline, old);
    }
}

#[test]
fn entries_of_a_gate_that_is_none_any_more_are_taken_out() {
    let old = accepting(&[report("panics", vec![panic_at("src/a.rs", 3, "x")])]);
    let without = old.change(How::Prune, &[], &["clippy"].into(), &|_| true);
    assert_eq!(without.removed.len(), 1);
    assert_eq!(without.baseline, Baseline::default());
}

#[test]
fn a_mended_file_keeps_its_place_until_it_is_gone_itself() {
    let old = accepting(&[report("panics", vec![panic_at("src/a.rs", 3, "x")])]);
    let fine = report("panics", Vec::new());
    let kept = change(&old, How::Prune, std::slice::from_ref(&fine)).baseline;
    assert!(kept.is_empty());
    assert!(kept.text().contains("\"src/a.rs\": [\n      ]\n"), "{}", kept.text());
    let gone = old.change(How::Prune, &[fine], &gates(), &|_| false).baseline;
    assert_eq!(gone, Baseline::default());
}

#[test]
fn what_is_gone_or_better_is_offered_only_by_a_run_over_the_whole() {
    let old = accepting(&[report("panics", vec![panic_at("src/a.rs", 3, "x")]), coverage(70.0)]);
    let now: Vec<GateReport> =
        [report("panics", Vec::new()), coverage(71.0)].map(|one| applied(&old, one)).into();
    let whole = old.standing(&now, true);
    assert_eq!((whole.accepted, whole.gone.len(), whole.better.len()), (1, 1, 1));
    assert_eq!(
        whole.sentences(),
        [
            "1 finding is accepted by the baseline",
            "1 accepted finding is gone, 1 accepted figure is better now: `cargo bulletproof baseline prune` tightens it"
        ]
    );
    let part = old.standing(&now, false);
    assert_eq!((part.accepted, part.gone.len(), part.better.len()), (1, 0, 0));
}

#[test]
fn the_file_is_sorted_and_reads_back_as_it_was() {
    let baseline = accepting(&[
        report("panics", vec![panic_at("src/b.rs", 3, "x"), panic_at("src/a.rs", 4, "y")]),
        coverage(70.5),
    ]);
    insta::assert_snapshot!(baseline.text());
    assert_eq!(Baseline::parse(&baseline.text()).unwrap(), baseline);
}

const ENTRY: &str = r#"{"rule": "panics/unwrap", "fingerprint": "0123456789abcdef", "message": "m"}"#;

fn parsed(accepted: &str) -> Result<Baseline, String> {
    let text = format!("{{\n\"version\": 1,\n\"accepted\": {accepted}\n}}\n");
    Baseline::parse(&text).map_err(|error| error.to_string())
}

#[test]
fn an_order_of_its_own_and_a_gate_that_stands_twice_are_read() {
    let other = ENTRY.replace("0123", "ffff");
    let text = format!(r#"{{"z": {{"b": [{ENTRY}], "a": []}}, "panics": {{}}, "z": {{"b": [{other}]}}}}"#);
    assert_eq!(parsed(&text).unwrap().entries().count(), 2);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let twice = format!("{{\"panics\": {{\"a\": [{ENTRY},\n{ENTRY}]}}}}");
    let short = format!("{{\"panics\": {{\"a\": [\n{}]}}}}", ENTRY.replace("0123", ""));
    let unknown = format!("{{\"panics\": {{\"a\": [\n{}]}}}}", ENTRY.replace("message", "massage"));
    for (accepted, said) in [
        (twice.as_str(), "bulletproof.baseline.json:4:43: the finding 0123456789abcdef is accepted twice"),
        (short.as_str(), "bulletproof.baseline.json:4:"),
        (unknown.as_str(), "unknown field `massage`"),
        ("{\n<<<<<<< HEAD\n}", "bulletproof.baseline.json:4:1: a merge left its marks here"),
        ("[]", "bulletproof.baseline.json:3:"),
    ] {
        let error = parsed(accepted).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
    let version = |text: &str| Baseline::parse(text).unwrap_err().to_string();
    assert!(version("{\n\"version\": 2}").contains("json:2:1: it has the form of version 2"));
    assert!(version("{}").contains("it names no `version`"));
    assert!(version("").starts_with("bulletproof.baseline.json:1:1: EOF"), "{}", version(""));
}

proptest! {
    #[test]
    fn any_text_gives_a_baseline_or_an_error(text: String) {
        let _ = Baseline::parse(&text);
    }

    #[test]
    fn a_text_that_is_cut_short_is_an_error(part: proptest::sample::Index) {
        let text = accepting(&[report("panics", vec![panic_at("src/a.rs", 3, "x")]), coverage(70.5)]).text();
        let whole = text.trim_end();
        prop_assert!(Baseline::parse(whole.get(..part.index(whole.len())).unwrap()).is_err());
    }
}
