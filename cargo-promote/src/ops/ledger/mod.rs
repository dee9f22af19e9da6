//! The ledgers.

mod git;
mod local;
#[cfg(feature = "oci")]
mod oci;
#[cfg(feature = "s3")]
mod s3;

pub use git::GitLedger;
pub use local::LocalLedger;
#[cfg(feature = "oci")]
pub use oci::OciLedger;
#[cfg(feature = "s3")]
pub use s3::S3Ledger;
