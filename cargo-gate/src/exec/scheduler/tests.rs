//! The scheduler with gates made for the purpose.

use std::sync::Mutex;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::baseline::Baseline;
use crate::config::{Config, General, Problems, Section};
use crate::exec::Environment;
use crate::facts::Source;
use crate::gate::{Gate, Info, Options, Planned, Rule, SECTIONS, Stage};
use crate::plan::{Plan, PlannedGate, PlannedStep};
use crate::registry::{Entry, Registered};
use crate::step::{Executable, ProgramCall, SourceFile, Sources, Step, Timing};

macro_rules! gate {
    ($name:ident, $id:literal, |$sources:ident| $judge:expr) => {
        #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
        struct $name {}

        impl Gate for $name {
            const INFO: Info = Info {
                id: $id,
                judges: "nothing",
                bar: "none",
                stages: &[Stage::PrePush],
                timeout: Duration::from_secs(10),
                rules: &[Rule::error("rule", "nothing")],
                manual: SECTIONS[0],
            };

            fn plan(&self, _: &Context<'_>) -> Planned {
                Planned::Steps(vec![Step::Sources])
            }

            fn judge(&self, _: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
                let $sources = evidence.sources();
                $judge
            }
        }
    };
    ($name:ident, $id:literal, $judge:expr) => {
        gate!($name, $id, |sources| sources.and_then(|_| $judge));
    };
}

gate!(Passing, "passing", Ok(Outcome::new("fine")));
gate!(Panicking, "panicking", panic!("a defect of ours"));
gate!(
    Failing,
    "failing",
    Ok(Outcome::new("bad").findings(vec![crate::finding::Finding::error("failing/rule", "bad")]))
);

fn configured<G: Gate>() -> Configured {
    let table = toml_edit::Table::new();
    let section = Section { name: "gates.test", table: &table };
    Entry::<G>::NEW.configure(&section, &mut Problems::new("bulletproof.toml", ""))
}

/// A run over an empty workspace, with one step.
struct Trial {
    steps: Vec<Step>,
    facts: Facts,
    options: Options,
    cancel: Cancel,
    kept: Kept,
    begun: Begun,
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            steps: vec![Step::Sources],
            facts: Facts::default(),
            options: Options::default(),
            cancel: Cancel::default(),
            kept: Kept::default(),
            begun: Begun::default(),
        }
    }
}

impl Trial {
    /// The reports of gates that each rest on all steps, and what was told.
    fn run(&self, gates: Vec<Configured>) -> (Vec<GateReport>, Vec<String>) {
        let all: Vec<usize> = (0..self.steps.len()).collect();
        self.run_on(gates.into_iter().map(|gate| (gate, all.clone())).collect())
    }

    /// The same with each gate on the steps in those places.
    fn run_on(&self, gates: Vec<(Configured, Vec<usize>)>) -> (Vec<GateReport>, Vec<String>) {
        let (gates, places): (Vec<Configured>, Vec<Vec<usize>>) = gates.into_iter().unzip();
        let planned = |(gate, steps): (&Configured, Vec<usize>)| PlannedGate {
            id: gate.info.id,
            choice: Choice::Run,
            reason: String::new(),
            steps,
        };
        let gates_of_plan = gates.iter().zip(places).map(planned).collect();
        let step = |step: Step| PlannedStep {
            command: step.to_string(),
            step,
            gates: gates.iter().map(|gate| gate.info.id).collect(),
            after: Vec::new(),
            timeout: Duration::from_mins(1),
            expected_ms: None,
        };
        let plan = Plan {
            stage: Stage::PrePush,
            affected: None,
            gates: gates_of_plan,
            steps: self.steps.iter().cloned().map(step).collect(),
            expected_ms: None,
        };
        let config = Config { general: General::default(), gates, digest: String::new() };
        let heard = Mutex::new(Vec::new());
        let listen = |event: &Event| heard.lock().unwrap().push(serde_json::to_string(event).unwrap());
        let (baseline, environment) = (Baseline::default(), Environment::default());
        let Self { facts, options, cancel, kept, begun, .. } = self;
        let asked = Asked {
            plan: &plan,
            config: &config,
            facts,
            options,
            baseline: &baseline,
            environment: &environment,
            cancel,
        };
        let CarriedOut { gates: reports, .. } = carry_out(&Run { asked, kept, begun, listen: &listen });
        (reports, heard.into_inner().unwrap())
    }
}

