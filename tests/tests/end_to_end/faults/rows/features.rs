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
    (NoFilesMatched, Case(How::Scene(no_combination), Broken("nothing-ran"))),
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

/// Of one package the limits leave nothing, while the other has its combination.
fn no_combination(scene: Scene) -> Scene {
    let features = "\n[features]\na = []\nb = []\nc = []\nd = []\n";
    let group = |names: &str| format!("{{ features = [{names}], reason = \"r\" }}");
    let (ab, cd, all) = (group("\"a\", \"b\""), group("\"c\", \"d\""), group("\"a\", \"b\", \"c\", \"d\""));
    scene
        .change(|workspace| workspace.with_text_of("cli/Cargo.toml", |text| format!("{text}{features}")))
        .config(&format!("[gates.features]\none_of = [{ab}, {cd}]\nexclusive = [{all}]\n"))
}

#[test]
fn what_needs_a_nightly_toolchain_is_not_counted_among_what_compiles() {
    let report = Workspace::of("features").bulletproof(&["--gate", "features"]).report();
    let gate = &report["gates"][0];
    assert_eq!(gate["metrics"]["not_judged"], 1, "{gate:#}");
    assert!(gate["reason"].as_str().unwrap().ends_with("; 1 not judged"), "{gate:#}");
}

#[test]
fn features_never_passes_on_a_fault() {
    never_passes("features");
}
