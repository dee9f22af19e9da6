//! The edge: everything that touches processes, files, the network, the environment or the clock.

#![allow(clippy::disallowed_methods, reason = "this is where effects belong")]

pub mod advance;
pub mod folder;
mod git;
pub mod ledger;
mod random;
pub mod session;
pub mod store;
#[cfg(test)]
pub(crate) mod testing;

pub use git::{Git, GitError, failed};
pub use random::{id, jitter};
