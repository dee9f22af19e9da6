//! What earlier runs took and how their gates ended, and what follows for the next one: the order of its steps
//! and the time that it will take. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{Plan, PlannedStep};
use crate::report::{GateReport, milliseconds};
use crate::verdict::Status;

/// The form of the file; another one is not read.
const VERSION: u32 = 1;
/// A step that nobody has met yet is taken to last so long.
const UNKNOWN: Duration = Duration::from_secs(30);
/// So many runs of a gate count; older ones fade.
const MOST_RUNS: u32 = 20;

/// What is remembered of earlier runs in a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    version: u32,
    /// The last time of each step, in milliseconds, by what it does.
    steps: BTreeMap<String, u64>,
    gates: BTreeMap<String, Ends>,
}

/// How the last runs of a gate ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ends {
    runs: u32,
    bad: u32,
}

impl Memory {
    /// Reads what was kept. What cannot be read is forgotten: it costs an order, never a verdict.
    pub fn parse(bytes: &[u8]) -> Self {
        let read: Option<Self> = serde_json::from_slice(bytes).ok();
        read.filter(|memory| memory.version == VERSION).unwrap_or_default()
    }

    /// The form that is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let own = Self { version: VERSION, ..self.clone() };
        serde_json::to_vec_pretty(&own).unwrap_or_default()
    }

    /// Adds a run: how long its steps took and how its gates ended.
    pub fn learn(&mut self, steps: impl IntoIterator<Item = (String, Duration)>, gates: &[GateReport]) {
        for (command, duration) in steps {
            self.steps.insert(command, milliseconds(duration));
        }
        for gate in gates.iter().filter(|gate| gate.status != Status::Skipped && !gate.cached) {
            let ends = self.gates.entry(gate.id.clone()).or_default();
            if ends.runs >= MOST_RUNS {
                *ends = Ends { runs: ends.runs / 2, bad: ends.bad / 2 };
            }
            ends.runs += 1;
            ends.bad += u32::from(matches!(gate.status, Status::Failed | Status::Broken));
        }
    }

    /// How long a step took when it last ran, in milliseconds.
    fn time(&self, step: &PlannedStep) -> Option<u64> {
        self.steps.get(&step.command).copied()
    }

    /// How likely one of a step's gates fails, by Laplace's rule of succession.
    fn risk(&self, step: &PlannedStep) -> f64 {
        let of = |gate: &&'static str| {
            let Ends { runs, bad } = self.gates.get(*gate).copied().unwrap_or_default();
            f64::from(bad + 1) / f64::from(runs + 2)
        };
        step.gates.iter().map(of).fold(0.0, f64::max)
    }

    /// What a step costs for each failure that it finds: the least first finds the first failure soonest.
    fn cost(&self, step: &PlannedStep) -> f64 {
        let time = self.time(step).map_or(UNKNOWN, Duration::from_millis);
        time.as_secs_f64() / self.risk(step).max(f64::EPSILON)
    }

    /// The plan in the order in which its steps should begin, each after those that it needs, with the times
    /// that they will take. Steps that nothing is known of keep their order.
    #[must_use]
    pub fn arrange(&self, plan: Plan) -> Plan {
        let mut wanted: Vec<usize> = (0..plan.steps.len()).collect();
        // what does not compile begins at once and runs beside the rest
        let rank = |place: &usize| {
            let compiles = plan.steps.get(*place).filter(|step| step.step.builds());
            compiles.map_or((false, 0.0), |step| (true, self.cost(step)))
        };
        wanted.sort_by(|a, b| {
            let (a, b) = (rank(a), rank(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let mut order = Vec::with_capacity(wanted.len());
        for place in wanted {
            place_after_needed(&plan.steps, place, &mut order);
        }
        let mut plan = plan.reordered(&order);
        for step in &mut plan.steps {
            step.expected_ms = self.time(step);
        }
        plan.expected_ms = expected_ms(&plan.steps);
        plan
    }
}

fn place_after_needed(steps: &[PlannedStep], place: usize, order: &mut Vec<usize>) {
    if order.contains(&place) {
        return;
    }
    for before in steps.get(place).into_iter().flat_map(|step| &step.after) {
        place_after_needed(steps, *before, order);
    }
    order.push(place);
}

/// The time of steps that begin in that order as soon as they can: those that compile one after another, the
/// rest beside them, and those that measure time alone at the end. None where one of the first or the last was
/// never met.
fn expected_ms(steps: &[PlannedStep]) -> Option<u64> {
    let mut ends: Vec<u64> = Vec::with_capacity(steps.len());
    let (mut lane, mut alone) = (0, 0);
    for PlannedStep { step, after, expected_ms, .. } in steps {
        let counts = step.builds() || step.exclusive();
        let time = if counts { (*expected_ms)? } else { expected_ms.unwrap_or_default() };
        let ready = after.iter().filter_map(|before| ends.get(*before)).max().copied().unwrap_or_default();
        let start = if step.builds() { ready.max(lane) } else { ready };
        if step.builds() {
            lane = start + time;
        }
        if step.exclusive() {
            alone += time;
        }
        ends.push(if step.exclusive() { ready } else { start + time });
    }
    Some(ends.into_iter().max().unwrap_or_default() + alone)
}

#[cfg(test)]
mod tests;
