//! The row of `size`.

use crate::faults::prelude::*;

const RELEASE: Call = Call("cargo", &["build", "--release"]);
const GIT: Call = Call("git", &["cat-file", "--batch-check=%(objectname)"]);

pub(in crate::faults) const ROW: Row = Row { gate: "size", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(RELEASE, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(RELEASE, Contradicts(101)), Broken("garbage"))),
    (FailureWithCleanOutput, Case(Tool(GIT, Contradicts(1)), Broken("crashed"))),
    (Garbage, Case(Tool(RELEASE, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(RELEASE, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(RELEASE, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(RELEASE, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(RELEASE, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(RELEASE, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(RELEASE), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(RELEASE, Prints(NOTHING_BUILT)), Broken("garbage"))),
    (DiskFull, Case(Tool(RELEASE, FindsNoSpace(101)), Broken("crashed"))),
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

#[test]
fn size_never_passes_on_a_fault() {
    never_passes("size");
}
