//! The row of `manifest`.

use crate::faults::prelude::*;

const LOCKED_METADATA: Call = Call("cargo", &["metadata", "--locked"]);

pub(in crate::faults) const ROW: Row = Row { gate: "manifest", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(LOCKED_METADATA, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(LOCKED_METADATA, Contradicts(101)), Broken("crashed"))),
    (Garbage, Case(Tool(LOCKED_METADATA, Prints("{?")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(LOCKED_METADATA, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(LOCKED_METADATA, Keeps("half")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(LOCKED_METADATA, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(LOCKED_METADATA, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(LOCKED_METADATA), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(METADATA, Prints(NO_MEMBERS)), Refused("no member"))),
    (DiskFull, Case(Tool(LOCKED_METADATA, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Failed("manifest/lock-missing"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Failed("manifest/lock-out-of-step"))),
    PANIC,
];

#[test]
fn manifest_never_passes_on_a_fault() {
    never_passes("manifest");
}
