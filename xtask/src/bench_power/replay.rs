//! Applies the gate's rule to stretches of the recorded rounds, as if the gate had started there.

use std::collections::BTreeMap;

use cargo_gate::bench::{
    Bars, BenchRun, CONFIRMING, Kind, MOST, Measured, Programs, Round, State, opinions, settled, suspected,
};

use super::Error;
use super::rounds::{Line, Recorded};

/// The bars of the gate where the config says nothing.
pub(super) const BARS: Bars = Bars { warn: 10, fail: 20 };
/// A bar that a slowdown of 15 % fails, for the error and not the warning.
pub(super) const STRICT: Bars = Bars { warn: 5, fail: 10 };
/// How far one stretch starts after the other: they overlap, so that the counts say more than one such
/// stretch, and less than as many separate ones.
pub(super) const STEP: usize = 6;

/// What the rule made of one comparison over all stretches.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) base: &'static str,
    pub(super) head: &'static str,
    pub(super) bars: Bars,
    /// How many benches came to what.
    pub(super) kinds: BTreeMap<Kind, usize>,
    /// How many runs of all benches there were, and in how many of them any bench was called slower.
    pub(super) runs: usize,
    pub(super) alarmed: usize,
    /// How often each bench was called slower, of those that ever were.
    pub(super) by_bench: BTreeMap<String, usize>,
    /// Rounds that were used, of all benches together.
    pub(super) rounds: usize,
    /// Benches that other rules would call slower, by name.
    pub(super) others: BTreeMap<&'static str, usize>,
}

impl Outcome {
    /// All comparisons of benches.
    pub(super) fn benches(&self) -> usize {
        self.kinds.values().sum()
    }

    /// Those that came to that.
    pub(super) fn count(&self, kind: Kind) -> usize {
        self.kinds.get(&kind).copied().unwrap_or_default()
    }

    /// Those called slower.
    pub(super) fn slower(&self) -> usize {
        self.count(Kind::Slower) + self.count(Kind::SomewhatSlower)
    }

    /// Those that the gate says nothing of.
    pub(super) fn passed(&self) -> usize {
        self.count(Kind::Holds) + self.count(Kind::Faster)
    }
}

/// The comparisons, with the rule's outcome on each.
pub(super) fn all(recorded: &Recorded) -> Result<Vec<Outcome>, Error> {
    let pairs = [
        ("base", "same", BARS),
        ("same", "base", BARS),
        ("base", "same", STRICT),
        ("base", "slower", BARS),
        ("base", "slower", STRICT),
        ("base", "unrelated", BARS),
    ];
    let rounds = recorded.rounds();
    if rounds < MOST + CONFIRMING {
        return Err(Error::TooFew(rounds));
    }
    Ok(pairs.into_iter().map(|(base, head, bars)| one(recorded, base, head, bars)).collect())
}

fn one(recorded: &Recorded, base: &'static str, head: &'static str, bars: Bars) -> Outcome {
    let (kinds, by_bench, others) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut outcome = Outcome { base, head, bars, kinds, runs: 0, alarmed: 0, by_bench, rounds: 0, others };
    let last = recorded.rounds() - (MOST + CONFIRMING);
    for start in (0..=last).step_by(STEP) {
        let stretch = |lines: &Vec<Line>| {
            let lines = lines.get(start..start + MOST + CONFIRMING).unwrap_or_default().to_vec();
            lines
                .iter()
                .all(|line| line.shortest.contains_key(base) && line.shortest.contains_key(head))
                .then_some(lines)
        };
        let stretches: Option<Vec<(&String, Vec<Line>)>> =
            recorded.benches.iter().map(|(name, lines)| Some((name, stretch(lines)?))).collect();
        let Some(stretches) = stretches else { continue };
        let count = stretches.len();
        let measured: Vec<Measured> =
            stretches.iter().map(|(name, lines)| measured(name, lines, base, head, bars, count)).collect();
        for (name, lines) in &stretches {
            let _ = name;
            for (rule, slower) in other_rules(lines, base, head, bars) {
                *outcome.others.entry(rule).or_default() += usize::from(slower);
            }
        }
        outcome.add(measured, bars);
    }
    outcome
}

