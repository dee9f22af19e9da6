//! rustfmt on each source, through standard input: it then formats this file and no other, by the
//! `rustfmt.toml` above the file, and its whole answer is the evidence.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;

use super::Cancel;
use super::process::{Command, run};
use crate::facts::Facts;
use crate::step::{Captured, End, Formatted, SourceFile, Sources, Tool};

/// Formats every source, on all cores.
pub(super) fn all(facts: &Facts, sources: &Sources, timeout: Duration, cancel: &Cancel) -> Vec<Formatted> {
    let program = facts.tools.get(&Tool::Rustfmt);
    // the newest edition of the members holds for files beside all packages
    let newest = facts.packages.iter().map(|package| package.edition.as_str()).max().unwrap_or("2024");
    let edition = |file: &SourceFile| {
        let package = file.package.and_then(|index| facts.packages.get(index));
        package.map_or(newest, |package| package.edition.as_str())
    };
    let one = |file: &SourceFile| {
        let run = program.map_or_else(missing, |program| {
            format(program, &facts.root, file, edition(file), timeout, cancel)
        });
        Formatted { path: file.path.clone(), run }
    };
    sources.files.par_iter().map(one).collect()
}

fn missing() -> Captured {
    let (stdout, stderr) = (Vec::new(), Vec::new());
    Captured { what: "rustfmt".to_owned(), end: End::NotFound, stdout, stderr, duration: Duration::ZERO }
}

fn format(
    program: &PathBuf,
    root: &Path,
    file: &SourceFile,
    edition: &str,
    timeout: Duration,
    cancel: &Cancel,
) -> Captured {
    let path = root.join(&file.path);
    let folder = path.parent().unwrap_or(root);
    let mut command =
        Command::new(program, folder, timeout).args(["--edition", edition, "--emit", "stdout", "--quiet"]);
    command.stdin = Some(file.text().as_bytes().to_vec());
    run(&command, cancel)
}
