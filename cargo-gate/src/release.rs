//! The release build, as cargo's messages tell of it.

use std::path::Path;

use crate::compile;
use crate::facts::{Facts, Package, Target};
use crate::feature_sets::has_required;
use crate::gate::{Context, Options, Unreadable};
use crate::parse::cargo_messages::{self, Artifact, CargoRun};
use crate::step::{Captured, Executable, release_build};

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

/// The programs that the judged packages have, whether or not the features that they need are on.
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
    let is_on = |package, target| has_required(package, target, &options.features);
    let mut needed = expected(facts, options).filter(|(package, target)| is_on(package, target));
    if let Some((package, target)) = needed.find(|(_, target)| !made(&run, root, target)) {
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

/// The program of that name where a judged package has one: it is then the release build's, never one that is
/// installed. None where only a package that is not judged has it, and so is not built.
pub fn executable(cx: &Context<'_>, name: &str) -> Option<Executable> {
    let is_own = |package: &Package| package.targets.iter().any(|one| one.is("bin") && one.name == name);
    let name = name.to_owned();
    if cx.facts.judged(cx.options).any(is_own) {
        return Some(Executable::Built { name, build: release_build(cx) });
    }
    (!cx.facts.packages.iter().any(is_own)).then_some(Executable::Named(name))
}

/// Whether the build in that folder made the program.
pub fn made(run: &CargoRun, root: &Path, target: &Target) -> bool {
    let source = root.join(&target.root);
    programs(run).any(|(one, _)| Path::new(&one.target.src_path) == source && one.target.name == target.name)
}

/// The programs that a build made, each with its path.
pub fn programs(run: &CargoRun) -> impl Iterator<Item = (&Artifact, &str)> {
    let named = |artifact: &&Artifact| artifact.target.kinds.iter().any(|kind| kind == "bin");
    run.artifacts
        .iter()
        .filter(named)
        .filter_map(|artifact| Some((artifact, artifact.executable.as_deref()?)))
}
