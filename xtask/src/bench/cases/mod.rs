//! One file a claim.

mod audit;
mod fmt;
mod light;
mod scanner;
mod startup;

pub(super) use audit::audit;
pub(super) use fmt::fmt;
pub(super) use light::light;
pub(super) use scanner::scanner;
pub(super) use startup::startup;
