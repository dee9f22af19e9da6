//! What the tools say that the gates stand for. Read without the gates' own decoders.

mod audit;
mod clippy;
mod deny;
mod messages;
mod runners;
mod rustfmt;

pub(super) use audit::{Advisory, advisories};
#[cfg(test)]
pub(super) use clippy::Lint;
pub(super) use clippy::{Compiled, Linted, checked, lints, panic_lints};
pub(super) use deny::{POLICY, Refusal, refusals};
pub(super) use messages::Site;
pub(super) use runners::{Counts, cargo_tests, doctests, nextest};
pub(super) use rustfmt::{Formatting, formatting};
