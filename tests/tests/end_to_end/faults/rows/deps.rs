//! The row of `deps`: every fault meets a change that brings a package, so that it matters.

use crate::faults::prelude::*;
use crate::support::{Vendored, depend_on, git};

const GRAPH: Call = Call("cargo", &["metadata", "--locked"]);
const SHOW: Call = Call("git", &["cat-file"]);
const REVISION: Call = Call("git", &["rev-parse"]);

pub(in crate::faults) const ROW: Row = Row { gate: "deps", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(GRAPH, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(GRAPH, Contradicts(101)), Broken("crashed"))),
    (Garbage, Case(Tool(GRAPH, Prints("{?")), Broken("garbage"))),
    (Garbage, Case(How::Scene(a_base_that_is_no_lock_file), Broken("garbage"))),
    (EmptyOutput, Case(Tool(GRAPH, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(GRAPH, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(How::Scene(half_an_advisory), Broken("garbage"))),
    (KilledBySignal, Case(Tool(GRAPH, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(GRAPH, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(GRAPH), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(empty_database), Broken("unavailable"))),
    (DiskFull, Case(Tool(GRAPH, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, Case(How::Scene(no_database), Broken("unavailable"))),
    (DatabaseTooOld, Case(How::Scene(old_commit), Broken("unavailable"))),
    (DatabaseTooOld, Case(How::Scene(old_fetch_for_ci), Broken("unavailable"))),
    (DatabaseTooOld, Case(How::Scene(no_age_for_ci), Broken("unavailable"))),
    (LookUpImpossible, Case(How::Scene(an_unknown_base), Broken("unavailable"))),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

/// A change that brings a package with an advisory.
fn with_news(workspace: Workspace) -> Workspace {
    git(&workspace.root(), &["commit", "--quiet", "--message=before"]);
    depend_on(workspace, &[Vendored::new("severe", "1.0.0")])
}

fn a_base_that_is_no_lock_file(scene: Scene) -> Scene {
    let spoiled = scene.change(|workspace| {
        let sound = std::fs::read(workspace.root().join("Cargo.lock")).unwrap();
        let workspace = workspace.with("Cargo.lock", "version = [\n");
        git(&workspace.root(), &["add", "--all"]);
        git(&workspace.root(), &["commit", "--quiet", "--message=before"]);
        workspace.with("Cargo.lock", sound)
    });
    spoiled.change(|workspace| depend_on(workspace, &[Vendored::new("severe", "1.0.0")]))
}

fn half_an_advisory(scene: Scene) -> Scene {
    let database = Database::plain().cut("crates/severe/RUSTSEC-2026-0001.md");
    scene.change(with_news).database(database)
}

fn empty_database(scene: Scene) -> Scene {
    let database = Database::plain();
    std::fs::remove_dir_all(database.folder().join("crates")).unwrap();
    std::fs::create_dir(database.folder().join("crates")).unwrap();
    scene.change(with_news).database(database)
}

fn no_database(scene: Scene) -> Scene {
    let database = Database::plain();
    std::fs::remove_dir_all(database.folder()).unwrap();
    scene.change(with_news).database(database)
}

fn old_commit(scene: Scene) -> Scene {
    scene.change(with_news).database(Database::committed(61).fetched(0))
}

fn old_fetch_for_ci(scene: Scene) -> Scene {
    scene.change(with_news).database(Database::committed(1).fetched(8)).args(&["--stage", "ci"])
}

fn no_age_for_ci(scene: Scene) -> Scene {
    scene.change(with_news).database(Database::plain()).args(&["--stage", "ci"])
}

fn an_unknown_base(scene: Scene) -> Scene {
    scene.change(with_news).args(&["--base", "no-such-revision"])
}

#[test]
fn deps_never_passes_on_a_fault() {
    never_passes("deps");
}

#[test]
fn a_base_that_git_cannot_show_leaves_no_verdict() {
    for call in [SHOW, REVISION] {
        for misbehaviour in [IsKilled, Contradicts(128)] {
            let came = Scene::new().change(with_news).fake(call, &misbehaviour.act()).run("deps");
            assert_ne!(came.status, "passed", "{}", came.all);
        }
    }
}
