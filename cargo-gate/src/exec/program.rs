//! Calls a program of the workspace's own.

use std::path::PathBuf;
use std::time::Duration;

use super::Cancel;
use super::process::{Command, run};
use super::steps::of_the_copy;
use crate::facts::Facts;
use crate::parse::cargo_messages;
use crate::step::{Captured, End, Evidence, Executable, ProgramCall, Step};

/// Calls it. A program that is not there ends as [`End::NotFound`], one whose build gave no such program as
/// [`End::NotStarted`].
pub(super) fn call(
    facts: &Facts,
    call: &ProgramCall,
    before: &Evidence,
    timeout: Duration,
    cancel: &Cancel,
) -> Captured {
    let program = match find(facts, call, before) {
        Ok(program) => program,
        Err(end) => {
            let (stdout, stderr) = (Vec::new(), Vec::new());
            return Captured { what: call.to_string(), end, stdout, stderr, duration: Duration::ZERO };
        }
    };
    let limit = call.limit.map_or(timeout, |limit| limit.min(timeout));
    let mut command = Command::new(program, facts.root.join(&call.folder), limit).args(&call.args);
    command.env.extend(of_the_copy(facts));
    command.what = call.to_string();
    run(&command, cancel)
}

/// Where the program lies; how the call ends where it is nowhere.
pub(super) fn find(facts: &Facts, call: &ProgramCall, before: &Evidence) -> Result<PathBuf, End> {
    match &call.program {
        Executable::Built { name, build } => built(before, &Step::Tool(build.clone()), name),
        Executable::Named(name) => named(facts, name).ok_or(End::NotFound),
    }
}

/// The program that the build's messages name.
fn built(before: &Evidence, build: &Step, name: &str) -> Result<PathBuf, End> {
    let missing = |why: &str| End::NotStarted(format!("`{build}` {why}"));
    let captured = before.tool(build).map_err(|unreadable| missing(&unreadable.reason))?;
    if captured.end != End::Code(0) {
        return Err(missing("failed"));
    }
    let run = cargo_messages::parse(&captured.stdout).map_err(|error| missing(&error.to_string()))?;
    let mut programs = run.artifacts.iter().filter(|artifact| artifact.target.name == name);
    let found = programs.find_map(|artifact| artifact.executable.as_deref());
    found.map(PathBuf::from).ok_or_else(|| missing(&format!("made no program `{name}`")))
}

fn named(facts: &Facts, name: &str) -> Option<PathBuf> {
    if name.contains(['/', '\\']) {
        return Some(facts.root.join(name)).filter(|path| path.is_file());
    }
    which::which(name).ok()
}
