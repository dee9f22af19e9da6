//! A commit of one staged file in a large workspace, against other runners of hooks with the formatter and a search.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::bench::Error;
use crate::bench::paired::{Pair, Spread, paired};
use crate::bench::row::Row;
use crate::bench::subjects::{Subjects, grouped};
use crate::program::{self, Program};

const MOST_MS: f64 = 150.0;
/// Each runner by its program, and the largest part of its time that ours may take.
const RUNNERS: [(&str, f64); 2] = [("prek", 0.5), ("pre-commit", 0.2)];
/// What a team without our gates has its runner do: the formatter, and a search for what must not be there.
const HOOKS: &str = r"repos:
- repo: local
  hooks:
  - id: fmt
    name: fmt
    entry: rustfmt --check --edition 2024
    language: system
    types: [rust]
  - id: search
    name: search
    entry: 'todo!\('
    language: pygrep
    types: [rust]
";

pub(in crate::bench) fn commit(subjects: &Subjects, rounds: u32) -> Result<Vec<Row>, Error> {
    let generated = subjects.generated()?;
    let root = &generated.root;
    let hooks = subjects.dir().join("hooks.yaml");
    write(&hooks, HOOKS)?;
    let leaf = root.join("part-49/src/module_12.rs");
    let original = std::fs::read_to_string(&leaf).map_err(failed(&leaf))?;
    let mut round = 0;
    let mut stage = || -> Result<(), Error> {
        round += 1;
        write(&leaf, &format!("{original}\nconst _: u32 = {round};\n"))?;
        Program::new("git").args(["add", "--all"]).dir(root).succeed()?;
        Ok(())
    };
    let mut ours = || {
        stage()?;
        Ok(subjects.bulletproof(root, &["hook", "pre-commit"]).time(&[0])?)
    };
    let on = format!("one staged file in a made-up workspace of {} lines", grouped(generated.lines));
    let mut rows = Vec::new();
    for (runner, most) in RUNNERS {
        let what = format!("{on}: against {runner}");
        match Program::new(runner).args(["--version"]).succeed() {
            Err(program::Error::Start { .. }) => {
                rows.push(Row::not_measured("commit", what, &format!("{runner} is not installed")));
                continue;
            }
            other => other?,
        };
        let config = [OsString::from("run"), "--config".into(), hooks.clone().into_os_string()];
        let theirs = || Ok(Program::new(runner).args(&config).dir(root).time(&[0])?);
        let pairs = paired::<Error>(rounds, &mut ours, theirs)?;
        let ratio = Spread::of(pairs.iter().map(Pair::ratio)).median;
        rows.push(Row::ratio("commit", what, &pairs).bar(&format!("{most:.1} ×"), ratio <= most));
    }
    let git = || Ok(Program::new("git").args(["status", "--porcelain"]).dir(root).time(&[0])?);
    let pairs = paired::<Error>(rounds, &mut ours, git)?;
    let time = Spread::of(pairs.iter().map(|pair| pair.ours.as_secs_f64() * 1000.0));
    let row = Row::ratio("commit", format!("{on}: in all, beside `git status`"), &pairs).figure(time, "ms");
    rows.push(row.bar("150 ms", time.median <= MOST_MS));
    Program::new("git").args(["reset", "--quiet", "--hard"]).dir(root).succeed()?;
    Ok(rows)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path: PathBuf = path.to_owned();
    |source| Error::File { path, source }
}
