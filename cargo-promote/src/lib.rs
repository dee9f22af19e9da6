//! `cargo promote`: moves validated artifacts from staging to production, by digest, atomically, with a way back.
//!
//! The core computes and the edge acts: what a candidate, an entry of the ledger or a plan is are plain data, and only
//! [`ops`] touches files, processes, the network and the clock.

pub mod cli;

pub mod attest;
pub mod canary;
pub mod candidate;
pub mod checked;
pub mod checks;
pub mod cleanup;
pub mod config;
pub mod diff;
pub mod digest;
pub mod forge;
pub mod image;
pub mod ledger;
pub mod name;
pub mod place;
pub mod stage;
pub mod store;
pub mod trouble;
pub mod verify;

pub mod dora;
pub mod mirrors;
pub mod overview;
pub mod plan;
pub mod publish;
pub mod select;
pub mod version;

mod commands;
mod render;

pub mod ops;
