//! What happens during a run, one JSON document a line.

use crate::event::Event;
use crate::report::{Report, SCHEMA_VERSION};

/// One event as a line.
pub fn event_line(event: &Event) -> String {
    let text = serde_json::to_string(event).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    text + "\n"
}

/// A finished report in the same form, without the steps.
pub fn jsonl(report: &Report) -> String {
    // the names live as long as the report does: they are only borrowed as static in live events
    let start = serde_json::json!({
        "event": "run-started",
        "schema_version": SCHEMA_VERSION,
        "stage": report.stage,
        "gates": report.gates.iter().map(|gate| gate.id.as_str()).collect::<Vec<_>>(),
    });
    let gates =
        report.gates.iter().map(|gate| event_line(&Event::GateFinished { gate: Box::new(gate.clone()) }));
    let end = Event::RunFinished {
        verdict: report.verdict.clone(),
        duration_ms: report.duration_ms,
        saved_ms: report.saved_ms,
    };
    std::iter::once(format!("{start}\n")).chain(gates).chain([event_line(&end)]).collect()
}
