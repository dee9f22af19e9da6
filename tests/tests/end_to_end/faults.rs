//! The fault table: each gate with each fault, how the fault is provoked, and what must come of it.
//! That is never `passed`: a gate that could not judge says so.

mod prelude;
mod rows;
mod scene;
mod shared;

use std::collections::BTreeSet;

use cargo_gate::gates::{CUSTOM, GATES};

use self::prelude::*;
use self::scene::Misbehaviour;
use super::support::{
    Act, Fakes, find_program, git, has_llvm, has_nextest, measures_coverage, program_in, write_program,
};

/// What can go wrong around a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    ToolMissing,
    WrongVersion,
    FailureWithCleanOutput,
    Garbage,
    EmptyOutput,
    Truncated,
    KilledBySignal,
    Hang,
    OutputOfAnotherRun,
    NoTestsRan,
    NoFilesMatched,
    DiskFull,
    ReadOnlyTarget,
    DatabaseMissing,
    DatabaseTooOld,
    LookUpImpossible,
    RunCutShort,
    ToolchainMissing,
    LockMissing,
    LockOutOfStep,
    OwnPanic,
}

const FAULTS: [Fault; 21] = [
    ToolMissing,
    WrongVersion,
    FailureWithCleanOutput,
    Garbage,
    EmptyOutput,
    Truncated,
    KilledBySignal,
    Hang,
    OutputOfAnotherRun,
    NoTestsRan,
    NoFilesMatched,
    DiskFull,
    ReadOnlyTarget,
    DatabaseMissing,
    DatabaseTooOld,
    LookUpImpossible,
    RunCutShort,
    ToolchainMissing,
    LockMissing,
    LockOutOfStep,
    OwnPanic,
];

