//! What is staged: which files a commit gives, how they are called, and what must hold for them.

pub mod archive;
pub mod checksums;
mod verdict;

pub use verdict::{NoVerdict, Verdict};
