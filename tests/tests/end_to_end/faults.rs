//! The fault table: each gate with each fault, how the fault is provoked, and what must come of it.
//! That is never `passed`: a gate that could not judge says so.

mod scene;

use std::collections::BTreeSet;

use cargo_gate::gates::GATES;

use self::scene::Misbehaviour::{
    Contradicts, ContradictsJoined, FindsNoSpace, Hangs, IsKilled, Keeps, KeepsJoined, Prints,
    RejectsArguments, SaysNothing,
};
use self::scene::{Call, Misbehaviour, Scene};
use super::support::{Act, Database, Fakes, Workspace, find_program, git, has_nextest};

/// What can go wrong around a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    ToolMissing,
    WrongVersion,
    FailureWithCleanOutput,
    Garbage,
    EmptyOutput,
    Truncated,
    KilledBySignal,
    Hang,
    OutputOfAnotherRun,
    NoTestsRan,
    NoFilesMatched,
    DiskFull,
    ReadOnlyTarget,
    DatabaseMissing,
    DatabaseTooOld,
    LookUpImpossible,
    RunCutShort,
    ToolchainMissing,
    LockMissing,
    LockOutOfStep,
    OwnPanic,
}

use Fault::{
    DatabaseMissing, DatabaseTooOld, DiskFull, EmptyOutput, FailureWithCleanOutput, Garbage, Hang,
    KilledBySignal, LockMissing, LockOutOfStep, LookUpImpossible, NoFilesMatched, NoTestsRan,
    OutputOfAnotherRun, OwnPanic, ReadOnlyTarget, RunCutShort, ToolMissing, ToolchainMissing, Truncated,
    WrongVersion,
};

const FAULTS: [Fault; 21] = [
    ToolMissing,
    WrongVersion,
    FailureWithCleanOutput,
    Garbage,
    EmptyOutput,
    Truncated,
    KilledBySignal,
    Hang,
    OutputOfAnotherRun,
    NoTestsRan,
    NoFilesMatched,
    DiskFull,
    ReadOnlyTarget,
    DatabaseMissing,
    DatabaseTooOld,
    LookUpImpossible,
    RunCutShort,
    ToolchainMissing,
    LockMissing,
    LockOutOfStep,
    OwnPanic,
];

