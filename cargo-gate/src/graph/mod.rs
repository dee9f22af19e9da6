//! The resolved dependency graph: which package needs which, for what, on which target, and by which features.
//! Pure: made from what `cargo metadata` says.

mod closure;
mod condition;
mod features;
#[allow(clippy::module_inception, reason = "the folder is named for what it holds most of")]
mod graph;

pub use closure::{Kinds, Path};
pub use condition::Target;
pub use graph::{Edge, Graph, GraphError};

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
