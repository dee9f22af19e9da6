//! The gates `test` and `coverage` share one run; by hand there are two, with two builds of everything. And
//! their lines are those of cargo-llvm-cov, one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_gate::parse::lcov::{LineCounts, parse};

use crate::bench::Error;
use crate::bench::paired::{Pair, Spread};
use crate::bench::row::{Row, Standing};
use crate::bench::subjects::{Package, Subjects};
use crate::packages;
use crate::program::{self, Program};

const MOST: f64 = 0.55;
/// Programs and libraries with few and with many tests.
const PACKAGES: [Package; 5] = [
    ("hexyl", "0.16.0"),
    ("semver", "1.0.28"),
    ("num-traits", "0.2.19"),
    ("regex-syntax", "0.8.11"),
    ("strsim", "0.11.1"),
];
/// Judged, whatever the verdict.
const JUDGED: [i32; 2] = [0, 1];
/// nextest runs no doctests, so that they may not count here.
const CONFIG: &str = "[gates.coverage]\ndoctests = false\ncompare = \"off\"\n";

type Lines = BTreeMap<String, LineCounts>;

/// How often each package is built and tested from nothing, by both.
const ROUNDS: usize = 3;

pub(in crate::bench) fn coverage(subjects: &Subjects) -> Result<Vec<Row>, Error> {
    let what = "the gates `test` and `coverage` against nextest and cargo-llvm-cov";
    let none = |why: &str| Ok(vec![Row::not_measured("coverage", what, why)]);
    for tool in ["cargo-nextest", "cargo-llvm-cov"] {
        match Program::new(tool).args([tool.trim_start_matches("cargo-"), "--version"]).succeed() {
            Err(program::Error::Start { .. }) => return none(&format!("{tool} is not installed")),
            other => other?,
        };
    }
    let tool = |name: &str| std::env::var_os(name).filter(|path| Path::new(path).is_file());
    let (Some(cov), Some(profdata)) = (tool("LLVM_COV"), tool("LLVM_PROFDATA")) else {
        return none("`LLVM_COV` and `LLVM_PROFDATA` do not name LLVM's tools");
    };
    let mut pairs = Vec::new();
    let mut rows = Vec::new();
    for package in PACKAGES {
        for round in 0..ROUNDS {
            let (pair, row) = measure(subjects, package, &cov, &profdata)?;
            pairs.push(pair);
            let differs = row.standing == Standing::Missed;
            rows.extend((round == 0 || differs).then_some(row));
        }
    }
    let ratio = Spread::of(pairs.iter().map(Pair::ratio));
    let names: Vec<&str> = PACKAGES.iter().map(|(name, _)| *name).collect();
    let cold = Row::ratio("coverage", format!("{}: {what}, cold", names.join(", ")), &pairs);
    rows.insert(0, cold.bar("0.55 ×", ratio.median <= MOST));
    Ok(rows)
}

fn measure(
    subjects: &Subjects,
    package: Package,
    cov: &OsString,
    profdata: &OsString,
) -> Result<(Pair, Row), Error> {
    let (name, version) = package;
    let root = subjects.package(package)?;
    write(&root.join("bulletproof.toml"), CONFIG)?;
    if !root.join("Cargo.lock").is_file() {
        Program::cargo().args(["generate-lockfile"]).dir(&root).succeed()?;
    }
    // downloads are no part of what is measured
    Program::cargo().args(["fetch", "--locked"]).dir(&root).succeed()?;
    packages::commit(&root)?;
    let target = |of: &str| subjects.dir().join(format!("target-{of}-{name}"));
    let (own, plain, counting) = (target("ours"), target("plain"), target("llvm-cov"));
    for folder in [&own, &plain, &counting] {
        match std::fs::remove_dir_all(folder) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File { path: folder.clone(), source });
            }
            _ => {}
        }
    }
    let ours = subjects
        .bulletproof(&root, &["--no-cache", "--gate", "test,coverage"])
        .env("CARGO_TARGET_DIR", &own)
        .time(&JUDGED)?;
    let theirs = by_hand(&root, &plain, &counting, cov, profdata)?;
    let (ours_read, theirs_read) = (
        read(&own.join("bulletproof/coverage/lcov.info"), &root)?,
        read(&counting.join("lcov.info"), &root)?,
    );
    let (lines, different) = differences(&ours_read, &theirs_read);
    let row = Row::ratio("coverage", format!("{name} {version}: lines, and those that differ"), &[]);
    let row = Row {
        ours: sum(&ours_read),
        theirs: sum(&theirs_read),
        figure: format!("{lines} lines, {different} differ"),
        standing: Standing::NoBar,
        ..row
    };
    Ok((Pair { ours, theirs }, row.bar("0 differ", different == 0 && lines > 0)))
}

