//! What is to be thought of each bench, all evidence together.

use super::need::Needs;
use super::words::{judgement, percent, time};
use super::{Bars, BenchRun, Harness, Instructions, Judgement, Measured, Verdict, confirmed};

/// The largest slowdown that the place of code in memory is taken to explain: alignment moved benches of
/// equal instructions by up to 37 % where it was measured.
const MOST_OF_LAYOUT: f64 = 0.5;

/// The most instructions that a core carries out in a nanosecond: more were counted where a bench prepares
/// what it measures, and what it measures is then a small part of the count.
const MOST_IN_A_NANOSECOND: f64 = 16.0;

/// A bench with all that is to be said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// Its full name.
    pub name: String,
    /// Its target.
    pub target: String,
    /// The target's root file.
    pub root: String,
    /// The judgement on time, where time was measured.
    pub judged: Option<Judgement>,
    /// Its instructions, where they were counted.
    pub counted: Option<Instructions>,
    /// What comes of it.
    pub kind: Kind,
    /// The figures in words.
    pub said: String,
    /// What would settle it, where that hangs on the figures.
    pub help: Option<String>,
}

impl Opinion {
    /// head / base - 1, of the time where that was measured, else of the instructions.
    pub fn change(&self) -> Option<f64> {
        let of_time = self.judged.map(|judged| judged.change);
        of_time.or_else(|| self.counted.map(|counted| counted.change().0))
    }
}

/// What comes of a bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The head cannot be measured.
    Failed,
    /// Slower than the bar that fails.
    Slower,
    /// Slower than the bar that warns.
    SomewhatSlower,
    /// Slower, with the same instructions.
    Layout,
    /// Slower in one run on each side.
    SlowerOnce,
    /// The base cannot be measured.
    NotCompared,
    /// Too noisy to tell.
    Unclear,
    /// Within the bars.
    Holds,
    /// Faster.
    Faster,
}

impl Kind {
    /// In a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Slower => "slower",
            Self::SomewhatSlower => "somewhat slower",
            Self::Layout => "layout",
            Self::SlowerOnce => "slower (one run)",
            Self::NotCompared => "not compared",
            Self::Unclear => "unclear",
            Self::Holds => "holds",
            Self::Faster => "faster",
        }
    }
}

/// The opinions on all benches that both sides have, the worst first.
pub fn opinions(run: &BenchRun, bars: Bars) -> Vec<Opinion> {
    let benches = run.measured().filter(|(_, bench)| bench.is_timed()).count();
    let needs = Needs::of(run, bars);
    let opinion = |(programs, bench): (&super::Programs, &Measured)| {
        let judged = bench.judge(bars, benches);
        let (kind, said) = of(bench, judged.as_ref(), bars);
        let by_rounds = judged.is_some_and(|judged| judged.verdict == Verdict::Unclear);
        let help = match kind {
            Kind::Unclear if by_rounds => needs.help(judged.as_ref()),
            Kind::Unclear if bench.instructions.is_some() && judged.is_none() => Some(match bench.harness {
                Harness::Criterion => "let one iteration of it do more work".to_owned(),
                Harness::Gungraun => "let it do the same work in each run: fixed seeds, no clock".to_owned(),
            }),
            Kind::Unclear if judged.is_none() => needs.help(None),
            // the two times at which it was measured gave two answers: no number of rounds settles that
            Kind::Unclear => Some("run the gate again, on a machine with less other work".to_owned()),
            _ => None,
        };
        let (target, root) = (programs.target.clone(), programs.root.clone());
        Opinion {
            name: bench.name.clone(),
            target,
            root,
            judged,
            counted: bench.instructions,
            kind,
            said,
            help,
        }
    };
    let mut all: Vec<Opinion> = run.measured().map(opinion).collect();
    worst_first(&mut all);
    all
}

/// The order in which opinions are shown.
pub(super) fn worst_first(opinions: &mut [Opinion]) {
    let change = |one: &Opinion| one.change().unwrap_or_default();
    opinions.sort_by(|a, b| a.kind.cmp(&b.kind).then(change(b).total_cmp(&change(a))));
}

