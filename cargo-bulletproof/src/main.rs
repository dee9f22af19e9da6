//! `cargo bulletproof`: every quality gate of a Rust workspace as one.

use std::process::ExitCode;

mod baseline;
mod cache;
mod cli;
mod commands;
mod fix;
mod hook;
mod hooks;
mod push;

fn main() -> ExitCode {
    let stand_in = cargo_gate::exec::stand_in();
    ExitCode::from(stand_in.unwrap_or_else(cli::main))
}
