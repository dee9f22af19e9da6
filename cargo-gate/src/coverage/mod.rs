//! Line coverage of the workspace: line counts become figures of the whole, of packages and of paths,
//! and are held against bars. Pure: the counts come from a tracefile (see `parse::lcov`).

mod bars;
mod completeness;
mod counting;
mod figure;
mod html;
mod measured;
mod sources;
mod words;

pub use bars::{BaseFigure, Critical, Scale};
pub(crate) use completeness::completeness;
pub(crate) use counting::{
    counted_lines, counting_steps, counts_step, nothing_measured, of_these_sources, tests_failed,
};
pub use figure::{Figure, Percent};
pub use html::html;
pub use measured::{LeftOut, Measured, is_test, uncovered_runs};
pub use sources::{coverage_off, holds_code};
pub use words::rows;
