//! Which packages of a lock file have an advisory, and how old the answer may be: pure functions over bytes.

mod age;
mod dependency_path;
mod file;
mod lock;
mod matching;

pub use age::{Age, AgeLimits, age};
pub use file::{AdvisoryError, AdvisoryFile};
pub use lock::{LockError, LockedPackage, parse_lock};
pub use matching::{Kind, Match, Severity, match_advisories};
