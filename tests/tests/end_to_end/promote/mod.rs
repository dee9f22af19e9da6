//! `cargo promote`, through the built command and its library.

mod allowed;
mod attest;
mod canary;
mod carried;
mod configured;
mod contention;
mod flipped;
mod local;
mod moving;
mod publish;
mod published;
#[cfg(unix)]
mod secret;
mod staged;
mod staging;
mod version;
mod walkthrough;

pub(crate) use staged::Project;
