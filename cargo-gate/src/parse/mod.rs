//! Decoders of what cargo, nextest, libtest, criterion and gungraun write: pure functions from bytes to plain data.
//!
//! One rule holds in all of them: output that is cut short, contradicts itself or cannot be read
//! is an error or a failed result. It never becomes "everything passed".

pub mod callgrind;
pub mod cargo_deny;
pub mod cargo_error;
pub mod cargo_messages;
pub mod criterion;
pub mod git_diff;
pub mod git_objects;
pub mod grype;
pub mod gungraun;
mod image_scan;
pub mod json_lines;
pub mod junit;
pub mod lcov;
pub mod libtest;
pub mod measured;
pub mod nextest;
pub mod pushed_refs;
mod reported;
pub mod rustfmt;
pub mod sarif;
pub mod semver_checks;
mod test_output;
mod text;
pub mod trivy;

pub use image_scan::{ImageScan, ImageScanError, ImageSeverity, ImageVulnerability};
pub use reported::{ReportError, Reported};
pub use test_output::TestOutputError;
