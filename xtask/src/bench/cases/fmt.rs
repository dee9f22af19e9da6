//! The `fmt` gate takes little longer than `cargo fmt` does on the same files.

use std::collections::BTreeSet;

use crate::bench::Error;
use crate::bench::paired::{Pair, Spread, paired};
use crate::bench::row::Row;
use crate::bench::subjects::{HIDING, PACKAGES, Package, Subjects, sources};
use crate::program::Program;

const FACTOR: f64 = 1.3;
const START_MS: f64 = 100.0;
/// Formatted, or not.
const JUDGED: [i32; 2] = [0, 1];

pub(in crate::bench) fn fmt(subjects: &Subjects, rounds: u32) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for package in PACKAGES {
        let (row, pairs) = measure(subjects, package, rounds)?;
        let beyond_start = Spread::of(pairs.iter().map(ratio_beyond_start));
        rows.push(row.bar("1.3 × + 100 ms", beyond_start.median <= FACTOR));
    }
    // no bar: cargo fmt does less there
    rows.push(measure(subjects, HIDING, rounds)?.0);
    Ok(rows)
}

fn measure(subjects: &Subjects, package: Package, rounds: u32) -> Result<(Row, Vec<Pair>), Error> {
    let root = subjects.package(package)?;
    let mut ours = subjects.bulletproof(&root, &["--no-cache", "--gate", "fmt"]);
    let mut theirs = Program::cargo().args(["fmt", "--all", "--check"]).dir(&root);
    let pairs = paired(rounds, || ours.time(&JUDGED), || theirs.time(&JUDGED))?;
    let (name, version) = package;
    let files = sources(&root)?.len();
    let reached = theirs.args(["--", "-v"]).output(&JUDGED)?;
    let reached = String::from_utf8_lossy(&reached.stdout);
    // a file that two targets share is named twice
    let reached: BTreeSet<&str> = reached.lines().filter(|line| line.starts_with("Formatting ")).collect();
    let reached = reached.len();
    let compared = format!("{name} {version}: {files} files, {reached} of them reached by `cargo fmt`");
    Ok((Row::ratio("fmt", compared, &pairs), pairs))
}

fn ratio_beyond_start(pair: &Pair) -> f64 {
    (pair.ours.as_secs_f64() - START_MS / 1000.0) / pair.theirs.as_secs_f64()
}
