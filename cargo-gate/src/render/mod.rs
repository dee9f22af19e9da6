//! How a report is shown: one file a format. Nothing here decides anything.

mod baseline;
mod cache;
mod console;
mod fix;
mod human;
mod json;
mod jsonl;
mod plan;
mod progress;
mod snippet;
mod table;

pub use baseline::{baseline_table, change_text};
pub use cache::{explained, held, held_json, not_held, not_held_json};
pub use console::Console;
pub use fix::{fix_text, left_line, mended_line};
pub use human::{Detail, gate_line, human, seconds};
pub use json::json;
pub use jsonl::{event_line, jsonl};
pub use plan::plan_text;
pub use progress::Progress;
pub use snippet::finding;

#[cfg(test)]
mod tests;
