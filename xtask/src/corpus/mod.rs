//! `cargo xtask corpus`: our gates against the tools they stand for, on real packages.
//!
//! The packages come from the Rust registry, each at a fixed version, and are unpacked outside the
//! repository. Each gate runs on them through the real program; the tool that the gate stands for
//! runs beside it; what differs is explained mechanically, or ends the command with exit code 1.

mod args;
mod cargo;
mod compare;
mod measure;
mod ours;
mod packages;
mod page;
mod run;
mod subject;
mod truth;
mod unpack;

pub(crate) use args::{Args, Error};
pub(crate) use run::run;