/// The tests by nextest, and once more by cargo-llvm-cov for their lines.
fn by_hand(
    root: &Path,
    plain: &Path,
    counting: &Path,
    cov: &OsString,
    profdata: &OsString,
) -> Result<Duration, Error> {
    let run = ["--workspace", "--no-fail-fast", "--locked"];
    let tests = Program::cargo()
        .args(["nextest", "run"])
        .args(run)
        .dir(root)
        .env("CARGO_TARGET_DIR", plain)
        .time(&[0])?;
    let file = counting.join("lcov.info");
    let lines = Program::cargo()
        .args(["llvm-cov", "nextest", "--lcov", "--output-path"])
        .args([file.as_os_str()])
        .args(run)
        .dir(root)
        .env("CARGO_TARGET_DIR", counting)
        .env("CARGO_LLVM_COV_SETUP", "no")
        .env("LLVM_COV", cov)
        .env("LLVM_PROFDATA", profdata)
        .time(&[0])?;
    Ok(tests + lines)
}

/// The counts of a file, by paths relative to the root.
fn read(file: &Path, root: &Path) -> Result<Lines, Error> {
    let bytes = std::fs::read(file).map_err(|source| Error::File { path: file.to_owned(), source })?;
    let lcov = parse(&bytes).map_err(|error| Error::File {
        path: file.to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let name = |path: String| {
        let path = PathBuf::from(path);
        path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned()
    };
    Ok(lcov.files.into_iter().map(|(path, counts)| (name(path), counts)).collect())
}

/// How many lines there are in either, and how many of them have code or ran in one alone.
fn differences(ours: &Lines, theirs: &Lines) -> (usize, usize) {
    let lines = |of: &Lines| -> BTreeSet<(String, u32)> {
        let all = of.iter().flat_map(|(path, counts)| counts.iter().map(|one| (path.clone(), one.line)));
        all.collect()
    };
    let all: BTreeSet<(String, u32)> = lines(ours).union(&lines(theirs)).cloned().collect();
    let ran = |of: &Lines, path: &str, line: u32| of.get(path)?.hits(line).map(|hits| hits > 0);
    let different =
        all.iter().filter(|(path, line)| ran(ours, path, *line) != ran(theirs, path, *line)).count();
    (all.len(), different)
}

fn sum(lines: &Lines) -> String {
    let hit: usize = lines.values().map(LineCounts::hit).sum();
    let total: usize = lines.values().map(LineCounts::total).sum();
    format!("{hit} of {total}")
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|source| Error::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Lines {
        parse(text.as_bytes()).unwrap().files
    }

    #[test]
    fn a_line_differs_where_one_alone_has_it_or_ran_it() {
        let ours = lines("SF:a\nDA:1,1\nDA:2,0\nDA:3,7\nend_of_record\n");
        let theirs = lines("SF:a\nDA:1,1\nDA:2,5\nDA:3,1\nend_of_record\nSF:b\nDA:1,0\nend_of_record\n");
        assert_eq!(differences(&ours, &theirs), (4, 2));
        assert_eq!(differences(&ours, &ours), (3, 0));
    }
}
