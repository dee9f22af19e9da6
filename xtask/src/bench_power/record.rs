//! Builds the four programs and runs them in turns, as the gate does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cargo_gate::bench::{PACES, short_run};
use cargo_gate::parse::criterion::{self, Listing, Sample};

use super::Error;
use super::rounds::{Line, keep, read};
use crate::program::Program;
use crate::{packages, say};

/// The programs: name, cargo feature.
pub(super) const PROGRAMS: [(&str, &str); 4] =
    [("base", ""), ("same", ""), ("slower", "slower"), ("unrelated", "unrelated")];

const FILES: [(&str, &str); 3] = [
    ("Cargo.toml", include_str!("nineteen/Cargo.toml.txt")),
    ("src/lib.rs", include_str!("nineteen/lib.rs.txt")),
    ("benches/nineteen.rs", include_str!("nineteen/bench.rs.txt")),
];

/// Records that many rounds after those that are kept.
pub(super) fn record(dir: &Path, kept: &Path, rounds: usize) -> Result<(), Error> {
    let programs = build(dir)?;
    let Some((_, first)) = programs.first() else { return Err(Error::NoProgram) };
    let listed = Program::new(first).args(["--bench", "--list"]).succeed()?;
    let Listing::Criterion(benches) = criterion::list(&listed.stdout) else { return Err(Error::NoProgram) };
    let before = read(kept)?.rounds();
    for round in before..before + rounds {
        let mut lines = Vec::new();
        for (place, bench) in benches.iter().enumerate() {
            lines.push(one(dir, &programs, bench, round, place)?);
        }
        keep(kept, &lines)?;
        say::line(&format!("round {}", round + 1));
    }
    Ok(())
}

/// One bench in one round: every program at once after the other, each time another one first.
fn one(
    dir: &Path,
    programs: &[(&str, PathBuf)],
    bench: &str,
    round: usize,
    place: usize,
) -> Result<Line, Error> {
    let (mut shortest, mut mean) = (BTreeMap::new(), BTreeMap::new());
    let mut order: Vec<&(&str, PathBuf)> = programs.iter().collect();
    order.rotate_left((round + place) % programs.len().max(1));
    if (round / programs.len().max(1)) % 2 == 1 {
        order.reverse();
    }
    for (name, path) in order {
        let sample = sample(dir, path, bench)?;
        let count = u32::try_from(sample.per_iteration.len()).map_or(1.0, f64::from);
        shortest.insert((*name).to_owned(), sample.shortest());
        mean.insert((*name).to_owned(), sample.per_iteration.iter().sum::<f64>() / count);
    }
    Ok(Line { round, bench: bench.to_owned(), shortest, mean })
}

fn sample(dir: &Path, program: &Path, bench: &str) -> Result<Sample, Error> {
    let home = dir.join("home");
    packages::clear(&home)?;
    let [pace, _] = PACES;
    let mut call = Program::new(program).args(short_run(bench, pace)).env("CRITERION_HOME", &home);
    call.succeed()?;
    // criterion's folder for a bench without a group
    let file = home.join(bench.replace('/', "_")).join("new").join("sample.json");
    let bytes = std::fs::read(&file).map_err(|error| Error::file(&file, &error))?;
    criterion::sample(&bytes).map_err(|error| Error::file(&file, &error))
}

/// The four programs.
fn build(dir: &Path) -> Result<Vec<(&'static str, PathBuf)>, Error> {
    let root = dir.join("nineteen");
    for (path, text) in FILES {
        let path = root.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, text)).map_err(|error| Error::file(&path, &error))?;
    }
    let mut programs = Vec::new();
    for (name, feature) in PROGRAMS {
        let args =
            ["bench", "--no-run", "--bench", "nineteen", "--message-format=json", "--features", feature];
        let built = Program::cargo().args(args).dir(&root).succeed()?;
        let run = cargo_gate::parse::cargo_messages::parse(&built.stdout).map_err(|_| Error::NoProgram)?;
        let made = run.artifacts.into_iter().filter(|artifact| artifact.target.kinds == ["bench"]);
        let made = made.filter_map(|artifact| artifact.executable).next_back().ok_or(Error::NoProgram)?;
        let kept = dir.join(name);
        std::fs::copy(&made, &kept).map_err(|error| Error::file(&kept, &error))?;
        programs.push((name, kept));
    }
    Ok(programs)
}

/// The processor's cores, and the compiler, for the page.
pub(super) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rustc = Program::new("rustc").args(["--version"]).succeed();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!("{cores} cores, {}", rustc.unwrap_or_else(|_| "an unknown rustc".to_owned()))
}
