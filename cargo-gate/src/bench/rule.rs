//! The rule. A round is one short run of the base's program and one of the head's, one right after the
//! other; of each only the shortest sample counts, since other work on the machine can only add time.
//!
//! Three estimates of head / base are taken over the rounds:
//!
//! 1. the median of the rounds' ratios, which a wrong minimum on one side does not move;
//! 2. the ratio of the minima over all rounds, which a machine that is busy most of the time does not move;
//! 3. the ratio of the means of each side's shortest third, between the two.
//!
//! The middle one of the three is the change. A bench is slower where the change passes the bar and the
//! lower end of its interval is above 0, or, from 12 rounds on, where all three pass the bar that warns. The interval is a percentile bootstrap over rounds; its level is
//! 95 % for all benches of the run together (Bonferroni), so that more benches give no more alarms.
//! `cargo xtask bench-power` measures what the rule is worth; docs/bench-rule.md has the figures.

/// The fewest rounds on which anything is decided.
pub const FEWEST: usize = 5;
/// The rounds after which a bench is decided unless it is unclear.
pub const USUAL: usize = 12;
/// The most rounds of a bench that stays unclear.
pub const MOST: usize = 18;
/// The rounds measured anew before a bench fails.
pub const CONFIRMING: usize = 5;

/// How many times the rounds are drawn anew for the interval.
const DRAWS: usize = 2_000;
/// The chance of a wrong interval among all benches of a run.
const ERROR: f64 = 0.05;

/// One round: the shortest time for one iteration on each side, in the same unit, above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// Of the base's program.
    pub base: f64,
    /// Of the head's program.
    pub head: f64,
}

/// The bars, in percent more time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Bars {
    /// Above this a bench is named.
    pub warn: u32,
    /// Above this it fails.
    pub fail: u32,
}

/// Both ends of an interval of head / base - 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What is to be thought of a bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Slower than the bar that fails.
    Fails,
    /// Slower than the bar that warns.
    Warns,
    /// Not slower than the bars.
    Holds,
    /// Faster, by more than the bar that warns.
    Faster,
    /// The rounds differ too much to tell.
    Unclear,
}

/// A judged bench.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The shortest time of the base's program.
    pub base: f64,
    /// The shortest time of the head's program.
    pub head: f64,
    /// head / base - 1: the middle one of the three estimates.
    pub change: f64,
    /// Its interval.
    pub interval: Interval,
    /// How many rounds were measured.
    pub rounds: usize,
    /// The verdict on these rounds.
    pub verdict: Verdict,
    /// Whether more rounds would hardly change the verdict.
    pub clear: bool,
}

/// Judges the rounds of a bench, one of `benches` in the run. Nothing can be said without a round.
pub fn judge(rounds: &[Round], bars: Bars, benches: usize) -> Option<Judgement> {
    let [least, change, _] = estimates(rounds)?;
    let interval = interval(rounds, benches);
    let (warn, fail) = (f64::from(bars.warn) / 100.0, f64::from(bars.fail) / 100.0);
    let fewest = rounds.len() >= FEWEST;
    // a few wrong rounds widen the interval and do not move all three
    let agreed = rounds.len() >= USUAL && least > warn;
    let beyond_noise = interval.low > 0.0 || agreed;
    let verdict = match change {
        _ if !fewest => Verdict::Unclear,
        change if change > fail && beyond_noise => Verdict::Fails,
        change if change > warn && beyond_noise => Verdict::Warns,
        change if change > warn => Verdict::Unclear,
        // an interval that reaches beyond the bar that fails excludes nothing
        _ if interval.high > fail => Verdict::Unclear,
        change if change < -warn && interval.high < 0.0 => Verdict::Faster,
        _ => Verdict::Holds,
    };
    let apart = |bar: f64| interval.low > bar || interval.high < bar;
    Some(Judgement {
        base: shortest(rounds.iter().map(|round| round.base)),
        head: shortest(rounds.iter().map(|round| round.head)),
        change,
        interval,
        rounds: rounds.len(),
        verdict,
        clear: fewest && verdict != Verdict::Unclear && apart(warn) && apart(fail),
    })
}

