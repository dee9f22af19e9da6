//! The row of `repro`.

use crate::faults::prelude::*;

/// Both builds.
const RELEASE: Call = Call("cargo", &["build", "--release"]);
/// The second build alone.
const SECOND: Call = Call("cargo", &["build", "--release", "--offline"]);
const LOCKED_METADATA: Call = Call("cargo", &["metadata", "--locked"]);

pub(in crate::faults) const ROW: Row = Row { gate: "repro", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(RELEASE, RejectsArguments), Broken("crashed"))),
    (WrongVersion, Case(Tool(SECOND, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(RELEASE, Contradicts(101)), Broken("garbage"))),
    (FailureWithCleanOutput, Case(Tool(SECOND, Contradicts(101)), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(LOCKED_METADATA, Contradicts(101)), Broken("crashed"))),
    (Garbage, Case(Tool(RELEASE, Prints("{?\n")), Broken("garbage"))),
    (Garbage, Case(Tool(SECOND, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(RELEASE, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(Tool(SECOND, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(RELEASE, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(SECOND, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(SECOND, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(RELEASE, IsKilled), Broken("crashed"))),
    (KilledBySignal, Case(Tool(SECOND, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(RELEASE, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(RELEASE), Broken("garbage"))),
    (OutputOfAnotherRun, Case(Foreign(SECOND), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::Scene(the_first_build_again), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(RELEASE, Prints(NOTHING_BUILT)), Broken("garbage"))),
    (NoFilesMatched, Case(Tool(SECOND, Prints(NOTHING_BUILT)), Broken("garbage"))),
    (DiskFull, Case(Tool(RELEASE, FindsNoSpace(101)), Broken("crashed"))),
    (DiskFull, Case(Tool(SECOND, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_target), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_temporary_folder), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

/// The second build answers with what the first one said: it was not made at all.
fn the_first_build_again(scene: Scene) -> Scene {
    let folder = scene.workspace.root();
    scene.fake(SECOND, &Act::Elsewhere(folder))
}

/// The folder for temporary files cannot be written to.
fn closed_temporary_folder(scene: Scene) -> Scene {
    let file = scene.workspace.root().join("Cargo.toml/tmp");
    scene.env("TMPDIR", file.to_str()).env("TMP", file.to_str())
}

#[test]
fn repro_never_passes_on_a_fault() {
    never_passes("repro");
}
