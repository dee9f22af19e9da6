//! What a few measurements say of a quantity: an estimate, how far it may be off, and whether it keeps a
//! bar.
//!
//! The intervals are those of order statistics: of `n` independent measurements the number below the
//! `q`-quantile has the binomial distribution of `n` and `q`, whatever the distribution of the quantity
//! (Conover, Practical Nonparametric Statistics, 3rd edition, section 3.2).

/// How often an interval may miss the quantity, on both sides together.
const MISSES: f64 = 0.05;

/// The most runs that are recommended: beyond it the difference does not matter.
const MOST_RUNS: f64 = 1000.0;

/// An estimated quantile with the interval that holds it in 95 of 100 cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The lower end; none where there are too few measurements to tell.
    pub low: Option<f64>,
    /// The upper end; likewise.
    pub high: Option<f64>,
}

/// Whether a quantity keeps its bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The whole interval is at or below it.
    Yes,
    /// The whole interval is above it.
    No,
    /// The bar lies within the interval. How many runs would probably tell; none where more would not.
    Unclear(Option<u32>),
}

/// The `quantile` (0.5 is the median) of the measurements; none without any.
pub fn estimate(measured: &[f64], quantile: f64) -> Option<Estimate> {
    let mut sorted = measured.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |number: usize| sorted.get(number.checked_sub(1)?).copied();
    // `below[k]`: how likely it is that at most k measurements are below the quantile
    let below = cumulative(sorted.len(), quantile);
    let low = below.iter().take_while(|likely| **likely <= MISSES / 2.0).count();
    let high = below.iter().position(|likely| 1.0 - likely <= MISSES / 2.0).map(|most| most + 1);
    Some(Estimate { value: between(&sorted, quantile)?, low: at(low), high: high.and_then(at) })
}

impl Estimate {
    /// Whether the quantity keeps the bar, as far as these `runs` measurements tell.
    pub fn keeps(&self, bar: f64, quantile: f64, runs: usize) -> Kept {
        match (self.low, self.high) {
            (Some(low), _) if low > bar => Kept::No,
            (_, Some(high)) if high <= bar => Kept::Yes,
            (low, high) => Kept::Unclear(enough(self.value - bar, low.zip(high), quantile, runs)),
        }
    }
}

/// How many runs would make the interval as narrow as the distance from the bar: it shrinks with the square
/// root of their number.
fn enough(distance: f64, interval: Option<(f64, f64)>, quantile: f64, runs: usize) -> Option<u32> {
    let least = least_runs(quantile);
    let runs = f64::from(u32::try_from(runs).ok()?);
    let needed = match interval {
        None => f64::from(least).max(runs * 2.0),
        Some((low, high)) => runs * ((high - low) / distance).powi(2).max(1.5),
    };
    // not a number where the distance is zero
    (needed <= MOST_RUNS).then(|| round_up(needed))
}

/// The fewest runs with an interval on both sides.
pub fn least_runs(quantile: f64) -> u32 {
    let farther = quantile.max(1.0 - quantile);
    round_up((MISSES / 2.0).ln() / farther.ln())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn round_up(number: f64) -> u32 {
    number.clamp(0.0, f64::from(u32::MAX)).ceil() as u32
}

/// The quantile of sorted measurements, between two of them where it falls there.
fn between(sorted: &[f64], quantile: f64) -> Option<f64> {
    let last = u32::try_from(sorted.len().checked_sub(1)?).ok()?;
    let place = f64::from(last) * quantile;
    let lower = *sorted.get(round_up(place.floor()) as usize)?;
    let upper = *sorted.get(round_up(place) as usize)?;
    Some(lower + (upper - lower) * place.fract())
}

/// The cumulative binomial distribution: how likely at most 0, 1, … of `count` are.
fn cumulative(count: usize, likely: f64) -> Vec<f64> {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let mut logarithm = number(count) * (1.0 - likely).ln();
    let mut sum = 0.0;
    (0..=count)
        .map(|k| {
            if k > 0 {
                logarithm += (number(count + 1 - k) / number(k)).ln() + likely.ln() - (1.0 - likely).ln();
            }
            sum += logarithm.exp();
            f64::min(sum, 1.0)
        })
        .collect()
}

#[cfg(test)]
mod tests;
