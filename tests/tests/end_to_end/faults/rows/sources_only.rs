//! The rows of the gates that read sources only. They call no tool themselves: theirs are the tools that
//! find the sources.

use crate::faults::prelude::*;

const FILE_LIST: Call = Call("git", &["ls-files"]);

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(METADATA, RejectsArguments), Refused("unexpected argument"))),
    (FailureWithCleanOutput, Case(Tool(METADATA, Contradicts(101)), Refused("cargo gave no reason"))),
    (Garbage, Case(Tool(METADATA, Prints("{?")), Refused("cannot be read"))),
    (EmptyOutput, Case(Tool(METADATA, SaysNothing), Refused("cannot be read"))),
    (Truncated, Case(Tool(METADATA, Keeps("half")), Refused("cannot be read"))),
    (Truncated, Case(Tool(FILE_LIST, Keeps("before: ib.rs")), Refused("git ls-files"))),
    (KilledBySignal, Case(Tool(METADATA, IsKilled), Refused("signal"))),
    (
        Hang,
        NotApplicable("the limit for questions about the workspace is fixed: a minute, too long for a test"),
    ),
    (OutputOfAnotherRun, Case(Foreign(METADATA), Refused("another workspace"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(no_source_for_any_gate), Broken("nothing-ran"))),
    (NoFilesMatched, Case(How::Scene(no_source_for_this_gate), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(METADATA, FindsNoSpace(101)), Refused("No space left on device"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, NotApplicable("the text of a source does not depend on the lock file")),
    (LockOutOfStep, NotApplicable("the text of a source does not depend on the lock file")),
    PANIC,
];

pub(in crate::faults) const PATHS: Row = Row { gate: "paths", cells: CELLS };

pub(in crate::faults) const PANICS: Row = Row { gate: "panics", cells: CELLS };

pub(in crate::faults) const TODO: Row = Row { gate: "todo", cells: CELLS };

#[test]
fn paths_never_passes_on_a_fault() {
    never_passes("paths");
}

#[test]
fn panics_never_passes_on_a_fault() {
    never_passes("panics");
}

#[test]
fn todo_never_passes_on_a_fault() {
    never_passes("todo");
}
