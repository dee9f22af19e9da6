//! The edge: everything that touches processes, files, the network, the environment or the clock.

#![allow(clippy::disallowed_methods, reason = "this is where effects belong")]

mod git;
mod random;

pub use git::{Git, GitError, failed};
pub use random::{id, jitter};
