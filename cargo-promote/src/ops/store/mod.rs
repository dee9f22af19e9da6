//! The stores of candidates.

mod blobs;
mod local;

pub use blobs::{BlobStore, Blobs, Held};
pub use local::local;
