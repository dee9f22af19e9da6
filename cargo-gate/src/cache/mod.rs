//! Verdicts that are used again: what names the inputs of one, and what is kept of it. Pure; the files are
//! `exec/`'s.

mod dep_info;
mod entry;
mod explain;
mod key;
mod record;
mod variables;

pub use dep_info::{DepInfo, rerun_if};
pub use entry::{Elsewhere, Entry, FORMAT};
pub use explain::{Explained, Input};
pub(crate) use key::digest;
pub use key::{Difference, Key, Names, Part};
pub use record::{Around, Looked, Record};
pub use variables::{Places, relevant};
