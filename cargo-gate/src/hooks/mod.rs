//! Git hooks that start our gates: the script, what is found in a repository, and what is to be done about it.
//! Pure: `exec` looks and writes.

mod call;
mod configured;
mod found;
mod name;
mod plan;
mod script;
mod settings;
mod state;

pub use configured::{ConfigHook, GitConfig, runs_config_hooks};
pub use found::{CHANGED, Found, HookFile, KEPT, MOVED, Repository};
pub use name::HookName;
pub use plan::{Action, Change, Refusal, install, uninstall};
pub use script::{Owner, Script, VERSION, owner, posix_path};
pub use settings::HookSettings;
pub use state::{Judged, State, judge};
