//! `cargo promote`, through the built command and its library.

mod attest;
mod local;
mod moving;
mod staged;
mod staging;

pub(crate) use staged::Project;
