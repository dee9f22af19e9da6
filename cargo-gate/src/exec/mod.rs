//! The edge: everything that touches processes, files, the environment or the clock.

#![expect(clippy::disallowed_methods, reason = "this is where effects belong")]

mod advisories;
mod advisory_db;
mod advisory_update;
mod affected;
mod asked;
mod base;
mod base_counts;
mod begun;
mod bench;
mod brought;
mod cache;
mod cancel;
mod compiler_info;
mod conversion;
mod environment;
mod figures;
mod files;
mod fix;
mod format;
mod gather;
mod git;
mod history;
mod hooks;
mod index_cache;
mod instrument;
mod kill;
mod license_texts;
mod lint;
mod llvm;
mod memo;
mod message;
mod pace;
mod presence;
pub mod process;
mod program;
mod programs;
mod restage;
mod scheduler;
mod secrets;
mod semver;
mod snapshot;
mod stand_in;
mod steps;
mod store;
mod timing;
mod tools;
#[cfg(test)]
mod trial_folder;
mod twin;

pub use advisories::{database_status, known_advisories, update_database};
pub use advisory_db::{AdvisoryDb, DbError};
pub use advisory_update::{DEFAULT_URL, UpdateError, Updated};
pub use affected::affected;
pub use asked::Asked;
pub use begun::Begun;
pub use cache::{CacheUse, Held, Kept, NotHeld, Records, Support, cache_status, clear_cache};
pub use cache::{keep_verdict, recorded, request};
pub use cancel::Cancel;
pub use environment::Environment;
pub use fix::{formatted_text, said, text_of, unstaged};
pub use format::StagedFormat;
pub use gather::{GatherError, gather, gather_on};
pub use git::git;
pub use hooks::{HookFileError, change_hooks, find_hooks, hook_script};
pub use index_cache::{Yanked, default_index, default_registry};
pub use message::{config_folder, read_message};
pub use pace::{remember, remembered};
pub use presence::Presence;
pub use restage::{Restage, Restaged};
pub use scheduler::{CarriedOut, Run, carry_out};
pub use snapshot::{Ground, Push, Pushed, SnapshotError, hook_input, pushed};
pub use stand_in::stand_in;

pub use store::{WriteError, read_baseline, read_config, replace_file, write_output};
