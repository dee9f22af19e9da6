//! The row of `features`.

use crate::faults::prelude::*;

const CARGO_CHECK: Call = Call("cargo", &["check"]);

pub(in crate::faults) const ROW: Row = Row { gate: "features", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(CARGO_CHECK, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_CHECK, Contradicts(101)), Broken("garbage"))),
    (Garbage, Case(Tool(CARGO_CHECK, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CARGO_CHECK, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_CHECK, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_CHECK, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(CARGO_CHECK, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(CARGO_CHECK, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_CHECK), Broken("crashed"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(CARGO_CHECK, Prints(NOTHING_BUILT)), Broken("garbage"))),
    (DiskFull, Case(Tool(CARGO_CHECK, FindsNoSpace(101)), Broken("crashed"))),
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
fn features_never_passes_on_a_fault() {
    never_passes("features");
}
