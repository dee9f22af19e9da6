//! The command: writes the bills of each package, compares and validates them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::compare::{Difference, Set, differences, named_by_tree};
use super::validators::Validators;
use crate::packages;
use crate::program::{self, Program};
use crate::repo::{self, Repo};
use crate::say;

/// Programs from the registry that ship their lock file, of both resolvers.
const PACKAGES: [(&str, &str); 6] = [
    ("bat", "0.26.1"),
    ("cargo-deny", "0.20.2"),
    ("hexyl", "0.16.0"),
    ("ripgrep", "15.2.0"),
    ("sd", "1.0.0"),
    ("tokei", "12.0.0"),
];

/// Features that each is built with.
const FEATURES: [&[&str]; 3] = [&[], &["--all-features"], &["--no-default-features"]];

/// Compare the bills of materials with `cargo tree` and with validators, on real packages
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folders of packages, instead of packages from the registry
    folders: Vec<PathBuf>,
    /// Where packages are unpacked, instead of a folder of the system's temp dir
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// A Python with `cyclonedx-python-lib[validation]` and `spdx-tools`
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
    /// A folder whose `node_modules` has @cyclonedx/cyclonedx-library with its validators
    #[arg(long, value_name = "DIR")]
    node: Option<PathBuf>,
    /// Leave a validator out where it is missing, without failing
    #[arg(long)]
    allow_missing: bool,
}

/// Why there is no comparison, or not the one that was hoped for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of this repository.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// A package could not be unpacked.
    #[error(transparent)]
    Packages(#[from] packages::Error),
    /// A program could not be started, or failed where it must not.
    #[error(transparent)]
    Program(#[from] program::Error),
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The gate gave no documents.
    #[error("{0}: the gate gave no documents: {1}")]
    NoDocuments(String, String),
    /// Bills that differ or are not valid.
    #[error("{0} differences or invalid documents; see the list")]
    Different(usize),
    /// A validator is missing.
    #[error("not validated: {0}; install it, or pass --allow-missing")]
    Missing(String),
}

/// Compares and validates.
///
/// # Errors
/// When something cannot be run, a validator is missing, or there are differences.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let repo = Repo::find()?;
    let gate = program::gate(repo.root())?;
    let dir = args.dir.clone().unwrap_or_else(|| std::env::temp_dir().join("bulletproof-sbom"));
    std::fs::create_dir_all(&dir).map_err(|source| Error::File { path: dir.clone(), source })?;
    let validators = Validators::find(&args.python, args.node.as_deref());
    let mut wrong = 0;
    for root in roots(args, &dir)? {
        // once with its dependencies' sources, then without a network
        Program::cargo().args(["fetch", "--locked", "--quiet"]).dir(&root).succeed()?;
        for features in FEATURES {
            wrong += one(&gate, &root, features, &validators)?;
        }
    }
    let missing = validators.missing().join(", ");
    match wrong {
        0 if missing.is_empty() || args.allow_missing => Ok(()),
        0 => Err(Error::Missing(missing)),
        many => Err(Error::Different(many)),
    }
}

fn roots(args: &Args, dir: &Path) -> Result<Vec<PathBuf>, Error> {
    if !args.folders.is_empty() {
        let real =
            |path: &PathBuf| path.canonicalize().map_err(|source| Error::File { path: path.clone(), source });
        return args.folders.iter().map(real).collect();
    }
    PACKAGES.iter().map(|(name, version)| Ok(packages::unpack(name, version, dir)?)).collect()
}

/// The number of differences and invalid documents of one workspace with those features.
fn one(gate: &Path, root: &Path, features: &[&str], validators: &Validators) -> Result<usize, Error> {
    let run = ["gate", "sbom", "--offline", "--format", "json"];
    let output = Program::new(gate).args(run).args(features).dir(root).output(&[0, 1, 2])?;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let files = report.pointer("/gates/0/files").and_then(Value::as_array).cloned().unwrap_or_default();
    if files.is_empty() {
        let why = report
            .pointer("/gates/0/reason")
            .and_then(Value::as_str)
            .map_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned(), str::to_owned);
        return Err(Error::NoDocuments(root.display().to_string(), why));
    }
    let mut wrong = 0;
    for path in files.iter().filter_map(Value::as_str).map(|file| root.join(file)) {
        let invalid = validators.complaints(&path)?;
        let bytes = std::fs::read(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        let differences = match serde_json::from_slice::<Value>(&bytes) {
            Ok(document) if document.get("bomFormat").is_some() => against_tree(&document, root, features)?,
            _ => Vec::new(),
        };
        wrong += invalid.len() + differences.len();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let result = if invalid.len() + differences.len() == 0 { "as it should be" } else { "WRONG" };
        say::line(&format!("{name:<34} {:<22} {result}", features.join(" ")));
        for line in invalid.into_iter().chain(differences.iter().map(ToString::to_string)) {
            say::line(&format!("  {line}"));
        }
    }
    Ok(wrong)
}

/// A document's packages against those of `cargo tree`: what is shipped, and with what runs while building.
fn against_tree(document: &Value, root: &Path, features: &[&str]) -> Result<Vec<Difference>, Error> {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let subject = document.pointer("/metadata/component").cloned().unwrap_or_default();
    let package = format!("{}@{}", text(&subject, "name"), text(&subject, "version"));
    let tree = |edges: &str| {
        let args =
            ["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p}", "--package", &package];
        let output =
            Program::cargo().args(args).args(["--edges", edges]).args(features).dir(root).succeed()?;
        Ok::<Set, Error>(named_by_tree(&String::from_utf8_lossy(&output.stdout)))
    };
    let components = document.get("components").and_then(Value::as_array).cloned().unwrap_or_default();
    let own = |of: &dyn Fn(&Value) -> bool| -> Set {
        let parts = components.iter().filter(|part| of(part)).chain([&subject]);
        parts.map(|part| (text(part, "name"), text(part, "version"))).collect()
    };
    let shipped = own(&|part| text(part, "scope") == "required");
    let mut found = differences("shipped", &shipped, &tree("normal,no-proc-macro")?);
    found.extend(differences("all", &own(&|_| true), &tree("normal,build")?));
    Ok(found)
}
