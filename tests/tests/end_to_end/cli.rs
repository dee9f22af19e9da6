//! The command line: what is asked for, what is shown, and the exit code.

use std::collections::BTreeSet;
use std::process::Stdio;

use cargo_gate::gates::GATES;
use serde_json::{Value, json};

use super::support::{Binary, Database, Run, Workspace, has_nextest};

const FORMATS: [&str; 3] = ["human", "json", "jsonl"];

fn ids() -> Vec<&'static str> {
    GATES.iter().map(|gate| gate.info().id).collect()
}

/// A run of one of our binaries in an empty folder, which must end well; its standard output.
fn told(binary: Binary, args: &[&str]) -> String {
    let ran = Run::new(&Workspace::empty(), binary, args).end();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:#?}");
    ran.stdout
}

/// Whether the value has the form of the schema: every required key, no unknown one, the right types.
fn conforms(schema: &Value, root: &Value, value: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        return conforms(&root["$defs"][name], root, value, place);
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(key.as_str().unwrap()).is_some(), "{place} lacks {key}");
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        for (key, part) in object {
            let known =
                properties.get(key).unwrap_or_else(|| panic!("{place} has {key}, the schema has not"));
            conforms(known, root, part, &format!("{place}.{key}"));
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        conforms(&schema["items"], root, item, &format!("{place}[{index}]"));
    }
}

#[test]
fn the_plan_says_why_each_gate_is_in_or_out_and_runs_nothing() {
    let workspace = Workspace::of("clean").with_own_target();
    let before = workspace.listing();
    let text = workspace.bulletproof(&["--plan", "--stage", "pre-commit"]).end();
    assert_eq!((text.code, text.stderr.as_str()), (Some(0), ""), "{text:#?}");
    assert!(text.stdout.contains("part of the stage pre-commit"), "{}", text.stdout);
    assert!(text.stdout.contains("not part of the stage pre-commit"), "{}", text.stdout);
    assert!(!workspace.target().exists());
    assert_eq!(workspace.listing(), before);
}

#[test]
fn the_plan_is_readable_by_machines() {
    let workspace = Workspace::of("clean").with_own_target();
    let ran = workspace.bulletproof(&["--plan", "--format", "json", "--skip", "audit=no network"]).end();
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
    let gates = plan["gates"].as_array().unwrap();
    let names: Vec<&str> = gates.iter().map(|gate| gate["id"].as_str().unwrap()).collect();
    assert_eq!(names, ids());
    let audit = gates.iter().find(|gate| gate["id"] == "audit").unwrap();
    assert_eq!((&audit["choice"], &audit["reason"]), (&json!("skip"), &json!("no network")));
    assert!(plan["steps"].as_array().unwrap().iter().all(|step| step["command"].is_string()));
    assert!(!workspace.target().exists());
}

#[test]
fn a_clean_workspace_passes_every_gate_of_every_stage() {
    // cargo takes what another copy of equal age left in a shared folder, and its paths, for this one's
    let workspace = Workspace::of("clean").with_own_target();
    let database = Database::committed(1);
    assert_eq!(workspace.bulletproof(&["hooks", "install"]).end().code, Some(0));
    for stage in ["pre-commit", "pre-push", "ci"] {
        let report = workspace.bulletproof(&["--stage", stage, "--db", &database.argument()]).report();
        let passed = report["verdict"]["passed"].as_u64().unwrap();
        assert_eq!(
            (&report["verdict"]["status"], &report["stage"]),
            (&json!("passed"), &json!(stage)),
            "{report:#}"
        );
        let expected = GATES.iter().filter(|gate| gate.info().stages.iter().any(|one| one.name() == stage));
        assert_eq!(passed, expected.count() as u64, "{report:#}");
    }
}

#[test]
fn a_skipped_gate_is_named_with_its_reason_in_every_format() {
    let workspace = Workspace::of("clean");
    for format in FORMATS {
        let ran = workspace
            .bulletproof(&["--gate", "fmt,todo", "--skip", "fmt=a known defect", "--format", format])
            .end();
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        assert!(ran.stdout.contains("skipped") && ran.stdout.contains("a known defect"), "{}", ran.stdout);
    }
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    for (fixture, code) in [("clean", 0), ("todo", 1), ("lock-missing", 2)] {
        let workspace = Workspace::of(fixture);
        for format in FORMATS {
            let ran = workspace.bulletproof(&["--gate", "todo,check", "--format", format]).end();
            assert_eq!(ran.code, Some(code), "{fixture}, {format}: {ran:#?}");
        }
        let ran = workspace.bulletproof(&["--gate", "todo,check", "--quiet"]).end();
        assert_eq!(ran.code, Some(code), "{fixture}, --quiet: {ran:#?}");
    }
}

