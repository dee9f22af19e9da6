//! `cargo xtask new-gate NAME`: a gate that compiles, is registered, and is broken until it judges.

mod name;
mod registration;
mod run;

pub(crate) use run::{Args, Error, run};
