//! The command line.

use cargo_gate::render::Console;
use clap::{Parser, Subcommand};

/// cargo calls `cargo-promote promote …`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", styles = clap_cargo::style::CLAP_STYLING)]
enum Cargo {
    /// Move validated artifacts from staging to production
    #[command(version)]
    Promote(Promote),
}

#[derive(Debug, clap::Args)]
struct Promote {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what is staged and what each environment runs
    Status,
}

/// Runs the command line and gives the exit code.
pub fn main() -> u8 {
    let Cargo::Promote(Promote { command: Command::Status }) = Cargo::parse();
    Console.out("nothing is staged\n");
    0
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cargo;

    #[test]
    fn the_command_line_is_sound() {
        Cargo::command().debug_assert();
    }
}
