//! The report as one JSON document.

use crate::report::Report;

/// The report, ending with a newline.
pub fn json(report: &Report) -> String {
    let text =
        serde_json::to_string_pretty(report).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    text + "\n"
}
