//! The command line.

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
    /// Show what is staged, what each environment runs, and what of it is not done yet
    Status(commands::status::Status),
    /// Build a commit that passed the stage `release`, and keep what it gave
    ///
    /// The same commit staged twice is one candidate. The exit code is 0 where it is staged, 1 where the commit has no
    /// passing verdict or is not clean, 2 where it could not be built or kept.
    Stage(commands::stage::Stage),
    /// Read everything back: files, manifests, attestations, and the ledger to its first entry
    ///
    /// The exit code is 0 where all is as it was staged, 1 where something is not, 2 where something cannot be read.
    Verify(commands::verify::Verify),
    /// Have an environment run a candidate that the one before it ran
    ///
    /// Shows the plan; --execute acts. The ledger is moved once; what follows (the deploy command, tags) is done
    /// then, and done again by the same call where it was interrupted. The exit code is 0 where all is done, 1 where
    /// the order of environments, the policy or a check forbids it, 2 where something could not be done.
    To(commands::to::To),
    /// Have an environment run again what it ran before: no build, no checks but every byte
    ///
    /// Shows the plan; --execute acts. The exit codes are those of `to`.
    Rollback(commands::to::Rollback),
    /// Watch what an environment runs beside what it ran before, and take it back where it is bad
    ///
    /// Asks Prometheus for errors, latency and crashes of both, window by window, through the steps of the
    /// configuration. Shows the plan; --execute acts. The exit code is 0 where the candidate is good, 1 where it is
    /// bad, 2 where that cannot be told in time.
    Canary(commands::canary::Canary),
    /// Show who did what, when and why, and the figures of DORA
    Log(commands::log::Log),
    /// Show what differs between two candidates: commits, dependencies, files, advisories
    Diff(commands::diff::Diff),
    /// Remove candidates that nothing needs any more
    ///
    /// Shows what would go; --execute removes it. What environments run stays, what they ran before, what is approved,
    /// and the newest.
    Cleanup(commands::cleanup::Cleanup),
    Attest(commands::attest::Attest),
    Approve(commands::approve::Approve),
    Keys(commands::keys::Keys),
    Version(commands::version::Version),
    Publish(commands::publish::Publish),
}

/// Runs the command line and gives the exit code.
pub fn main() -> u8 {
    let Cargo::Promote(Promote { command }) = Cargo::parse();
    match command {
        Command::Status(args) => args.run(),
        Command::Stage(args) => args.run(),
        Command::Verify(args) => args.run(),
        Command::To(args) => args.run(),
        Command::Rollback(args) => args.run(),
        Command::Canary(args) => args.run(),
        Command::Log(args) => args.run(),
        Command::Diff(args) => args.run(),
        Command::Cleanup(args) => args.run(),
        Command::Attest(args) => args.run(),
        Command::Approve(args) => args.run(),
        Command::Keys(args) => args.run(),
        Command::Version(args) => args.run(),
        Command::Publish(args) => args.run(),
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
