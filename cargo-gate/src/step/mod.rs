//! Steps: the effects that gates ask for, and the evidence that the steps give.

mod base;
mod bench;
mod captured;
mod cargo;
mod data;
mod evidence;
mod graph;
mod inputs;
mod kinds;
mod measure;
mod semver_call;
mod sources;
mod timing;
mod tool;

pub use base::{AgainstBase, Base, base, base_figures, base_file, changes};
pub use bench::{BaseBuilt, BenchCall, BenchMeasure, bench_build};
pub use captured::{Captured, End};
pub use cargo::{PANIC_LINTS, cargo, check, clippy, forced_lints, graph, release_build};
pub use data::Data;
pub use evidence::{Evidence, FileRead, Formatted, Observed};
pub(crate) use graph::read_graph;
pub use inputs::{Files, Inputs};
pub use kinds::{Executable, ProgramCall, Scope, Step, Streams, ToolCall};
pub use measure::{BaseCounts, Counts, Instrument, Instrumented, LlvmTools, Measure, Profiles};
pub use semver_call::{Against, LastTag, SemverCall, SemverRun};
pub use sources::{SourceFile, Sources, Unread};
pub use timing::Timing;
pub use tool::Tool;
