//! Counts the instructions of benches with callgrind.

use super::Machine;
use super::program::{Answer, Pair, Program, succeeded};
use crate::bench::{BenchRun, Instructions, Side, State, exactly};
use crate::exec::process::Command;
use crate::gate::Unreadable;
use crate::parse::callgrind;

/// Counts all benches that both sides have.
pub(super) fn all(
    machine: &Machine<'_>,
    pairs: &[Option<Pair>],
    run: &mut BenchRun,
) -> Result<(), Unreadable> {
    for (programs, pair) in run.programs.iter_mut().zip(pairs) {
        let (State::Compared { benches, .. }, Some(pair)) = (&mut programs.state, pair) else { continue };
        let mut benches = benches.iter_mut().filter(|bench| bench.is_timed()).peekable();
        if benches.peek().is_some() {
            machine.counts()?;
        }
        for bench in benches {
            match both(machine, pair, &bench.name)? {
                Ok(instructions) => bench.instructions = Some(instructions),
                Err(failure) => bench.failure = Some(failure),
            }
        }
    }
    Ok(())
}

/// Instructions of the bench on both sides, or which side could not be counted and why.
pub(super) fn both(
    machine: &Machine<'_>,
    pair: &Pair,
    bench: &str,
) -> Result<Result<Instructions, (Side, String)>, Unreadable> {
    let mut counts = [0; 2];
    let sides = [(Side::Base, &pair.base), (Side::Head, &pair.head)];
    for (count, (side, program)) in counts.iter_mut().zip(sides) {
        match one(machine, program, bench)? {
            Ok(instructions) => *count = instructions,
            Err(why) => return Ok(Err((side, why))),
        }
    }
    let [base, head] = counts;
    Ok(Ok(Instructions::of_iteration(base, head)))
}

/// The instructions of one run of the bench with one iteration.
fn one(machine: &Machine<'_>, program: &Program, bench: &str) -> Answer<u64> {
    let Some(valgrind) = &machine.valgrind else { return Ok(Err("valgrind is not installed".to_owned())) };
    let home = machine.fresh_home()?;
    let file = home.path().join("callgrind.out");
    let out = format!("--callgrind-out-file={}", file.display());
    let outer = Command::new(valgrind, home.path(), machine.timeout).args([
        "--tool=callgrind",
        "--compress-strings=no",
        "--compress-pos=no",
        &out,
    ]);
    let filter = exactly(bench);
    let captured = machine.call(program, Some(&outer), &["--bench", "--test", &filter], home.path());
    if let Err(why) = succeeded(&captured)? {
        return Ok(Err(why));
    }
    let counted = std::fs::read(&file).ok().and_then(|bytes| callgrind::in_iterations(&bytes));
    Ok(match counted {
        None => Err("callgrind gave no count".to_owned()),
        Some(0) => Err("its names are stripped, and what it measures cannot be told from what it prepares: \
                        `strip = false` in [profile.bench]"
            .to_owned()),
        Some(count) => Ok(count),
    })
}
