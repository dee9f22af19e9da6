//! Every renderer on the same sample.

use std::ops::Range;
use std::time::Duration;

use super::{Detail, event_line, human, json, jsonl, plan_text, seconds};
use crate::event::Event;
use crate::finding::{Excerpt, Finding, Place};
use crate::gate::{Cause, Metric, Stage};
use crate::plan::{Choice, Plan, PlannedGate, PlannedStep};
use crate::report::{Environment, FindingReport, GateReport, Report, Subject, SubjectKind};
use crate::step::{Step, Streams, Tool, ToolCall};
use crate::verdict::{Status, Verdict};

fn excerpt(text: &str, first_line: u32, mark: Range<usize>) -> Excerpt {
    Excerpt { text: text.to_owned(), first_line, mark }
}

fn finding(number: u32) -> FindingReport {
    let place = Place {
        file: "src/größe.rs".to_owned(),
        line: Some(number),
        column: Some(9),
        end_line: Some(number),
        end_column: Some(19),
    };
    let finding = Finding::error("panics/unwrap", "`unwrap` in production code")
        .at(place)
        .help("return an error, or say why it cannot happen: // SAFE: reason")
        .excerpt(Some(excerpt("    let ü = size.unwrap();", number, 18..26)));
    FindingReport::new(finding, format!("{number:016x}"))
}

