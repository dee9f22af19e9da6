//! Runs bench targets that are written with gungraun, which counts the instructions of each bench with valgrind:
//! one run of each side's program, and one more where a bench seems to take more of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Machine;
use super::program::{Answer, Pair, Program, succeeded};
use crate::bench::{Bars, Counting, Harness, Instructions, Measured, Side, State, runner_version};
use crate::exec::process::{Command, run};
use crate::gate::Unreadable;
use crate::parse::gungraun::{self, GungraunError, Summary};
use crate::step::End;

/// The benches of one run, in the order of the program's list.
type Counts = Vec<(String, Result<Summary, String>)>;

/// The exit code of a runner that found a limit passed which the bench sets itself.
const PAST_A_LIMIT: i32 = 3;

/// Counts the benches of both programs; the head's is written with that.
pub(super) fn compare(
    machine: &Machine<'_>,
    pair: &Pair,
    bars: Bars,
    counting: &Counting,
) -> Result<State, Unreadable> {
    let Counting { library, version } = counting;
    if !counting.is_read() {
        return Ok(State::Foreign(format!(
            "it is written with {library} {version}, and counts are read from 0.15 on"
        )));
    }
    match &pair.base.counting {
        None => {
            return Ok(State::Failed(Side::Base, format!("it is not written with {library} there")));
        }
        // a library counts some instructions of its own with the bench's
        Some(base) if base != counting => {
            let why = format!(
                "it is written with {} {} there, and here with {version}",
                base.library, base.version
            );
            return Ok(State::Failed(Side::Base, why));
        }
        Some(_) => {}
    }
    machine.counts()?;
    machine.runs(&pair.head, counting)?;
    let [head, base] = match both(machine, pair)? {
        Ok(counts) => counts,
        Err((side, why)) => return Ok(State::Failed(side, why)),
    };
    let more = |name: &str, head: &Result<Summary, String>| {
        let counted = figure(head).zip(of(&base, name).and_then(figure));
        counted.and_then(|(head, base)| Instructions::of_runs(&[base], &[head]))
    };
    let suspected =
        head.iter().any(|(name, head)| more(name, head).is_some_and(|one| one.more_than(bars.warn)));
    let again = if suspected { both(machine, pair)? } else { Ok([Vec::new(), Vec::new()]) };
    let [head_again, base_again] = match again {
        Ok(counts) => counts,
        Err((side, why)) => return Ok(State::Failed(side, why)),
    };
    let only = |counts: &Counts, others: &Counts| -> Vec<String> {
        counts.iter().map(|(name, _)| name).filter(|name| of(others, name).is_none()).cloned().collect()
    };
    let (appeared, vanished) = (only(&head, &base), only(&base, &head));
    let shared = head.iter().map(|(name, _)| name).filter(|name| of(&base, name).is_some());
    let benches = shared.map(|name| measured(name, [&base, &base_again], [&head, &head_again])).collect();
    Ok(State::Compared { benches, appeared, vanished })
}

/// The bench, with what both sides counted in all runs that there were.
fn measured(name: &str, base: [&Counts; 2], head: [&Counts; 2]) -> Measured {
    let bench = Measured { harness: Harness::Gungraun, ..Measured::new(name) };
    let failed = |side: Side, why: &str| Measured { failure: Some((side, why.to_owned())), ..bench.clone() };
    let mut figures = [Vec::new(), Vec::new()];
    let mut counters = Vec::new();
    for ((side, runs), figures) in [(Side::Head, head), (Side::Base, base)].into_iter().zip(&mut figures) {
        for counted in runs.iter().filter_map(|run| of(run, name)) {
            match counted {
                Ok(summary) => {
                    figures.push(summary.instructions);
                    counters.push(summary.counter);
                }
                Err(why) => return failed(side, why),
            }
        }
    }
    // one that a second run no longer lists is caught here: its sides would have a different number of runs
    let [head, base] = figures;
    if counters.windows(2).any(|two| two.first() != two.last()) || head.len() != base.len() {
        return failed(Side::Base, "it is counted in another way there");
    }
    Measured { instructions: Instructions::of_runs(&base, &head), ..bench }
}

fn of<'a>(counts: &'a Counts, name: &str) -> Option<&'a Result<Summary, String>> {
    counts.iter().find(|(own, _)| own == name).map(|(_, counted)| counted)
}

fn figure(counted: &Result<Summary, String>) -> Option<u64> {
    counted.as_ref().ok().map(|summary| summary.instructions)
}

/// One run of each program, the head's first; or which side cannot be counted, and why.
fn both(machine: &Machine<'_>, pair: &Pair) -> Result<Result<[Counts; 2], (Side, String)>, Unreadable> {
    let head = match machine.counted(&pair.head)? {
        Ok(counts) => counts,
        Err(why) => return Ok(Err((Side::Head, why))),
    };
    Ok(machine.counted(&pair.base)?.map(|base| [head, base]).map_err(|why| (Side::Base, why)))
}

