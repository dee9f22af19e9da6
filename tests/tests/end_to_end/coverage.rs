//! Line coverage and flaky tests through the built command: instrumented runs, and what several runs tell.

use serde_json::Value;

use super::support::{Workspace, find_program, git, has_llvm, write_program};

/// The one gate of a report.
fn gate(report: &Value) -> &Value {
    &report["gates"][0]
}

fn rules(report: &Value) -> Vec<&str> {
    gate(report)["findings"].as_array().unwrap().iter().filter_map(|one| one["rule"].as_str()).collect()
}

fn judged(workspace: &Workspace, name: &str) -> Value {
    workspace.bulletproof(&["--gate", name]).report()
}

fn notes(report: &Value) -> String {
    gate(report)["notes"].to_string()
}

#[test]
fn a_drop_against_the_figures_of_the_base_is_found_and_the_lines_are_named() {
    if !has_llvm() {
        return; // nothing reads line counts here
    }
    let workspace = Workspace::of("clean").with_own_target();
    workspace.commit();
    let before = judged(&workspace, "coverage");
    assert_eq!(gate(&before)["status"], "passed", "{before:#}");
    assert_eq!(gate(&before)["metrics"]["line_percent"], 100.0, "{before:#}");
    assert!(notes(&before).contains("doctests count"), "{before:#}");
    let text = std::fs::read_to_string(workspace.root().join("src/lib.rs")).unwrap();
    let untested = "\n/// Nobody calls this.\npub fn nobody() -> u8 {\n    7\n}\n";
    std::fs::write(workspace.root().join("src/lib.rs"), text + untested).unwrap();
    let after = judged(&workspace, "coverage");
    assert_eq!(rules(&after), ["coverage/dropped", "coverage/changed-uncovered"], "{after:#}");
    let uncovered = &gate(&after)["findings"][1];
    assert_eq!(
        (uncovered["line"].as_u64(), uncovered["end_line"].as_u64()),
        (Some(23), Some(25)),
        "{after:#}"
    );
    workspace.commit();
    let committed = judged(&workspace, "coverage");
    assert!(rules(&committed).contains(&"coverage/dropped"), "{committed:#}");
}

#[test]
fn a_base_without_figures_is_measured_where_that_is_asked_for() {
    if !has_llvm() {
        return; // nothing reads line counts here
    }
    let workspace = Workspace::of("clean").with_own_target();
    workspace.commit();
    let text = std::fs::read_to_string(workspace.root().join("src/lib.rs")).unwrap();
    let untested = "\n/// Nobody calls this.\npub fn nobody() -> u8 {\n    7\n}\n";
    let workspace = workspace.with("src/lib.rs", text + untested);
    let unknown = judged(&workspace, "coverage");
    assert!(notes(&unknown).contains("no figure is recorded"), "{unknown:#}");
    let workspace = workspace.with("bulletproof.toml", "[gates.coverage]\ncompare = \"run\"\n");
    let known = judged(&workspace, "coverage");
    assert_eq!(rules(&known), ["coverage/dropped", "coverage/changed-uncovered"], "{known:#}");
    assert!(gate(&known)["reason"].as_str().unwrap().contains("base 100.0 %"), "{known:#}");
}

#[test]
fn lines_that_only_a_doctest_runs_count_unless_doctests_are_left_out() {
    if !has_llvm() {
        return; // nothing reads line counts here
    }
    let workspace = Workspace::of("clean")
        .with_text_of("src/lib.rs", |text| text.split("#[cfg(test)]").next().unwrap().to_owned());
    let with = judged(&workspace.without("tests/sum.rs"), "coverage");
    assert_eq!(gate(&with)["metrics"]["lines_hit"], gate(&with)["metrics"]["lines"], "{with:#}");
}

#[test]
fn a_page_with_every_line_is_written_on_request() {
    let workspace = Workspace::of("coverage").with_own_target();
    let run = workspace.bulletproof(&["--gate", "coverage", "--lcov", "lcov.info", "--html"]);
    let report = run.report();
    let files = gate(&report)["files"].as_array().unwrap().clone();
    assert_eq!(files.len(), 1, "{report:#}");
    let page = workspace.root().join(files[0].as_str().unwrap());
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<td>6</td><td>0</td><td>        return false;</td>"), "{page}");
}

