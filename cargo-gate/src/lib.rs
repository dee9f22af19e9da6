//! Quality gates for Rust workspaces: the library behind `cargo bulletproof` and `cargo gate`.
//!
//! The modules in reading order follow the data: the command line and `bulletproof.toml` become a
//! request, the workspace becomes facts, both become a plan; the plan is carried out and gives
//! evidence; the gates judge the evidence; the verdict and its report are rendered.
//!
//! Everything but [`exec`] is pure: it computes over bytes and plain data, and no renderer decides
//! anything.

pub mod cli;
pub mod config;
pub mod facts;
pub mod finding;
pub mod gate;
pub mod gates;
mod outcome;
pub mod registry;
pub mod step;
pub mod subject;
pub mod test_run;
mod text;
mod toml_text;

mod accept;
pub mod advisory;
mod advisory_source;
pub mod affected;
pub mod bench;
pub mod binary;
pub mod cache;
pub mod commit_message;
pub mod compile;
pub mod coverage;
pub mod custom;
pub mod feature_sets;
pub mod graph;
pub mod hooks;
mod image_scanner;
pub mod last_release;
mod lock_diff;
pub mod parse;
pub mod policy;
pub mod reach;
pub mod release;
pub mod repro;
pub mod sampling;
pub mod sbom;
pub mod scan;
pub mod secret;
pub mod unused;
pub mod versions;

pub mod exec;
pub mod pace;
pub mod plan;

pub mod baseline;
pub mod event;
pub mod report;
pub mod verdict;

pub mod fix;
pub mod manual;
pub mod ratchet;
pub mod render;
pub mod run;
pub mod single;
