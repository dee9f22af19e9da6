//! The row of `hooks`.

use std::fs;

use crate::faults::prelude::*;

const SETTINGS: Call = Call("git", &["config", "--null"]);
const PLACE: Call = Call("git", &["rev-parse", "--is-inside-work-tree"]);

pub(in crate::faults) const ROW: Row = Row { gate: "hooks", cells: CELLS };

const NO_BUILD: Cell = NotApplicable("it reads hooks, and builds nothing");

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(How::Scene(no_git), Broken("unavailable"))),
    (WrongVersion, Case(How::Scene(|scene| installed(scene, SETTINGS, RejectsArguments)), Broken("crashed"))),
    (WrongVersion, Case(How::Scene(another_program), Failed("hooks/outdated"))),
    (
        FailureWithCleanOutput,
        Case(How::Scene(|scene| installed(scene, SETTINGS, Contradicts(2))), Broken("crashed")),
    ),
    (
        FailureWithCleanOutput,
        Case(How::Scene(|scene| installed(scene, PLACE, Contradicts(2))), Broken("crashed")),
    ),
    (Garbage, Case(How::Scene(|scene| installed(scene, SETTINGS, Prints("?"))), Broken("garbage"))),
    (Garbage, Case(How::Scene(|scene| installed(scene, PLACE, Prints("?"))), Broken("garbage"))),
    (
        Garbage,
        Case(How::Scene(|scene| installed(scene, PLACE, Prints("true\n\n?\n?"))), Warned("hooks/missing")),
    ),
    (EmptyOutput, Case(How::Scene(|scene| installed(scene, PLACE, SaysNothing)), Broken("garbage"))),
    (Truncated, Case(How::Scene(half_a_setting), Broken("garbage"))),
    (Truncated, Case(How::Scene(half_a_hook), Failed("hooks/outdated"))),
    (KilledBySignal, Case(How::Scene(|scene| installed(scene, SETTINGS, IsKilled)), Broken("crashed"))),
    (Hang, Case(How::Scene(an_endless_question), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(How::Scene(a_hook_without_its_program), Failed("hooks/outdated"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(|scene| scene), Warned("hooks/missing"))),
    (DiskFull, Case(How::Scene(|scene| installed(scene, PLACE, FindsNoSpace(128))), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, NO_BUILD),
    (LockOutOfStep, NO_BUILD),
    PANIC,
];

/// The hooks are installed.
pub(in crate::faults) fn sound(scene: Scene) -> Scene {
    let ran = scene.workspace.bulletproof(&["hooks", "install"]).end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    scene
}

/// They are, and git misbehaves.
fn installed(scene: Scene, call: Call, misbehaviour: Misbehaviour) -> Scene {
    sound(scene).fake(call, &misbehaviour.act())
}

fn no_git(scene: Scene) -> Scene {
    sound(scene).without("git")
}

fn an_endless_question(scene: Scene) -> Scene {
    installed(scene, SETTINGS, Hangs).setting("hooks", "timeout = \"1s\"\n")
}

fn half_a_setting(scene: Scene) -> Scene {
    installed(scene, SETTINGS, Prints("local\0file:.git/config\0core.hookspath\n/so"))
}

/// What becomes of the text of the pre-push hook.
fn with_hook(scene: Scene, change: impl Fn(String) -> String) -> Scene {
    let scene = sound(scene);
    let hook = scene.workspace.root().join(".git/hooks/pre-push");
    let text = fs::read_to_string(&hook).unwrap();
    fs::write(&hook, change(text)).unwrap();
    scene
}

fn another_program(scene: Scene) -> Scene {
    with_hook(scene, |text| text.replace("bulletproof hook 2\n", "bulletproof hook 3\n"))
}

fn half_a_hook(scene: Scene) -> Scene {
    with_hook(scene, |text| text.lines().take(9).collect::<Vec<_>>().join("\n"))
}

/// The program that wrote it is gone, and none is where it looks.
fn a_hook_without_its_program(scene: Scene) -> Scene {
    let gone = |text: String| {
        let lines = text.lines().map(|line| match line.split_once("='") {
            Some((name @ ("program" | "toolchain"), _)) => format!("{name}='/no/such/place'\n"),
            _ => format!("{line}\n"),
        });
        lines.collect()
    };
    let home = scene.workspace.home();
    with_hook(scene, gone).env("CARGO_HOME", home.to_str()).without("cargo-bulletproof")
}

#[test]
fn hooks_never_passes_on_a_fault() {
    never_passes("hooks");
}
