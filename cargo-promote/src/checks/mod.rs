//! What has to be right before an environment's pointer moves: policy, approvals, checklist, programs that must run.

mod approvals;
mod check;
mod checklist;
mod smoke;

pub use approvals::approvals;
pub use check::{Check, Outcome, confirmed};
pub use checklist::{checklist, strangers};
pub use smoke::{smoke, smoke_later, smoke_without, where_to_run};
