//! Reads everything back: what stores keep of candidates, and the ledger from its end to its first entry.

mod candidate;
mod chain;
mod problem;

pub use candidate::{Seen, candidate};
pub use chain::chain;
pub use problem::{Gravity, Problem};