impl Machine<'_> {
    /// Whether the program's runner is there, and gungraun's in the library's own version.
    fn runs(&self, program: &Program, counting: &Counting) -> Result<(), Unreadable> {
        let (name, target) = (counting.runner(), &program.name);
        let lacking = |what: &str| {
            let reason =
                format!("{name} {}, which runs the bench target `{target}`, {what}", counting.version);
            Unreadable::unavailable(reason).help(counting.install())
        };
        let found =
            which::which_in_global(&name, std::env::var_os("PATH")).ok().and_then(|mut all| all.next());
        let path = found.ok_or_else(|| lacking("is not installed"))?;
        if counting.library != "gungraun" {
            // it does not tell its version, and ends with an error where a library of another one calls it
            return Ok(());
        }
        let captured =
            run(&Command::new(path, self.scratch.path(), self.timeout).args(["--version"]), self.cancel);
        succeeded(&captured)?.map_err(|why| lacking(&format!("does not start ({why})")))?;
        match runner_version(&captured.stdout) {
            Some(version) if version == counting.version => Ok(()),
            Some(version) => Err(lacking(&format!("is installed as {version}"))),
            None => Err(lacking("does not tell its version")),
        }
    }

    /// What one run of the program counts: each bench that it lists, and no other.
    fn counted(&self, program: &Program) -> Answer<Counts> {
        // a home of its own: nothing in it is of an earlier run, and nothing to be compared with
        let home = self.fresh_home()?;
        let at = format!("--home={}", home.path().display());
        let args = ["--bench", &at, "--save-summary=json"];
        let listed = self.call(program, None, &[&args[..], &["--list"]].concat(), home.path());
        let names = match succeeded(&listed)?.map(|()| gungraun::list(&listed.stdout)) {
            Ok(Ok(names)) if names.is_empty() => return Ok(Err("it has no bench".to_owned())),
            Ok(Ok(names)) => names,
            Ok(Err(error)) => return Ok(Err(error.to_string())),
            Err(why) => return Ok(Err(why)),
        };
        let captured = self.call(program, None, &args, home.path());
        if captured.end == End::Code(PAST_A_LIMIT) {
            return Ok(Err("a limit is passed that the benches set themselves".to_owned()));
        }
        if let Err(why) = succeeded(&captured)? {
            return Ok(Err(why));
        }
        let mut found = match summaries(home.path()) {
            Ok(found) => found,
            Err(error @ GungraunError::Version(_)) => {
                return Err(Unreadable::garbage(format!("the bench target `{}` left {error}", program.name))
                    .help("a newer version of this program may read it"));
            }
            Err(error) => return Ok(Err(error.to_string())),
        };
        let count = |name: String| {
            let summary = found.remove(&name);
            (name, summary.ok_or_else(|| "it ended well and left no count".to_owned()))
        };
        let counts = names.into_iter().map(count).collect();
        Ok(match found.into_keys().next() {
            Some(name) => Err(format!("it left a count of `{name}`, which it does not list")),
            None => Ok(counts),
        })
    }
}

/// The summaries under that folder by their benches' names.
fn summaries(home: &Path) -> Result<BTreeMap<String, Summary>, GungraunError> {
    let mut found = BTreeMap::new();
    for file in files(home).map_err(|error| unread(home, &error))? {
        let bytes = std::fs::read(&file).map_err(|error| unread(&file, &error))?;
        let summary = gungraun::summary(&bytes)?;
        if let Some(other) = found.insert(summary.name.clone(), summary) {
            let twice = format!("it left two counts of the bench `{}`", other.name);
            return Err(GungraunError::Senseless(twice));
        }
    }
    Ok(found)
}

fn unread(path: &Path, error: &std::io::Error) -> GungraunError {
    GungraunError::Senseless(format!("{}: {error}", path.display()))
}

/// The `summary.json` of all folders under that one.
fn files(home: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![home.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else if entry.file_name() == "summary.json" {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::gungraun::Counter;

    fn counts(counter: Counter, all: &[(&str, u64)]) -> Counts {
        let one = |(name, instructions): &(&str, u64)| {
            let (name, instructions) = ((*name).to_owned(), *instructions);
            (name.clone(), Ok(Summary { name, counter, instructions }))
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn a_bench_that_a_second_run_of_one_side_does_not_have_is_not_judged() {
        let (once, none) = (counts(Counter::Callgrind, &[("a", 5)]), Vec::new());
        assert!(measured("a", [&once, &none], [&once, &none]).instructions.is_some());
        assert!(measured("a", [&once, &once], [&once, &none]).failure.is_some());
    }

    #[test]
    fn what_two_tools_count_is_not_compared() {
        let (none, other) = (Vec::new(), counts(Counter::Cachegrind, &[("a", 5)]));
        let one = counts(Counter::Callgrind, &[("a", 5)]);
        assert!(measured("a", [&one, &none], [&other, &none]).failure.is_some());
    }

    #[test]
    fn two_summaries_of_one_bench_are_no_count() {
        let home = tempfile::tempdir().unwrap();
        let text = r#"{"version":"7","module_path":"w::g::f","profiles":[{"tool":"Callgrind","data":{"total":{"metrics":{"Ir":{"values":{"new":5}}}}}}]}"#;
        for folder in ["one/deep", "two"] {
            std::fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        std::fs::write(home.path().join("one/deep/summary.json"), text).unwrap();
        assert_eq!(summaries(home.path()).unwrap()["w::g::f"].instructions, 5);
        std::fs::write(home.path().join("two/summary.json"), text).unwrap();
        assert!(summaries(home.path()).unwrap_err().to_string().contains("two counts"));
    }
}
