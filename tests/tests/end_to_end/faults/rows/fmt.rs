//! The row of `fmt`.

use crate::faults::prelude::*;

const RUSTFMT: Call = Call("rustfmt", &[]);
const RUSTFMT_ON_TREES: Call = Call("rustfmt", &["--check"]);

pub(in crate::faults) const ROW: Row = Row { gate: "fmt", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("rustfmt"), Broken("unavailable"))),
    (WrongVersion, Case(Tool(RUSTFMT, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(RUSTFMT, Contradicts(1)), Broken("crashed"))),
    (Garbage, Case(Tool(RUSTFMT, Prints("\u{1}?\n")), Failed("fmt/unformatted"))),
    (EmptyOutput, Case(Tool(RUSTFMT, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(RUSTFMT, Keeps("half")), Failed("fmt/unformatted"))),
    (Truncated, Case(How::Scene(half_a_check), Failed("fmt/unformatted"))),
    (KilledBySignal, Case(Tool(RUSTFMT, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(RUSTFMT, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, NotApplicable("rustfmt is given the source itself, and answers for it")),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(no_source_for_any_gate), Broken("nothing-ran"))),
    (NoFilesMatched, Case(How::Scene(no_source_for_this_gate), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(RUSTFMT, FindsNoSpace(1)), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, NotApplicable("the form of a source does not depend on the lock file")),
    (LockOutOfStep, NotApplicable("the form of a source does not depend on the lock file")),
    PANIC,
];

/// A file is not formatted, and rustfmt's answer on the whole tree ends before it says so.
fn half_a_check(scene: Scene) -> Scene {
    let scene =
        scene.change(|workspace| workspace.with_text_of("src/lib.rs", |text| text.replace(" {", "{")));
    scene.fake(RUSTFMT_ON_TREES, &Keeps("before: Diff in").act())
}

#[test]
fn fmt_never_passes_on_a_fault() {
    never_passes("fmt");
}
