//! Comparisons of what our gates say with what the tools say. Pure.

mod audit;
mod compile;
mod counts;
mod deny;
mod difference;
mod files;
mod formatting;
mod panics;

pub(super) use audit::audit;
pub(super) use compile::{check, clippy};
pub(super) use counts::counts;
pub(super) use deny::deny;
pub(super) use difference::{Comparison, Difference};
pub(super) use files::files;
pub(super) use formatting::formatting;
pub(super) use panics::{Engines, Known, panics};
