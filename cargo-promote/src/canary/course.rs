//! The course of a canary: windows in a row make a step, steps in a row make the whole.

use std::time::Duration;

use super::judge::Outcome;
use crate::config::Canary;

/// How far a canary has come.
#[derive(Debug, Clone)]
pub struct Course<'a> {
    settings: &'a Canary,
    /// The step that is watched; 0 where there are no steps.
    step: usize,
    good: u32,
    bad: u32,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Judge the next window.
    Watch,
    /// Go to the step of this place.
    Step(usize),
    /// It is over.
    End(Outcome),
}

impl<'a> Course<'a> {
    /// At the beginning of a step.
    pub fn at(settings: &'a Canary, step: usize) -> Self {
        Self { settings, step, good: 0, bad: 0 }
    }

    /// How many of the windows that are needed in a row there are, of the kind of the last one.
    pub fn streak(&self) -> u32 {
        self.good.max(self.bad)
    }

    /// What follows from a window. `in_step` and `in_all` is the time that has passed since the step and the whole began.
    pub fn window(&mut self, outcome: Outcome, in_step: Duration, in_all: Duration) -> Turn {
        let (good, bad) = match outcome {
            Outcome::Good => (self.good.saturating_add(1), 0),
            Outcome::Bad => (0, self.bad.saturating_add(1)),
            // what could not be told is no part of a row
            Outcome::Inconclusive => (0, 0),
        };
        (self.good, self.bad) = (good, bad);
        let step = self.settings.steps.get(self.step);
        let baked = step.and_then(|step| step.bake).is_none_or(|bake| in_step >= bake.0);
        if bad >= self.settings.windows {
            Turn::End(Outcome::Bad)
        } else if good >= self.settings.windows && baked {
            self.next()
        } else if in_all >= self.settings.timeout.0 {
            Turn::End(Outcome::Inconclusive)
        } else {
            Turn::Watch
        }
    }

    fn next(&mut self) -> Turn {
        (self.good, self.bad) = (0, 0);
        self.step += 1;
        if self.step < self.settings.steps.len() { Turn::Step(self.step) } else { Turn::End(Outcome::Good) }
    }
}

#[cfg(test)]
mod tests {
    use cargo_gate::config::Timeout;
    use proptest::prelude::*;

    use super::*;
    use crate::config::Step;

    fn settings(percents: &[u8], bake: Option<u64>) -> Canary {
        let bake = bake.map(|seconds| Timeout(Duration::from_secs(seconds)));
        let steps = percents.iter().map(|percent| Step { percent: *percent, command: None, bake });
        let timeout = Timeout(Duration::from_secs(100));
        Canary { windows: 3, timeout, steps: steps.collect(), ..Canary::default() }
    }

    /// One letter a window and a second each: g, b, i.
    fn run(settings: &Canary, windows: &str) -> Vec<Turn> {
        let (mut course, mut began) = (Course::at(settings, 0), 0);
        let turns = windows.chars().enumerate().map(|(second, letter)| {
            let second = second as u64 + 1;
            let outcome = match letter {
                'g' => Outcome::Good,
                'b' => Outcome::Bad,
                _ => Outcome::Inconclusive,
            };
            let time = Duration::from_secs;
            let turn = course.window(outcome, time(second - began), time(second));
            began = if matches!(turn, Turn::Step(_)) { second } else { began };
            turn
        });
        turns.collect()
    }

    fn last(settings: &Canary, windows: &str) -> Turn {
        let turns = run(settings, windows);
        let (last, before) = turns.split_last().unwrap();
        assert!(before.iter().all(|turn| !matches!(turn, Turn::End(_))), "{turns:?}");
        *last
    }

    #[test]
    fn only_windows_in_a_row_decide() {
        let plain = settings(&[], None);
        assert_eq!(last(&plain, "ggg"), Turn::End(Outcome::Good));
        assert_eq!(last(&plain, "bbb"), Turn::End(Outcome::Bad));
        assert_eq!(last(&plain, "ggbggiggg"), Turn::End(Outcome::Good));
        assert_eq!(last(&plain, "bbgbbibbb"), Turn::End(Outcome::Bad));
        for open in ["", "gg", "ggi", "ggbgg", "bbi", "iiiiii", "gbgbgb"] {
            assert_eq!(last(&plain, &format!("{open}i")), Turn::Watch, "{open}");
        }
    }

    #[test]
    fn each_step_begins_from_nothing() {
        let steps = settings(&[10, 50, 100], None);
        assert_eq!(last(&steps, "ggg"), Turn::Step(1));
        assert_eq!(last(&steps, "gggggg"), Turn::Step(2));
        assert_eq!(last(&steps, "ggggggggg"), Turn::End(Outcome::Good));
        assert_eq!(last(&steps, "gggggbbb"), Turn::End(Outcome::Bad));
    }

    #[test]
    fn a_step_is_watched_as_long_as_it_has_to_bake() {
        let steps = settings(&[50, 100], Some(5));
        assert_eq!(last(&steps, "gggg"), Turn::Watch);
        assert_eq!(last(&steps, "ggggg"), Turn::Step(1));
        // what goes wrong meanwhile counts
        assert_eq!(last(&steps, "ggggi"), Turn::Watch);
        assert_eq!(last(&steps, "ggbbb"), Turn::End(Outcome::Bad));
    }

    #[test]
    fn time_that_runs_out_is_no_good_end() {
        let plain = settings(&[], None);
        assert_eq!(last(&plain, &"i".repeat(100)), Turn::End(Outcome::Inconclusive));
        assert_eq!(last(&plain, "ggi".repeat(34).get(..100).unwrap()), Turn::End(Outcome::Inconclusive));
        // what the last window decides is decided
        assert_eq!(last(&plain, &format!("{}bbb", "i".repeat(97))), Turn::End(Outcome::Bad));
    }

    proptest! {
        #[test]
        fn good_needs_that_many_good_windows_in_a_row_at_each_step(
            windows in "[gbi]{1,60}", percents in 0_usize..3, needed in 1_u32..4
        ) {
            let percents = [50, 100].get(..percents).unwrap();
            let settings = Canary { windows: needed, ..settings(percents, None) };
            let turns = run(&settings, &windows);
            let end = turns.iter().position(|turn| matches!(turn, Turn::End(_)));
            if let Some(end) = end && turns[end] == Turn::End(Outcome::Good) {
                let row = "g".repeat(needed as usize);
                let windows = windows.get(..=end).unwrap();
                let rows = windows.matches(&row).count();
                prop_assert!(rows >= percents.len().max(1));
                prop_assert!(windows.ends_with(&row));
            }
        }
    }
}
