//! The bills of materials of real packages: the same packages as `cargo tree` names, valid for other people's
//! validators.

mod compare;
mod run;
mod validators;

pub(crate) use run::{Args, Error, run};
