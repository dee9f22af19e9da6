//! Reads the repository and asks every rule.

use cargo_gate::gates::GATES;

use super::finding::Finding;
use super::gates::{self, Beside};
use super::source::Source;
use super::{dependencies, effects, layout, renderers, size, words};
use crate::codegen;
use crate::repo::{self, Repo};
use crate::say;

/// Why the repository is not tidy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of the repository cannot be read.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// The generated files cannot be compared.
    #[error(transparent)]
    Codegen(#[from] codegen::Error),
    /// Rules that are not kept.
    #[error("{0} findings")]
    Findings(usize),
}

/// Prints every finding, and fails where there is one.
pub(crate) fn run(repo: &Repo) -> Result<(), Error> {
    let findings = findings(repo)?;
    for finding in &findings {
        say::line(&finding.to_string());
    }
    if findings.is_empty() { Ok(()) } else { Err(Error::Findings(findings.len())) }
}

fn findings(repo: &Repo) -> Result<Vec<Finding>, Error> {
    let mut files = Vec::new();
    for path in repo.files()? {
        // what is no text keeps no rule
        if let Some(text) = repo.read_text(&path)? {
            files.push((path, text));
        }
    }
    let folders = machine_folders(repo);
    let mut findings: Vec<Finding> = Vec::new();
    for (path, text) in &files {
        findings.extend(words::check(path, text, &folders));
        // the sources of fixtures have their defects on purpose
        if words::has_extension(path, "rs") && !path.starts_with("fixtures/") {
            findings.extend(rust(path, text));
        }
    }
    let manifest = "Cargo.toml";
    findings.extend(dependencies::check(manifest, &repo.read(manifest)?));
    let beside = Beside::read(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    findings.extend(GATES.iter().flat_map(|gate| gates::check(gate.info(), &beside)));
    let stale = codegen::stale(repo)?;
    findings.extend(
        stale.iter().map(|(path, _)| {
            Finding::new(path, 1, "not-current", "write it again with `cargo xtask codegen`")
        }),
    );
    findings.sort();
    Ok(findings)
}

fn rust(path: &str, text: &str) -> Vec<Finding> {
    let source = Source::new(path, text);
    let rules = [size::check, layout::check, effects::check, renderers::check];
    rules.iter().flat_map(|rule| rule(&source)).collect()
}

/// The folders that only this machine has: the repository's own and the user's home.
fn machine_folders(repo: &Repo) -> Vec<String> {
    let folders = [Some(repo.root().to_owned()), std::env::home_dir()];
    folders
        .into_iter()
        .flatten()
        .filter(|path| path.parent().is_some())
        .map(|p| format!("{}/", p.display()))
        .collect()
}
