//! The ledgers.

mod git;
mod local;
#[cfg(feature = "oci")]
mod oci;

pub use git::GitLedger;
pub use local::LocalLedger;
#[cfg(feature = "oci")]
pub use oci::OciLedger;
