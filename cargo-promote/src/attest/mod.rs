//! Signed statements about candidates: what was built from what, how the gates judged its tree, who agrees to its
//! promotion. The statements are in-toto's, version 1; their envelopes are DSSE's; the signatures are plain ed25519, or
//! those that OpenSSH makes.

pub mod build;
pub mod dsse;
pub mod keys;
pub mod policy;
pub mod ssh;
pub mod statement;
mod verdict;

pub use build::{Build, Provenance};
pub use dsse::{BadEnvelope, Envelope, Signature, Signers};
pub use keys::{BadKey, PublicKey};
pub use statement::{Approval, BadStatement, Predicate, Statement, Subject};
pub use verdict::{Gate, Verdict};

#[cfg(test)]
mod tests;
