//! The ledgers.

mod local;

pub use local::LocalLedger;
