//! The row of `changelog`.

use crate::faults::prelude::*;
use crate::support::git;

const GIT_DIFF: Call = Call("git", &["diff"]);

pub(in crate::faults) const ROW: Row = Row { gate: "changelog", cells: CELLS };

const NO_BUILD: Cell = NotApplicable("it reads the changelog, and builds nothing");

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(How::Scene(another_git), Broken("crashed"))),
    (FailureWithCleanOutput, Case(How::Scene(a_diff_that_fails), Broken("crashed"))),
    (Garbage, Case(How::Scene(a_diff_of_garbage), Broken("garbage"))),
    (Garbage, Case(How::Scene(a_changelog_of_garbage), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(an_empty_changelog), Failed("changelog/no-entry"))),
    (Truncated, Case(How::Scene(half_a_changelog), Failed("changelog/empty-entry"))),
    (KilledBySignal, Case(How::Scene(a_killed_diff), Broken("crashed"))),
    (Hang, Case(How::Scene(an_endless_diff), Broken("timed-out"))),
    (OutputOfAnotherRun, NotApplicable("it reads the file that is there")),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(no_changelog), Failed("changelog/missing"))),
    (DiskFull, Case(How::Scene(no_space_for_git), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, NO_BUILD),
    (LockOutOfStep, NO_BUILD),
    PANIC,
];

/// Every change has to change the changelog, and there is a change of code.
fn with_a_change(scene: Scene) -> Scene {
    git(&scene.workspace.root(), &["commit", "--quiet", "--message=one"]);
    scene
        .change(|workspace| workspace.with_text_of("src/lib.rs", |text| format!("{text}\n// more\n")))
        .config("[gates.changelog]\nevery_change = true\ntimeout = \"5s\"\n")
}

fn another_git(scene: Scene) -> Scene {
    with_a_change(scene).fake(GIT_DIFF, &RejectsArguments.act())
}

fn a_diff_that_fails(scene: Scene) -> Scene {
    with_a_change(scene).fake(GIT_DIFF, &Contradicts(1).act())
}

fn a_diff_of_garbage(scene: Scene) -> Scene {
    with_a_change(scene).fake(GIT_DIFF, &Prints("?").act())
}

fn a_killed_diff(scene: Scene) -> Scene {
    with_a_change(scene).fake(GIT_DIFF, &IsKilled.act())
}

fn an_endless_diff(scene: Scene) -> Scene {
    with_a_change(scene).fake(GIT_DIFF, &Hangs.act())
}

fn no_space_for_git(scene: Scene) -> Scene {
    with_a_change(scene).fake(GIT_DIFF, &FindsNoSpace(128).act())
}

fn no_changelog(scene: Scene) -> Scene {
    scene.change(|workspace| workspace.without("CHANGELOG.md"))
}

fn an_empty_changelog(scene: Scene) -> Scene {
    scene.change(|workspace| workspace.with("CHANGELOG.md", ""))
}

fn a_changelog_of_garbage(scene: Scene) -> Scene {
    scene.change(|workspace| workspace.with("CHANGELOG.md", b"\xff\xfe".as_slice()))
}

fn half_a_changelog(scene: Scene) -> Scene {
    scene.change(|workspace| {
        workspace.with_text_of("CHANGELOG.md", |text| {
            text.replace("- A function", "").lines().take(3).collect::<Vec<_>>().join("\n")
        })
    })
}

#[test]
fn a_change_of_code_needs_a_change_of_the_changelog_where_that_is_asked_for() {
    let came = with_a_change(Scene::new()).run("changelog");
    assert_eq!(
        (came.status.as_str(), came.why.as_str()),
        ("failed", "changelog/not-changed"),
        "{}",
        came.all
    );
    let both = with_a_change(Scene::new())
        .change(|workspace| workspace.with_text_of("CHANGELOG.md", |text| format!("{text}- More.\n")));
    let came = both.run("changelog");
    assert_eq!(came.status, "passed", "{}", came.all);
}

#[test]
fn changelog_never_passes_on_a_fault() {
    never_passes("changelog");
}
