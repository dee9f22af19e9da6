//! What measuring gave: plain data for the gate.

use std::fmt;

use super::{Judgement, Round, judge};
use crate::bench::Bars;

/// One of the two programs that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Of the base revision.
    Base,
    /// Of the working tree.
    Head,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Base { "the base" } else { "the head" })
    }
}

/// All bench programs, measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BenchRun {
    /// One entry for each bench target that was built on the head, in cargo's order.
    pub programs: Vec<Programs>,
    /// Bench targets of the base that the head does not have.
    pub gone: Vec<String>,
    /// The day on which they were measured.
    pub today: jiff::civil::Date,
    /// How long all rounds took.
    pub took: std::time::Duration,
    /// Whether the time was used up before all benches were clear.
    pub out_of_time: bool,
}

impl BenchRun {
    /// The measured benches, each with its target.
    pub fn measured(&self) -> impl Iterator<Item = (&Programs, &Measured)> {
        self.programs.iter().flat_map(|programs| {
            let benches: &[Measured] = match &programs.state {
                State::Compared { benches, .. } => benches,
                _ => &[],
            };
            benches.iter().map(move |bench| (programs, bench))
        })
    }
}

/// The two programs of one bench target.
#[derive(Debug, Clone, PartialEq)]
pub struct Programs {
    /// The package's name.
    pub package: String,
    /// The target's name.
    pub target: String,
    /// The target's root file, relative to the workspace root.
    pub root: String,
    /// What became of them.
    pub state: State,
}

/// What became of the two programs of a bench target.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// They are equal byte by byte: nothing can have become slower.
    Identical,
    /// They were run against each other.
    Compared {
        /// The benches that both have.
        benches: Vec<Measured>,
        /// Benches that only the head has.
        appeared: Vec<String>,
        /// Benches that only the base has.
        vanished: Vec<String>,
    },
    /// The base has no such target.
    New,
    /// The program is neither criterion's nor gungraun's; says what it is.
    Foreign(String),
    /// One side's program cannot be asked for its benches; says why.
    Failed(Side, String),
}

/// What a bench is written with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Harness {
    /// criterion, which takes time.
    #[default]
    Criterion,
    /// gungraun, which counts instructions.
    Gungraun,
}

/// One bench that both sides have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// Its full name.
    pub name: String,
    /// What it is written with.
    pub harness: Harness,
    /// The rounds.
    pub rounds: Vec<Round>,
    /// Rounds measured anew, since the first ones would fail the bench; empty where they would not.
    pub anew: Vec<Round>,
    /// Instructions of a run on the base and on the head, where they were counted.
    pub instructions: Option<Instructions>,
    /// Which side could not be measured, and why.
    pub failure: Option<(Side, String)>,
}

impl Measured {
    /// A bench of that name, not yet measured.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Whether it takes rounds to measure it: what is counted is not timed.
    pub fn is_timed(&self) -> bool {
        self.harness == Harness::Criterion
    }

    /// The judgement on its first rounds and those measured anew together.
    pub fn judge(&self, bars: Bars, benches: usize) -> Option<Judgement> {
        judge(&[self.rounds.as_slice(), self.anew.as_slice()].concat(), bars, benches)
    }
}

/// The instructions that a bench takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instructions {
    /// On the base.
    pub base: u64,
    /// On the head.
    pub head: u64,
    /// By how many a count may be off.
    pub off: u64,
}

/// What criterion itself does around an iteration (measured: about 300).
const START: u64 = 400;

impl Instructions {
    /// Of one iteration, as callgrind counts them in criterion's `Bencher::iter` and its like. What `iter_batched`
    /// prepares for the iteration counts as well.
    pub fn of_iteration(base: u64, head: u64) -> Self {
        Self { base, head, off: START }
    }

    /// Of whole runs of a bench on each side, as gungraun counts them: the fewest of each, which are off by what the
    /// runs differ. Nothing can be said without a run.
    pub fn of_runs(base: &[u64], head: &[u64]) -> Option<Self> {
        let spread = |runs: &[u64]| Some((*runs.iter().min()?, runs.iter().max()? - runs.iter().min()?));
        let ((base, base_spread), (head, head_spread)) = (spread(base)?, spread(head)?);
        Some(Self { base, head, off: base_spread.max(head_spread) })
    }

    /// Whether head takes more than base by more than that many percent.
    pub fn more_than(self, percent: u32) -> bool {
        self.change().0 > f64::from(percent) / 100.0
    }

    /// head / base - 1, and how far that may be off.
    pub fn change(self) -> (f64, f64) {
        let [base, head, off] = [self.base.max(1), self.head, self.off].map(number);
        (head / base - 1.0, off / base)
    }

    /// How many of the head's there are for each nanosecond of an iteration that took that long.
    pub fn in_a_nanosecond(self, iteration: f64) -> f64 {
        number(self.head) / iteration.max(f64::MIN_POSITIVE)
    }

    /// Whether both sides do the same work: within one percent, and counted well enough to say so.
    pub fn equal(self) -> bool {
        const SAME: f64 = 0.01;
        let (change, off) = self.change();
        change.abs() + off <= 2.0 * SAME && change.abs() <= SAME.max(off)
    }
}

fn number(count: u64) -> f64 {
    // counts of one iteration are far below the 2^53 that a float holds
    u32::try_from(count)
        .map_or_else(|_| f64::from(u32::try_from(count >> 20).unwrap_or(u32::MAX)) * 1_048_576.0, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_counts_are_the_same_work_only_where_the_start_does_not_drown_them() {
        let equal = |base, head| Instructions::of_iteration(base, head).equal();
        assert!(equal(284_707, 284_582), "a tree, with an unrelated function elsewhere");
        assert!(!equal(284_707, 326_867), "the same with 15 % more work");
        assert!(!equal(2_000, 2_000), "too few to tell");
        assert!(!equal(0, 0));
    }

    #[test]
    fn runs_that_differ_are_off_by_that() {
        assert_eq!(Instructions::of_runs(&[], &[1]), None);
        let exact = Instructions::of_runs(&[680], &[690]).unwrap();
        assert_eq!((exact.base, exact.head, exact.off), (680, 690, 0));
        let differing = Instructions::of_runs(&[8_271, 8_301], &[9_500, 9_490]).unwrap();
        assert_eq!((differing.base, differing.head, differing.off), (8_271, 9_490, 30));
        assert!(differing.more_than(10) && !differing.more_than(20));
    }

    #[test]
    fn large_counts_keep_their_ratio() {
        let (change, _) = Instructions::of_iteration(40_000_000_000, 44_000_000_000).change();
        assert!((change - 0.1).abs() < 1e-4, "{change}");
    }
}
