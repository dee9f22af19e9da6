//! `cargo promote`, through the built command and its library.

mod attest;
mod local;
mod moving;
mod staged;

pub(crate) use staged::Project;
