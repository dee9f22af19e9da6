//! Measures the cases and writes the page.

use std::path::PathBuf;

use clap::ValueEnum;

use super::args::{Args, Case, Error};
use super::cases;
use super::machine::machine;
use super::row::{Row, Standing, lines, merged, page, table};
use super::subjects::Subjects;
use crate::program::Program;
use crate::repo::Repo;
use crate::say;

const PAGE: &str = "docs/benchmarks.md";

/// Measures; without names of cases all of them, into the page.
pub(crate) fn run(args: &Args, repo: &Repo) -> Result<(), Error> {
    if cfg!(debug_assertions) {
        return in_release(repo, args);
    }
    let dir = args.dir.clone().unwrap_or_else(|| std::env::temp_dir().join("bulletproof-bench"));
    let subjects = Subjects::new(repo, dir)?;
    if !args.on.is_empty() && args.cases != [Case::Script] {
        return Err(Error::OnWhat);
    }
    let all = args.cases.is_empty();
    let cases = if all { Case::value_variants() } else { &args.cases };
    let mut rows = Vec::new();
    for case in cases {
        say::progress(&format!("measuring {case:?}"));
        rows.extend(measure(*case, &subjects, args)?);
    }
    say::line(table(&lines(&rows)).trim_end());
    if all || args.write {
        write(repo, &rows, args)?;
        say::line(PAGE);
    }
    let missed = rows.iter().filter(|row| row.standing == Standing::Missed).count();
    if args.check && missed > 0 { Err(Error::Missed(missed)) } else { Ok(()) }
}

/// Writes the page: of all rows, or with the rows that were not measured as they are there.
fn write(repo: &Repo, rows: &[Row], args: &Args) -> Result<(), Error> {
    let machine = machine()?;
    if args.cases.is_empty() {
        return Ok(repo.write(PAGE, &page(&lines(rows), &machine))?);
    }
    let before = repo.read(PAGE)?;
    if !before.contains(&format!("({machine})")) {
        return Err(Error::OtherMachine(PAGE));
    }
    let cases: Vec<String> = Case::value_variants().iter().map(|case| case.name()).collect();
    Ok(repo.write(PAGE, &page(&merged(&before, &cases, rows, args.on.is_empty()), &machine))?)
}

fn measure(case: Case, subjects: &Subjects, args: &Args) -> Result<Vec<Row>, Error> {
    match case {
        Case::Fmt => cases::fmt(subjects, args.rounds),
        Case::Deny => Ok(cases::deny(args.rounds)),
        Case::Lcov => Ok(cases::lcov(args.rounds)),
        Case::Coverage => cases::coverage(subjects),
        Case::Commit => cases::commit(subjects, args.rounds),
        Case::Startup => cases::startup(subjects, args.rounds),
        Case::Light => cases::light(subjects, args.rounds),
        Case::Rollback => cases::rollback(subjects, args.rounds),
        Case::Scanner => cases::scanner(subjects, args.rounds),
        Case::Audit => cases::audit(subjects, args.rounds, database(args).as_deref()),
        Case::Push => cases::push(subjects, args.rounds, database(args).as_deref()),
        Case::Script => {
            let script = cases::Script::new(subjects, &args.script, database(args).as_deref())?;
            cases::script(subjects, args.rounds, script, &args.on)
        }
    }
}

fn database(args: &Args) -> Option<PathBuf> {
    args.db.clone().or_else(|| std::env::var_os("BULLETPROOF_ADVISORY_DB").map(PathBuf::from))
}

/// Does the same again with release builds of the program and of ourselves.
fn in_release(repo: &Repo, args: &Args) -> Result<(), Error> {
    say::progress("building release binaries");
    // each by itself, with the features that it is built with alone
    let promotes = args.cases.is_empty() || args.cases.contains(&Case::Rollback);
    let gates = args.cases.is_empty() || args.cases.iter().any(|case| *case != Case::Rollback);
    for (package, wanted) in [("cargo-bulletproof", gates), ("cargo-promote", promotes)] {
        if wanted {
            let build = ["build", "--release", "--locked", "--package", package];
            Program::cargo().args(build).dir(repo.root()).succeed()?;
        }
    }
    let ourselves = ["run", "--quiet", "--release", "--locked", "--package", "xtask", "--"];
    let own = std::env::args_os().skip(1);
    Ok(Program::cargo().args(ourselves).args(own).pass_through()?)
}
