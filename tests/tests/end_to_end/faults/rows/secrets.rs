//! The row of `secrets`: the tools that find the files, and in a hook those that tell what changed.

use crate::faults::prelude::*;
use crate::support::{Act, git};

const FILE_LIST: Call = Call("git", &["ls-files"]);
const DIFF: Call = Call("git", &["diff"]);

pub(in crate::faults) const ROW: Row = Row { gate: "secrets", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (ToolMissing, Case(How::Scene(a_token_and_no_git), Broken("unavailable"))),
    (WrongVersion, Case(How::Scene(|scene| diff(scene, &RejectsArguments.act())), Broken("crashed"))),
    (FailureWithCleanOutput, Case(How::Scene(|scene| diff(scene, &Contradicts(1).act())), Broken("crashed"))),
    (Garbage, Case(How::Scene(|scene| diff(scene, &Prints("?").act())), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(|scene| diff(scene, &SaysNothing.act())), Failed("secrets/token"))),
    (Truncated, Case(How::Scene(|scene| diff(scene, &Keeps("half").act())), Broken("garbage"))),
    (Truncated, Case(Tool(FILE_LIST, Keeps("before: ib.rs")), Refused("git ls-files"))),
    (KilledBySignal, Case(How::Scene(|scene| diff(scene, &IsKilled.act())), Broken("crashed"))),
    (Hang, Case(How::Scene(|scene| diff(short(scene), &Hangs.act())), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(METADATA), Refused("another workspace"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, NotApplicable("it looks at every file of the tree, of which the root manifest is one")),
    (DiskFull, Case(How::Scene(|scene| diff(scene, &FindsNoSpace(128).act())), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, Case(How::Scene(|scene| objects(scene, &Keeps("half").act())), Broken("garbage"))),
    (RunCutShort, Case(How::Scene(|scene| objects(scene, &SaysNothing.act())), Broken("garbage"))),
    NO_TOOLCHAIN,
    (LockMissing, NotApplicable("the text of a file does not depend on the lock file")),
    (LockOutOfStep, NotApplicable("the text of a file does not depend on the lock file")),
    PANIC,
];

/// A token, in a file that is new since the only commit.
fn with_token(scene: Scene) -> Scene {
    git(&scene.workspace.root(), &["commit", "--quiet", "--message=one"]);
    let text = ["export GH=gh", "p_zQWBuTSOoRi4A9spHcVY5n", "cnsDkxkJ0mLq17\n"].concat();
    let scene = scene.change(|workspace| workspace.with("deploy.env", &text));
    git(&scene.workspace.root(), &["add", "deploy.env"]);
    scene
}

/// `git diff` does that, where there is something to find.
fn diff(scene: Scene, act: &Act) -> Scene {
    with_token(scene).fake(DIFF, act)
}

/// git's answer on the contents that were staged does that.
fn objects(scene: Scene, act: &Act) -> Scene {
    with_token(scene).fake(Call("git", &["cat-file"]), act)
}

fn short(scene: Scene) -> Scene {
    scene.config("[gates.secrets]\ntimeout = \"1s\"\n")
}

fn a_token_and_no_git(scene: Scene) -> Scene {
    with_token(scene).without("git")
}

/// A token that the last commit took out again, or that is staged and no longer on disk.
fn gone_from_disk(scene: Scene, committed: bool) -> Scene {
    let scene = with_token(scene);
    let root = scene.workspace.root();
    if committed {
        git(&root, &["branch", "main-copy"]);
        git(&root, &["commit", "--quiet", "--message=two"]);
        git(&root, &["rm", "--quiet", "deploy.env"]);
        git(&root, &["commit", "--quiet", "--message=three"]);
        return scene.args(&["--base", "main-copy"]);
    }
    std::fs::remove_file(root.join("deploy.env")).unwrap();
    scene
}

#[test]
fn a_token_that_is_staged_or_in_an_earlier_commit_of_the_change_is_found() {
    for committed in [false, true] {
        let came = gone_from_disk(Scene::new(), committed).run("secrets");
        assert_eq!((came.status.as_str(), came.why.as_str()), ("failed", "secrets/token"), "{}", came.all);
        assert!(came.all.contains("not in the file on disk"), "{}", came.all);
    }
}

/// Only Linux's file systems take every name.
#[cfg(target_os = "linux")]
#[test]
fn a_token_in_a_file_whose_name_is_not_utf8_is_found() {
    use std::os::unix::ffi::OsStrExt as _;
    let scene = with_token(Scene::new());
    let root = scene.workspace.root();
    let odd = root.join(std::ffi::OsStr::from_bytes(b"deploy\xff.env"));
    std::fs::rename(root.join("deploy.env"), odd).unwrap();
    git(&root, &["add", "--all"]);
    git(&root, &["commit", "--quiet", "--message=two"]);
    let came = scene.args(&["--stage", "ci"]).run("secrets");
    assert_eq!((came.status.as_str(), came.why.as_str()), ("failed", "secrets/token"), "{}", came.all);
}

#[test]
fn secrets_never_passes_on_a_fault() {
    never_passes("secrets");
}
