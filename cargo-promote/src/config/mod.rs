//! `promote.toml`: environments and their order, stores, the ledger, keys and policy; every problem of the file is
//! told at once, each with its place. Secrets are never in it: it names the environment variables that hold them.

mod candidate;
mod environments;
mod load;
mod places;
mod policy;

pub use candidate::CandidateSettings;
pub use environments::{Approvals, ChecklistItem, Environment, Smoke};
pub use load::{Config, parse};
pub use places::{LedgerSettings, Mirrors, StoreSettings};
pub use policy::{Key, Policy, Role};
