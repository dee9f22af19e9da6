//! Steps: the effects that gates ask for, and the evidence that the steps give.

mod base;
mod bench;
mod cargo;
mod evidence;
mod graph;
mod kinds;
mod measure;
mod semver_call;
mod timing;

pub use base::{AgainstBase, Base, base, base_figures, base_file, changes};
pub use bench::{BaseBuilt, BenchCall, BenchMeasure, bench_build};
pub use cargo::{PANIC_LINTS, cargo, check, clippy, forced_lints, graph, release_build};
pub use evidence::{Captured, End, Evidence, FileRead, Formatted, Observed, SourceFile, Sources, Unread};
pub(crate) use graph::read_graph;
pub use kinds::{Executable, ProgramCall, Scope, Step, Streams, Tool, ToolCall};
pub use measure::{Counts, Instrument, Instrumented, LlvmTools, Measure, Profiles};
pub use semver_call::SemverCall;
pub use timing::Timing;
