//! A candidate that runs beside the one before, judged window by window from what Prometheus says of both.

mod answer;
mod course;
mod judge;
mod proportions;
mod question;
mod report;

pub use answer::{NoValue, Sample, answer};
pub use course::{Course, Turn};
pub use judge::{Judged, Outcome, Readings, Window, judge};
pub use proportions::{Share, difference};
pub use question::{About, Mistaken, Questions};
pub use report::{Event, Plan, Report, Rollback};