fn of(bench: &Measured, judged: Option<&Judgement>, bars: Bars) -> (Kind, String) {
    if let Some((side, why)) = &bench.failure {
        let kind = if *side == super::Side::Head { Kind::Failed } else { Kind::NotCompared };
        return (kind, format!("{side} cannot be measured: {why}"));
    }
    let Some(judged) = judged else {
        return match bench.instructions {
            Some(counted) => by_instructions(counted, bench.harness, bars),
            None => (Kind::Unclear, "there was no time to measure it".to_owned()),
        };
    };
    let said = judgement(judged);
    let slower = |kind: Kind, bar: u32| {
        if !confirmed(&bench.anew, bar) {
            return (Kind::Unclear, format!("{said}; measured anew it was not slower by half of the bar"));
        }
        match bench.instructions {
            Some(counted)
                if counted.equal()
                    && counted.in_a_nanosecond(judged.head) <= MOST_IN_A_NANOSECOND
                    && judged.change <= MOST_OF_LAYOUT =>
            {
                (Kind::Layout, format!("{said}, with the same number of instructions: layout, not work"))
            }
            Some(counted) => (kind, format!("{said}, instructions {}", percent(counted.change().0))),
            None => (kind, said.clone()),
        }
    };
    match judged.verdict {
        Verdict::Fails => slower(Kind::Slower, bars.fail),
        Verdict::Warns => slower(Kind::SomewhatSlower, bars.warn),
        Verdict::Holds => (Kind::Holds, said),
        Verdict::Faster => (Kind::Faster, said),
        Verdict::Unclear => (Kind::Unclear, format!("{said} over {} rounds", judged.rounds)),
    }
}

/// The opinion where only instructions are counted; what is within the error of the count is unclear.
fn by_instructions(counted: Instructions, harness: Harness, bars: Bars) -> (Kind, String) {
    let (change, off) = counted.change();
    let said = format!("{} → {} instructions, {}", counted.base, counted.head, percent(change));
    let bar = |percent: u32| f64::from(percent) / 100.0;
    let kind = match change {
        _ if off > bar(bars.warn) => Kind::Unclear,
        change if change - off > bar(bars.fail) => Kind::Slower,
        change if change - off > bar(bars.warn) => Kind::SomewhatSlower,
        change if change < -bar(bars.warn) => Kind::Faster,
        _ => Kind::Holds,
    };
    match kind {
        Kind::Unclear if harness == Harness::Gungraun => {
            (kind, format!("{said}, and {} between two runs of one program", counted.off))
        }
        Kind::Unclear => (kind, format!("{said}: too few to tell from those of criterion itself")),
        kind => (kind, said),
    }
}

