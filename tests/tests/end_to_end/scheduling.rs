//! What runs once, what waits for what, and what a run that ends early says.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::support::{Act, Fakes, Workspace};

const HANGING_CLIPPY: (&str, &[&str]) = ("cargo", &["clippy"]);

/// The events of a run.
fn events(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kind(event: &Value) -> &str {
    event["event"].as_str().unwrap()
}

#[test]
fn one_clippy_run_answers_three_gates() {
    let workspace = Workspace::of("clean");
    let ran = workspace.bulletproof(&["--gate", "panics,check,clippy", "--format", "jsonl"]).end();
    let events = events(&ran.stdout);
    let builds: Vec<&Value> = events
        .iter()
        .filter(|event| {
            kind(event) == "step-started" && event["command"].as_str().unwrap().starts_with("cargo ")
        })
        .collect();
    assert_eq!(builds.len(), 1, "{builds:#?}");
    assert_eq!(builds[0]["gates"], serde_json::json!(["panics", "check", "clippy"]));
    assert_eq!(ran.code, Some(0), "{ran:#?}");
}

#[test]
fn builds_take_turns() {
    let workspace = Workspace::of("clean");
    let ran = workspace.bulletproof(&["--gate", "clippy,test,doctest", "--format", "jsonl"]).end();
    let mut building = BTreeSet::new();
    let mut builds = 0;
    for event in events(&ran.stdout) {
        let step = event["step"].as_u64();
        match kind(&event) {
            "step-started" if event["command"].as_str().unwrap().starts_with("cargo ") => {
                builds += 1;
                building.insert(step);
            }
            "step-finished" => {
                building.remove(&step);
            }
            _ => {}
        }
        assert!(building.len() <= 1, "{}", ran.stdout);
    }
    assert_eq!(builds, 3, "{}", ran.stdout);
}

#[test]
fn gates_that_need_no_build_do_not_wait_for_one() {
    let workspace = Workspace::of("clean").with("bulletproof.toml", "[gates.clippy]\ntimeout = \"3s\"\n");
    let fakes = Fakes::new().on(HANGING_CLIPPY.0, HANGING_CLIPPY.1, &Act::Hang);
    let ran = workspace.bulletproof(&["--gate", "fmt,todo,clippy", "--format", "jsonl"]).fakes(&fakes).end();
    let events = events(&ran.stdout);
    let finished: Vec<(&str, &str)> = events
        .iter()
        .filter(|event| kind(event) == "gate-finished")
        .map(|event| (event["gate"]["id"].as_str().unwrap(), event["gate"]["status"].as_str().unwrap()))
        .collect();
    assert_eq!(finished.last(), Some(&("clippy", "broken")), "{finished:?}");
    assert!(finished.contains(&("fmt", "passed")) && finished.contains(&("todo", "passed")), "{finished:?}");
    assert_eq!(ran.code, Some(2));
}

#[test]
fn the_first_failure_ends_the_run_where_that_is_asked_for() {
    let workspace = Workspace::of("todo");
    let fakes = Fakes::new().on(HANGING_CLIPPY.0, HANGING_CLIPPY.1, &Act::Hang);
    let start = Instant::now();
    let run = workspace.bulletproof(&["--gate", "todo,clippy,test", "--fail-fast"]).fakes(&fakes);
    let report = run.report();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let gates = report["gates"].as_array().unwrap();
    let statuses: Vec<&str> = gates.iter().map(|gate| gate["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["failed", "skipped", "skipped"]);
    for gate in &gates[1..] {
        let reason = gate["reason"].as_str().unwrap();
        assert!(reason.contains("--fail-fast") && reason.contains("todo"), "{reason}");
    }
    assert_eq!(report["verdict"]["exit_code"], 1);
}

#[test]
fn every_gate_is_judged_where_nothing_else_is_asked_for() {
    let workspace = Workspace::of("compile-error");
    let report = workspace.bulletproof(&["--gate", "fmt,todo,check"]).report();
    let gates = report["gates"].as_array().unwrap();
    let statuses: Vec<&str> = gates.iter().map(|gate| gate["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["passed", "passed", "failed"]);
}

#[test]
fn two_runs_in_one_workspace_at_the_same_time_say_the_same() {
    let workspace = Workspace::of("clean").with_own_target();
    let gates = ["--gate", "fmt,check,test"];
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| workspace.bulletproof(&gates).report());
        let two = workspace.bulletproof(&gates).report();
        (one.join().unwrap(), two)
    });
    assert_eq!(one["verdict"], two["verdict"]);
    assert_eq!(one["verdict"]["passed"], 3, "{one:#}");
}
