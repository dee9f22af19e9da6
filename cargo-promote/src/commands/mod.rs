//! One file a subcommand: its command line, and what it does.

pub(crate) mod stage;
pub(crate) mod verify;