fn sample() -> Report {
    let fmt = GateReport {
        reason: "142 files formatted".to_owned(),
        metrics: [("files".to_owned(), Metric::Count(142))].into(),
        ..GateReport::new("fmt", Duration::from_millis(312))
    };
    let panics = GateReport {
        status: Status::Failed,
        reason: "12 panic points in 142 files (bar 0), 3 with a reason".to_owned(),
        notes: vec!["clippy gave no answer: this is the scanner's list, without types".to_owned()],
        findings: (1..=12).map(finding).collect(),
        ..GateReport::new("panics", Duration::from_millis(93))
    };
    let diff = Finding::error("test/failed", "demo::demo tests::adds failed")
        .at(Place::line("src/lib.rs", 7))
        .detail((1..=20).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n"));
    let test = GateReport {
        status: Status::Failed,
        reason: "41 of 42 tests passed (nextest)".to_owned(),
        findings: vec![FindingReport::new(diff, "00000000000000ff".to_owned())],
        ..GateReport::new("test", Duration::from_millis(61_234))
    };
    let clippy = GateReport {
        status: Status::Broken,
        judged: false,
        cause: Some(Cause::Crashed),
        reason: "`cargo clippy` failed: cannot create the lock file because --locked was passed".to_owned(),
        help: Some("make the lock file: cargo generate-lockfile".to_owned()),
        ..GateReport::new("clippy", Duration::from_millis(20))
    };
    let audit = GateReport {
        status: Status::Warned,
        judged: false,
        cause: Some(Cause::Unavailable),
        reason: "not judged: there is no advisory database".to_owned(),
        ..GateReport::new("audit", Duration::from_millis(1))
    };
    let todo = GateReport {
        status: Status::Skipped,
        judged: false,
        reason: "by request (--skip)".to_owned(),
        ..GateReport::new("todo", Duration::ZERO)
    };
    let gates = vec![fmt, panics, test, clippy, audit, todo];
    Report {
        schema_version: "1.0".to_owned(),
        verdict: Verdict::over(&gates.iter().map(|gate| gate.status).collect::<Vec<_>>()),
        subject: Subject {
            kind: SubjectKind::Worktree,
            commit: Some("c0ffee".to_owned()),
            tree: Some("7ree".to_owned()),
            dirty: true,
            workspace_root: ".".to_owned(),
        },
        environment: Environment {
            rustc: "rustc 1.95.0".to_owned(),
            host: "x86_64-unknown-linux-gnu".to_owned(),
            config_digest: "0123456789abcdef".to_owned(),
            tools: [("cargo".to_owned(), "/bin/cargo".to_owned())].into(),
        },
        stage: Stage::PrePush,
        started_at: "2026-01-31T12:00:00Z".to_owned(),
        duration_ms: 200_123,
        saved_ms: None,
        gates,
        affected: None,
        baseline: None,
        unrecorded: None,
    }
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn people_see_the_ten_most_useful_findings_and_one_verdict_line() {
    insta::assert_snapshot!(plain(&human(&sample(), Detail::Normal)));
}

#[test]
fn people_see_everything_when_they_ask_for_it() {
    insta::assert_snapshot!(plain(&human(&sample(), Detail::Verbose)));
}

#[test]
fn people_see_the_verdict_alone_when_they_want_quiet() {
    insta::assert_snapshot!(plain(&human(&sample(), Detail::Quiet)));
}

#[test]
fn people_see_why_a_push_will_judge_again_what_has_passed() {
    let why = "code may read what is no part of the commit: .env".to_owned();
    let report = Report { unrecorded: Some(why), gates: Vec::new(), ..sample() };
    let text = plain(&human(&report, Detail::Normal));
    assert!(
        text.ends_with("\nnot recorded for a push: code may read what is no part of the commit: .env\n"),
        "{text}"
    );
    assert!(!human(&report, Detail::Quiet).contains("not recorded"));
}

#[test]
fn no_line_of_a_gate_is_wider_than_a_terminal() {
    let text = plain(&human(&sample(), Detail::Normal));
    let gates: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    assert!(gates.iter().all(|line| line.chars().count() <= 80), "{gates:#?}");
}

#[test]
fn machines_get_one_document() {
    insta::assert_snapshot!(json(&sample()));
}

#[test]
fn machines_get_one_document_a_line() {
    let lines = jsonl(&sample());
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    insta::assert_snapshot!(lines);
}

#[test]
fn a_report_survives_its_json() {
    let report: Report = serde_json::from_str(&json(&sample())).unwrap();
    let without_excerpts = |mut report: Report| {
        report
            .gates
            .iter_mut()
            .flat_map(|gate| &mut gate.findings)
            .for_each(|finding| finding.excerpt = None);
        report
    };
    assert_eq!(report, without_excerpts(sample()));
}

#[test]
fn every_event_is_one_line() {
    let gates = vec!["fmt"];
    let events = [
        Event::RunStarted { schema_version: "1.0", stage: Stage::Ci, gates: gates.clone(), steps: 2 },
        Event::StepStarted { step: 0, command: "cargo fmt".to_owned(), gates },
        Event::StepFinished { step: 0, duration_ms: 5 },
    ];
    insta::assert_snapshot!(events.iter().map(event_line).collect::<String>());
}

#[test]
fn a_plan_says_why_each_gate_is_in_or_out() {
    let gate = |id, choice, reason: &str, steps| PlannedGate { id, choice, reason: reason.to_owned(), steps };
    let call = ToolCall {
        tool: Tool::Cargo,
        args: ["clippy", "--workspace"].map(str::to_owned).to_vec(),
        env: Vec::new(),
        streams: Streams::Separate,
        builds: true,
    };
    let step = |step: Step, gates: Vec<&'static str>, after| PlannedStep {
        command: step.to_string(),
        step,
        gates,
        after,
        timeout: Duration::from_mins(1),
        expected_ms: Some(1_200),
    };
    let plan = Plan {
        affected: None,
        stage: Stage::PrePush,
        gates: vec![
            gate("fmt", Choice::Run, "part of the stage pre-push", vec![0, 1]),
            gate("clippy", Choice::Run, "part of the stage pre-push", vec![2]),
            gate("doctest", Choice::NothingToJudge, "nothing to judge: no library", Vec::new()),
            gate("todo", Choice::Skip, "known", Vec::new()),
            gate("audit", Choice::NotSelected, "not part of the stage pre-push", Vec::new()),
        ],
        steps: vec![
            step(Step::Sources, vec!["fmt"], Vec::new()),
            step(Step::Format, vec!["fmt"], vec![0]),
            step(Step::Tool(call), vec!["clippy"], Vec::new()),
        ],
        expected_ms: Some(2_400),
    };
    insta::assert_snapshot!(plan_text(&plan));
}

#[test]
fn times_are_short_and_exact_enough() {
    let shown: Vec<String> = [0, 312, 9_999, 10_050, 119_900, 200_123].map(seconds).to_vec();
    assert_eq!(shown, ["0.00 s", "0.31 s", "9.99 s", "10.0 s", "119.9 s", "3 m 20 s"]);
}