#[test]
fn every_line_of_jsonl_is_an_event_and_the_last_is_the_verdict() {
    let workspace = Workspace::of("todo");
    let ran = workspace.bulletproof(&["--gate", "fmt,todo", "--format", "jsonl"]).end();
    let events: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!((kinds[0], *kinds.last().unwrap()), ("run-started", "run-finished"), "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "gate-finished").count(), 2);
    let started = kinds.iter().filter(|kind| **kind == "step-started").count();
    assert_eq!(started, kinds.iter().filter(|kind| **kind == "step-finished").count());
    assert_eq!(events.last().unwrap()["verdict"]["exit_code"], 1);
}

#[test]
fn the_report_has_the_form_of_its_schema() {
    let schema: Value = serde_json::from_str(&told(Binary::Bulletproof, &["schema", "report"])).unwrap();
    for (fixture, gates) in [("todo", "todo,fmt"), ("lock-missing", "manifest,check"), ("clean", "test")] {
        let report = Workspace::of(fixture).bulletproof(&["--gate", gates]).report();
        conforms(&schema, &schema, &report, "report");
    }
}

#[test]
fn the_names_that_the_report_promises_are_there() {
    let report = Workspace::of("todo").bulletproof(&["--gate", "todo"]).report();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let has = |value: &Value, all: &[&str]| {
        let names = names(value);
        assert!(all.iter().all(|name| names.contains(*name)), "{names:?}");
    };
    has(
        &report,
        &[
            "schema_version",
            "verdict",
            "subject",
            "environment",
            "stage",
            "started_at",
            "duration_ms",
            "gates",
        ],
    );
    has(&report["verdict"], &["status", "exit_code", "passed", "warned", "failed", "broken", "skipped"]);
    has(&report["subject"], &["kind", "commit", "tree", "dirty", "workspace_root"]);
    has(&report["environment"], &["rustc", "host", "config_digest", "tools"]);
    let gate = &report["gates"][0];
    has(gate, &["id", "status", "reason", "duration_ms", "cached", "metrics", "findings"]);
    has(
        &gate["findings"][0],
        &[
            "rule",
            "severity",
            "message",
            "file",
            "line",
            "column",
            "end_line",
            "end_column",
            "help",
            "fingerprint",
            "baselined",
        ],
    );
    assert_eq!(report["subject"]["workspace_root"], ".");
}

#[test]
fn a_report_in_a_file_is_the_one_on_standard_output() {
    let workspace = Workspace::of("todo");
    let file = workspace.root().join("report.json");
    let lines = workspace.root().join("report.jsonl");
    let ran = workspace
        .bulletproof(&["--gate", "todo", "--format", "json"])
        .args([
            "--output",
            "json=report.json",
            "--output",
            "jsonl=report.jsonl",
            "--output",
            "human=report.txt",
        ])
        .end();
    assert_eq!(std::fs::read_to_string(file).unwrap(), ran.stdout);
    for line in std::fs::read_to_string(lines).unwrap().lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    let text = std::fs::read_to_string(workspace.root().join("report.txt")).unwrap();
    assert!(text.contains("TODO without an issue reference") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn nothing_but_the_report_is_on_standard_output_and_nothing_at_all_on_standard_error() {
    let ran = Workspace::of("todo").bulletproof(&["--gate", "todo", "--format", "json"]).end();
    assert!(ran.stdout.starts_with("{\n") && ran.stdout.ends_with("}\n"), "{ran:#?}");
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_report_for_people_shows_findings_with_their_place_and_ends_with_one_verdict_line() {
    let ran = Workspace::of("todo").bulletproof(&["--gate", "todo,fmt"]).end();
    assert!(ran.stdout.contains("src/lib.rs:3:4"), "{}", ran.stdout);
    assert!(ran.stdout.contains("help: ") && !ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.starts_with("failed: 1 passed, 1 failed in ") && last.ends_with("(exit code 1)"), "{last}");
}

#[test]
fn quiet_shows_the_verdict_line_alone() {
    let ran = Workspace::of("todo").bulletproof(&["--gate", "todo", "--quiet"]).end();
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("failed: 1 failed in "), "{}", ran.stdout);
}

#[test]
fn a_run_may_start_in_any_folder_of_the_workspace_and_name_its_manifest() {
    let workspace = Workspace::of("todo");
    let run = workspace.bulletproof(&["--gate", "todo"]).within("src");
    assert_eq!(run.report()["gates"][0]["findings"].as_array().unwrap().len(), 4);
    let elsewhere = Workspace::empty();
    let manifest = workspace.root().join("Cargo.toml");
    let run = elsewhere.bulletproof(&["--gate", "todo", "--manifest-path", manifest.to_str().unwrap()]);
    assert_eq!(run.report()["gates"][0]["findings"].as_array().unwrap().len(), 4);
}

#[test]
fn only_the_packages_that_are_named_are_judged() {
    let workspace = Workspace::of("compile-error");
    let status = |args: &[&str]| {
        let report = workspace.bulletproof(&["--gate", "check"]).args(args.iter().copied()).report();
        report["gates"][0]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(&["-p", "sound"]), "passed");
    assert_eq!(status(&["--workspace", "--exclude", "compile-error"]), "passed");
    assert_eq!(status(&["-p", "compile-error"]), "failed");
}

#[test]
fn a_tool_that_is_not_there_may_be_waived_and_is_named_as_not_judged() {
    let config = "[gates.audit]\nif_unavailable = { pre-push = \"warn\" }\n";
    let workspace = Workspace::of("clean").with("bulletproof.toml", config);
    let args = ["--gate", "audit", "--offline"];
    let report = workspace.bulletproof(&args).report();
    let gate = &report["gates"][0];
    assert_eq!((&gate["status"], &gate["judged"]), (&json!("warned"), &json!(false)), "{gate:#}");
    assert_eq!(report["verdict"]["exit_code"], 0);
    let text = workspace.bulletproof(&args).end().stdout;
    assert!(text.ends_with("not judged: audit\n"), "{text}");
    let elsewhere = workspace.bulletproof(&args).args(["--stage", "ci"]).report();
    assert_eq!(elsewhere["gates"][0]["status"], "broken");
}

#[test]
fn a_waiver_does_not_cover_a_tool_that_is_there_and_fails() {
    let config = "[gates.check]\nif_unavailable = { pre-push = \"warn\" }\n";
    let workspace = Workspace::of("lock-missing").with("bulletproof.toml", config);
    let report = workspace.bulletproof(&["--gate", "check"]).report();
    assert_eq!(report["gates"][0]["status"], "broken");
}

#[test]
fn weights_of_rules_come_from_the_config() {
    let config = "[gates.todo.rules]\nwithout-issue = \"warning\"\n";
    let workspace = Workspace::of("todo").with("bulletproof.toml", config);
    let report = workspace.bulletproof(&["--gate", "todo"]).report();
    assert_eq!(
        (&report["verdict"]["status"], &report["verdict"]["exit_code"]),
        (&json!("warned"), &json!(0))
    );
    let workspace = Workspace::of("todo").with("bulletproof.toml", config.replace("warning", "off"));
    let report = workspace.bulletproof(&["--gate", "todo"]).report();
    assert_eq!(report["verdict"]["status"], "passed");
    assert!(report["gates"][0]["notes"][0].as_str().unwrap().contains("4 findings"), "{report:#}");
}

#[test]
fn tests_that_a_filter_leaves_out_are_told() {
    if !has_nextest() {
        return;
    }
    let filter = "[profile.default]\ndefault-filter = \"test(two)\"\n";
    let workspace = Workspace::of("clean").with(".config/nextest.toml", filter);
    let report = workspace.bulletproof(&["--gate", "test"]).report();
    let gate = &report["gates"][0];
    assert_eq!(gate["metrics"]["ran"], 1, "{gate:#}");
    let told = format!("{} {}", gate["reason"], gate["notes"]);
    assert!(told.contains("left out"), "{gate:#}");
}

#[test]
fn a_reader_that_goes_away_changes_no_exit_code() {
    let workspace = Workspace::of("todo");
    for format in FORMATS {
        let run = workspace.bulletproof(&["--gate", "todo", "--format", format]);
        let mut child = run.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}");
    }
}

#[test]
fn list_names_every_gate_and_explain_has_a_page_of_each() {
    let list = told(Binary::Bulletproof, &["list"]);
    for gate in GATES {
        let info = gate.info();
        assert!(list.lines().any(|line| line.starts_with(info.id) && line.contains(info.judges)), "{list}");
        let page = told(Binary::Bulletproof, &["explain", info.id]);
        assert!(page.starts_with(&format!("# `{}`", info.id)), "{page}");
        for rule in info.rules {
            assert!(page.contains(&format!("`{}/{}`", info.id, rule.name)), "{page}");
        }
    }
    let ran = Run::new(&Workspace::empty(), Binary::Bulletproof, &["explain", "clipy"]).end();
    ran.refused(&["there is no gate `clipy`"]);
}

#[test]
fn the_schema_of_the_config_knows_every_gate() {
    let schema: Value = serde_json::from_str(&told(Binary::Bulletproof, &["schema"])).unwrap();
    let gates = schema["properties"]["gates"]["properties"].as_object().unwrap();
    assert_eq!(gates.keys().map(String::as_str).collect::<BTreeSet<_>>(), ids().into_iter().collect());
}

#[test]
fn completions_are_there_for_every_usual_shell() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(told(Binary::Bulletproof, &["completions", shell]).contains("bulletproof"), "{shell}");
    }
}

