//! One file a subcommand: its command line, and what it does.

pub(crate) mod approve;
pub(crate) mod attest;
pub(crate) mod canary;
pub(crate) mod cleanup;
pub(crate) mod diff;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod publish;
pub(crate) mod stage;
pub(crate) mod status;
pub(crate) mod to;
pub(crate) mod verify;
pub(crate) mod version;
