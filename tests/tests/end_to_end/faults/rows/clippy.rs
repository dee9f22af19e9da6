//! The row of `clippy`.

use crate::faults::prelude::*;

const CARGO_CLIPPY: Call = Call("cargo", &["clippy"]);

pub(in crate::faults) const ROW: Row = Row { gate: "clippy", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(How::Scene(no_clippy_of_cargo), Broken("unavailable"))),
    (ToolMissing, Case(How::Scene(no_clippy_of_rustup), Broken("unavailable"))),
    (WrongVersion, Case(Tool(CARGO_CLIPPY, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_CLIPPY, Contradicts(101)), Broken("garbage"))),
    (Garbage, Case(Tool(CARGO_CLIPPY, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CARGO_CLIPPY, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_CLIPPY, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_CLIPPY, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(CARGO_CLIPPY, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(CARGO_CLIPPY, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_CLIPPY), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(CARGO_CLIPPY, Prints(NOTHING_BUILT)), Broken("garbage"))),
    (DiskFull, Case(Tool(CARGO_CLIPPY, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_target), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

fn no_clippy_of_cargo(scene: Scene) -> Scene {
    let message =
        "error: no such command: `clippy`\n\nhelp: view all installed commands with `cargo --list`\n";
    scene.fake_failure(CARGO_CLIPPY, 101, message)
}

fn no_clippy_of_rustup(scene: Scene) -> Scene {
    let message = "error: 'cargo-clippy' is not installed for the toolchain '1.95.0-x86_64-unknown-linux-gnu'.\n\
                   To install, run `rustup component add clippy`\n";
    scene.fake_failure(CARGO_CLIPPY, 1, message)
}

#[test]
fn clippy_never_passes_on_a_fault() {
    never_passes("clippy");
}
