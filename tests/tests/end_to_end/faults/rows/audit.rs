//! The row of `audit`.

use crate::faults::prelude::*;

const GIT_LOG: Call = Call("git", &["log"]);
const GIT_CLONE: Call = Call("git", &["clone"]);

pub(in crate::faults) const ROW: Row = Row { gate: "audit", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("git"), Broken("unavailable"))),
    (WrongVersion, Case(Tool(GIT_LOG, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(GIT_LOG, Contradicts(1)), Broken("crashed"))),
    (Garbage, Case(Tool(GIT_LOG, Prints("?")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(GIT_LOG, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(GIT_LOG, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(How::Scene(half_an_advisory), Broken("garbage"))),
    (KilledBySignal, Case(Tool(GIT_LOG, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(GIT_LOG, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, NotApplicable("git answers for the folder that it is started in")),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(empty_database), Broken("unavailable"))),
    (DiskFull, Case(How::Scene(no_space_to_fetch), Broken("unavailable"))),
    (ReadOnlyTarget, Case(How::Scene(closed_cache), Broken("unavailable"))),
    (DatabaseMissing, Case(How::Scene(no_database_named), Broken("unavailable"))),
    (DatabaseMissing, Case(How::Scene(no_database_managed), Broken("unavailable"))),
    (DatabaseTooOld, Case(How::Scene(old_commit), Broken("unavailable"))),
    (DatabaseTooOld, Case(How::Scene(old_fetch), Broken("unavailable"))),
    (DatabaseTooOld, Case(How::Scene(old_fetch_for_ci), Broken("unavailable"))),
    (DatabaseTooOld, Case(How::Scene(no_age_for_ci), Broken("unavailable"))),
    (LookUpImpossible, Case(How::Scene(no_index), Warned("audit/yanked-unknown"))),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("garbage"))),
    (LockOutOfStep, NotApplicable("the lock file itself is audited; `manifest` tells of one out of step")),
    PANIC,
];

/// The lock file names a package of the registry, so that the database matters.
fn with_dependency(workspace: Workspace) -> Workspace {
    let package = "\n[[package]]\nname = \"severe\"\nversion = \"1.0.1\"\n\
                   source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    workspace.with_text_of("Cargo.lock", |text| format!("{text}{package}"))
}

fn half_an_advisory(scene: Scene) -> Scene {
    let path = "crates/severe/RUSTSEC-2026-0001.md";
    scene.change(with_dependency).database(Database::plain().cut(path))
}

fn empty_database(scene: Scene) -> Scene {
    let database = Database::plain();
    std::fs::remove_dir_all(database.folder().join("crates")).unwrap();
    std::fs::create_dir(database.folder().join("crates")).unwrap();
    scene.database(database)
}

/// No database is named, and the managed one would be fetched from the one of the scene.
fn managed(scene: Scene) -> Scene {
    let url = scene.database.argument();
    scene.config(&format!("[gates.audit]\nurl = '{url}'\n")).without_named_database()
}

fn no_space_to_fetch(scene: Scene) -> Scene {
    managed(scene).fake(GIT_CLONE, &FindsNoSpace(128).act())
}

fn closed_cache(scene: Scene) -> Scene {
    let file = scene.workspace.root().join("Cargo.toml/cache");
    managed(scene).env("XDG_CACHE_HOME", file.to_str())
}

fn no_database_named(scene: Scene) -> Scene {
    let database = Database::plain();
    std::fs::remove_dir_all(database.folder()).unwrap();
    scene.database(database)
}

fn no_database_managed(scene: Scene) -> Scene {
    managed(scene).args(&["--offline"])
}

fn old_commit(scene: Scene) -> Scene {
    scene.database(Database::committed(61).fetched(0))
}

fn old_fetch(scene: Scene) -> Scene {
    scene.database(Database::committed(1).fetched(31))
}

fn old_fetch_for_ci(scene: Scene) -> Scene {
    scene.database(Database::committed(1).fetched(8)).args(&["--stage", "ci"])
}

fn no_age_for_ci(scene: Scene) -> Scene {
    scene.database(Database::plain()).args(&["--stage", "ci"])
}

fn no_index(scene: Scene) -> Scene {
    let scene = scene.change(with_dependency);
    let home = scene.workspace.home();
    scene.env("CARGO_HOME", home.to_str())
}

#[test]
fn audit_never_passes_on_a_fault() {
    never_passes("audit");
}
