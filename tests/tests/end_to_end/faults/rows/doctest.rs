//! The row of `doctest`.

use crate::faults::prelude::*;

const CARGO_TEST_DOC: Call = Call("cargo", &["test", "--doc"]);
/// What `cargo test --doc` says where a library has no examples.
const NO_EXAMPLES_RAN: &str = "   Doc-tests clean\n\nrunning 0 tests\n\n\
     test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n";

pub(in crate::faults) const ROW: Row = Row { gate: "doctest", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(CARGO_TEST_DOC, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_TEST_DOC, ContradictsJoined(101)), Broken("garbage"))),
    (Garbage, Case(Tool(CARGO_TEST_DOC, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CARGO_TEST_DOC, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_TEST_DOC, KeepsJoined("before: test result")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_TEST_DOC, KeepsJoined("before: running 1")), Broken("nothing-ran"))),
    (KilledBySignal, Case(Tool(CARGO_TEST_DOC, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(CARGO_TEST_DOC, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_TEST_DOC), Broken("garbage"))),
    (NoTestsRan, Case(Tool(CARGO_TEST_DOC, Prints(NO_EXAMPLES_RAN)), Broken("nothing-ran"))),
    (NoTestsRan, Case(How::Scene(no_examples_of_a_program), Broken("nothing-ran"))),
    (NoFilesMatched, NotApplicable("it counts examples, not files")),
    (DiskFull, Case(Tool(CARGO_TEST_DOC, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_target), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, Case(Tool(CARGO_TEST_DOC, KeepsJoined("before:    Doc-tests")), Broken("garbage"))),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

/// The library's own package has a program too, as most packages of programs do.
fn no_examples_of_a_program(scene: Scene) -> Scene {
    let program = "//! A program.\n\nfn main() {}\n";
    let scene = scene.change(|workspace| workspace.with("src/main.rs", program));
    scene.fake(CARGO_TEST_DOC, &Prints(NO_EXAMPLES_RAN).act())
}

#[test]
fn doctest_never_passes_on_a_fault() {
    never_passes("doctest");
}
