//! What commands tell: one file a command. Nothing here decides anything.

mod format;
mod staged;

pub(crate) use format::{Format, document, size};
pub(crate) use staged::staged;
