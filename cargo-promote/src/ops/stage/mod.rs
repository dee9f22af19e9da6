//! Builds what is staged, from a private copy of one commit.

mod build;
mod crates;
mod documents;
mod files;
mod gates;
mod run;
mod site;
mod source;

pub use run::{Done, Request, stage};