/// A cell of the table; a fault may have several for one gate.
#[derive(Clone, Copy)]
enum Cell {
    /// The fault, and what must come of it.
    Case(How, Expected),
    /// The fault cannot happen to the gate, for that reason.
    NotApplicable(&'static str),
}

/// How a fault is provoked.
#[derive(Clone, Copy)]
enum How {
    /// A tool misbehaves.
    Tool(Call, Misbehaviour),
    /// A tool is not installed.
    Missing(&'static str),
    /// A tool answers for another workspace.
    Foreign(Call),
    /// Anything else.
    Scene(fn(Scene) -> Scene),
}

/// What must come of a fault.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// The gate is broken, with that cause.
    Broken(&'static str),
    /// The gate failed, with a finding of that rule.
    Failed(&'static str),
    /// The gate warned, with a finding of that rule.
    Warned(&'static str),
    /// The run ends without a report; the message says so.
    Refused(&'static str),
}

use Cell::{Case, NotApplicable};
use Expected::{Broken, Failed, Refused, Warned};
use How::{Foreign, Missing, Tool};

/// A gate's row.
struct Row {
    gate: &'static str,
    cells: &'static [(Fault, Cell)],
}

const TABLE: &[Row] = &[
    Row { gate: "fmt", cells: FMT },
    Row { gate: "manifest", cells: MANIFEST },
    Row { gate: "paths", cells: SOURCES_ONLY },
    Row { gate: "panics", cells: SOURCES_ONLY },
    Row { gate: "todo", cells: SOURCES_ONLY },
    Row { gate: "check", cells: CHECK },
    Row { gate: "clippy", cells: CLIPPY },
    Row { gate: "test", cells: TEST },
    Row { gate: "doctest", cells: DOCTEST },
    Row { gate: "audit", cells: AUDIT },
];

const RUSTFMT: Call = Call("rustfmt", &[]);
const RUSTFMT_ON_TREES: Call = Call("rustfmt", &["--check"]);
const METADATA: Call = Call("cargo", &["metadata", "--no-deps"]);
const LOCKED_METADATA: Call = Call("cargo", &["metadata", "--locked"]);
const FILE_LIST: Call = Call("git", &["ls-files"]);
const CARGO_CHECK: Call = Call("cargo", &["check"]);
const CARGO_CLIPPY: Call = Call("cargo", &["clippy"]);
const NEXTEST: Call = Call("cargo-nextest", &["nextest", "run"]);
const CARGO_TEST: Call = Call("cargo", &["test", "--tests"]);
const CARGO_TEST_DOC: Call = Call("cargo", &["test", "--doc"]);
const GIT_LOG: Call = Call("git", &["log"]);
const GIT_CLONE: Call = Call("git", &["clone"]);

const NO_DATABASE: Cell = NotApplicable("it reads no database");
const NO_TESTS: Cell = NotApplicable("it runs no tests");
const NO_WRITING: Cell = NotApplicable("it has nothing written");
const NO_TOOLCHAIN: (Fault, Cell) =
    (ToolchainMissing, Case(How::Scene(unknown_toolchain), Refused("toolchain")));
const PANIC: (Fault, Cell) = (
    OwnPanic,
    NotApplicable("no input is known to provoke one; the unit tests of the scheduler make a gate panic"),
);

const FMT: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("rustfmt"), Broken("unavailable"))),
    (WrongVersion, Case(Tool(RUSTFMT, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(RUSTFMT, Contradicts(1)), Broken("crashed"))),
    (Garbage, Case(Tool(RUSTFMT, Prints("\u{1}?\n")), Failed("fmt/unformatted"))),
    (EmptyOutput, Case(Tool(RUSTFMT, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(RUSTFMT, Keeps("half")), Failed("fmt/unformatted"))),
    (Truncated, Case(How::Scene(half_a_check), Failed("fmt/unformatted"))),
    (KilledBySignal, Case(Tool(RUSTFMT, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(RUSTFMT, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, NotApplicable("rustfmt is given the source itself, and answers for it")),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(no_source_for_any_gate), Broken("nothing-ran"))),
    (NoFilesMatched, Case(How::Scene(no_source_for_this_gate), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(RUSTFMT, FindsNoSpace(1)), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, NotApplicable("the form of a source does not depend on the lock file")),
    (LockOutOfStep, NotApplicable("the form of a source does not depend on the lock file")),
    PANIC,
];

const MANIFEST: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(LOCKED_METADATA, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(LOCKED_METADATA, Contradicts(101)), Broken("crashed"))),
    (Garbage, Case(Tool(LOCKED_METADATA, Prints("{?")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(LOCKED_METADATA, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(LOCKED_METADATA, Keeps("half")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(LOCKED_METADATA, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(LOCKED_METADATA, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(LOCKED_METADATA), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(METADATA, Prints(NO_MEMBERS)), Refused("no member"))),
    (DiskFull, Case(Tool(LOCKED_METADATA, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Failed("manifest/lock-missing"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Failed("manifest/lock-out-of-step"))),
    PANIC,
];

/// Gates that read sources only call no tool themselves: theirs are the tools that find the sources.
const SOURCES_ONLY: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(METADATA, RejectsArguments), Refused("unexpected argument"))),
    (FailureWithCleanOutput, Case(Tool(METADATA, Contradicts(101)), Refused("cargo gave no reason"))),
    (Garbage, Case(Tool(METADATA, Prints("{?")), Refused("cannot be read"))),
    (EmptyOutput, Case(Tool(METADATA, SaysNothing), Refused("cannot be read"))),
    (Truncated, Case(Tool(METADATA, Keeps("half")), Refused("cannot be read"))),
    (Truncated, Case(Tool(FILE_LIST, Keeps("before: ib.rs")), Refused("git ls-files"))),
    (KilledBySignal, Case(Tool(METADATA, IsKilled), Refused("signal"))),
    (
        Hang,
        NotApplicable("the limit for questions about the workspace is fixed: a minute, too long for a test"),
    ),
    (OutputOfAnotherRun, Case(Foreign(METADATA), Refused("another workspace"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(no_source_for_any_gate), Broken("nothing-ran"))),
    (NoFilesMatched, Case(How::Scene(no_source_for_this_gate), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(METADATA, FindsNoSpace(101)), Refused("No space left on device"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, NotApplicable("the text of a source does not depend on the lock file")),
    (LockOutOfStep, NotApplicable("the text of a source does not depend on the lock file")),
    PANIC,
];

const CHECK: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(CARGO_CHECK, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_CHECK, Contradicts(101)), Broken("garbage"))),
    (Garbage, Case(Tool(CARGO_CHECK, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CARGO_CHECK, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_CHECK, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_CHECK, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(CARGO_CHECK, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(CARGO_CHECK, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_CHECK), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(CARGO_CHECK, Prints(NOTHING_BUILT)), Broken("garbage"))),
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

const CLIPPY: &[(Fault, Cell)] = &[
    (ToolMissing, Case(How::Scene(no_clippy_of_cargo), Broken("unavailable"))),
    (ToolMissing, Case(How::Scene(no_clippy_of_rustup), Broken("unavailable"))),
    (WrongVersion, Case(Tool(CARGO_CLIPPY, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_CLIPPY, Contradicts(101)), Broken("garbage"))),
    (Garbage, Case(Tool(CARGO_CLIPPY, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CARGO_CLIPPY, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_CLIPPY, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_CLIPPY, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(CARGO_CLIPPY, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(CARGO_CLIPPY, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_CLIPPY), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(CARGO_CLIPPY, Prints(NOTHING_BUILT)), Broken("garbage"))),
    (DiskFull, Case(Tool(CARGO_CLIPPY, FindsNoSpace(101)), Broken("crashed"))),
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

/// Twice where it matters who runs the tests: nextest, then `cargo test`.
const TEST: &[(Fault, Cell)] = &[
    (ToolMissing, Case(How::Scene(no_nextest), Broken("unavailable"))),
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(NEXTEST, RejectsArguments), Broken("crashed"))),
    (WrongVersion, Case(Tool(CARGO_TEST, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(NEXTEST, Contradicts(100)), Broken("garbage"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_TEST, ContradictsJoined(101)), Broken("garbage"))),
    (Garbage, Case(Tool(NEXTEST, Prints("{?\n")), Broken("garbage"))),
    (Garbage, Case(Tool(CARGO_TEST, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(NEXTEST, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CARGO_TEST, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(NEXTEST, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_TEST, KeepsJoined("before: test result")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(NEXTEST, IsKilled), Broken("crashed"))),
    (KilledBySignal, Case(Tool(CARGO_TEST, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(NEXTEST, Hangs), Broken("timed-out"))),
    (Hang, Case(Tool(CARGO_TEST, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(NEXTEST), Broken("garbage"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_TEST), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::Scene(nextest_of_an_earlier_state), Broken("garbage"))),
    (OutputOfAnotherRun, Case(How::Scene(cargo_test_of_an_earlier_state), Broken("garbage"))),
    (NoTestsRan, Case(How::Scene(no_tests_for_nextest), Broken("nothing-ran"))),
    (NoTestsRan, Case(How::Scene(no_tests_for_cargo), Broken("nothing-ran"))),
    (NoTestsRan, Case(How::Scene(a_runner_that_swallows_the_output), Broken("garbage"))),
    (NoFilesMatched, NotApplicable("it counts tests, not files")),
    (DiskFull, Case(Tool(NEXTEST, FindsNoSpace(101)), Broken("crashed"))),
    (DiskFull, Case(Tool(CARGO_TEST, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_target), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, Case(Tool(NEXTEST, Keeps("but-last-line")), Broken("garbage"))),
    (RunCutShort, Case(Tool(CARGO_TEST, KeepsJoined("before:      Running")), Broken("garbage"))),
    (RunCutShort, Case(How::Scene(a_test_that_ends_the_program), Broken("garbage"))),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

const DOCTEST: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (WrongVersion, Case(Tool(CARGO_TEST_DOC, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_TEST_DOC, ContradictsJoined(101)), Broken("garbage"))),
    (Garbage, Case(Tool(CARGO_TEST_DOC, Prints("{?\n")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(CARGO_TEST_DOC, SaysNothing), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_TEST_DOC, KeepsJoined("before: test result")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_TEST_DOC, KeepsJoined("before: running 1")), Broken("nothing-ran"))),
    (KilledBySignal, Case(Tool(CARGO_TEST_DOC, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(CARGO_TEST_DOC, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_TEST_DOC), Broken("garbage"))),
    (NoTestsRan, Case(Tool(CARGO_TEST_DOC, Prints(NO_EXAMPLES_RAN)), Broken("nothing-ran"))),
    (NoTestsRan, Case(How::Scene(no_examples_of_a_program), Broken("nothing-ran"))),
    (NoFilesMatched, NotApplicable("it counts examples, not files")),
    (DiskFull, Case(Tool(CARGO_TEST_DOC, FindsNoSpace(101)), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(closed_target), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (RunCutShort, Case(Tool(CARGO_TEST_DOC, KeepsJoined("before:    Doc-tests")), Broken("garbage"))),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(no_lock), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(old_lock), Broken("crashed"))),
    PANIC,
];

const AUDIT: &[(Fault, Cell)] = &[
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

/// What `cargo metadata` would say of a workspace without members.
const NO_MEMBERS: &str = r#"{"packages":[],"workspace_members":[],"workspace_default_members":[],"resolve":null,
    "target_directory":"/ws/target","version":1,"workspace_root":"/ws","metadata":null}"#;

/// What cargo says where there was nothing to build.
const NOTHING_BUILT: &str = "{\"reason\":\"build-finished\",\"success\":true}\n";

/// What `cargo test --doc` says where a library has no examples.
const NO_EXAMPLES_RAN: &str = "   Doc-tests clean\n\nrunning 0 tests\n\n\
     test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n";

/// A file is not formatted, and rustfmt's answer on the whole tree ends before it says so.
fn half_a_check(scene: Scene) -> Scene {
    let scene =
        scene.change(|workspace| workspace.with_text_of("src/lib.rs", |text| text.replace(" {", "{")));
    scene.fake(RUSTFMT_ON_TREES, &Keeps("before: Diff in").act())
}

fn no_source_for_any_gate(scene: Scene) -> Scene {
    scene.config("exclude = [\"**\"]\n")
}

fn no_source_for_this_gate(scene: Scene) -> Scene {
    let tables =
        ["fmt", "paths", "panics", "todo"].map(|gate| format!("[gates.{gate}]\nexclude = [\"**\"]\n"));
    scene.config(&tables.concat())
}

fn unknown_toolchain(scene: Scene) -> Scene {
    let file = "[toolchain]\nchannel = \"1.2.3\"\n";
    scene.change(|workspace| workspace.with("rust-toolchain.toml", file)).env("RUSTUP_TOOLCHAIN", None)
}

fn no_lock(scene: Scene) -> Scene {
    scene.change(|workspace| workspace.without("Cargo.lock"))
}

fn old_lock(scene: Scene) -> Scene {
    scene.change(|workspace| {
        let member = "[package]\nname = \"newcomer\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        workspace
            .with("newcomer/Cargo.toml", member)
            .with("newcomer/src/lib.rs", "//! New here.\n")
            .with_text_of("Cargo.toml", |text| text.replace("[\"cli\"]", "[\"cli\", \"newcomer\"]"))
    })
}

/// A target folder that nobody can write to, root included: there is a file in its place.
fn closed_target(scene: Scene) -> Scene {
    let file = scene.workspace.root().join("Cargo.toml/target");
    scene.env("CARGO_TARGET_DIR", file.to_str())
}

fn no_clippy_of_cargo(scene: Scene) -> Scene {
    let message =
        "error: no such command: `clippy`\n\nhelp: view all installed commands with `cargo --list`\n";
    scene.fake_failure(CARGO_CLIPPY, 101, message)
}

fn no_clippy_of_rustup(scene: Scene) -> Scene {
    let message = "error: 'cargo-clippy' is not installed for the toolchain '1.95.0-x86_64-unknown-linux-gnu'.\n\
                   To install, run `rustup component add clippy`\n";
    scene.fake_failure(CARGO_CLIPPY, 1, message)
}

fn no_nextest(scene: Scene) -> Scene {
    scene.without("cargo-nextest").config("[gates.test]\nrunner = \"nextest\"\n")
}

fn no_tests(workspace: Workspace) -> Workspace {
    workspace
        .without("tests/sum.rs")
        .with_text_of("src/lib.rs", |text| text.replace("#[test]", "#[cfg(any())]"))
}

fn no_tests_for_nextest(scene: Scene) -> Scene {
    scene.change(no_tests).config("[gates.test]\nrunner = \"nextest\"\n")
}

fn no_tests_for_cargo(scene: Scene) -> Scene {
    scene.change(no_tests).config("[gates.test]\nrunner = \"cargo\"\n")
}

/// What runs the test programs ends well without running them.
fn a_runner_that_swallows_the_output(scene: Scene) -> Scene {
    let runner = "[target.'cfg(all())']\nrunner = \"true\"\n";
    scene
        .change(|workspace| workspace.with(".cargo/config.toml", runner))
        .config("[gates.test]\nrunner = \"cargo\"\n")
}

/// The tests as they were before one of their programs was written.
fn earlier_state() -> Workspace {
    Workspace::of("clean").without("tests/sum.rs")
}

fn nextest_of_an_earlier_state(scene: Scene) -> Scene {
    scene.answered_in(earlier_state(), NEXTEST)
}

fn cargo_test_of_an_earlier_state(scene: Scene) -> Scene {
    runner_of(scene, CARGO_TEST).answered_in(earlier_state(), CARGO_TEST)
}

/// A test ends its program with success, so that those after it never run. (nextest gives each test a
/// program of its own, and takes such a test for one that passed.)
fn a_test_that_ends_the_program(scene: Scene) -> Scene {
    let text = "//! A test that ends too much.\n\n#[test]\nfn ends() {\n    std::process::exit(0);\n}\n";
    scene
        .change(|workspace| workspace.with("tests/ends.rs", text))
        .config("[gates.test]\nrunner = \"cargo\"\n")
}

/// The library's own package has a program too, as most packages of programs do.
fn no_examples_of_a_program(scene: Scene) -> Scene {
    let program = "//! A program.\n\nfn main() {}\n";
    let scene = scene.change(|workspace| workspace.with("src/main.rs", program));
    scene.fake(CARGO_TEST_DOC, &Prints(NO_EXAMPLES_RAN).act())
}

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

/// Whether the fault is one of nextest's.
fn needs_nextest(how: How) -> bool {
    match how {
        Tool(call, _) | Foreign(call) => call.0 == NEXTEST.0,
        Missing(_) => false,
        How::Scene(scene) => {
            let nextests: [fn(Scene) -> Scene; 2] = [nextest_of_an_earlier_state, no_tests_for_nextest];
            nextests.iter().any(|nextest| std::ptr::fn_addr_eq(*nextest, scene))
        }
    }
}

/// What is wrong with what came of a fault, if anything.
fn complaint(gate: &str, fault: Fault, how: How, expected: Expected) -> Option<String> {
    // without rustup nobody reads rust-toolchain.toml: there is nothing to see on such a machine
    if fault == ToolchainMissing && find_program("rustup").is_none() {
        return None;
    }
    if needs_nextest(how) && !has_nextest() {
        return None;
    }
    let scene = match how {
        Tool(call, misbehaviour) => tool(gate, call, misbehaviour),
        Missing(tool) => Scene::new().without(tool),
        Foreign(call) => runner_of(Scene::new(), call).foreign(call),
        How::Scene(provoke) => provoke(Scene::new()),
    };
    let came = scene.run(gate);
    let sound = match expected {
        Broken(cause) => came.status == "broken" && came.why == cause,
        Failed(rule) => came.status == "failed" && came.why == rule,
        Warned(rule) => came.status == "warned" && came.why == rule,
        Refused(message) => came.status == "no verdict" && came.why.contains(message),
    };
    (!sound).then(|| format!("{gate}, {fault:?}: expected {expected:?}, and there came {}", came.all))
}

fn tool(gate: &str, call: Call, misbehaviour: Misbehaviour) -> Scene {
    let scene = runner_of(Scene::new(), call).fake(call, &misbehaviour.act());
    if matches!(misbehaviour, Hangs) {
        let runner = if call.0 == "cargo" && gate == "test" { "runner = \"cargo\"\n" } else { "" };
        return scene.config(&format!("[gates.{gate}]\ntimeout = \"1s\"\n{runner}"));
    }
    scene
}

/// The gate `test` runs `cargo test` only where it is told to.
fn runner_of(scene: Scene, call: Call) -> Scene {
    if call.1 == CARGO_TEST.1 { scene.config("[gates.test]\nrunner = \"cargo\"\n") } else { scene }
}

fn never_passes(gate: &str) {
    let row = TABLE.iter().find(|row| row.gate == gate).unwrap();
    let complaints: Vec<String> = row
        .cells
        .iter()
        .filter_map(|(fault, cell)| match cell {
            Case(how, expected) => complaint(gate, *fault, *how, *expected),
            NotApplicable(_) => None,
        })
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_gate_has_a_row_with_every_fault() {
    let registered: BTreeSet<&str> = GATES.iter().map(|gate| gate.info().id).collect();
    let rows: BTreeSet<&str> = TABLE.iter().map(|row| row.gate).collect();
    assert_eq!(rows, registered);
    for row in TABLE {
        let missing: Vec<&Fault> =
            FAULTS.iter().filter(|fault| !row.cells.iter().any(|(one, _)| one == *fault)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", row.gate);
        let unexplained = |cell: &Cell| matches!(cell, NotApplicable(why) if why.is_empty());
        assert!(!row.cells.iter().any(|(_, cell)| unexplained(cell)), "{}", row.gate);
    }
}

#[test]
fn a_gate_whose_tools_are_sound_passes_so_that_the_faults_alone_are_seen() {
    for row in TABLE {
        let came = Scene::new().run(row.gate);
        assert_eq!(came.status, "passed", "{}: {}", row.gate, came.all);
    }
}

#[test]
fn the_sources_are_found_without_git_as_well() {
    let workspace = Workspace::of("todo");
    for act in [Act::Kill, Act::silent(128)] {
        let fakes = Fakes::new().on("git", &[], &act);
        let report = workspace.bulletproof(&["--gate", "todo"]).fakes(&fakes).report();
        assert_eq!(report["gates"][0]["findings"].as_array().unwrap().len(), 4, "{report:#}");
    }
    let report = workspace.bulletproof(&["--gate", "todo"]).fakes(&Fakes::new().without("git")).report();
    assert_eq!(report["gates"][0]["findings"].as_array().unwrap().len(), 4, "{report:#}");
}

#[test]
fn members_in_a_repository_of_their_own_are_judged() {
    let workspace = Workspace::of("clean")
        .with("cli/src/main.rs", "//! A program. XXX\n\nmod inner;\n\nfn main() {}\n")
        .with("cli/src/inner.rs", "//! A module. XXX\n");
    let found = || {
        let report = workspace.bulletproof(&["--gate", "todo"]).report();
        report["gates"][0]["findings"].as_array().unwrap().len()
    };
    assert_eq!(found(), 2);
    git(&workspace.root(), &["rm", "-r", "--cached", "--force", "--quiet", "cli"]);
    git(&workspace.root().join("cli"), &["init", "--quiet"]);
    git(&workspace.root().join("cli"), &["add", "--all"]);
    git(&workspace.root().join("cli"), &["commit", "--quiet", "--message=one"]);
    assert_eq!(found(), 2, "a nested repository");
    git(&workspace.root(), &["-c", "advice.addEmbeddedRepo=false", "add", "--all"]);
    assert_eq!(found(), 2, "a submodule");
}

#[test]
fn a_source_that_git_ignores_and_cargo_compiles_is_judged() {
    let workspace = Workspace::of("clean")
        .with(".gitignore", "inner.rs\nbeside.rs\ntarget/\n")
        .with("cli/src/main.rs", "//! A program.\n\nmod inner;\n\nfn main() {}\n")
        .with("cli/src/inner.rs", "//! A module. XXX\n")
        .with("cli/src/beside.rs", "//! No `mod` names this file. XXX\n");
    let report = workspace.bulletproof(&["--gate", "todo"]).report();
    let findings = report["gates"][0]["findings"].as_array().unwrap();
    let files: Vec<&str> = findings.iter().filter_map(|finding| finding["file"].as_str()).collect();
    assert_eq!(files, ["cli/src/inner.rs"], "{report:#}");
}

#[test]
fn flags_that_switch_clippy_off_leave_no_verdict() {
    for flags in ["--cap-lints=allow", "--cap-lints allow"] {
        let came = Scene::new().env("RUSTFLAGS", Some(flags)).run("clippy");
        assert_eq!((came.status.as_str(), came.why.as_str()), ("broken", "garbage"), "{}", came.all);
    }
}

#[test]
fn a_list_of_files_that_lacks_the_manifest_is_not_believed() {
    let workspace = Workspace::of("todo").with("src/inner.rs", "//! A module. XXX\n");
    for act in [Act::silent(0), Act::Exit(0, "README.md\0".to_owned(), String::new())] {
        let fakes = Fakes::new().on("git", &["ls-files"], &act);
        let report = workspace.bulletproof(&["--gate", "todo"]).fakes(&fakes).report();
        assert_eq!(report["gates"][0]["findings"].as_array().unwrap().len(), 5, "{report:#}");
    }
}

#[test]
fn fmt_never_passes_on_a_fault() {
    never_passes("fmt");
}

#[test]
fn manifest_never_passes_on_a_fault() {
    never_passes("manifest");
}

#[test]
fn paths_never_passes_on_a_fault() {
    never_passes("paths");
}

#[test]
fn panics_never_passes_on_a_fault() {
    never_passes("panics");
}

#[test]
fn todo_never_passes_on_a_fault() {
    never_passes("todo");
}

#[test]
fn check_never_passes_on_a_fault() {
    never_passes("check");
}

#[test]
fn clippy_never_passes_on_a_fault() {
    never_passes("clippy");
}

#[test]
fn test_never_passes_on_a_fault() {
    never_passes("test");
}

#[test]
fn doctest_never_passes_on_a_fault() {
    never_passes("doctest");
}

#[test]
fn audit_never_passes_on_a_fault() {
    never_passes("audit");
}
