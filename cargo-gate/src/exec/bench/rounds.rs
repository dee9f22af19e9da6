//! Rounds: each bench for a moment on one side and at once on the other, until its answer is clear.

use std::time::{Duration, Instant};

use super::program::Pair;
use super::{Machine, count};
use crate::bench::{
    BenchRun, CONFIRMING, FEWEST, MOST, Measured, PACES, Pace, Round, Side, State, settled, suspected,
};
use crate::gate::Unreadable;
use crate::step::BenchCall;

/// A bench in work.
struct Work<'a> {
    bench: &'a mut Measured,
    pair: &'a Pair,
    /// criterion's times, as the program's version knows them.
    pace: Pace,
}

/// Measures all benches that both sides have.
pub(super) fn run(
    machine: &Machine<'_>,
    call: &BenchCall,
    pairs: &[Option<Pair>],
    run: &mut BenchRun,
) -> Result<(), Unreadable> {
    let [pace, _] = PACES;
    let mut works = Vec::new();
    for (programs, pair) in run.programs.iter_mut().zip(pairs) {
        let (State::Compared { benches, .. }, Some(pair)) = (&mut programs.state, pair) else { continue };
        let timed = benches.iter_mut().filter(|bench| bench.is_timed());
        works.extend(timed.map(|bench| Work { bench, pair, pace }));
    }
    let start = Instant::now();
    let benches = works.len();
    let is_slower =
        |bench: &Measured| bench.failure.is_none() && suspected(&bench.rounds, call.bars, benches);
    let late = || start.elapsed() >= call.time;
    let mut out_of_time = false;
    let mut within = benches;
    for number in 0..MOST {
        for (place, work) in works.iter_mut().enumerate().take(within) {
            if work.bench.failure.is_some() || settled(&work.bench.rounds, call.bars, benches) {
                continue;
            }
            if late() {
                out_of_time = true;
                break;
            }
            if let Some(round) = work.round(machine, number + place)? {
                work.bench.rounds.push(round);
            }
        }
        if number == 0 {
            // of some benches enough rounds tell more than of all too few
            within = fitting(benches, start.elapsed(), call.time);
            out_of_time |= within < benches;
        }
    }
    // a bench that would fail is measured anew, at another time and whatever the clock says
    for number in 0..CONFIRMING {
        for (place, work) in works.iter_mut().enumerate().filter(|(_, work)| is_slower(work.bench)) {
            if let Some(round) = work.round(machine, number + place)? {
                work.bench.anew.push(round);
            }
        }
    }
    for work in &mut works {
        if machine.valgrind.is_some() && is_slower(work.bench) {
            work.bench.instructions = count::both(machine, work.pair, &work.bench.name)?.ok();
        }
    }
    run.out_of_time = out_of_time;
    run.took = start.elapsed();
    Ok(())
}

/// How many benches can have the fewest rounds on which anything is decided, where the first round of all of them
/// took that long.
fn fitting(benches: usize, first: Duration, time: Duration) -> usize {
    let all = first * u32::try_from(FEWEST).unwrap_or(u32::MAX);
    if all <= time {
        return benches;
    }
    let share = time.as_secs_f64() / all.as_secs_f64();
    (1..=benches).take_while(|count| to_f64(*count) <= share * to_f64(benches)).last().unwrap_or(1)
}

fn to_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

impl Work<'_> {
    /// One round; none where a side could not be measured, which the bench then says.
    fn round(&mut self, machine: &Machine<'_>, turn: usize) -> Result<Option<Round>, Unreadable> {
        // AB, BA, AB …: what changes steadily falls on both sides alike
        let order = if turn.is_multiple_of(2) { [Side::Base, Side::Head] } else { [Side::Head, Side::Base] };
        let first = self.time(machine, order[0])?;
        let second = self.time(machine, order[1])?;
        let (base, head) = if order[0] == Side::Base { (first, second) } else { (second, first) };
        match (base, head) {
            (Ok(base), Ok(head)) => Ok(Some(Round { base, head })),
            // whichever ran first: what the change cannot do counts for more
            (_, Err(why)) => {
                self.bench.failure = Some((Side::Head, why));
                Ok(None)
            }
            (Err(why), Ok(_)) => {
                self.bench.failure = Some((Side::Base, why));
                Ok(None)
            }
        }
    }

    fn time(&mut self, machine: &Machine<'_>, side: Side) -> Result<Result<f64, String>, Unreadable> {
        let [_, whole_seconds] = PACES;
        let program = match side {
            Side::Base => &self.pair.base,
            Side::Head => &self.pair.head,
        };
        let time = machine.shortest(program, &self.bench.name, self.pace)?;
        let first = self.bench.rounds.is_empty() && self.pace != whole_seconds;
        match time {
            // an old criterion may not take parts of a second
            Err(why) if first && !why.contains("panicked") => {
                let slower = machine.shortest(program, &self.bench.name, whole_seconds)?;
                if slower.is_ok() {
                    self.pace = whole_seconds;
                }
                Ok(slower.map_err(|_| why))
            }
            time => Ok(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_all_benches_would_have_too_few_rounds_some_of_them_have_enough() {
        let (minute, second) = (Duration::from_mins(1), Duration::from_secs(1));
        assert_eq!(fitting(19, second, minute), 19);
        assert_eq!(fitting(100, 60 * second, minute), 20);
        assert_eq!(fitting(3, 60 * minute, minute), 1);
        assert_eq!(fitting(0, Duration::ZERO, minute), 0);
    }
}