#[test]
fn the_tests_run_once_for_all_gates_that_judge_them() {
    let workspace = Workspace::of("clean");
    let ran =
        workspace.bulletproof(&["--gate", "test,flaky,coverage,doctest", "--plan", "--format", "json"]).end();
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
    let steps = plan["steps"].as_array().unwrap().iter();
    let runs: Vec<&str> =
        steps.filter_map(|step| step["command"].as_str()).filter(|line| line.starts_with("cargo ")).collect();
    assert_eq!(runs.len(), 2, "{runs:#?}");
    assert!(runs.iter().all(|line| line.ends_with("(instrumented)")), "{runs:#?}");
}

/// Writes a line to a file beside the workspace for each crate that it compiles.
#[cfg(unix)]
#[test]
fn a_workspace_wrapper_of_the_user_is_called_in_turn() {
    if !has_llvm() {
        return; // nothing reads line counts here
    }
    let workspace = Workspace::of("clean").with_own_target();
    let (wrapper, calls) = (workspace.root().join("../wrapper"), workspace.root().join("../calls"));
    let script = format!("#!/bin/sh\necho \"$@\" >> '{}'\nexec \"$@\"\n", calls.display());
    write_program(&wrapper, &script);
    let run = workspace.bulletproof(&["--gate", "coverage"]).env("RUSTC_WORKSPACE_WRAPPER", &wrapper);
    let report = run.report();
    assert_eq!(gate(&report)["status"], "passed", "{report:#}");
    let calls = std::fs::read_to_string(calls).unwrap();
    let clean: Vec<&str> = calls.lines().filter(|line| line.contains("--crate-name clean")).collect();
    assert!(!clean.is_empty() && clean.iter().all(|line| line.contains("instrument-coverage")), "{calls}");
}

#[test]
fn a_test_that_failed_and_passed_on_one_tree_is_flaky() {
    let text = "//! Hangs on what git does not know.\n\n#[test]\nfn hangs_on_the_weather() {\n    \
                assert!(std::env::var_os(\"RAIN\").is_none());\n}\n";
    let workspace = Workspace::of("clean").with("tests/weather.rs", text);
    workspace.commit();
    git(&workspace.root(), &["status", "--porcelain"]);
    let rainy = workspace.bulletproof(&["--gate", "test"]).env("RAIN", "1").report();
    assert_eq!(rules(&rainy), ["test/failed"], "{rainy:#}");
    let sunny = judged(&workspace, "flaky");
    assert_eq!(rules(&sunny), ["flaky/unsteady"], "{sunny:#}");
    assert_eq!(gate(&sunny)["metrics"]["runs_on_this_tree"], 2);
}

// a script stands before the tool
#[cfg(unix)]
#[test]
fn tools_that_read_line_counts_are_tried_until_they_are_known_and_anew_when_they_are_others() {
    let numbered = |name: &str| (19..40).rev().find_map(|number| find_program(&format!("{name}-{number}")));
    let (Some(real), Some(profdata)) = (numbered("llvm-cov"), numbered("llvm-profdata")) else {
        return; // nothing reads line counts here
    };
    let workspace = Workspace::of("clean").with_own_target();
    let (log, script) = (workspace.home().join("calls"), workspace.home().join("llvm-cov"));
    let text = format!("#!/bin/sh\necho called >> '{}'\nexec '{}' \"$@\"\n", log.display(), real.display());
    write_program(&script, &text);
    let calls = |run: u32| {
        let _ = std::fs::remove_file(&log);
        std::fs::write(workspace.root().join("notes.txt"), run.to_string()).unwrap();
        let run = workspace.bulletproof(&["--gate", "coverage"]).cached();
        let report = run.env("LLVM_COV", script.clone()).env("LLVM_PROFDATA", profdata.clone()).report();
        assert_eq!(gate(&report)["status"], "passed", "{report:#}");
        assert_eq!(gate(&report)["cached"], false, "{report:#}");
        std::fs::read_to_string(&log).unwrap().lines().count()
    };
    let first = calls(1);
    assert!(first > 1, "tried, and asked for the counts");
    assert_eq!(calls(2), first, "what it hangs on is known by now");
    assert_eq!(calls(3), 1, "asked for the counts alone");
    write_program(&script, &format!("{text}# another\n"));
    assert_eq!(calls(4), first);
}
