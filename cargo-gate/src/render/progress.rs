//! Progress as it happens: on a terminal a live line for each gate at work, and everywhere a line
//! for each gate that is done.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{Console, gate_line};
use crate::event::Event;

/// Shows the events of a run.
pub struct Progress {
    bars: MultiProgress,
    live: bool,
    gates: Mutex<HashMap<&'static str, AtWork>>,
}

/// What a gate shows that has no step at work: of those that compile one runs at a time.
const WAITS: &str = "waits for its turn";

/// A gate at work.
struct AtWork {
    bar: ProgressBar,
    /// Its steps that run, each with its place in the plan, in the order in which they began.
    steps: Vec<(usize, String)>,
}

impl AtWork {
    fn show(&self) {
        let last = self.steps.last().map_or(WAITS, |(_, command)| command);
        self.bar.set_message(last.to_owned());
    }
}

impl Progress {
    /// Progress that is live on a terminal, unless it is not wanted.
    pub fn new(wanted: bool) -> Self {
        let live = wanted && std::io::stderr().is_terminal();
        Self { bars: MultiProgress::new(), live, gates: Mutex::new(HashMap::new()) }
    }

    /// Shows one event.
    pub fn show(&self, event: &Event) {
        match event {
            Event::StepStarted { step, command, gates } if self.live => {
                for gate in gates {
                    self.begin(gate, *step, command);
                }
            }
            Event::StepFinished { step, .. } if self.live => self.end(*step),
            Event::GateFinished { gate } => {
                if let Some(at_work) = self.at_work().remove(gate.id.as_str()) {
                    at_work.bar.finish_and_clear();
                }
                self.bars.suspend(|| Console.out(&gate_line(gate)));
            }
            Event::RunFinished { .. } => {
                let _ = self.bars.clear();
            }
            Event::RunStarted { .. } | Event::StepStarted { .. } | Event::StepFinished { .. } => {}
        }
    }

    fn at_work(&self) -> MutexGuard<'_, HashMap<&'static str, AtWork>> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, gate: &'static str, step: usize, command: &str) {
        let mut gates = self.at_work();
        let at_work = gates.entry(gate).or_insert_with(|| AtWork { bar: self.line(gate), steps: Vec::new() });
        at_work.steps.push((step, command.to_owned()));
        at_work.show();
    }

    fn end(&self, step: usize) {
        let mut gates = self.at_work();
        for at_work in gates.values_mut() {
            at_work.steps.retain(|(place, _)| *place != step);
            at_work.show();
        }
    }

    fn line(&self, gate: &'static str) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) =
            ProgressStyle::with_template("  {spinner} {prefix:<14} {elapsed:>8}  {wide_msg:.dim}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(gate);
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_shows_the_step_that_runs_and_that_it_waits_where_none_does() {
        let progress = Progress { bars: MultiProgress::new(), live: true, gates: Mutex::default() };
        let started = |step, command: &str, gates: &[&'static str]| {
            let (command, gates) = (command.to_owned(), gates.to_vec());
            progress.show(&Event::StepStarted { step, command, gates });
        };
        let finished = |step| progress.show(&Event::StepFinished { step, duration_ms: 1 });
        let shown = |gate| progress.at_work()[gate].bar.message();
        started(0, "one", &["test", "doctest"]);
        started(1, "two", &["test"]);
        assert_eq!((shown("test"), shown("doctest")), ("two".to_owned(), "one".to_owned()));
        finished(0);
        assert_eq!((shown("test"), shown("doctest")), ("two".to_owned(), WAITS.to_owned()));
        finished(1);
        started(2, "three", &["doctest"]);
        assert_eq!((shown("test"), shown("doctest")), (WAITS.to_owned(), "three".to_owned()));
    }
}
