//! `cargo promote`, through the built command and its library.

mod attest;
mod canary;
mod contention;
mod local;
mod moving;
mod publish;
mod staged;
mod staging;
mod version;

pub(crate) use staged::Project;
