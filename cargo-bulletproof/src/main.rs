//! `cargo bulletproof`: every quality gate of a Rust workspace as one.

use std::process::ExitCode;

mod cli;
mod commands;

fn main() -> ExitCode {
    ExitCode::from(cli::main())
}
