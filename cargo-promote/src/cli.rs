//! The command line.

use cargo_gate::render::Console;
use clap::{Parser, Subcommand};

use crate::commands;

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
    /// Build a commit that passed the stage `release`, and keep what it gave
    ///
    /// The same commit staged twice is one candidate. The exit code is 0 where it is staged, 1 where the commit has no
    /// passing verdict or is not clean, 2 where it could not be built or kept.
    Stage(commands::stage::Stage),
    /// Read everything back: files, manifests, attestations, and the ledger to its first entry
    ///
    /// The exit code is 0 where all is as it was staged, 1 where something is not, 2 where something cannot be read.
    Verify(commands::verify::Verify),
}

/// Runs the command line and gives the exit code.
pub fn main() -> u8 {
    let Cargo::Promote(Promote { command }) = Cargo::parse();
    match command {
        Command::Status => {
            Console.out("nothing is staged\n");
            0
        }
        Command::Stage(args) => args.run(),
        Command::Verify(args) => args.run(),
    }
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