/// The row of a table: bench, base, head, change, interval, rounds, verdict.
pub fn row(opinion: &Opinion) -> Vec<String> {
    let cells = match (&opinion.judged, opinion.counted) {
        (Some(judged), _) => [
            time(judged.base),
            time(judged.head),
            percent(judged.change),
            super::words::interval(judged.interval),
            judged.rounds.to_string(),
        ],
        (None, Some(counted)) => {
            let (base, head) = (counted.base.to_string(), counted.head.to_string());
            [base, head, percent(counted.change().0), String::new(), String::new()]
        }
        (None, None) => [const { String::new() }; 5],
    };
    let name = std::iter::once(opinion.name.clone());
    name.chain(cells).chain(std::iter::once(opinion.kind.word().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Instructions, Programs, Round, Side, State};

    const BARS: Bars = Bars { warn: 10, fail: 20 };

    fn bench(first: f64, anew: f64) -> Measured {
        let rounds = |ratio: f64, count| vec![Round { base: 100_000.0, head: 100_000.0 * ratio }; count];
        Measured { rounds: rounds(first, 12), anew: rounds(anew, 5), ..Measured::new("a/b") }
    }

    fn kind(bench: Measured) -> Kind {
        opinion(bench).kind
    }

    fn opinion(bench: Measured) -> Opinion {
        let state = State::Compared { benches: vec![bench], appeared: Vec::new(), vanished: Vec::new() };
        let (package, target, root) = ("demo".to_owned(), "speed".to_owned(), "benches/speed.rs".to_owned());
        let programs = vec![Programs { package, target, root, state }];
        let run = BenchRun { programs, ..BenchRun::default() };
        opinions(&run, BARS).remove(0)
    }

    #[test]
    fn a_slowdown_counts_only_where_it_shows_again() {
        assert_eq!(kind(bench(1.5, 1.5)), Kind::Slower);
        assert_eq!(kind(bench(1.15, 1.15)), Kind::SomewhatSlower);
        assert_eq!(kind(bench(1.5, 1.0)), Kind::Unclear);
        let never_again = Measured { anew: Vec::new(), ..bench(1.5, 1.5) };
        assert_eq!(kind(never_again), Kind::Unclear);
    }

    #[test]
    fn equal_instructions_name_the_layout_but_excuse_no_large_slowdown() {
        let equal = Some(Instructions::of_iteration(284_707, 284_582));
        assert_eq!(kind(Measured { instructions: equal, ..bench(1.3, 1.3) }), Kind::Layout);
        assert_eq!(kind(Measured { instructions: equal, ..bench(1.8, 1.8) }), Kind::Slower);
        let prepares = Some(Instructions::of_iteration(284_707_000, 284_582_000));
        let of_preparation = Measured { instructions: prepares, ..bench(1.3, 1.3) };
        assert_eq!(kind(of_preparation), Kind::Slower, "no core does so many in that time");
        let more = Some(Instructions::of_iteration(284_707, 350_000));
        assert_eq!(kind(Measured { instructions: more, ..bench(1.3, 1.3) }), Kind::Slower);
    }

    #[test]
    fn a_side_that_cannot_be_measured_is_named() {
        let failed = |side| Measured { failure: Some((side, "exit code 101".to_owned())), ..bench(1.0, 1.0) };
        assert_eq!(kind(failed(Side::Head)), Kind::Failed);
        assert_eq!(kind(failed(Side::Base)), Kind::NotCompared);
    }

    #[test]
    fn a_bench_without_a_round_is_unclear() {
        assert_eq!(kind(Measured::new("a/b")), Kind::Unclear);
    }

    #[test]
    fn instructions_alone_judge_where_there_are_enough_of_them() {
        let counted = |base, head| Measured {
            instructions: Some(Instructions::of_iteration(base, head)),
            ..Measured::new("a")
        };
        assert_eq!(kind(counted(1_000_000, 1_010_000)), Kind::Holds);
        assert_eq!(kind(counted(1_000_000, 1_150_000)), Kind::SomewhatSlower);
        assert_eq!(kind(counted(1_000_000, 1_300_000)), Kind::Slower);
        assert_eq!(kind(counted(1_000_000, 800_000)), Kind::Faster);
        let slower = opinion(counted(1_000_000, 1_300_000));
        assert_eq!(slower.change().map(|change| (change * 100.0).round()), Some(30.0));
        assert_eq!(row(&slower)[1..4], ["1000000", "1300000", "+30.0 %"]);
        assert_eq!(kind(counted(3_000, 3_000)), Kind::Unclear);
    }

    #[test]
    fn what_gungraun_counts_is_exact_but_for_what_its_own_runs_differ() {
        let counted = |base: &[u64], head: &[u64]| Measured {
            instructions: Instructions::of_runs(base, head),
            harness: Harness::Gungraun,
            ..Measured::new("work::group::small")
        };
        assert_eq!(kind(counted(&[680], &[700])), Kind::Holds, "few are enough");
        assert_eq!(kind(counted(&[680, 680], &[760, 760])), Kind::SomewhatSlower);
        assert_eq!(kind(counted(&[680, 680], &[820, 820])), Kind::Slower);
        assert_eq!(kind(counted(&[680, 680], &[820, 850])), Kind::SomewhatSlower, "20 % are not sure");
        let random = opinion(counted(&[680, 900], &[820, 850]));
        assert_eq!(random.kind, Kind::Unclear);
        assert!(random.said.ends_with("and 220 between two runs of one program"), "{}", random.said);
        assert!(random.help.unwrap().contains("fixed seeds"));
    }
}
