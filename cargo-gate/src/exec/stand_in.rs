//! This program in the place of rustc, and in front of doctests: cargo and rustdoc are told to call it
//! during an instrumented test run.
//!
//! cargo hashes the path of a workspace wrapper into the names of the workspace's own crates alone. So
//! instrumented and plain crates lie side by side in one target directory, dependencies are built once
//! for both, and going from one to the other rebuilds nothing.

use std::ffi::{OsStr, OsString};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;

use super::rustc::{codegen, settled, values};
use super::{lint, timing};
use crate::render::Console;

/// Set where cargo calls us as its workspace wrapper. Its value is the wrapper that the user has; empty
/// for none.
pub(super) const WRAPPER: &str = "BULLETPROOF_RUSTC_WRAPPER";
/// Set where rustdoc calls us to run doctests: the folder that keeps their programs.
pub(super) const KEEP_FOLDER: &str = "BULLETPROOF_DOCTESTS";
/// The first argument of such a call.
pub(super) const KEEP: &str = "bulletproof-keeps-a-doctest";

/// The exit code of a program that cannot be started, as shells have it.
pub(super) const NOT_STARTED: u8 = 127;
/// The fewest parts that rustc compiles a crate in. For a next compile it parts a crate by its modules, in up to 256:
/// where nothing is optimised, the parts themselves take more time than a next compile saves by finer ones.
const FEWEST_PARTS: usize = 8;

/// Does the work of rustc's wrapper or of a doctest's runner where this program was called as one, and
/// gives the exit code; none where a user called it. To be asked before anything else.
pub fn stand_in() -> Option<u8> {
    if let Some(code) = timing::stand_in().or_else(lint::stand_in) {
        return Some(code);
    }
    let wrapper = std::env::var_os(WRAPPER);
    let keep = std::env::var_os(KEEP_FOLDER);
    if wrapper.is_none() && keep.is_none() {
        return None;
    }
    let mut args = std::env::args_os().skip(1);
    let first = args.next()?;
    let rest: Vec<OsString> = args.collect();
    match (wrapper, keep) {
        (_, Some(folder)) if first == KEEP => Some(run_doctest(Path::new(&folder), rest)),
        (Some(users), _) if is_compiler(&first) => Some(compile(users, first, rest)),
        // a test of a project may well call us, and inherits the variable
        _ => None,
    }
}

/// Whether cargo names a compiler there: its own call of us as a subcommand names that, and options
/// come from people.
pub(super) fn is_compiler(first: &OsStr) -> bool {
    let text = first.to_string_lossy();
    !(text.starts_with('-') || ["gate", "bulletproof"].contains(&text.as_ref()))
}

fn compile(users: OsString, rustc: OsString, args: Vec<OsString>) -> u8 {
    let args = settled(args, true);
    let flags = added(&args);
    let args = args.into_iter().chain(flags.into_iter().map(OsString::from));
    if users.is_empty() {
        become_program(Command::new(rustc).args(args))
    } else {
        become_program(Command::new(users).arg(rustc).args(args))
    }
}

/// The flags beyond those of a plain build.
fn added(args: &[OsString]) -> Vec<String> {
    if !instrumented(args) {
        return Vec::new();
    }
    let mut options = vec!["instrument-coverage".to_owned()];
    // enough for backtraces, as they are; what debuggers ask for beyond takes time, and nobody debugs these programs
    if codegen(args, "debuginfo").collect::<Vec<_>>() == ["2"] {
        options.push("debuginfo=1".to_owned());
    }
    let has = |option: &str| codegen(args, option).next().is_some();
    if has("incremental") && !has("opt-level") && !has("codegen-units") {
        let at_once = std::thread::available_parallelism().map_or(1, NonZero::get);
        options.push(format!("codegen-units={}", at_once.max(FEWEST_PARTS)));
    }
    options.into_iter().flat_map(|option| ["-C".to_owned(), option]).collect()
}

/// Whether the crate counts lines: neither a question about the compiler, nor code that runs while
/// others are compiled.
fn instrumented(args: &[OsString]) -> bool {
    let name = values(args, "--crate-name").next().map(OsStr::to_string_lossy);
    let is_macro = values(args, "--crate-type").any(|kind| kind == "proc-macro");
    name.is_some_and(|name| name != "___" && !name.starts_with("build_script_")) && !is_macro
}

