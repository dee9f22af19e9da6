//! Progress as it happens: on a terminal a live line for each gate at work, and everywhere a line
//! for each gate that is done.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{Console, gate_line};
use crate::event::Event;

/// Shows the events of a run.
pub struct Progress {
    bars: MultiProgress,
    live: bool,
    gates: Mutex<HashMap<&'static str, ProgressBar>>,
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
            Event::StepStarted { command, gates, .. } if self.live => {
                for gate in gates {
                    self.work(gate, command);
                }
            }
            Event::GateFinished { gate } => {
                let mut bars = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(bar) = bars.remove(gate.id.as_str()) {
                    bar.finish_and_clear();
                }
                drop(bars);
                self.bars.suspend(|| Console.out(&gate_line(gate)));
            }
            Event::RunFinished { .. } => {
                let _ = self.bars.clear();
            }
            Event::RunStarted { .. } | Event::StepStarted { .. } | Event::StepFinished { .. } => {}
        }
    }

    fn work(&self, gate: &'static str, command: &str) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = gates.entry(gate).or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new_spinner());
            if let Ok(style) =
                ProgressStyle::with_template("  {spinner} {prefix:<14} {elapsed:>8}  {wide_msg:.dim}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(gate);
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_message(command.to_owned());
    }
}
