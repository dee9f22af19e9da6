//! The row of `sbom`.

use crate::faults::prelude::*;
use crate::support::{Act, git};

const LOCKED_METADATA: Call = Call("cargo", &["metadata", "--locked"]);
const CFG: Call = Call("rustc", &["--print", "cfg"]);
const GIT_LOG: Call = Call("git", &["log"]);

pub(in crate::faults) const ROW: Row = Row { gate: "sbom", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (ToolMissing, Case(Missing("rustc"), Broken("unavailable"))),
    (WrongVersion, Case(Tool(LOCKED_METADATA, RejectsArguments), Broken("crashed"))),
    (WrongVersion, Case(Tool(CFG, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(LOCKED_METADATA, Contradicts(101)), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CFG, Contradicts(1)), Broken("crashed"))),
    (Garbage, Case(Tool(LOCKED_METADATA, Prints("{?")), Broken("garbage"))),
    (Garbage, Case(Tool(CFG, Prints("?\n")), Broken("garbage"))),
    (Garbage, Case(How::Scene(|scene| commit_time(scene, &Prints("yesterday\n").act())), Broken("garbage"))),
    (EmptyOutput, Case(Tool(LOCKED_METADATA, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CFG, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(|scene| commit_time(scene, &SaysNothing.act())), Broken("garbage"))),
    (Truncated, Case(Tool(LOCKED_METADATA, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CFG, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CFG, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(LOCKED_METADATA, IsKilled), Broken("crashed"))),
    (KilledBySignal, Case(Tool(CFG, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(LOCKED_METADATA, Hangs), Broken("timed-out"))),
    (Hang, Case(Tool(CFG, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(LOCKED_METADATA), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(no_such_package), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(LOCKED_METADATA, FindsNoSpace(101)), Broken("crashed"))),
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

/// `git log` does that, where there is a commit.
fn commit_time(scene: Scene, act: &Act) -> Scene {
    git(&scene.workspace.root(), &["commit", "--quiet", "--message=one"]);
    scene.fake(GIT_LOG, act)
}

fn no_such_package(scene: Scene) -> Scene {
    scene.config("[gates.sbom]\npackages = [\"nobody\"]\n")
}

#[test]
fn sbom_never_passes_on_a_fault() {
    never_passes("sbom");
}
