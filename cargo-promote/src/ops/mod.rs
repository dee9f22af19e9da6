//! The edge: everything that touches processes, files, the network, the environment or the clock.

#![allow(clippy::disallowed_methods, reason = "this is where effects belong")]

pub mod advance;
pub mod arrival;
pub mod attest;
#[cfg(feature = "s3")]
pub mod bucket;
pub mod canary;
pub mod cargo_config;
pub mod cargo_registry;
pub mod checks;
pub mod cleanup;
mod config;
pub mod diff;
pub mod finish;
pub mod folder;
pub mod forge;
mod git;
pub mod history;
pub mod journal;
pub mod keys;
pub mod ledger;
pub mod marks;
pub mod mirrors;
pub mod notes;
pub mod packages;
pub mod places;
pub mod prometheus;
pub mod promotion;
pub mod publish;
mod random;
#[cfg(feature = "oci")]
pub mod registry;
pub mod session;
pub mod stage;
pub mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(any(feature = "oci", feature = "s3"))]
mod tls;
pub mod verify;
pub mod version;
mod write_all;

pub use advance::advance;
pub use config::{ConfigFault, Source, read_config};
pub use git::{Git, GitError, failed};
pub use random::{id, jitter};
pub use session::Session;
