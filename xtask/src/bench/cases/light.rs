//! The gates that only read are done in half a second, however large the workspace.

use crate::bench::Error;
use crate::bench::paired::{Spread, paired};
use crate::bench::row::Row;
use crate::bench::subjects::{Subjects, grouped};
use crate::program::Program;

const GATES: &str = "manifest,paths,panics,todo";
const MOST_MS: f64 = 500.0;

pub(in crate::bench) fn light(subjects: &Subjects, rounds: u32) -> Result<Vec<Row>, Error> {
    let generated = subjects.generated()?;
    let (root, lines) = (&generated.root, grouped(generated.lines));
    let mut ours = subjects.bulletproof(root, &["--no-cache", "--gate", GATES, "--offline"]);
    let metadata = ["metadata", "--format-version", "1", "--locked", "--offline"];
    let mut metadata = Program::cargo().args(metadata).dir(root);
    let mut files = Program::new("git").args(["ls-files", "-z"]).dir(root);
    let theirs = || Ok(metadata.time(&[0])? + files.time(&[0])?);
    let pairs = paired::<Error>(rounds, || Ok(ours.time(&[0])?), theirs)?;
    let time = Spread::of(pairs.iter().map(|pair| pair.ours.as_secs_f64() * 1000.0));
    let on = format!("a made-up workspace of {lines} lines in {} packages", generated.packages);
    let absolute = Row::ratio("light", on.clone(), &pairs).figure(time, "ms");
    Ok(vec![
        absolute.bar("500 ms on 2 cores", time.median <= MOST_MS),
        Row::ratio("light", format!("{on}, as a ratio"), &pairs),
    ])
}
