//! The software bill of materials of what a workspace ships: which packages are in it, as cargo's own
//! rules for features and targets have it, and the documents that say so.

mod bill;
mod build;
mod conditions;
mod cyclonedx;
mod describe;
mod license;
mod read;
mod resolver;
mod spdx;
mod time;

pub use bill::{Bill, Part, Purpose, bill};
pub use build::{Asked, BuildError, Unit, Units};
pub use conditions::{Conditions, conditions};
pub use cyclonedx::{CycloneDx, cyclonedx};
pub use describe::Content;
pub use read::{Listed, ReadError, read};
pub use resolver::Resolver;
pub use spdx::spdx;
pub use time::source_time;

#[cfg(test)]
mod tests;
