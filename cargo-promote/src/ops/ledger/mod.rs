//! The ledgers.

mod local;
#[cfg(feature = "oci")]
mod oci;

pub use local::LocalLedger;
#[cfg(feature = "oci")]
pub use oci::OciLedger;
