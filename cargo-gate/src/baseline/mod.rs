//! The ratchet: findings and figures that are accepted as they are, so that only what is new or worse fails.
//!
//! A finding is accepted under its fingerprint. One that is about a figure is accepted up to that figure: its
//! fingerprint does not change with it, and the figure decides whether it is worse. Some rules are never
//! accepted ([`refusal`]), and a gate that could not judge has nothing that could be.

mod apply;
mod change;
mod file;
mod refused;

pub use apply::{Standing, Unaccepted};
pub use change::{Change, How, Refusal};
pub use file::{Accepted, Baseline, BaselineError, Entry, NAME};
pub use refused::refusal;

#[cfg(test)]
mod tests;