gate!(Scanning, "scanning", |sources| {
    let comments: usize = sources?.files.iter().map(|file| file.scan().comments.len()).sum();
    Ok(Outcome::new(format!("{comments} comments")))
});
gate!(Reading, "reading", |sources| {
    let bytes: usize = sources?.files.iter().map(|file| file.text().len()).sum();
    Ok(Outcome::new(format!("{bytes} bytes")))
});

/// The gate's reason over an empty workspace, after those steps have begun.
fn reason_after(begun: Begun) -> String {
    let (reports, _) = Trial { begun, ..Trial::default() }.run(vec![configured::<Reading>()]);
    reports.into_iter().map(|report| report.reason).collect()
}

#[test]
fn what_has_begun_is_waited_for_and_not_carried_out_again() {
    let text = Ok("// one\n".to_owned());
    let sources = Sources::new(vec![SourceFile::new("a.rs".to_owned(), None, text)]);
    let begun = Begun::of(Step::Sources, Some(Observed::Sources(sources)));
    assert_eq!(reason_after(begun), "7 bytes");
}

#[test]
fn what_has_begun_and_came_to_no_end_is_carried_out() {
    assert_eq!(reason_after(Begun::of(Step::Sources, None)), "0 bytes");
}

#[test]
fn a_source_that_is_read_late_and_is_another_one_by_then_leaves_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source { path: "a.rs".into(), package: None };
    let [root, home] = [folder.path(), folder.path()].map(std::path::Path::to_owned);
    let facts =
        Facts { root, home, state: folder.path().join("state"), sources: vec![source], ..Facts::default() };
    let file = folder.path().join("a.rs");
    let run = |gate: Configured| {
        let kept = Kept::taking(&facts, &file, "// one\n");
        let (reports, _) = Trial { facts: facts.clone(), kept, ..Trial::default() }.run(vec![gate]);
        reports.into_iter().map(|report| (report.status, report.reason)).next().unwrap()
    };
    let passed = |reason: &str| (Status::Passed, reason.to_owned());
    std::fs::write(&file, "// one\n").unwrap();
    for _ in 0..2 {
        assert_eq!(run(configured::<Reading>()), passed("7 bytes"));
    }
    std::fs::write(&file, "// two\n// 3\n").unwrap();
    assert_eq!(run(configured::<Scanning>()), passed("1 comments"), "it is not read");
    let (status, reason) = run(configured::<Reading>());
    assert!(status == Status::Broken && reason.contains("a.rs:1: it was changed during the run"), "{reason}");
}

gate!(Writing, "writing", Ok(Outcome::new("fine").file("pages/a.html", "<p>")));

fn call(name: &str, folder: &str) -> ProgramCall {
    let args = vec!["--version".to_owned()];
    ProgramCall { program: Executable::Named(name.to_owned()), args, folder: folder.to_owned(), limit: None }
}

/// A program that is nowhere: measured would be this test's own.
fn measured(folder: &str) -> Step {
    Step::Timing(Timing { call: call("no-such-program", folder), runs: 1, warmup: 0, exit: 0 })
}

#[test]
fn time_is_measured_once_every_gate_that_can_be_judged_is() {
    let gates = vec![(configured::<Passing>(), vec![1]), (configured::<Failing>(), vec![0, 1])];
    let steps = vec![measured("."), Step::Sources];
    let (_, heard) = Trial { steps, ..Trial::default() }.run_on(gates);
    let place = |what: &[&str]| {
        let place = heard.iter().position(|event| what.iter().all(|part| event.contains(part)));
        place.unwrap_or_else(|| panic!("no {what:?}: {heard:#?}"))
    };
    let judged = place(&["gate-finished", "\"id\":\"passing\""]);
    assert!(judged < place(&["step-started", "\"step\":0"]), "{heard:#?}");
}