/// The numbers of rounds after which a bench is looked at: fewer looks, fewer chances to stop at a wrong
/// moment.
const LOOKS: [usize; 6] = [FEWEST, 7, 9, USUAL, 15, MOST];

/// Whether a bench needs no further round.
pub fn settled(rounds: &[Round], bars: Bars, benches: usize) -> bool {
    let enough = |judged: Judgement| {
        judged.clear
            || judged.rounds >= MOST
            || (judged.rounds >= USUAL && judged.verdict != Verdict::Unclear)
    };
    LOOKS.contains(&rounds.len()) && judge(rounds, bars, benches).is_some_and(enough)
}

/// Whether the first rounds say that a bench became slower, so that it has to be measured anew.
pub fn suspected(rounds: &[Round], bars: Bars, benches: usize) -> bool {
    let slower = |judged: Judgement| matches!(judged.verdict, Verdict::Fails | Verdict::Warns);
    judge(rounds, bars, benches).is_some_and(slower)
}

/// Whether rounds measured anew bear out that a bench is slower: by at least half of the bar.
pub fn confirmed(anew: &[Round], bar: u32) -> bool {
    anew.len() >= CONFIRMING && estimates(anew).is_some_and(|[_, change, _]| change > f64::from(bar) / 200.0)
}

/// The three estimates of head / base - 1 over the rounds, the least first.
fn estimates(rounds: &[Round]) -> Option<[f64; 3]> {
    let mut buffers = Buffers::default();
    buffers.estimates(rounds.iter().copied())
}

/// The percentile bootstrap of the change, drawn from a fixed seed: equal rounds give an equal interval.
fn interval(rounds: &[Round], benches: usize) -> Interval {
    let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
    let mut buffers = Buffers::default();
    let drawn = |_| {
        let again = (0..rounds.len()).filter_map(|_| rounds.get(draw.below(rounds.len())).copied());
        buffers.estimates(again.collect::<Vec<_>>().into_iter()).map(|[_, middle, _]| middle)
    };
    let mut estimates: Vec<f64> = (0..DRAWS).filter_map(drawn).collect();
    estimates.sort_by(f64::total_cmp);
    let outside = share(DRAWS, ERROR / 2.0 / whole(benches.max(1)));
    let last = estimates.len().saturating_sub(1);
    let at = |place: usize| estimates.get(place).copied().unwrap_or(f64::NAN);
    Interval { low: at(outside.min(last)), high: at(last.saturating_sub(outside)) }
}

/// The vectors that an estimate sorts in, kept between the draws.
#[derive(Default)]
struct Buffers {
    ratios: Vec<f64>,
    base: Vec<f64>,
    head: Vec<f64>,
}

impl Buffers {
    fn estimates(&mut self, rounds: impl Iterator<Item = Round>) -> Option<[f64; 3]> {
        for values in [&mut self.ratios, &mut self.base, &mut self.head] {
            values.clear();
        }
        for round in rounds {
            self.ratios.push(round.head / round.base);
            self.base.push(round.base);
            self.head.push(round.head);
        }
        for values in [&mut self.ratios, &mut self.base, &mut self.head] {
            values.sort_unstable_by(f64::total_cmp);
        }
        let third = (self.base.len() / 3).max(1);
        let sum = |values: &[f64]| values.iter().take(third).sum::<f64>();
        let mut three = [
            median(&self.ratios)?,
            self.head.first()? / self.base.first()?,
            sum(&self.head) / sum(&self.base),
        ];
        three.sort_unstable_by(f64::total_cmp);
        Some(three.map(|ratio| ratio - 1.0))
    }
}

fn median(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    let upper = sorted.get(half)?;
    if sorted.len() % 2 == 1 { Some(*upper) } else { Some(f64::midpoint(*sorted.get(half - 1)?, *upper)) }
}

fn shortest(times: impl Iterator<Item = f64>) -> f64 {
    times.fold(f64::INFINITY, f64::min)
}

fn whole(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

/// That share of a number, rounded down.
fn share(number: usize, part: f64) -> usize {
    (1..=number).take_while(|count| whole(*count) <= whole(number) * part).count()
}

/// xorshift64* (Marsaglia 2003, Vigna 2016): good enough to draw rounds, and the same everywhere.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        usize::try_from((drawn * limit as u64) >> 32).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
