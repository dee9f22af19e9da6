//! Rounds of two measurements, and what they come to.

use std::time::Duration;

/// The times of one round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) ours: Duration,
    pub(super) theirs: Duration,
}

impl Pair {
    /// Ours divided by theirs.
    pub(super) fn ratio(&self) -> f64 {
        self.ours.as_secs_f64() / self.theirs.as_secs_f64()
    }

    /// How many milliseconds ours takes longer.
    pub(super) fn difference_ms(&self) -> f64 {
        (self.ours.as_secs_f64() - self.theirs.as_secs_f64()) * 1000.0
    }
}

/// The middle and the ends of some figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Spread {
    /// Of these figures; zeros where there are none.
    pub(super) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
        let last = sorted.len().saturating_sub(1);
        let median = f64::midpoint(at(last / 2), at(last.div_ceil(2)));
        Self { median, min: at(0), max: at(last) }
    }
}

/// Measures ours and theirs in turn, once to warm up and then in as many rounds as asked for.
pub(super) fn paired<E>(
    rounds: u32,
    mut ours: impl FnMut() -> Result<Duration, E>,
    mut theirs: impl FnMut() -> Result<Duration, E>,
) -> Result<Vec<Pair>, E> {
    ours()?;
    theirs()?;
    (0..rounds).map(|_| Ok(Pair { ours: ours()?, theirs: theirs()? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle() {
        assert_eq!(Spread::of([3.0, 1.0, 9.0]), Spread { median: 3.0, min: 1.0, max: 9.0 });
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 9.0]), Spread { median: 3.0, min: 1.0, max: 9.0 });
        assert_eq!(Spread::of([]), Spread { median: 0.0, min: 0.0, max: 0.0 });
    }

    #[test]
    fn rounds_are_taken_in_turn_after_a_warm_up() {
        let order = std::cell::RefCell::new(String::new());
        let note = |who: char, time: u64| {
            order.borrow_mut().push(who);
            Ok::<_, ()>(Duration::from_millis(time))
        };
        let pairs = paired(2, || note('a', 30), || note('b', 20)).unwrap();
        assert_eq!(*order.borrow(), "ababab");
        assert_eq!(pairs.len(), 2);
        assert!((pairs[0].ratio() - 1.5).abs() < 1e-9 && (pairs[0].difference_ms() - 10.0).abs() < 1e-9);
    }
}
