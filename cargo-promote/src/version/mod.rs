//! The next version of a workspace: how far it goes by the commits since the last release, and what the files that
//! state it become. All of it is computed over texts; `ops::version` reads and writes them.

mod bump;
mod changelog;
mod history;
mod lock;
mod manifest;
mod notes;
mod plan;

pub use bump::{Asked, BadVersion, Level, after, needed, next};
pub use changelog::{Changed, ChangelogError, Links, NewEntry, release};
pub use history::{Change, Commit, LOG, read_log};
pub use lock::{LockError, relock, without_source};
pub use manifest::{Edited, ManifestError, edit};
pub use notes::notes;
pub use plan::{FileChange, Ground, Last, Log, Member, OtherLock, Plan, Refusal, plan};
