//! The row of `flaky`, which reads the same run as `test`.

use crate::faults::prelude::*;

pub(in crate::faults) const ROW: Row = Row { gate: "flaky", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(How::Scene(no_nextest), Broken("unavailable"))),
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(NEXTEST, RejectsArguments), Broken("crashed"))),
    (WrongVersion, Case(Tool(CARGO_TEST, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(NEXTEST, Contradicts(100)), Broken("garbage"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_TEST, ContradictsJoined(101)), Broken("garbage"))),
    (Garbage, Case(Tool(NEXTEST, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(NEXTEST, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(NEXTEST, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(How::Scene(half_a_record), Broken("garbage"))),
    (KilledBySignal, Case(Tool(NEXTEST, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(NEXTEST, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(NEXTEST), Broken("garbage"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_TEST), Broken("garbage"))),
    (NoTestsRan, Case(How::Scene(without_tests), Broken("nothing-ran"))),
    (NoFilesMatched, NotApplicable("it counts tests, not files")),
    (DiskFull, Case(Tool(NEXTEST, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_target), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_record), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, Case(Tool(NEXTEST, Keeps("but-last-line")), Broken("garbage"))),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

fn no_nextest(scene: Scene) -> Scene {
    scene.without("cargo-nextest").config("[gates.test]\nrunner = \"nextest\"\n")
}

fn without_tests(scene: Scene) -> Scene {
    scene.change(no_tests)
}

/// A commit, so that there is a record of its tree, in a target folder of its own.
fn committed(scene: Scene) -> Scene {
    scene.change(|workspace| {
        let workspace = workspace.with_own_target();
        workspace.commit();
        workspace
    })
}

/// An earlier run left a record that is cut short.
fn half_a_record(scene: Scene) -> Scene {
    let scene = committed(scene);
    let ran = scene.workspace.bulletproof(&["--gate", "test"]).end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let folder = scene.workspace.target().join("bulletproof/history/tests");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let record = std::fs::read(&path).unwrap();
        std::fs::write(&path, &record[..record.len() / 2]).unwrap();
    }
    scene
}

/// There is a file where the records should lie.
fn closed_record(scene: Scene) -> Scene {
    let scene = committed(scene);
    let folder = scene.workspace.target().join("bulletproof");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("history"), "").unwrap();
    scene
}

#[test]
fn flaky_never_passes_on_a_fault() {
    never_passes("flaky");
}
