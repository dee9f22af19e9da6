//! One file a claim.

mod audit;
mod commit;
mod coverage;
mod deny;
mod fmt;
mod lcov;
mod light;
mod push;
mod rollback;
mod scanner;
mod script;
mod startup;

pub(super) use audit::audit;
pub(super) use commit::commit;
pub(super) use coverage::coverage;
pub(super) use deny::deny;
pub(super) use fmt::fmt;
pub(super) use lcov::lcov;
pub(super) use light::light;
pub(super) use push::push;
pub(super) use rollback::rollback;
pub(super) use scanner::scanner;
pub(super) use script::{Script, script};
pub(super) use startup::startup;
