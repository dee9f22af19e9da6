//! Figures in words.

use super::{Interval, Judgement};

/// A time in nanoseconds, with three or four figures: `44.30 µs`.
pub(super) fn time(nanoseconds: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    let (unit, name) = units.into_iter().find(|(unit, _)| nanoseconds >= *unit).unwrap_or((1.0, "ns"));
    let figure = nanoseconds / unit;
    let digits = if figure >= 100.0 { 1 } else { 2 };
    format!("{figure:.digits$} {name}")
}

/// A share with its sign, in percent: `+15.1 %`.
pub fn percent(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

/// Both ends of an interval.
pub(super) fn interval(interval: Interval) -> String {
    format!("{:+.1} … {:+.1} %", interval.low * 100.0, interval.high * 100.0)
}

/// A judgement in a few words: `44.30 µs → 51.00 µs, +15.1 % (+12.0 … +17.8 %)`.
pub(super) fn judgement(judged: &Judgement) -> String {
    let Judgement { base, head, change, interval: ends, .. } = judged;
    format!("{} → {}, {} ({})", time(*base), time(*head), percent(*change), interval(*ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_unit_that_people_expect() {
        let times = [0.5, 64.8, 4_832.2, 101_118.8, 2.5e9].map(time);
        assert_eq!(times, ["0.50 ns", "64.80 ns", "4.83 µs", "101.1 µs", "2.50 s"]);
    }

    #[test]
    fn a_change_has_its_sign() {
        assert_eq!(percent(0.1512), "+15.1 %");
        assert_eq!(interval(Interval { low: -0.031, high: 0.02 }), "-3.1 … +2.0 %");
    }
}
