//! `promote.toml`: environments and their order, stores, the ledger, keys and policy; every problem of the file is
//! told at once, each with its place. Secrets are never in it: it names the environment variables that hold them.

mod canary;
mod candidate;
mod elsewhere;
mod environments;
mod load;
mod places;
mod policy;
mod schema;

pub use canary::{Canary, Measure, OnBad, Queries, Ratio, Share, Step};
pub use candidate::CandidateSettings;
pub use elsewhere::{From, Origin, Pinned};
pub use environments::{Approvals, ChecklistItem, Environment, Smoke};
pub use load::{Config, Written, parse, parse_of, parse_workspace};
pub use places::{LedgerSettings, Mirrors, StoreSettings};
pub use policy::{Key, Policy, Role};
pub use schema::schema;
