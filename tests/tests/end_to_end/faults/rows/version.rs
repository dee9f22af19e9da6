//! The row of `version`.

use crate::faults::prelude::*;
use crate::support::git;

const GIT_LOG: Call = Call("git", &["log"]);
const CAT_FILE: Call = Call("git", &["cat-file"]);

pub(in crate::faults) const ROW: Row = Row { gate: "version", cells: CELLS };

const NO_BUILD: Cell = NotApplicable("it reads manifests and tags, and builds nothing");

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("git"), Broken("unavailable"))),
    (WrongVersion, Case(Tool(GIT_LOG, RejectsArguments), Broken("crashed"))),
    (WrongVersion, Case(Tool(CAT_FILE, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(How::Scene(a_log_that_fails), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CAT_FILE, Contradicts(1)), Broken("crashed"))),
    (Garbage, Case(Tool(GIT_LOG, Prints("?")), Broken("garbage"))),
    (Garbage, Case(Tool(CAT_FILE, Prints("?")), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(a_silent_log), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CAT_FILE, SaysNothing), Broken("garbage"))),
    (Truncated, Case(How::Scene(half_a_log), Broken("garbage"))),
    (Truncated, Case(Tool(CAT_FILE, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CAT_FILE, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(GIT_LOG, IsKilled), Broken("crashed"))),
    (KilledBySignal, Case(Tool(CAT_FILE, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(GIT_LOG, Hangs), Broken("timed-out"))),
    (Hang, Case(Tool(CAT_FILE, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(How::Scene(the_log_of_another_commit), Broken("garbage"))),
    (WrongVersion, Case(How::Scene(|scene| not_tagged(scene, RejectsArguments)), Broken("crashed"))),
    (FailureWithCleanOutput, Case(How::Scene(|scene| not_tagged(scene, Contradicts(1))), Broken("crashed"))),
    (EmptyOutput, Case(How::Scene(|scene| not_tagged(scene, SaysNothing)), Broken("crashed"))),
    (LookUpImpossible, Case(How::Scene(|scene| not_tagged(scene, Prints("true\n"))), Broken("unavailable"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(METADATA, Prints("{}")), Refused("cannot be read"))),
    (DiskFull, Case(Tool(CAT_FILE, FindsNoSpace(128)), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, NO_BUILD),
    (LockOutOfStep, NO_BUILD),
    PANIC,
];

/// There is a commit with a tag.
fn released(scene: Scene) -> Scene {
    git(&scene.workspace.root(), &["commit", "--quiet", "--message=one"]);
    git(&scene.workspace.root(), &["tag", "v0.1.0"]);
    scene
}

/// There is a commit without a tag, and git misbehaves when it is asked whether it has all of them.
fn not_tagged(scene: Scene, misbehaviour: Misbehaviour) -> Scene {
    git(&scene.workspace.root(), &["commit", "--quiet", "--message=one"]);
    scene.fake(Call("git", &["--is-shallow-repository"]), &misbehaviour.act())
}

fn a_log_that_fails(scene: Scene) -> Scene {
    released(scene).fake(GIT_LOG, &Contradicts(1).act())
}

fn a_silent_log(scene: Scene) -> Scene {
    released(scene).fake(GIT_LOG, &SaysNothing.act())
}

fn half_a_log(scene: Scene) -> Scene {
    released(scene).fake(GIT_LOG, &Keeps("half").act())
}

fn the_log_of_another_commit(scene: Scene) -> Scene {
    let line = concat!("0123456789012345678901234567890123456789", "\0tag: refs/tags/v0.1.0\0\n");
    released(scene).fake(GIT_LOG, &Prints(line).act())
}

#[test]
fn version_never_passes_on_a_fault() {
    never_passes("version");
}
