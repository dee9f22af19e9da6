//! The row of `custom`, by way of a gate that a config defines.

use crate::faults::prelude::*;
use crate::support::Act;

const LINT: Call = Call("lint-tool", &["--report"]);
const CLEAN: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"lint"}},"results":[]}]}"#;
const HALF: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver""#;
const WITHOUT_RESULTS: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"lint"}}}]}"#;
const OF_A_FAILED_TOOL: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"lint"}},"results":[],
    "invocations":[{"executionSuccessful":false}]}]}"#;
const NO_TEST: &str = "<testsuites tests=\"0\"/>";
const ALL_SKIPPED: &str = "<testsuite tests=\"1\"><testcase name=\"a\"><skipped/></testcase></testsuite>";
const A_TEST_LOST: &str = "<testsuite tests=\"2\"><testcase name=\"a\"/></testsuite>";
const HALF_A_SUITE: &str = "<testsuite tests=\"1\"><testcase name=\"a\"/>";
const FAILED_TEST: &str =
    "<testsuite tests=\"1\"><testcase name=\"a\"><failure message=\"no\"/></testcase></testsuite>";
const A_LINE: &str = "{\"message\":\"a\",\"severity\":\"warning\"}\n";
const NOTHING_CHECKED: &str = "{\"done\":{\"checked\":0,\"findings\":0}}\n";

pub(in crate::faults) const ROW: Row = Row { gate: "custom", cells: CELLS };

/// The command finds nothing wrong.
pub(in crate::faults) fn sound(scene: Scene) -> Scene {
    lint(scene, "sarif", "").fake(LINT, &Act::Exit(0, CLEAN.to_owned(), String::new()))
}

fn lint(scene: Scene, output: &str, more: &str) -> Scene {
    let entry = "[[gate]]\nname = \"lint\"\ncommand = [\"lint-tool\", \"--report\"]\n";
    scene.config(&format!("{entry}output = \"{output}\"\n{more}")).of_gate("lint")
}

fn says(scene: Scene, output: &str, code: u8, text: &str) -> Scene {
    lint(scene, output, "").fake(LINT, &Act::Exit(code, text.to_owned(), String::new()))
}

const NOT_OURS: Cell = NotApplicable("what the command needs of Cargo.lock is for the command to say");

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(How::Scene(|scene| lint(scene, "sarif", "")), Broken("unavailable"))),
    (ToolMissing, Case(How::Scene(|scene| says(scene, "exit-code", 127, "")), Broken("unavailable"))),
    (WrongVersion, Case(Tool(LINT, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(How::Scene(|scene| says(scene, "sarif", 1, CLEAN)), Broken("garbage"))),
    (
        FailureWithCleanOutput,
        Case(How::Scene(|scene| says(scene, "exit-code", 1, "")), Failed("lint/failed")),
    ),
    (
        FailureWithCleanOutput,
        Case(How::Scene(|scene| says(scene, "junit", 0, FAILED_TEST)), Broken("garbage")),
    ),
    (Garbage, Case(Tool(LINT, Prints("{?")), Broken("garbage"))),
    (Garbage, Case(How::Scene(|scene| says(scene, "junit", 0, "<?")), Broken("garbage"))),
    (Garbage, Case(How::Scene(|scene| says(scene, "json-lines", 0, "?")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(LINT, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(|scene| says(scene, "junit", 0, "")), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(|scene| says(scene, "json-lines", 0, "")), Broken("garbage"))),
    (Truncated, Case(How::Scene(|scene| says(scene, "sarif", 0, HALF)), Broken("garbage"))),
    (Truncated, Case(How::Scene(|scene| says(scene, "junit", 0, HALF_A_SUITE)), Broken("garbage"))),
    (Truncated, Case(How::Scene(|scene| says(scene, "json-lines", 0, A_LINE)), Broken("garbage"))),
    (KilledBySignal, Case(Tool(LINT, IsKilled), Broken("crashed"))),
    (Hang, Case(How::Scene(hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, NotApplicable("a command's answer is what it writes in this run")),
    (NoTestsRan, Case(How::Scene(|scene| says(scene, "junit", 0, NO_TEST)), Broken("nothing-ran"))),
    (NoTestsRan, Case(How::Scene(|scene| says(scene, "junit", 0, ALL_SKIPPED)), Broken("nothing-ran"))),
    (
        NoFilesMatched,
        Case(How::Scene(|scene| says(scene, "sarif", 0, WITHOUT_RESULTS)), Broken("nothing-ran")),
    ),
    (
        NoFilesMatched,
        Case(How::Scene(|scene| says(scene, "json-lines", 0, NOTHING_CHECKED)), Broken("nothing-ran")),
    ),
    (DiskFull, Case(Tool(LINT, FindsNoSpace(1)), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, Case(How::Scene(|scene| says(scene, "junit", 0, A_TEST_LOST)), Broken("garbage"))),
    (RunCutShort, Case(How::Scene(|scene| says(scene, "sarif", 0, OF_A_FAILED_TOOL)), Broken("garbage"))),
    NO_TOOLCHAIN,
    (LockMissing, NOT_OURS),
    (LockOutOfStep, NOT_OURS),
    PANIC,
];

fn hangs(scene: Scene) -> Scene {
    lint(scene, "sarif", "timeout = \"1s\"\n").fake(LINT, &Act::Hang)
}

#[test]
fn custom_never_passes_on_a_fault() {
    never_passes("custom");
}
