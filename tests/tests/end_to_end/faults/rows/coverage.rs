//! The row of `coverage`. A faulty `llvm-cov` or `llvm-profdata` shows in the trial, before the tests run:
//! where no other pair is there, none fits.

use std::fs::File;
use std::time::SystemTime;

use crate::faults::prelude::*;

pub(in crate::faults) const ROW: Row = Row { gate: "coverage", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(How::Scene(no_llvm), Broken("unavailable"))),
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(How::Scene(llvm_of_another_format), Broken("unavailable"))),
    (WrongVersion, Case(Tool(NEXTEST, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(NEXTEST, Contradicts(100)), Broken("garbage"))),
    (Garbage, Case(How::Scene(llvm_that_prints_nonsense), Broken("unavailable"))),
    (Garbage, Case(How::Scene(nonsense_for_a_tracefile), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(llvm_that_says_nothing), Broken("unavailable"))),
    (EmptyOutput, Case(How::Scene(empty_tracefile), Broken("nothing-ran"))),
    (Truncated, Case(How::Scene(tracefile_cut_short), Broken("garbage"))),
    (Truncated, Case(Tool(NEXTEST, Keeps("half")), Broken("garbage"))),
    (KilledBySignal, Case(How::Scene(llvm_that_is_killed), Broken("crashed"))),
    (KilledBySignal, Case(Tool(NEXTEST, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(NEXTEST, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(NEXTEST), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::Scene(tracefile_of_another_state), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::Scene(tracefile_before_a_change), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::Scene(tracefile_of_another_workspace), Broken("nothing-ran"))),
    (NoTestsRan, Case(How::Scene(without_tests), Broken("nothing-ran"))),
    (NoFilesMatched, Case(How::Scene(everything_excluded), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(NEXTEST, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_target), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, Case(How::Scene(unknown_base), Broken("unavailable"))),
    (RunCutShort, Case(Tool(NEXTEST, Keeps("but-last-line")), Broken("garbage"))),
    (RunCutShort, Case(How::Scene(a_failed_test), Failed("coverage/tests-failed"))),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

/// Neither the toolchain nor the search path has the tools.
fn no_llvm(scene: Scene) -> Scene {
    let mut scene =
        scene.fake(Call("rustc", &["sysroot"]), &Act::Exit(0, "/no/such/sysroot\n".into(), String::new()));
    for number in 11..=40 {
        scene = scene.without(&format!("llvm-profdata-{number}"));
    }
    scene.without("llvm-profdata").env("LLVM_COV", None).env("LLVM_PROFDATA", None)
}

/// The only tools are those that the user names, and they do that.
fn only(scene: Scene, act: &Act) -> Scene {
    let scene = no_llvm(scene).fake(Call("llvm-cov", &[]), act).fake(Call("llvm-profdata", &[]), act);
    let tool = |name: &str| scene.fake_path(name).to_string_lossy().into_owned();
    let (cov, profdata) = (tool("llvm-cov"), tool("llvm-profdata"));
    scene.env("LLVM_COV", Some(&cov)).env("LLVM_PROFDATA", Some(&profdata))
}

fn llvm_of_another_format(scene: Scene) -> Scene {
    only(scene, &Act::fail(1, "error: unsupported instrumentation profile format version\n"))
}

fn llvm_that_prints_nonsense(scene: Scene) -> Scene {
    only(scene, &Act::Exit(0, "{?\n".into(), String::new()))
}

fn llvm_that_says_nothing(scene: Scene) -> Scene {
    only(scene, &Act::silent(0))
}

fn llvm_that_is_killed(scene: Scene) -> Scene {
    only(scene, &Act::Kill)
}

fn tracefile(scene: Scene, text: &str) -> Scene {
    scene.change(|workspace| workspace.with("lcov.info", text)).args(&["--lcov", "lcov.info"])
}

fn nonsense_for_a_tracefile(scene: Scene) -> Scene {
    tracefile(scene, "{?\n")
}

fn empty_tracefile(scene: Scene) -> Scene {
    tracefile(scene, "")
}

fn tracefile_cut_short(scene: Scene) -> Scene {
    tracefile(scene, "SF:src/lib.rs\nDA:1,1\nDA:2,")
}

fn tracefile_of_another_state(scene: Scene) -> Scene {
    tracefile(scene, "SF:src/lib.rs\nDA:99999,1\nend_of_record\n")
}

fn tracefile_before_a_change(scene: Scene) -> Scene {
    tracefile(scene, "SF:src/lib.rs\nDA:1,1\nend_of_record\n").change(|workspace| {
        File::options()
            .write(true)
            .open(workspace.root().join("lcov.info"))
            .and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH))
            .unwrap();
        workspace
    })
}

fn tracefile_of_another_workspace(scene: Scene) -> Scene {
    tracefile(scene, "SF:/elsewhere/src/lib.rs\nDA:1,1\nend_of_record\n")
}

fn without_tests(scene: Scene) -> Scene {
    scene.change(|workspace| {
        no_tests(workspace).with_text_of("src/lib.rs", |text| text.replace("/// ```", "/// "))
    })
}

fn everything_excluded(scene: Scene) -> Scene {
    scene.config("[gates.coverage]\nexclude = [{ paths = [\"**\"], reason = \"a test\" }]\n")
}

fn unknown_base(scene: Scene) -> Scene {
    // what a copy in another folder built names the lines of that folder
    scene.change(Workspace::with_own_target).args(&["--base", "no-such-revision"])
}

fn a_failed_test(scene: Scene) -> Scene {
    let text = "//! A test that fails.\n\n#[test]\nfn fails() {\n    assert_eq!(1, 2);\n}\n";
    scene.change(|workspace| workspace.with("tests/fails.rs", text))
}

#[test]
fn coverage_never_passes_on_a_fault() {
    never_passes("coverage");
}
