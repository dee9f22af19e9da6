//! The stores of candidates.

mod blobs;
mod forge;
mod local;
#[cfg(feature = "oci")]
mod oci;

pub use blobs::{BlobStore, Blobs, Held};
pub use forge::ForgeStore;
pub use local::local;
#[cfg(feature = "oci")]
pub use oci::OciStore;