impl Outcome {
    fn add(&mut self, benches: Vec<Measured>, bars: Bars) {
        self.rounds += benches.iter().map(|bench| bench.rounds.len() + bench.anew.len()).sum::<usize>();
        let (package, target, root) = (String::new(), String::new(), String::new());
        let state = State::Compared { benches, appeared: Vec::new(), vanished: Vec::new() };
        let programs = vec![Programs { package, target, root, state }];
        let before = self.slower();
        for one in opinions(&BenchRun { programs, ..BenchRun::default() }, bars) {
            *self.kinds.entry(one.kind).or_default() += 1;
            if matches!(one.kind, Kind::Slower | Kind::SomewhatSlower) {
                *self.by_bench.entry(one.name).or_default() += 1;
            }
        }
        self.runs += 1;
        self.alarmed += usize::from(self.slower() > before);
    }
}

/// One bench as the gate would have measured it: round by round, then anew where it seems slower.
fn measured(name: &str, lines: &[Line], base: &str, head: &str, bars: Bars, benches: usize) -> Measured {
    let round = |line: &Line| {
        let time = |name: &str| line.shortest.get(name).copied().unwrap_or(f64::NAN);
        Round { base: time(base), head: time(head) }
    };
    let rounds: Vec<Round> = lines.iter().map(round).collect();
    let mut bench = Measured::new(name);
    let mut rest = rounds.into_iter();
    while !settled(&bench.rounds, bars, benches) {
        bench.rounds.extend(rest.next());
    }
    if suspected(&bench.rounds, bars, benches) {
        bench.anew = rest.take(CONFIRMING).collect();
    }
    bench
}

/// What rules of other kinds say of the same stretch: of the mean of one run of as many samples, of the
/// median of five rounds' means, and of five rounds' minima.
fn other_rules(lines: &[Line], base: &str, head: &str, bars: Bars) -> [(&'static str, bool); 3] {
    let bar = 1.0 + f64::from(bars.warn) / 100.0;
    let five = lines.get(..5).unwrap_or(lines);
    let means =
        |name: &str| five.iter().filter_map(|line| line.mean.get(name)).copied().collect::<Vec<f64>>();
    let minima =
        |name: &str| five.iter().filter_map(|line| line.shortest.get(name)).copied().collect::<Vec<f64>>();
    let mean = |values: &[f64]| values.iter().sum::<f64>();
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let ratios = minima(head).iter().zip(minima(base)).map(|(head, base)| head / base).collect();
    [
        ("mean of five rounds", mean(&means(head)) / mean(&means(base)) > bar),
        ("median of five rounds' means", middle(means(head)) / middle(means(base)) > bar),
        (
            "five rounds: median ratio of minima and ratio of minima",
            middle(ratios) > bar && least(&minima(head)) / least(&minima(base)) > bar,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(slower: f64) -> Recorded {
        let line = |round: usize| {
            // what the machine adds: now and then a lot
            let added =
                if round.is_multiple_of(5) { 400.0 } else { f64::from(u32::try_from(round % 3).unwrap()) };
            let times = |extra: f64| {
                let shortest = |name: &str, time: f64| (name.to_owned(), time + extra);
                BTreeMap::from([
                    shortest("base", 1_000.0),
                    shortest("same", 1_000.0),
                    shortest("slower", 1_000.0 * slower),
                    shortest("unrelated", 1_000.0),
                ])
            };
            Line { round, bench: "a".to_owned(), shortest: times(added), mean: times(added * 2.0) }
        };
        Recorded { benches: BTreeMap::from([("a".to_owned(), (0..40).map(line).collect())]) }
    }

    #[test]
    fn a_slowdown_is_counted_as_found_and_equal_programs_as_no_alarm() {
        let results = all(&recorded(1.15)).unwrap();
        let of = |base: &str, head: &str| {
            results.iter().find(|one| one.base == base && one.head == head && one.bars == BARS).unwrap()
        };
        assert_eq!(of("base", "same").slower(), 0);
        assert_eq!(of("base", "slower").slower(), of("base", "slower").benches());
        assert_eq!(of("base", "slower").runs, 3);
        assert_eq!(of("base", "slower").by_bench, BTreeMap::from([("a".to_owned(), 3)]));
        assert_eq!((of("base", "slower").passed(), of("base", "same").passed()), (0, 3));
    }

    #[test]
    fn too_few_rounds_are_told() {
        let mut few = recorded(1.15);
        few.benches.values_mut().for_each(|lines| lines.truncate(MOST));
        assert!(matches!(all(&few), Err(Error::TooFew(_))));
    }
}
