//! Packages on their way to a registry: what is in a `.crate` file, what a registry is told of it, what its index
//! answers, and in which order they go. All of it is computed over bytes; `ops::publish` asks and sends.

mod crate_file;
mod index;
mod journal;
mod metadata;
mod order;
mod plan;
mod registry;

pub use crate_file::{BadCrate, CrateFile};
pub use index::{BadIndex, IndexEntry, IndexSettings, index_path, read_entries, read_settings};
pub use journal::{Event, Record, in_flight, read_journal, written};
pub use metadata::{Dependency, Metadata, metadata, upload};
pub use order::{Cycle, order};
pub use plan::{Known, PublishPlan, Refusal, Standing, Step, check, different, plan};
pub use registry::{BadAddress, DEFAULT, Registry, Target, checked, token_variable};