#[test]
fn a_step_that_measures_time_runs_while_nothing_else_does() {
    let program = |folder: &str| Step::Program(call("rustc", folder));
    let steps = vec![measured("."), measured(""), program("."), program(""), Step::Sources];
    let facts = Facts { root: std::env::temp_dir(), ..Facts::default() };
    let (_, heard) = Trial { steps, facts, ..Trial::default() }.run(vec![configured::<Passing>()]);
    let events: Vec<serde_json::Value> =
        heard.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
    let mut running = BTreeSet::new();
    let mut alone = 0;
    for event in &events {
        let step = event["step"].as_u64();
        match event["event"].as_str() {
            Some("step-started") => {
                running.insert(step.unwrap());
                let measured = running.iter().any(|step| *step < 2);
                assert!(!measured || running.len() == 1, "{heard:#?}");
                alone += usize::from(measured);
            }
            Some("step-finished") => _ = running.remove(&step.unwrap()),
            _ => {}
        }
    }
    assert_eq!(alone, 2, "{heard:#?}");
}

#[test]
fn no_more_steps_run_at_once_than_the_processors_can_bear() {
    let steps: Vec<Step> = (0..100).map(|number| Step::File { path: format!("{number}") }).collect();
    let (_, heard) = Trial { steps, ..Trial::default() }.run(vec![configured::<Passing>()]);
    let (mut running, mut highest, mut finished) = (0_usize, 0, 0);
    for event in &heard {
        if event.contains("step-started") {
            running += 1;
        } else if event.contains("step-finished") {
            (running, finished) = (running - 1, finished + 1);
        }
        highest = highest.max(running);
    }
    assert_eq!((highest, finished), (most_beside_builds().min(100), 100));
}

#[test]
fn a_file_of_a_gate_is_written_and_named_or_leaves_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("out/bulletproof");
    let facts = Facts { root: folder.path().into(), home: folder.path().into(), state, ..Facts::default() };
    let run =
        |facts: Facts| Trial { facts, ..Trial::default() }.run(vec![configured::<Writing>()]).0.remove(0);
    let report = run(facts.clone());
    assert_eq!(report.files, ["out/bulletproof/writing/pages/a.html"]);
    assert_eq!(std::fs::read(folder.path().join(&report.files[0])).unwrap(), b"<p>");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let report = run(Facts { state: folder.path().join("file"), ..facts });
    assert_eq!((report.status, report.files.len()), (Status::Broken, 0));
}

#[test]
fn a_panic_in_a_gate_of_ours_is_broken_and_leaves_the_others_standing() {
    let gates = vec![configured::<Passing>(), configured::<Panicking>()];
    let (reports, _) = Trial::default().run(gates);
    assert_eq!(reports[0].status, Status::Passed);
    assert_eq!(reports[1].status, Status::Broken);
    assert!(reports[1].reason.contains("a defect of ours"), "{}", reports[1].reason);
}

#[test]
fn a_step_that_two_gates_share_runs_once() {
    let gates = vec![configured::<Passing>(), configured::<Failing>()];
    let (_, heard) = Trial::default().run(gates);
    assert_eq!(heard.iter().filter(|event| event.contains("step-started")).count(), 1, "{heard:#?}");
    assert_eq!(heard.iter().filter(|event| event.contains("gate-finished")).count(), 2, "{heard:#?}");
}

#[test]
fn an_interrupted_run_judges_nothing() {
    let cancel = Cancel::default();
    cancel.set();
    let (reports, heard) = Trial { cancel, ..Trial::default() }.run(vec![configured::<Passing>()]);
    assert_eq!(reports[0].status, Status::Broken);
    assert_eq!(reports[0].cause, Some(crate::gate::Cause::Interrupted));
    assert!(!heard.iter().any(|event| event.contains("step-started")), "{heard:#?}");
}

#[test]
fn every_gate_has_a_report_when_the_first_failure_stops_the_run() {
    let gates = vec![configured::<Failing>(), configured::<Passing>()];
    let options = Options { fail_fast: true, ..Options::default() };
    let (reports, _) = Trial { options, ..Trial::default() }.run(gates);
    let verdict =
        crate::verdict::Verdict::over(&reports.iter().map(|report| report.status).collect::<Vec<_>>());
    assert_eq!((reports.len(), verdict.exit_code), (2, 1));
}
