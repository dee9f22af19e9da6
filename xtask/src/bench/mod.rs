//! `cargo xtask bench`: the speed that is claimed, measured as ratios within one run.
//!
//! Each round runs ours and theirs one after the other, so that what the machine does meanwhile
//! meets both; the ratio is taken in each round, and the median of all rounds is judged.

mod args;
mod cases;
mod generate;
mod machine;
mod paired;
mod row;
mod run;
mod subjects;

pub(crate) use args::{Args, Error};
pub(crate) use run::run;
