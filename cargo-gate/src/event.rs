//! What happens during a run, as it happens: the source of progress and of the `jsonl` format.

use serde::Serialize;

use crate::gate::Stage;
use crate::report::GateReport;
use crate::verdict::Verdict;

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The plan is made, the steps begin.
    RunStarted {
        /// The version of the form of events and reports.
        schema_version: &'static str,
        /// The stage.
        stage: Stage,
        /// The gates that are judged.
        gates: Vec<&'static str>,
        /// How many steps there are.
        steps: usize,
    },
    /// A step began.
    StepStarted {
        /// Its place in the plan.
        step: usize,
        /// What it does.
        command: String,
        /// The gates that wait for it.
        gates: Vec<&'static str>,
    },
    /// A step ended.
    StepFinished {
        /// Its place in the plan.
        step: usize,
        /// How long it took, in milliseconds.
        duration_ms: u64,
    },
    /// A gate was judged.
    GateFinished {
        /// What it said.
        gate: Box<GateReport>,
    },
    /// All is said.
    RunFinished {
        /// The verdict.
        verdict: Verdict,
        /// How long the run took, in milliseconds.
        duration_ms: u64,
        /// As in the report.
        #[serde(skip_serializing_if = "Option::is_none")]
        saved_ms: Option<u64>,
    },
}

/// Who listens to events; called from several threads.
pub type Listener<'a> = &'a (dyn Fn(&Event) + Sync);
