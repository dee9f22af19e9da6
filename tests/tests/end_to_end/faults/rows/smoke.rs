//! The row of `smoke`.

use crate::faults::prelude::*;

const CARGO_BUILD: Call = Call("cargo", &["build", "--release"]);

pub(in crate::faults) const ROW: Row = Row { gate: "smoke", cells: CELLS };

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (ToolMissing, Case(How::Scene(a_command_that_is_not_there), Broken("unavailable"))),
    (WrongVersion, Case(Tool(CARGO_BUILD, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(CARGO_BUILD, Contradicts(101)), Broken("garbage"))),
    (FailureWithCleanOutput, Case(How::Scene(a_program_that_fails), Failed("smoke/fails"))),
    (Garbage, Case(Tool(CARGO_BUILD, Prints("{?\n")), Broken("garbage"))),
    (Garbage, Case(How::Scene(a_program_of_garbage), Failed("smoke/version-differs"))),
    (EmptyOutput, Case(Tool(CARGO_BUILD, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(a_silent_program), Failed("smoke/says-nothing"))),
    (Truncated, Case(Tool(CARGO_BUILD, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(CARGO_BUILD, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(CARGO_BUILD, IsKilled), Broken("crashed"))),
    (KilledBySignal, Case(How::Scene(a_program_that_aborts), Failed("smoke/fails"))),
    (Hang, Case(Tool(CARGO_BUILD, Hangs), Broken("timed-out"))),
    (Hang, Case(How::Scene(a_program_that_hangs), Failed("smoke/hangs"))),
    (OutputOfAnotherRun, Case(Foreign(CARGO_BUILD), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(Tool(CARGO_BUILD, Prints(NOTHING_BUILT)), Broken("garbage"))),
    (NoFilesMatched, Case(How::Scene(an_empty_command), Refused("names its program first"))),
    (NoFilesMatched, Case(How::Scene(no_flag_is_asked), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(CARGO_BUILD, FindsNoSpace(101)), Broken("crashed"))),
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

/// The program does that whatever it is asked.
fn program(scene: Scene, does: &str) -> Scene {
    let text = format!("//! A program.\n\nfn main() {{\n    {does}\n}}\n");
    scene.change(|workspace| workspace.with("cli/src/main.rs", &text))
}

fn a_command_that_is_not_there(scene: Scene) -> Scene {
    scene.config("[gates.smoke]\ncommands = [{ run = [\"no-such-program-anywhere\"] }]\n")
}

fn an_empty_command(scene: Scene) -> Scene {
    scene.config("[gates.smoke]\ncommands = [{ run = [] }]\n")
}

fn no_flag_is_asked(scene: Scene) -> Scene {
    let flags = "flags = [\"--version\", \"--help\"]";
    scene.config(&format!(
        "[gates.smoke]\nwithout = [{{ program = \"clean-cli\", {flags}, reason = \"r\" }}]\n"
    ))
}

fn a_program_that_fails(scene: Scene) -> Scene {
    program(scene, "println!(\"clean-cli 0.1.0\"); std::process::exit(2);")
}

fn a_program_of_garbage(scene: Scene) -> Scene {
    program(scene, "println!(\"0.1\");")
}

fn a_silent_program(scene: Scene) -> Scene {
    let does = "if std::env::args().nth(1).as_deref() == Some(\"--version\") { println!(\"0.1.0\"); }";
    program(scene, does)
}

fn a_program_that_aborts(scene: Scene) -> Scene {
    program(scene, "std::process::abort();")
}

fn a_program_that_hangs(scene: Scene) -> Scene {
    program(scene, "loop { std::thread::park(); }").config("[gates.smoke]\nlimit = \"1s\"\n")
}

#[test]
fn smoke_never_passes_on_a_fault() {
    never_passes("smoke");
}
