//! What commands tell: one file a command. Nothing here decides anything.

mod format;
mod staged;
mod verified;

pub(crate) use format::{Format, document, size};
pub(crate) use staged::staged;
pub(crate) use verified::verified;
