//! `cargo promote`: moves validated artifacts from staging to production.

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

fn main() {
    let Cargo::Promote(Promote { command: Command::Status }) = Cargo::parse();
    // there is no store to stage into yet, so this is true of every workspace
    let text = "nothing is staged: this version of cargo-promote cannot stage anything yet\n";
    Console.out(text);
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
