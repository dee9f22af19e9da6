//! A push of what was judged before: the recorded verdict answers.

use std::path::Path;

use crate::bench::Error;
use crate::bench::paired::{Spread, paired};
use crate::bench::row::Row;
use crate::bench::subjects::{Package, Subjects};
use crate::packages;
use crate::program::Program;

const MOST_MS: f64 = 100.0;
const PACKAGE: Package = ("hexyl", "0.16.0");

pub(in crate::bench) fn push(
    subjects: &Subjects,
    rounds: u32,
    database: Option<&Path>,
) -> Result<Vec<Row>, Error> {
    let what = "a push of a tree with a recorded verdict";
    let Some(database) = database else {
        let why = "no advisory database is given (`--db` or `BULLETPROOF_ADVISORY_DB`)";
        return Ok(vec![Row::not_measured("push", what, why)]);
    };
    let database = packages::database(database, subjects.dir())?;
    let root = subjects.package(PACKAGE)?;
    Program::cargo().args(["fetch", "--locked"]).dir(&root).succeed()?;
    let target = subjects.dir().join("target-push");
    let ours = |args: &[&str]| {
        subjects
            .bulletproof(&root, args)
            .env("BULLETPROOF_ADVISORY_DB", &database)
            .env("CARGO_TARGET_DIR", &target)
    };
    // what is wrong with the package is accepted, so that its verdict is one that a push may go with
    ours(&["baseline", "update", "--offline"]).succeed()?;
    packages::commit(&root)?;
    ours(&["--offline"]).succeed()?;
    let head = Program::new("git").args(["rev-parse", "HEAD"]).dir(&root).succeed()?;
    let head = String::from_utf8_lossy(&head.stdout).trim().to_owned();
    let refs = subjects.dir().join("pushed-refs");
    let failed = |source| Error::File { path: refs.clone(), source };
    let line = format!("refs/heads/main {head} refs/heads/main {}\n", "0".repeat(head.len()));
    std::fs::write(&refs, line).map_err(failed)?;
    let hook = || {
        let input = std::fs::File::open(&refs).map_err(failed)?;
        Ok(ours(&["hook", "pre-push", "origin", "nowhere"]).input(input).time(&[0])?)
    };
    let git = || Ok(Program::new("git").args(["status", "--porcelain"]).dir(&root).time(&[0])?);
    let pairs = paired::<Error>(rounds, hook, git)?;
    let time = Spread::of(pairs.iter().map(|pair| pair.ours.as_secs_f64() * 1000.0));
    let (name, version) = PACKAGE;
    let row = Row::ratio("push", format!("{name} {version}: {what}, beside `git status`"), &pairs);
    Ok(vec![row.figure(time, "ms").bar("100 ms", time.median <= MOST_MS)])
}
