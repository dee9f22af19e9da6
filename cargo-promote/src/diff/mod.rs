//! What differs between two candidates.

mod dependencies;
mod difference;
mod files;

pub use dependencies::{Change, Dependency, dependencies};
pub use difference::{Advisories, Commits, Difference, Known};
pub use files::{FileChange, files};
