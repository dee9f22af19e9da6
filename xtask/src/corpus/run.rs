//! The command: prepares, compares on each entry, writes the page.

use std::path::PathBuf;
use std::time::Instant;

use super::cargo::Programs;
use super::measure::Bench;
use super::ours::Ours;
use super::packages::{CORPUS, Entry};
use super::page::{Row, page};
use super::{Args, Error, unpack};
use crate::repo::Repo;
use crate::say;

/// Compares our gates with the tools they stand for.
///
/// # Errors
/// When something cannot be run, a tool is missing, or there are unexplained differences.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let entries = entries(&args.names)?;
    let repository = Repo::find()?;
    let dir = args.dir.clone().unwrap_or_else(|| std::env::temp_dir().join("bulletproof-corpus"));
    std::fs::create_dir_all(&dir).map_err(Error::io(dir.display()))?;
    let dir = dir.canonicalize().map_err(Error::io(dir.display()))?;
    let programs = Programs::new(dir.join("target"));
    let ours = Ours::build(&programs, repository.root(), &dir)?;
    let db = args.db.clone().or_else(|| std::env::var_os("BULLETPROOF_ADVISORY_DB").map(PathBuf::from));
    let db = db.map(|db| unpack::database(&programs, &db, &dir)).transpose()?;
    let versions: Vec<(&str, Option<String>)> = ["rustc", "cargo-nextest", "cargo-audit", "cargo-deny"]
        .map(|tool| (tool, programs.version(tool)))
        .into();
    let installed = |name: &str| versions.iter().any(|(tool, version)| *tool == name && version.is_some());
    let bench = Bench {
        programs: &programs,
        ours: &ours,
        db: db.as_deref(),
        nextest: installed("cargo-nextest"),
        cargo_audit: installed("cargo-audit"),
        cargo_deny: installed("cargo-deny"),
        dir: &dir,
    };
    let mut rows = Vec::new();
    for entry in entries {
        let start = Instant::now();
        let row = bench.measure(entry)?;
        say::progress(&format!(
            "{:<24} {:>4} s  {} unexplained",
            entry.name,
            start.elapsed().as_secs(),
            row.unexplained()
        ));
        rows.push(row);
    }
    let tools: Vec<String> = versions.iter().filter_map(|(_, version)| version.clone()).collect();
    let text = page(&rows, &tools);
    if args.names.is_empty() {
        repository.write("docs/corpus.md", &text)?;
    } else {
        say::line(&text);
    }
    verdict(&rows, &bench, args.allow_missing)
}

fn entries(names: &[String]) -> Result<Vec<&'static Entry>, Error> {
    if names.is_empty() {
        return Ok(CORPUS.iter().collect());
    }
    let find = |name: &String| {
        let found = CORPUS.iter().find(|entry| entry.name.split(' ').next() == Some(name));
        let all =
            || CORPUS.iter().filter_map(|entry| entry.name.split(' ').next()).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| Error::UnknownName(name.clone(), all()))
    };
    names.iter().map(find).collect()
}

fn verdict(rows: &[Row], bench: &Bench<'_>, allow_missing: bool) -> Result<(), Error> {
    let unexplained = rows.iter().map(Row::unexplained).sum();
    if unexplained > 0 {
        return Err(Error::Different(unexplained));
    }
    let missing = [
        (bench.nextest, "cargo-nextest is not installed"),
        (bench.cargo_audit, "cargo-audit is not installed"),
        (bench.cargo_deny, "cargo-deny is not installed"),
        (bench.db.is_some(), "there is no advisory database (--db)"),
    ];
    let missing: Vec<&str> = missing.iter().filter(|(there, _)| !there).map(|(_, what)| *what).collect();
    if missing.is_empty() || allow_missing { Ok(()) } else { Err(Error::Missing(missing.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_told_with_the_known_ones() {
        assert_eq!(entries(&["numbers".to_owned()]).unwrap().len(), 1);
        let error = entries(&["nothing".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("`nothing`") && error.contains("fnv, mime"), "{error}");
    }
}
