//! A plan costs hardly more than the one question to cargo that it needs.

use crate::bench::Error;
use crate::bench::paired::{Pair, Spread, paired};
use crate::bench::row::Row;
use crate::bench::subjects::{PACKAGES, Subjects};
use crate::program::Program;

const MOST_MS: f64 = 60.0;

pub(in crate::bench) fn startup(subjects: &Subjects, rounds: u32) -> Result<Vec<Row>, Error> {
    let [small, ..] = PACKAGES;
    let generated = subjects.generated()?;
    let on = [
        (subjects.package(small)?, format!("{} {}", small.0, small.1)),
        (generated.root, format!("a made-up workspace of {} packages", generated.packages)),
    ];
    let mut rows = Vec::new();
    for (root, compared) in on {
        let mut ours = subjects.bulletproof(&root, &["--no-cache", "--plan"]);
        let mut theirs = Program::cargo().args(["metadata", "--format-version", "1", "--no-deps"]).dir(&root);
        // short runs: more rounds cost nothing
        let pairs = paired(rounds * 3, || ours.time(&[0]), || theirs.time(&[0]))?;
        let more = Spread::of(pairs.iter().map(Pair::difference_ms));
        let row = Row::ratio("startup", compared, &pairs).figure(more, "ms more");
        rows.push(row.bar("60 ms more", more.median <= MOST_MS));
    }
    Ok(rows)
}
