//! What commands tell: one file a command. Nothing here decides anything.

pub(crate) mod attest;
mod canary;
mod cleaned;
mod difference;
mod format;
mod log;
mod promotion;
pub(crate) mod publish;
mod staged;
mod status;
mod verified;
pub(crate) mod version;

pub(crate) use canary::{canary_event, canary_plan, canary_report, outline};
pub(crate) use cleaned::cleaned;
pub(crate) use difference::difference;
pub(crate) use format::{Format, check_line, columns, document, hanging, size};
pub(crate) use log::log;
pub(crate) use promotion::{plan, promotion};
pub(crate) use staged::staged;
pub(crate) use status::status;
pub(crate) use verified::verified;