/// A cell of the table; a fault may have several for one gate.
#[derive(Clone, Copy)]
enum Cell {
    /// The fault, and what must come of it.
    Case(How, Expected),
    /// The fault cannot happen to the gate, for that reason.
    NotApplicable(&'static str),
}

/// How a fault is provoked.
#[derive(Clone, Copy)]
enum How {
    /// A tool misbehaves.
    Tool(Call, Misbehaviour),
    /// A tool is not installed.
    Missing(&'static str),
    /// A tool answers for another workspace.
    Foreign(Call),
    /// Anything else.
    Scene(fn(Scene) -> Scene),
    /// The same where nextest has to be there.
    WithNextest(fn(Scene) -> Scene),
}

/// What must come of a fault.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// The gate is broken, with that cause.
    Broken(&'static str),
    /// The gate failed, with a finding of that rule.
    Failed(&'static str),
    /// The gate warned, with a finding of that rule.
    Warned(&'static str),
    /// The run ends without a report; the message says so.
    Refused(&'static str),
}

/// A gate's row.
struct Row {
    gate: &'static str,
    cells: &'static [(Fault, Cell)],
}

const TABLE: &[Row] = &[
    rows::fmt::ROW,
    rows::manifest::ROW,
    rows::sources_only::PATHS,
    rows::sources_only::PANICS,
    rows::sources_only::TODO,
    rows::secrets::ROW,
    rows::hooks::ROW,
    rows::sbom::ROW,
    rows::check::ROW,
    rows::clippy::ROW,
    rows::test::ROW,
    rows::doctest::ROW,
    rows::flaky::ROW,
    rows::coverage::ROW,
    rows::audit::ROW,
    rows::bench::ROW,
    rows::unused_deps::ROW,
    rows::size::ROW,
    rows::custom::ROW,
    rows::semver::ROW,
    rows::container::ROW,
    rows::deny::ROW,
    rows::features::ROW,
    rows::docs::ROW,
    rows::version::ROW,
    rows::changelog::ROW,
    rows::smoke::ROW,
    rows::budget::ROW,
    rows::deps::ROW,
    rows::repro::ROW,
];

/// Whether the fault is one of nextest's.
fn needs_nextest(how: How) -> bool {
    match how {
        Tool(call, _) | Foreign(call) => call.0 == NEXTEST.0,
        How::WithNextest(_) => true,
        Missing(_) | How::Scene(_) => false,
    }
}

/// Whether the gate has an answer only where LLVM's tools are.
fn needs_llvm(gate: &str) -> bool {
    gate == "coverage"
}

/// What is wrong with what came of a fault, if anything.
fn complaint(gate: &str, fault: Fault, how: How, expected: Expected) -> Option<String> {
    // without rustup nobody reads rust-toolchain.toml: there is nothing to see on such a machine
    if fault == ToolchainMissing && find_program("rustup").is_none() {
        return None;
    }
    if needs_nextest(how) && !has_nextest() || needs_llvm(gate) && !has_llvm() {
        return None;
    }
    let scene = match how {
        Tool(call, misbehaviour) => tool(gate, call, misbehaviour),
        Missing(tool) => Scene::new().without(tool),
        Foreign(call) => runner_of(Scene::new(), call).foreign(call),
        How::Scene(provoke) | How::WithNextest(provoke) => provoke(Scene::new()),
    };
    let came = scene.run(gate);
    let as_expected = match expected {
        Broken(cause) => came.status == "broken" && came.why == cause,
        Failed(rule) => came.status == "failed" && came.why == rule,
        Warned(rule) => came.status == "warned" && came.why == rule,
        Refused(message) => came.status == "no verdict" && came.why.contains(message),
    };
    (!as_expected).then(|| format!("{gate}, {fault:?}: expected {expected:?}, and there came {}", came.all))
}

fn tool(gate: &str, call: Call, misbehaviour: Misbehaviour) -> Scene {
    // the first fake that fits counts, and so the fault does
    let scene = base(gate, runner_of(Scene::new(), call).fake(call, &misbehaviour.act()));
    if matches!(misbehaviour, Hangs) { scene.setting(gate, "timeout = \"1s\"\n") } else { scene }
}

/// What a gate needs before it can pass: tools that nobody can be asked to install, and their config.
fn base(gate: &str, scene: Scene) -> Scene {
    match gate {
        "bench" => rows::bench::sound(scene),
        "container" => rows::container::sound(scene),
        // counts name the folder that the program was built in
        "coverage" => scene.change(Workspace::with_own_target),
        "custom" => rows::custom::sound(scene),
        "hooks" => rows::hooks::sound(scene),
        "semver" => rows::semver::sound(scene),
        _ => scene,
    }
}

/// The gate `test` runs `cargo test` only where it is told to.
fn runner_of(scene: Scene, call: Call) -> Scene {
    if call.1 == CARGO_TEST.1 { scene.setting("test", "runner = \"cargo\"\n") } else { scene }
}

fn never_passes(gate: &str) {
    let row = TABLE.iter().find(|row| row.gate == gate).unwrap();
    let one_in = if measures_coverage() { 3 } else { 1 };
    let complaints: Vec<String> = row
        .cells
        .iter()
        .step_by(one_in)
        .filter_map(|(fault, cell)| match cell {
            Case(how, expected) => complaint(gate, *fault, *how, *expected),
            NotApplicable(_) => None,
        })
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_gate_has_a_row_with_every_fault() {
    let registered: BTreeSet<&str> = GATES.iter().chain([&CUSTOM]).map(|gate| gate.info().id).collect();
    let rows: BTreeSet<&str> = TABLE.iter().map(|row| row.gate).collect();
    assert_eq!(rows, registered);
    for row in TABLE {
        let missing: Vec<&Fault> =
            FAULTS.iter().filter(|fault| !row.cells.iter().any(|(one, _)| one == *fault)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", row.gate);
        let unexplained = |cell: &Cell| matches!(cell, NotApplicable(why) if why.is_empty());
        assert!(!row.cells.iter().any(|(_, cell)| unexplained(cell)), "{}", row.gate);
    }
}

#[test]
fn a_gate_whose_tools_are_sound_passes_so_that_the_faults_alone_are_seen() {
    for row in TABLE.iter().filter(|row| has_llvm() || !needs_llvm(row.gate)) {
        // line counts name the folder that a program was built in, and copies share what they build
        let scene = Scene::new();
        let scene = if needs_llvm(row.gate) { scene.change(Workspace::with_own_target) } else { scene };
        let came = base(row.gate, scene).run(row.gate);
        assert_eq!(came.status, "passed", "{}: {}", row.gate, came.all);
    }
}

/// The gates that look at the base revision.
fn comparing() -> Vec<&'static str> {
    let gates = TABLE.iter().map(|row| row.gate).filter(|gate| base(gate, Scene::new()).compares(gate));
    let gates: Vec<&str> = gates.collect();
    assert!(gates.len() > 1, "{gates:?}");
    gates
}

#[test]
fn a_base_that_is_not_there_is_not_one_without_changes() {
    for gate in comparing() {
        let came = base(gate, Scene::new()).args(&["--base", "no-such-revision"]).run(gate);
        assert_eq!(
            (came.status.as_str(), came.why.as_str()),
            ("broken", "unavailable"),
            "{gate}: {}",
            came.all
        );
    }
}

#[test]
fn a_clone_too_shallow_to_have_the_base_is_not_one_without_changes() {
    for gate in comparing() {
        let scene = base(gate, Scene::new());
        let root = scene.workspace.root();
        for message in ["--message=one", "--message=two"] {
            git(&root, &["commit", "--quiet", "--allow-empty", message]);
        }
        // what `git clone --depth 1` leaves: a list of the commits whose parents are not there
        std::fs::copy(root.join(".git/refs/heads").join(branch(&root)), root.join(".git/shallow")).unwrap();
        let came = scene.run(gate);
        assert_eq!(
            (came.status.as_str(), came.why.as_str()),
            ("broken", "unavailable"),
            "{gate}: {}",
            came.all
        );
    }
}

/// The name of the branch of a repository's `HEAD`.
fn branch(root: &std::path::Path) -> String {
    let head = std::fs::read_to_string(root.join(".git/HEAD")).unwrap();
    head.trim().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn a_tool_that_is_not_installed_answers_as_recorded_and_misbehaves_on_cue() {
    let call = Call("no-such-tool", &["--json"]);
    let run = |scene: &Scene| {
        let program = program_in(scene.fakes().folder(), call.0);
        let output = std::process::Command::new(program).args(call.1).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let scene = Scene::new().recorded(call, 3, "one\ntwo\n", "");
    assert_eq!(run(&scene), (Some(3), "one\ntwo\n".to_owned()));
    let scene = scene.fake(call, &Keeps("but-last-line").act());
    assert_eq!(run(&scene), (Some(0), "one\n".to_owned()));
}

#[test]
fn the_sources_are_found_without_git_as_well() {
    let workspace = Workspace::of("todo");
    for act in [Act::Kill, Act::silent(128)] {
        let fakes = Fakes::new().on("git", &[], &act);
        let report = workspace.bulletproof(&["--gate", "todo"]).fakes(&fakes).report();
        assert_eq!(report["gates"][0]["findings"].as_array().unwrap().len(), 4, "{report:#}");
    }
    let report = workspace.bulletproof(&["--gate", "todo"]).fakes(&Fakes::new().without("git")).report();
    assert_eq!(report["gates"][0]["findings"].as_array().unwrap().len(), 4, "{report:#}");
}

#[test]
fn members_in_a_repository_of_their_own_are_judged() {
    let workspace = Workspace::of("clean")
        .with("cli/src/main.rs", "//! A program. XXX\n\nmod inner;\n\nfn main() {}\n")
        .with("cli/src/inner.rs", "//! A module. XXX\n");
    let found = || {
        let report = workspace.bulletproof(&["--gate", "todo"]).report();
        report["gates"][0]["findings"].as_array().unwrap().len()
    };
    assert_eq!(found(), 2);
    git(&workspace.root(), &["rm", "-r", "--cached", "--force", "--quiet", "cli"]);
    git(&workspace.root().join("cli"), &["init", "--quiet"]);
    git(&workspace.root().join("cli"), &["add", "--all"]);
    git(&workspace.root().join("cli"), &["commit", "--quiet", "--message=one"]);
    assert_eq!(found(), 2, "a nested repository");
    git(&workspace.root(), &["-c", "advice.addEmbeddedRepo=false", "add", "--all"]);
    assert_eq!(found(), 2, "a submodule");
}

#[test]
fn a_source_that_git_ignores_and_cargo_compiles_is_judged() {
    let workspace = Workspace::of("clean")
        .with(".gitignore", "inner.rs\nbeside.rs\ntarget/\n")
        .with("cli/src/main.rs", "//! A program.\n\nmod inner;\n\nfn main() {}\n")
        .with("cli/src/inner.rs", "//! A module. XXX\n")
        .with("cli/src/beside.rs", "//! No `mod` names this file. XXX\n");
    let report = workspace.bulletproof(&["--gate", "todo"]).report();
    let findings = report["gates"][0]["findings"].as_array().unwrap();
    let files: Vec<&str> = findings.iter().filter_map(|finding| finding["file"].as_str()).collect();
    assert_eq!(files, ["cli/src/inner.rs"], "{report:#}");
}

#[test]
fn flags_that_switch_lints_off_leave_no_verdict() {
    for (gate, variable) in [("clippy", "RUSTFLAGS"), ("docs", "RUSTDOCFLAGS")] {
        for flags in ["--cap-lints=allow", "--cap-lints allow", "@flags.txt"] {
            let came = Scene::new().env(variable, Some(flags)).run(gate);
            // a file of flags that is not there ends the tool itself
            assert_eq!(came.status, "broken", "{gate}, {flags}: {}", came.all);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_program_in_the_place_of_rustc_that_switches_lints_off_leaves_no_verdict() {
    let text = "//! A value that nobody uses.\n\nfn main() {\n    let a = 1;\n}\n";
    let workspace = Workspace::of("size").with("src/main.rs", text).with_own_target();
    let wrapper = workspace.root().join("../wrapper");
    let by_way_of = |flags: &str| {
        write_program(&wrapper, &format!("#!/bin/sh\nexec \"$@\" {flags}\n"));
        let run = workspace.bulletproof(&["--gate", "clippy"]).env("RUSTC_WRAPPER", &wrapper);
        run.report()["gates"][0]["status"].as_str().unwrap().to_owned()
    };
    for flags in ["--cap-lints allow", "-A warnings"] {
        assert_eq!(by_way_of(flags), "broken", "{flags}");
    }
    // what was compiled in silence does not count for others
    assert_eq!(by_way_of(""), "failed");
    assert_eq!(by_way_of("--cap-lints allow"), "broken");
    let report = workspace.bulletproof(&["--gate", "clippy"]).report();
    assert_eq!(report["gates"][0]["status"], "failed", "{report:#}");
}

#[test]
fn a_list_of_files_that_lacks_the_manifest_is_not_believed() {
    let workspace = Workspace::of("todo").with("src/inner.rs", "//! A module. XXX\n");
    for act in [Act::silent(0), Act::Exit(0, "README.md\0".to_owned(), String::new())] {
        let fakes = Fakes::new().on("git", &["ls-files"], &act);
        let report = workspace.bulletproof(&["--gate", "todo"]).fakes(&fakes).report();
        assert_eq!(report["gates"][0]["findings"].as_array().unwrap().len(), 5, "{report:#}");
    }
}
