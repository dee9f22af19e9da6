//! The scanner reads sources faster than a disk gives them.

use std::hint::black_box;
use std::time::Instant;

use cargo_gate::scan::scan;

use crate::bench::Error;
use crate::bench::paired::Spread;
use crate::bench::row::{Row, Standing};
use crate::bench::subjects::{PACKAGES, Subjects, sources};

const LEAST: f64 = 150.0;

pub(in crate::bench) fn scanner(subjects: &Subjects, rounds: u32) -> Result<Vec<Row>, Error> {
    let mut real = Vec::new();
    for package in PACKAGES {
        real.extend(sources(&subjects.package(package)?)?);
    }
    let made_up = sources(&subjects.generated()?.root)?;
    let names: Vec<&str> = PACKAGES.iter().map(|(name, _)| *name).collect();
    Ok(vec![
        row(&format!("the sources of {}", names.join(", ")), &real, rounds),
        row("the sources of the made-up workspace", &made_up, rounds),
    ])
}

fn row(of: &str, sources: &[String], rounds: u32) -> Row {
    let bytes: f64 = sources.iter().map(|source| megabytes(source)).sum();
    let once = || {
        let start = Instant::now();
        for source in sources {
            black_box(scan(black_box(source)));
        }
        bytes / start.elapsed().as_secs_f64()
    };
    once();
    let speed = Spread::of((0..rounds).map(|_| once()));
    let empty = Row::ratio("scanner", format!("{of}, {bytes:.0} MB"), &[]);
    let row = Row { ours: String::new(), theirs: String::new(), standing: Standing::NoBar, ..empty };
    row.figure(speed, "MB/s").bar("150 MB/s a core", speed.median >= LEAST)
}

fn megabytes(source: &str) -> f64 {
    // a source has less than 4 GB
    f64::from(u32::try_from(source.len()).unwrap_or(u32::MAX)) / 1e6
}
