//! The row of `unused-deps`.

use crate::faults::prelude::*;

const GRAPH: Call = Call("cargo", &["metadata", "--locked"]);

pub(in crate::faults) const ROW: Row = Row { gate: "unused-deps", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(GRAPH, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(GRAPH, Contradicts(101)), Broken("crashed"))),
    (Garbage, Case(Tool(GRAPH, Prints("{?")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(GRAPH, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(GRAPH, Keeps("half")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(GRAPH, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(GRAPH, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(GRAPH), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(no_source_for_any_gate), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(GRAPH, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
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
fn unused_deps_never_passes_on_a_fault() {
    never_passes("unused-deps");
}
