//! The scheduler with gates made for the purpose.

use std::sync::Mutex;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::config::{General, Problems, Section};
use crate::gate::{Gate, Info, Planned, Rule, SECTIONS, Stage};
use crate::plan::{PlannedGate, PlannedStep};
use crate::registry::{Entry, Registered};
use crate::step::{Executable, ProgramCall, Step, Timing};

macro_rules! gate {
    ($name:ident, $id:literal, $judge:expr) => {
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
                evidence.sources()?;
                $judge
            }
        }
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

/// Runs the gates over an empty workspace, all on one shared step.
fn carry_out_all(
    gates: Vec<Configured>,
    options: &Options,
    cancel: &Cancel,
) -> (Vec<GateReport>, Vec<String>) {
    carry_out_steps(gates, &[Step::Sources], &Facts::default(), options, cancel)
}

/// Runs the gates, all on those steps.
fn carry_out_steps(
    gates: Vec<Configured>,
    steps: &[Step],
    facts: &Facts,
    options: &Options,
    cancel: &Cancel,
) -> (Vec<GateReport>, Vec<String>) {
    let planned = |gate: &Configured| PlannedGate {
        id: gate.info.id,
        choice: Choice::Run,
        reason: String::new(),
        steps: (0..steps.len()).collect(),
    };
    let gates_of_plan = gates.iter().map(planned).collect();
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
        steps: steps.iter().cloned().map(step).collect(),
        expected_ms: None,
    };
    let config = Config { general: General::default(), gates, digest: String::new() };
    let heard = Mutex::new(Vec::new());
    let listen = |event: &Event| heard.lock().unwrap().push(serde_json::to_string(event).unwrap());
    let CarriedOut { gates: reports, .. } = carry_out(&Run {
        plan: &plan,
        config: &config,
        facts,
        options,
        baseline: &Baseline::default(),
        environment: &Environment::default(),
        cancel,
        kept: &Kept::default(),
        listen: &listen,
    });
    (reports, heard.into_inner().unwrap())
}

gate!(Writing, "writing", Ok(Outcome::new("fine").file("pages/a.html", "<p>")));

#[test]
fn a_step_that_measures_time_runs_while_nothing_else_does() {
    let call = |name: &str, folder: &str| {
        let args = vec!["--version".to_owned()];
        ProgramCall {
            program: Executable::Named(name.to_owned()),
            args,
            folder: folder.to_owned(),
            limit: None,
        }
    };
    // a program that is nowhere: measured would be this test's own
    let measured = |folder: &str| {
        Step::Timing(Timing { call: call("no-such-program", folder), runs: 1, warmup: 0, exit: 0 })
    };
    let program = |folder: &str| Step::Program(call("rustc", folder));
    let steps = vec![measured("."), measured(""), program("."), program(""), Step::Sources];
    let facts = Facts { root: std::env::temp_dir(), ..Facts::default() };
    let gates = vec![configured::<Passing>()];
    let (_, heard) = carry_out_steps(gates, &steps, &facts, &Options::default(), &Cancel::default());
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
fn a_file_of_a_gate_is_written_and_named_or_leaves_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("out/bulletproof");
    let facts = Facts { root: folder.path().into(), home: folder.path().into(), state, ..Facts::default() };
    let run = |facts: &Facts| {
        let gates = vec![configured::<Writing>()];
        carry_out_steps(gates, &[Step::Sources], facts, &Options::default(), &Cancel::default()).0.remove(0)
    };
    let report = run(&facts);
    assert_eq!(report.files, ["out/bulletproof/writing/pages/a.html"]);
    assert_eq!(std::fs::read(folder.path().join(&report.files[0])).unwrap(), b"<p>");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let report = run(&Facts { state: folder.path().join("file"), ..facts });
    assert_eq!((report.status, report.files.len()), (Status::Broken, 0));
}

#[test]
fn a_panic_in_a_gate_of_ours_is_broken_and_leaves_the_others_standing() {
    let gates = vec![configured::<Passing>(), configured::<Panicking>()];
    let (reports, _) = carry_out_all(gates, &Options::default(), &Cancel::default());
    assert_eq!(reports[0].status, Status::Passed);
    assert_eq!(reports[1].status, Status::Broken);
    assert!(reports[1].reason.contains("a defect of ours"), "{}", reports[1].reason);
}

#[test]
fn a_step_that_two_gates_share_runs_once() {
    let gates = vec![configured::<Passing>(), configured::<Failing>()];
    let (_, heard) = carry_out_all(gates, &Options::default(), &Cancel::default());
    assert_eq!(heard.iter().filter(|event| event.contains("step-started")).count(), 1, "{heard:#?}");
    assert_eq!(heard.iter().filter(|event| event.contains("gate-finished")).count(), 2, "{heard:#?}");
}

#[test]
fn an_interrupted_run_judges_nothing() {
    let cancel = Cancel::default();
    cancel.set();
    let (reports, heard) = carry_out_all(vec![configured::<Passing>()], &Options::default(), &cancel);
    assert_eq!(reports[0].status, Status::Broken);
    assert_eq!(reports[0].cause, Some(crate::gate::Cause::Interrupted));
    assert!(!heard.iter().any(|event| event.contains("step-started")), "{heard:#?}");
}

#[test]
fn every_gate_has_a_report_when_the_first_failure_stops_the_run() {
    let gates = vec![configured::<Failing>(), configured::<Passing>()];
    let options = Options { fail_fast: true, ..Options::default() };
    let (reports, _) = carry_out_all(gates, &options, &Cancel::default());
    let verdict =
        crate::verdict::Verdict::over(&reports.iter().map(|report| report.status).collect::<Vec<_>>());
    assert_eq!((reports.len(), verdict.exit_code), (2, 1));
}
