//! The release build, as cargo's messages tell of it.

use std::path::Path;

use crate::compile;
use crate::facts::{Facts, Package, Target};
use crate::gate::{Options, Unreadable};
use crate::parse::cargo_messages::{self, Artifact, CargoRun};
use crate::step::Captured;

/// A program that a build made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltProgram {
    /// cargo's id of its package.
    pub package_id: String,
    /// The name of its target.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The programs that the judged packages have. Those that need features which may be off come last.
pub fn expected<'a>(
    facts: &'a Facts,
    options: &'a Options,
) -> impl Iterator<Item = (&'a Package, &'a Target)> {
    let targets = facts.judged(options).flat_map(|package| package.targets.iter().map(move |t| (package, t)));
    targets.filter(|(_, target)| target.is("bin"))
}

/// Reads a release build of the workspace.
///
/// # Errors
/// When it failed, was cut short, contradicts itself, or does not name every program of the judged packages.
pub fn read(facts: &Facts, options: &Options, captured: &Captured) -> Result<CargoRun, Unreadable> {
    read_copy(facts, options, &facts.root, captured)
}

/// Reads a release build of a copy of the workspace in another folder.
///
/// # Errors
/// As [`read`].
pub fn read_copy(
    facts: &Facts,
    options: &Options,
    root: &Path,
    captured: &Captured,
) -> Result<CargoRun, Unreadable> {
    let code = captured.exit_code()?;
    let run = match cargo_messages::parse(&captured.stdout) {
        Ok(run) => run,
        Err(_) if code != 0 => return Err(compile::failed(captured)),
        Err(error) => return Err(Unreadable::garbage(error.to_string())),
    };
    if run.success != (code == 0) {
        let said = if run.success { "success" } else { "a failure" };
        return Err(Unreadable::garbage(format!("cargo reports {said} and ends with exit code {code}")));
    }
    if !run.success {
        return Err(compile::failed(captured));
    }
    let made = |target: &Target| {
        let source = root.join(&target.root);
        programs(&run)
            .any(|(one, _)| Path::new(&one.target.src_path) == source && one.target.name == target.name)
    };
    let mut needed = expected(facts, options).filter(|(_, target)| target.required_features.is_empty());
    if let Some((package, target)) = needed.find(|(_, target)| !made(target)) {
        let (program, package) = (&target.name, &package.name);
        return Err(Unreadable::garbage(format!(
            "the release build names no program `{program}` of {package}"
        )));
    }
    if programs(&run).next().is_none() {
        return Err(Unreadable::nothing_ran("the release build made no program")
            .help("turn on the features that the programs need: --features"));
    }
    Ok(run)
}

/// The programs that a build made, each with its path.
pub fn programs(run: &CargoRun) -> impl Iterator<Item = (&Artifact, &str)> {
    let named = |artifact: &&Artifact| artifact.target.kinds.iter().any(|kind| kind == "bin");
    run.artifacts
        .iter()
        .filter(named)
        .filter_map(|artifact| Some((artifact, artifact.executable.as_deref()?)))
}
