//! The row of `docs`.

use crate::faults::prelude::*;

const CARGO_DOC: Call = Call("cargo", &["doc"]);

pub(in crate::faults) const ROW: Row = Row { gate: "docs", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(CARGO_DOC, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_DOC, Contradicts(101)), Broken("garbage"))),
    (Garbage, Case(Tool(CARGO_DOC, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CARGO_DOC, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_DOC, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_DOC, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(CARGO_DOC, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(CARGO_DOC, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_DOC), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(CARGO_DOC, Prints(NOTHING_BUILT)), Broken("garbage"))),
    (DiskFull, Case(Tool(CARGO_DOC, FindsNoSpace(101)), Broken("crashed"))),
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
fn docs_never_passes_on_a_fault() {
    never_passes("docs");
}