#[test]
fn cargo_gate_runs_the_gates_that_it_is_given() {
    let workspace = Workspace::of("todo");
    let fmt = Run::new(&workspace, Binary::Gate, &["fmt"]).end();
    assert_eq!(fmt.code, Some(0), "{fmt:#?}");
    let report = Run::new(&workspace, Binary::Gate, &["fmt", "todo"]).report();
    let gates: Vec<&Value> = report["gates"].as_array().unwrap().iter().map(|gate| &gate["id"]).collect();
    assert_eq!(gates, [&json!("fmt"), &json!("todo")]);
    Run::new(&workspace, Binary::Gate, &["fmtt"]).end().refused(&["did you mean `fmt`?"]);
    Run::new(&workspace, Binary::Gate, &[]).end().refused(&["<GATE>"]);
}

#[test]
fn cargo_finds_the_commands_and_tells_them_which_cargo_it_is() {
    let workspace = Workspace::of("todo");
    let folder = Binary::Bulletproof.path();
    for binary in [Binary::Bulletproof, Binary::Gate] {
        let gate: &[&str] = if matches!(binary, Binary::Gate) { &["todo"] } else { &["--gate", "todo"] };
        let run = Run::new(&workspace, binary, gate).by_cargo(folder.parent().unwrap());
        assert_eq!(run.report()["gates"][0]["findings"].as_array().unwrap().len(), 4);
    }
    let fmt = Run::new(&workspace, Binary::Gate, &["fmt"]).by_cargo(folder.parent().unwrap()).report();
    assert_eq!(fmt["verdict"]["status"], "passed", "{fmt:#}");
}

