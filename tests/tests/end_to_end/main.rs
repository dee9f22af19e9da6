//! End-to-end tests: the real binaries on copies of the fixtures, with real and with fake tools.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and sets up the files and processes that it needs"
)]

mod bad_input;
mod baseline;
mod benches;
mod cache;
mod cli;
mod corpus;
mod coverage;
mod custom;
mod dependencies;
mod faults;
mod fixing;
mod fixtures;
mod hooks;
mod linting;
mod memory;
mod programs;
mod promote;
mod recorded;
mod releases;
mod repro;
mod scheduling;
// the tests of it need the `setsid` of Linux
#[cfg(target_os = "linux")]
mod signals;
mod since;
mod sizes;
mod support;
mod verify;
