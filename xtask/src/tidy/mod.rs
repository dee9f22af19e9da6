//! `cargo xtask tidy`: the rules of this code base that no lint knows.
//!
//! Each rule is a pure function from text to findings; [`run()`] reads the repository and asks them all.

mod dependencies;
mod effects;
mod finding;
mod gates;
mod layout;
mod renderers;
mod run;
mod size;
mod source;
mod words;

pub(crate) use run::{Error, run};