#[test]
fn cargo_promote_says_what_is_staged() {
    let workspace = Workspace::of("clean");
    workspace.commit();
    let ran = Run::new(&workspace, Binary::Promote, &["status"]).end();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:#?}");
    assert!(ran.stdout.contains("nothing is staged"), "{}", ran.stdout);
}

#[test]
fn the_advisory_database_is_fetched_shown_and_then_used() {
    let (workspace, source) = (Workspace::of("clean"), Database::committed(1));
    let status = workspace.bulletproof(&["db", "status"]).end();
    status.refused(&["there is no advisory database", "cargo bulletproof db update"]);
    let update = workspace.bulletproof(&["db", "update", "--url", &source.argument()]).end();
    assert_eq!(update.code, Some(0), "{update:#?}");
    let status = workspace.bulletproof(&["db", "status"]).end();
    assert!(status.stdout.contains("fetched") && !status.stdout.contains("unknown"), "{status:#?}");
    let report = workspace.bulletproof(&["--gate", "audit", "--stage", "ci", "--offline"]).report();
    assert_eq!(report["verdict"]["status"], "passed", "{report:#}");
}

#[test]
fn the_repository_of_a_hook_is_not_taken_for_another() {
    let workspace = Workspace::of("todo");
    let other = Workspace::of("clean");
    let run = workspace.bulletproof(&["--gate", "todo"]).env("GIT_DIR", other.root().join(".git"));
    assert_eq!(run.report()["gates"][0]["findings"].as_array().unwrap().len(), 4);
}
