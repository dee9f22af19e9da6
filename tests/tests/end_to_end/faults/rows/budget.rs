//! The row of `budget`.

use crate::faults::prelude::*;
use crate::support::Act;

const CARGO_BUILD: Call = Call("cargo", &["build", "--release"]);

pub(in crate::faults) const ROW: Row = Row { gate: "budget", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (ToolMissing, Case(How::Scene(a_command_that_is_not_there), Broken("unavailable"))),
    (WrongVersion, Case(How::Scene(another_cargo), Broken("crashed"))),
    (FailureWithCleanOutput, Case(How::Scene(a_build_that_fails), Broken("garbage"))),
    (FailureWithCleanOutput, Case(How::Scene(a_command_that_fails), Failed("budget/fails"))),
    (Garbage, Case(How::Scene(a_build_of_garbage), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(a_silent_build), Broken("garbage"))),
    (Truncated, Case(How::Scene(half_a_build), Broken("garbage"))),
    (KilledBySignal, Case(How::Scene(a_killed_build), Broken("crashed"))),
    (KilledBySignal, Case(How::Scene(a_command_that_aborts), Failed("budget/fails"))),
    (Hang, Case(How::Scene(an_endless_build), Broken("timed-out"))),
    (Hang, Case(How::Scene(an_endless_command), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(How::Scene(a_build_of_another_workspace), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(nothing_built), Broken("garbage"))),
    (NoFilesMatched, Case(How::Scene(an_empty_command), Refused("names its program first"))),
    (NoFilesMatched, Case(How::Scene(a_command_without_runs), Refused("nonzero"))),
    (DiskFull, Case(How::Scene(no_space), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(no_target), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(a_command_without_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(a_command_with_an_old_lock), Broken("crashed"))),
    PANIC,
];

const COMMAND: &str = "[[gates.budget.commands]]\nrun = [\"clean-cli\"]\nmax_wall = \"1h\"\nruns = 6\n";

/// A command with a bar that it keeps.
fn measured(scene: Scene) -> Scene {
    scene.config(COMMAND)
}

fn build(scene: Scene, act: &Act) -> Scene {
    measured(scene).fake(CARGO_BUILD, act)
}

fn program(scene: Scene, does: &str) -> Scene {
    let text = format!("//! A program.\n\nfn main() {{\n    {does}\n}}\n");
    measured(scene).change(|workspace| workspace.with("cli/src/main.rs", &text))
}

fn a_command_that_is_not_there(scene: Scene) -> Scene {
    scene.config(&COMMAND.replace("clean-cli", "no-such-program-anywhere"))
}

fn another_cargo(scene: Scene) -> Scene {
    build(scene, &RejectsArguments.act())
}

fn a_build_that_fails(scene: Scene) -> Scene {
    build(scene, &Contradicts(101).act())
}

fn a_build_of_garbage(scene: Scene) -> Scene {
    build(scene, &Prints("{?\n").act())
}

fn a_silent_build(scene: Scene) -> Scene {
    build(scene, &SaysNothing.act())
}

fn half_a_build(scene: Scene) -> Scene {
    build(scene, &Keeps("half").act())
}

fn a_killed_build(scene: Scene) -> Scene {
    build(scene, &IsKilled.act())
}

fn an_endless_build(scene: Scene) -> Scene {
    let config = format!("[gates.budget]\ntimeout = \"1s\"\n{COMMAND}");
    build(scene, &Hangs.act()).config(&config)
}

fn a_build_of_another_workspace(scene: Scene) -> Scene {
    measured(scene).foreign(CARGO_BUILD)
}

fn nothing_built(scene: Scene) -> Scene {
    build(scene, &Prints(NOTHING_BUILT).act())
}

fn an_empty_command(scene: Scene) -> Scene {
    scene.config(&COMMAND.replace("\"clean-cli\"", ""))
}

fn a_command_without_runs(scene: Scene) -> Scene {
    scene.config(&COMMAND.replace("runs = 6", "runs = 0"))
}

fn no_space(scene: Scene) -> Scene {
    build(scene, &FindsNoSpace(101).act())
}

fn no_target(scene: Scene) -> Scene {
    closed_target(measured(scene))
}

fn a_command_that_fails(scene: Scene) -> Scene {
    program(scene, "std::process::exit(2);")
}

fn a_command_that_aborts(scene: Scene) -> Scene {
    program(scene, "std::process::abort();")
}

/// The build has its time, and the command more than is good.
fn an_endless_command(scene: Scene) -> Scene {
    let config = "[gates.budget]\ntimeout = \"2s\"\n\
                  [[gates.budget.commands]]\nrun = [\"sleep\", \"3600\"]\nmax_wall = \"2h\"\nruns = 6\n";
    scene.config(config)
}

fn a_command_without_lock(scene: Scene) -> Scene {
    no_lock(measured(scene))
}

fn a_command_with_an_old_lock(scene: Scene) -> Scene {
    old_lock(measured(scene))
}

#[test]
fn a_command_within_its_bars_passes_with_a_table_of_its_figures() {
    let came = measured(Scene::new()).run("budget");
    assert_eq!(came.status, "passed", "{}", came.all);
    assert!(came.all.contains("clean-cli: median_ms"), "{}", came.all);
}

#[test]
fn budget_never_passes_on_a_fault() {
    never_passes("budget");
}
