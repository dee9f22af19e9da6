//! What it would take to tell a bench that is unclear.

use std::time::Duration;

use super::{Bars, BenchRun, FEWEST, Judgement, MOST, Measured, Verdict};

/// What would settle an unclear bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// That many rounds.
    Rounds(usize),
    /// More than anybody would wait for.
    Endless,
}

/// The rounds that are counted up to; beyond them the estimate says nothing.
const COUNTED: usize = 10_000;

/// How many rounds would tell. An interval shrinks with the root of the rounds: where it reaches `w` from the
/// change towards the bar that is in question and may reach `d`, it takes `rounds * (w / d)^2`.
pub(super) fn need(judged: &Judgement, bars: Bars) -> Need {
    if judged.rounds < FEWEST {
        return Need::Rounds(FEWEST);
    }
    let (warn, fail) = (f64::from(bars.warn) / 100.0, f64::from(bars.fail) / 100.0);
    let (width, room) = if judged.change > warn {
        // it has to be told from no change at all
        (judged.change - judged.interval.low, judged.change)
    } else {
        // it has to be told from one that fails
        (judged.interval.high - judged.change, fail - judged.change)
    };
    let rounds = u32::try_from(judged.rounds).map_or(f64::INFINITY, f64::from);
    let needed = (rounds * (width / room).powi(2)).ceil();
    let enough = |count: &usize| u32::try_from(*count).map_or(f64::INFINITY, f64::from) >= needed;
    (judged.rounds + 1..=COUNTED).find(enough).map_or(Need::Endless, Need::Rounds)
}

/// What would settle each unclear bench of a run.
pub(super) struct Needs {
    bars: Bars,
    /// How long one round of a bench took on average; none where there was none.
    round: Option<Duration>,
    /// The `time` with which all benches that more rounds can settle would have them.
    time: Duration,
}

impl Needs {
    pub(super) fn of(run: &BenchRun, bars: Bars) -> Self {
        let measured = || run.measured().map(|(_, bench)| bench).filter(|bench| bench.is_timed());
        let rounds: usize = measured().map(|bench| bench.rounds.len() + bench.anew.len()).sum();
        let round = u32::try_from(rounds).ok().and_then(|rounds| run.took.checked_div(rounds));
        let benches = measured().count();
        let missing = |bench: &Measured| match bench.judge(bars, benches) {
            None if bench.failure.is_none() => FEWEST,
            Some(judged) if judged.verdict == Verdict::Unclear => match need(&judged, bars) {
                Need::Rounds(rounds) if rounds <= MOST => rounds.saturating_sub(judged.rounds),
                _ => 0,
            },
            _ => 0,
        };
        let missing: usize = measured().map(missing).sum();
        let more = round.unwrap_or_default().saturating_mul(u32::try_from(missing).unwrap_or(u32::MAX));
        Self { bars, round, time: run.took.saturating_add(more) }
    }

    /// The help for a bench that is unclear by its rounds; none where nothing can be said.
    pub(super) fn help(&self, judged: Option<&Judgement>) -> Option<String> {
        let round = self.round?;
        let need = judged.map_or(Need::Rounds(FEWEST), |judged| need(judged, self.bars));
        let other = "a machine with less other work, or `measure = \"instructions\"`, tells sooner";
        Some(match need {
            Need::Rounds(rounds) if rounds <= MOST => format!(
                "about {rounds} rounds would tell: set `time = \"{}\"`, which is enough for all unclear benches; {other}",
                minutes(self.time)
            ),
            Need::Rounds(rounds) => format!(
                "about {rounds} rounds ({} of this bench alone) would tell, and {MOST} are the most: {other}",
                minutes(round.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX)))
            ),
            Need::Endless => format!("no number of rounds that anybody waits for would tell: {other}"),
        })
    }
}

/// As people write it, rounded up: whole minutes from two on, else in steps of ten seconds.
fn minutes(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    if seconds > 110 {
        format!("{}m", seconds.div_ceil(60))
    } else {
        format!("{}s", seconds.div_ceil(10).max(1) * 10)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Interval, Programs, Round, State};
    use super::*;

    const BARS: Bars = Bars { warn: 10, fail: 20 };

    fn judged(rounds: usize, change: f64, low: f64, high: f64) -> Judgement {
        let interval = Interval { low, high };
        Judgement { base: 1.0, head: 1.0, change, interval, rounds, verdict: Verdict::Unclear, clear: false }
    }

    #[test]
    fn an_interval_twice_as_wide_as_the_room_takes_four_times_the_rounds() {
        assert_eq!(need(&judged(10, 0.0, -0.1, 0.4), BARS), Need::Rounds(40), "0.4 up, 0.2 to the bar");
        assert_eq!(need(&judged(10, 0.15, -0.15, 0.3), BARS), Need::Rounds(40), "0.3 down, 0.15 to 0");
    }

    #[test]
    fn a_bench_near_the_bar_or_without_bounds_takes_longer_than_anybody_waits() {
        assert_eq!(need(&judged(18, 0.1, -0.1, f64::INFINITY), BARS), Need::Endless);
        assert_eq!(need(&judged(18, 0.1, -0.1, 9.0), BARS), Need::Endless);
    }

    #[test]
    fn a_bench_with_too_few_rounds_needs_those() {
        assert_eq!(need(&judged(2, 0.0, 0.0, 0.0), BARS), Need::Rounds(FEWEST));
    }

    /// A run of that long with one bench: these rounds, and as many of a ratio of 1.
    fn run(noisy: &[f64], calm: usize, took: u64) -> BenchRun {
        let round = |ratio: f64| Round { base: 100.0, head: 100.0 * ratio };
        let rounds =
            noisy.iter().map(|ratio| round(*ratio)).chain(std::iter::repeat_n(round(1.0), calm)).collect();
        let benches = vec![Measured { rounds, ..Measured::new("a") }];
        let state = State::Compared { benches, appeared: Vec::new(), vanished: Vec::new() };
        let (package, target, root) = ("demo".to_owned(), "speed".to_owned(), "benches/speed.rs".to_owned());
        let programs = vec![Programs { package, target, root, state }];
        BenchRun { programs, took: Duration::from_secs(took), ..BenchRun::default() }
    }

    #[test]
    fn the_help_names_the_time_that_would_be_enough() {
        let two = run(&[], 2, 60);
        let judged = judged(2, 0.0, 0.0, 0.0);
        let help = Needs::of(&two, BARS).help(Some(&judged)).unwrap();
        // 2 rounds in 60 s: 3 more take 90 s
        assert!(help.starts_with("about 5 rounds would tell: set `time = \"3m\"`"), "{help}");
    }

    #[test]
    fn more_rounds_than_are_ever_measured_are_not_promised_for_more_time() {
        let help = Needs::of(&run(&[], 18, 36), BARS).help(Some(&judged(18, 0.0, -0.1, 0.4))).unwrap();
        assert!(
            help.starts_with("about 72 rounds (3m of this bench alone) would tell, and 18 are the most"),
            "{help}"
        );
        assert!(!help.contains("time ="), "{help}");
    }

    #[test]
    fn without_a_round_nothing_is_estimated() {
        assert_eq!(Needs::of(&run(&[], 0, 1), BARS).help(None), None);
    }

    #[test]
    fn an_unclear_bench_of_a_run_carries_the_help() {
        let opinions = super::super::opinions(&run(&[0.7], 1, 10), BARS);
        let one = opinions.first().unwrap();
        assert_eq!(one.kind, super::super::Kind::Unclear);
        assert!(one.help.as_ref().unwrap().contains("would tell"), "{one:?}");
    }
}
