//! The row of `semver`, with answers of cargo-semver-checks as recorded.

use crate::faults::prelude::*;
use crate::support::git;

const SEMVER: Call = Call("cargo-semver-checks", &["--package"]);

const TAGS: Call = Call("git", &["for-each-ref"]);
const GREP: Call = Call("git", &["grep"]);

const CLEAN: &str = "    Building clean v0.1.0 (current)
       Built [   0.507s] (current)
     Parsing clean v0.1.0 (current)
      Parsed [   0.002s] (current)
    Building clean v0.1.0 (baseline)
       Built [   0.482s] (baseline)
     Parsing clean v0.1.0 (baseline)
      Parsed [   0.002s] (baseline)
    Checking clean v0.1.0 -> v0.1.0 (no change; assume minor)
     Checked [   0.061s] 202 checks: 202 pass, 58 skip
     Summary no semver update required
    Finished [   1.124s] clean
";
const A_BREAK: &str = "    Checking clean v0.1.0 -> v0.1.0 (no change; assume minor)
     Checked [   0.061s] 202 checks: 201 pass, 1 fail, 0 warn, 58 skip

     Summary semver requires new major version: 1 major and 0 minor checks failed
    Finished [   1.124s] clean
";
const NOT_IN_THE_REGISTRY: &str = "error: failed to retrieve index of crate versions from registry\n\nCaused by:\n    \
     clean not found in registry (crates.io). For workarounds check the manual\n";
const NO_INDEX: &str = "error: failed to retrieve index of crate versions from registry\n";

pub(in crate::faults) const ROW: Row = Row { gate: "semver", cells: CELLS };

/// The library may be published, and nothing in it changed.
pub(in crate::faults) fn sound(scene: Scene) -> Scene {
    says(scene, 0, CLEAN)
}

fn published(scene: Scene) -> Scene {
    scene.change(|workspace| {
        workspace.with_text_of("Cargo.toml", |text| text.replace("publish = false\n", ""))
    })
}

fn says(scene: Scene, code: u8, stderr: &str) -> Scene {
    published(scene).recorded(SEMVER, code, "", stderr)
}

/// There is a release, and git misbehaves when it is asked about it.
fn released(scene: Scene, call: Call, misbehaviour: Misbehaviour) -> Scene {
    let scene = sound(scene);
    let root = scene.workspace.root();
    git(&root, &["commit", "--quiet", "--message=one"]);
    git(&root, &["tag", "v0.0.9"]);
    git(&root, &["commit", "--quiet", "--allow-empty", "--message=two"]);
    scene.fake(call, &misbehaviour.act())
}

const OF_THE_TOOL: Cell = NotApplicable("the tool resolves the dependencies of both sides by itself");

const CELLS: &[(Fault, Cell)] = &[
    (
        ToolMissing,
        Case(How::Scene(|scene| published(scene).without("cargo-semver-checks")), Broken("unavailable")),
    ),
    (WrongVersion, Case(Tool(SEMVER, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(SEMVER, Contradicts(100)), Broken("garbage"))),
    (FailureWithCleanOutput, Case(Tool(SEMVER, Contradicts(101)), Broken("garbage"))),
    (Garbage, Case(Tool(SEMVER, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(SEMVER, SaysNothing), Broken("garbage"))),
    (
        Truncated,
        Case(How::Scene(|scene| says(scene, 0, without(CLEAN, "Finished").as_str())), Broken("garbage")),
    ),
    (
        Truncated,
        Case(How::Scene(|scene| says(scene, 0, without(CLEAN, "Summary").as_str())), Broken("garbage")),
    ),
    (
        Truncated,
        Case(How::Scene(|scene| says(scene, 0, without(CLEAN, "Checked").as_str())), Broken("garbage")),
    ),
    // it counts a failure that its standard output does not show
    (Truncated, Case(How::Scene(|scene| says(scene, 100, A_BREAK)), Broken("crashed"))),
    (KilledBySignal, Case(Tool(SEMVER, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(SEMVER, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(How::Scene(another_package), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::Scene(another_version), Broken("garbage"))),
    (
        FailureWithCleanOutput,
        Case(How::Scene(|scene| released(scene, TAGS, Contradicts(1))), Broken("crashed")),
    ),
    (Garbage, Case(How::Scene(|scene| released(scene, TAGS, Prints("?\n"))), Broken("garbage"))),
    (Truncated, Case(How::Scene(|scene| released(scene, TAGS, Keeps("half"))), Broken("garbage"))),
    (KilledBySignal, Case(How::Scene(|scene| released(scene, TAGS, IsKilled)), Broken("crashed"))),
    (WrongVersion, Case(How::Scene(|scene| released(scene, GREP, Contradicts(128))), Broken("crashed"))),
    (WrongVersion, Case(How::Scene(|scene| released(scene, GREP, RejectsArguments)), Broken("crashed"))),
    (KilledBySignal, Case(How::Scene(|scene| released(scene, GREP, IsKilled)), Broken("crashed"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(no_checks), Broken("garbage"))),
    (DiskFull, Case(Tool(SEMVER, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, NotApplicable("the tool writes there, and a build of it that fails is its exit code")),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, Case(How::Scene(|scene| says(scene, 101, NO_INDEX)), Broken("crashed"))),
    (LookUpImpossible, Case(How::Scene(|scene| sound(scene).args(&["--offline"])), Broken("unavailable"))),
    (LookUpImpossible, Case(How::Scene(|scene| says(scene, 0, NOT_IN_THE_REGISTRY)), Broken("garbage"))),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, OF_THE_TOOL),
    (LockOutOfStep, OF_THE_TOOL),
    PANIC,
];

fn without(text: &str, word: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.trim().starts_with(word)).collect()
}

fn another_package(scene: Scene) -> Scene {
    says(scene, 0, &CLEAN.replace("clean", "other"))
}

fn another_version(scene: Scene) -> Scene {
    says(scene, 0, &CLEAN.replace("-> v0.1.0", "-> v0.2.0"))
}

fn no_checks(scene: Scene) -> Scene {
    says(scene, 0, &CLEAN.replace("202 checks: 202 pass", "0 checks: 0 pass"))
}

#[test]
fn semver_never_passes_on_a_fault() {
    never_passes("semver");
}