/// Keeps the program of a doctest, whose name rustdoc does not tell, and runs it.
fn run_doctest(folder: &Path, call: Vec<OsString>) -> u8 {
    let mut call = call.into_iter();
    let Some(program) = call.next() else { return NOT_STARTED };
    if let Err(error) = keep(folder, Path::new(&program)) {
        Console.error(&format!("{}: the doctest's program could not be kept: {error}", folder.display()));
        return NOT_STARTED;
    }
    // the doctests of one program then run in a process each, as they do without a runner
    become_program(Command::new(&program).args(call).env("RUSTDOC_DOCTEST_BIN_PATH", &program))
}

fn keep(folder: &Path, program: &Path) -> std::io::Result<()> {
    let kept = folder.join(format!("{}{}", std::process::id(), std::env::consts::EXE_SUFFIX));
    if kept.exists() {
        // of an earlier process with our number
        let folder = tempfile::Builder::new().prefix("again-").tempdir_in(folder)?.keep();
        return std::fs::copy(program, folder.join("doctest")).map(|_| ());
    }
    std::fs::hard_link(program, &kept).or_else(|_| std::fs::copy(program, &kept).map(|_| ()))
}

/// Ends this program by becoming another one; comes back only where that cannot be started.
#[cfg(unix)]
pub(super) fn become_program(command: &mut Command) -> u8 {
    let error = std::os::unix::process::CommandExt::exec(command);
    Console.error(&format!("{}: {error}", command.get_program().to_string_lossy()));
    NOT_STARTED
}

/// Runs another program and gives its exit code: what comes nearest to becoming it.
#[cfg(not(unix))]
pub(super) fn become_program(command: &mut Command) -> u8 {
    match command.status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(NOT_STARTED),
        Err(error) => {
            Console.error(&format!("{}: {error}", command.get_program().to_string_lossy()));
            NOT_STARTED
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn crates_count_lines_and_build_scripts_macros_and_questions_do_not() {
        assert!(instrumented(&args("--crate-name demo --edition=2024 src/lib.rs --crate-type lib")));
        assert!(instrumented(&args("--crate-name demo src/lib.rs --test")));
        assert!(!instrumented(&args("--crate-name build_script_build build.rs --crate-type bin")));
        assert!(!instrumented(&args("--crate-name demo src/lib.rs --crate-type proc-macro")));
        assert!(!instrumented(&args("- --crate-name ___ --print=cfg")));
        assert!(!instrumented(&args("-vV")) && !instrumented(&args("--crate-name")));
    }

    #[test]
    fn debug_information_on_variables_is_left_out_unless_the_user_asks_for_it() {
        let crate_with = |level: &str| added(&args(&format!("--crate-name demo src/lib.rs {level}")));
        assert_eq!(crate_with("-C debuginfo=2")[2..], ["-C", "debuginfo=1"]);
        for level in ["-C debuginfo=line-tables-only", "-C opt-level=1", "-C debuginfo=2 -Cdebuginfo=2"] {
            assert_eq!(crate_with(level), ["-C", "instrument-coverage"], "{level}");
        }
        assert!(added(&args("--crate-name build_script_build build.rs -C debuginfo=2")).is_empty());
    }

    #[test]
    fn a_crate_has_few_parts_where_nothing_is_optimised_and_the_user_has_no_say() {
        let parts_with = |options: &str| {
            let flags = added(&args(&format!("--crate-name demo src/lib.rs {options}")));
            let parts = flags.iter().find_map(|flag| flag.strip_prefix("codegen-units="))?;
            Some(parts.parse::<usize>().unwrap())
        };
        assert!(parts_with("-C incremental=/t").is_some_and(|parts| (FEWEST_PARTS..256).contains(&parts)));
        for others in
            ["-C metadata=1", "-C incremental=/t -C opt-level=1", "-C incremental=/t -C codegen-units=4"]
        {
            assert_eq!(parts_with(others), None, "{others}");
        }
    }

    #[test]
    fn a_user_is_told_from_cargo_that_compiles() {
        let compiler = |first: &str| is_compiler(OsStr::new(first));
        assert!(compiler("rustc") && compiler("/usr/bin/rustc") && compiler(r"C:\rust\rustc.exe"));
        assert!(!compiler("gate") && !compiler("bulletproof") && !compiler("--version"));
    }
}
