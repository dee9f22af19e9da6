//! Steps: the effects that gates ask for, and the evidence that the steps give.

mod cargo;
mod evidence;
mod kinds;

pub use cargo::{PANIC_LINTS, cargo, check, clippy, forced_lints, lock_check};
pub use evidence::{Captured, End, Evidence, FileRead, Formatted, Observed, SourceFile, Sources, Unread};
pub use kinds::{Step, Streams, Tool, ToolCall};
