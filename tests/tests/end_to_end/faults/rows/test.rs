//! The row of `test`: twice where it matters who runs the tests, nextest, then `cargo test`.

use crate::faults::prelude::*;

pub(in crate::faults) const ROW: Row = Row { gate: "test", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(How::Scene(no_nextest), Broken("unavailable"))),
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(NEXTEST, RejectsArguments), Broken("crashed"))),
    (WrongVersion, Case(Tool(CARGO_TEST, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(NEXTEST, Contradicts(100)), Broken("garbage"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_TEST, ContradictsJoined(101)), Broken("garbage"))),
    (Garbage, Case(Tool(NEXTEST, Prints("{?\n")), Broken("garbage"))),
    (Garbage, Case(Tool(CARGO_TEST, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(NEXTEST, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CARGO_TEST, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(NEXTEST, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_TEST, KeepsJoined("before: test result")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(NEXTEST, IsKilled), Broken("crashed"))),
    (KilledBySignal, Case(Tool(CARGO_TEST, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(NEXTEST, Hangs), Broken("timed-out"))),
    (Hang, Case(Tool(CARGO_TEST, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(NEXTEST), Broken("garbage"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_TEST), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::WithNextest(nextest_of_an_earlier_state), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::Scene(cargo_test_of_an_earlier_state), Broken("garbage"))),
    (NoTestsRan, Case(How::WithNextest(no_tests_for_nextest), Broken("nothing-ran"))),
    (NoTestsRan, Case(How::Scene(no_tests_for_cargo), Broken("nothing-ran"))),
    (NoTestsRan, Case(How::Scene(a_runner_that_swallows_the_output), Broken("garbage"))),
    (NoFilesMatched, NotApplicable("it counts tests, not files")),
    (DiskFull, Case(Tool(NEXTEST, FindsNoSpace(101)), Broken("crashed"))),
    (DiskFull, Case(Tool(CARGO_TEST, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_target), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, Case(Tool(NEXTEST, Keeps("but-last-line")), Broken("garbage"))),
    (RunCutShort, Case(Tool(CARGO_TEST, KeepsJoined("before:      Running")), Broken("garbage"))),
    (RunCutShort, Case(How::Scene(a_test_that_ends_the_program), Broken("garbage"))),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

fn no_nextest(scene: Scene) -> Scene {
    scene.without("cargo-nextest").config("[gates.test]\nrunner = \"nextest\"\n")
}

fn no_tests_for_nextest(scene: Scene) -> Scene {
    scene.change(no_tests).config("[gates.test]\nrunner = \"nextest\"\n")
}

fn no_tests_for_cargo(scene: Scene) -> Scene {
    scene.change(no_tests).config("[gates.test]\nrunner = \"cargo\"\n")
}

/// What runs the test programs ends well without running them.
fn a_runner_that_swallows_the_output(scene: Scene) -> Scene {
    let runner = "[target.'cfg(all())']\nrunner = \"true\"\n";
    scene
        .change(|workspace| workspace.with(".cargo/config.toml", runner))
        .config("[gates.test]\nrunner = \"cargo\"\n")
}

/// The tests as they were before one of their programs was written.
fn earlier_state() -> Workspace {
    Workspace::of("clean").without("tests/sum.rs")
}

fn nextest_of_an_earlier_state(scene: Scene) -> Scene {
    scene.answered_in(earlier_state(), NEXTEST)
}

fn cargo_test_of_an_earlier_state(scene: Scene) -> Scene {
    runner_of(scene, CARGO_TEST).answered_in(earlier_state(), CARGO_TEST)
}

/// A test ends its program with success, so that those after it never run. (nextest gives each test a
/// program of its own, and takes such a test for one that passed.)
fn a_test_that_ends_the_program(scene: Scene) -> Scene {
    let text = "//! A test that ends too much.\n\n#[test]\nfn ends() {\n    std::process::exit(0);\n}\n";
    scene
        .change(|workspace| workspace.with("tests/ends.rs", text))
        .config("[gates.test]\nrunner = \"cargo\"\n")
}

#[test]
fn test_never_passes_on_a_fault() {
    never_passes("test");
}
