//! What is staged: which files a commit gives, how they are called, and what must hold for them.

pub mod archive;
pub mod checksums;
mod flags;
mod plan;
mod same;
mod verdict;

pub use flags::{Places, effective, encoded};
pub use plan::{Asked, Member, Plan, Subject, archive_folder, file_name, plan, subject};
pub use same::same_build;
pub use verdict::{NoVerdict, Recorded, Verdict};
