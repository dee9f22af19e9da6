//! The row of `deny`: judged in this program, then by an installed cargo-deny.

use crate::faults::prelude::*;
use crate::support::Act;

const GRAPH: Call = Call("cargo", &["metadata", "--locked"]);
const CARGO_DENY: Call = Call("cargo-deny", &["check"]);

pub(in crate::faults) const ROW: Row = Row { gate: "deny", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (ToolMissing, Case(How::Scene(no_cargo_deny), Broken("unavailable"))),
    (WrongVersion, Case(Tool(GRAPH, RejectsArguments), Broken("crashed"))),
    (WrongVersion, Case(How::Scene(cargo_deny_of_another_version), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(GRAPH, Contradicts(101)), Broken("crashed"))),
    (FailureWithCleanOutput, Case(How::Scene(a_failure_that_finds_nothing), Broken("garbage"))),
    (FailureWithCleanOutput, Case(How::Scene(a_success_that_finds_something), Broken("garbage"))),
    (Garbage, Case(Tool(GRAPH, Prints("{?")), Broken("garbage"))),
    (Garbage, Case(How::Scene(garbage), Broken("garbage"))),
    (Garbage, Case(How::Scene(no_policy), Broken("garbage"))),
    (EmptyOutput, Case(Tool(GRAPH, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(silence), Broken("garbage"))),
    (Truncated, Case(Tool(GRAPH, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(How::Scene(no_summary), Broken("garbage"))),
    (Truncated, Case(How::Scene(a_check_left_out), Broken("garbage"))),
    (KilledBySignal, Case(Tool(GRAPH, IsKilled), Broken("crashed"))),
    (KilledBySignal, Case(How::Scene(a_killed_cargo_deny), Broken("crashed"))),
    (Hang, Case(Tool(GRAPH, Hangs), Broken("timed-out"))),
    (Hang, Case(How::Scene(a_cargo_deny_without_end), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(GRAPH), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::Scene(another_workspace), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(METADATA, Prints(NO_MEMBERS)), Refused("no member"))),
    (NoFilesMatched, Case(How::Scene(cargo_deny_without_a_policy), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(GRAPH, FindsNoSpace(101)), Broken("crashed"))),
    (DiskFull, Case(How::Scene(no_space_for_cargo_deny), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, Case(How::Scene(an_error_in_the_log), Broken("crashed"))),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

const POLICY: &str = "[licenses]\nallow = [\"MIT\"]\n";

/// An installed cargo-deny judges, and does that.
fn cargo_deny(scene: Scene, act: &Act) -> Scene {
    let scene = scene.change(|workspace| workspace.with("deny.toml", POLICY));
    scene.config("[gates.deny]\nengine = \"cargo-deny\"\n").fake(CARGO_DENY, act)
}

fn says(scene: Scene, code: u8, stderr: &str) -> Scene {
    cargo_deny(scene, &Act::fail(code, stderr))
}

fn summary(errors: u32) -> String {
    format!(
        "{{\"type\":\"summary\",\"fields\":{{\"bans\":{{\"errors\":0}},\"licenses\":{{\"errors\":{errors}}},\
         \"sources\":{{\"errors\":0}}}}}}\n"
    )
}

fn rejected(package: &str) -> String {
    format!(
        "{{\"type\":\"diagnostic\",\"fields\":{{\"code\":\"rejected\",\"severity\":\"error\",\"message\":\"no\",\
         \"graphs\":[{{\"Krate\":{{\"name\":\"{package}\",\"version\":\"0.1.0\"}}}}]}}}}\n"
    )
}

fn no_cargo_deny(scene: Scene) -> Scene {
    let scene = scene.change(|workspace| workspace.with("deny.toml", POLICY));
    scene.config("[gates.deny]\nengine = \"cargo-deny\"\n").without("cargo-deny")
}

fn cargo_deny_of_another_version(scene: Scene) -> Scene {
    says(scene, 2, "error: unexpected argument '--format' found\n")
}

fn a_failure_that_finds_nothing(scene: Scene) -> Scene {
    says(scene, 4, &summary(0))
}

fn a_success_that_finds_something(scene: Scene) -> Scene {
    says(scene, 0, &format!("{}{}", rejected("fixture-clean"), summary(1)))
}

fn garbage(scene: Scene) -> Scene {
    says(scene, 0, "{?\n")
}

fn no_policy(scene: Scene) -> Scene {
    scene.change(|workspace| workspace.with("deny.toml", "[licenses\n"))
}

fn silence(scene: Scene) -> Scene {
    says(scene, 0, "")
}

fn no_summary(scene: Scene) -> Scene {
    says(scene, 0, &rejected("fixture-clean"))
}

fn a_check_left_out(scene: Scene) -> Scene {
    says(scene, 0, "{\"type\":\"summary\",\"fields\":{\"bans\":{\"errors\":0}}}\n")
}

fn a_killed_cargo_deny(scene: Scene) -> Scene {
    cargo_deny(scene, &Act::Kill)
}

fn a_cargo_deny_without_end(scene: Scene) -> Scene {
    let scene = cargo_deny(scene, &Act::Hang);
    scene.config("[gates.deny]\nengine = \"cargo-deny\"\ntimeout = \"1s\"\n")
}

fn another_workspace(scene: Scene) -> Scene {
    says(scene, 4, &format!("{}{}", rejected("somebody-elses"), summary(1)))
}

fn cargo_deny_without_a_policy(scene: Scene) -> Scene {
    scene.config("[gates.deny]\nengine = \"cargo-deny\"\n").fake(CARGO_DENY, &Act::fail(0, &summary(0)))
}

fn no_space_for_cargo_deny(scene: Scene) -> Scene {
    says(scene, 1, "error: failed to write `x`\n\nCaused by:\n  No space left on device (os error 28)\n")
}

fn an_error_in_the_log(scene: Scene) -> Scene {
    let log =
        "{\"type\":\"log\",\"fields\":{\"level\":\"ERROR\",\"message\":\"failed to open the index\"}}\n";
    says(scene, 0, &format!("{log}{}", summary(0)))
}

#[test]
fn deny_never_passes_on_a_fault() {
    never_passes("deny");
}

#[test]
fn a_sound_answer_of_cargo_deny_is_believed() {
    let came = says(Scene::new(), 0, &summary(0)).run("deny");
    assert_eq!(came.status, "passed", "{}", came.all);
    let came = says(Scene::new(), 4, &format!("{}{}", rejected(&member()), summary(1))).run("deny");
    assert_eq!((came.status.as_str(), came.why.as_str()), ("failed", "deny/license"), "{}", came.all);
}

fn member() -> String {
    let manifest = std::fs::read_to_string(Scene::new().workspace.root().join("Cargo.toml")).unwrap();
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
    name.trim_matches('"').to_owned()
}
