//! The command line.

use cargo_gate::cli::RunArgs;
use cargo_gate::gate::Stage;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::baseline::Baseline;
use crate::cache::{self, Cache};
use crate::fix::Fix;
use crate::hook::{self, Hook};
use crate::hooks::{self, Hooks};
use crate::{baseline, commands, fix};

/// cargo calls `cargo-bulletproof bulletproof …`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", styles = clap_cargo::style::CLAP_STYLING)]
pub(crate) enum Cargo {
    /// Run every quality gate of this workspace as one
    #[command(version, args_conflicts_with_subcommands = true)]
    Bulletproof(Bulletproof),
}

#[derive(Debug, Args)]
pub(crate) struct Bulletproof {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gates of a stage (the default command)
    Run(Box<Run>),
    /// List the gates and their stages
    List,
    /// Show the manual of a gate
    Explain {
        /// The gate
        gate: String,
    },
    /// Show the JSON Schema of the config or of the report
    Schema {
        /// Which of them
        #[arg(value_enum, default_value_t)]
        of: SchemaOf,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Accept today's findings and figures, so that only new or worse ones fail
    Baseline(Baseline),
    /// Say whether a verdict of the stage is recorded for a commit (--rev, else HEAD) and still holds
    Verify(Box<Run>),
    /// Look after the verdicts of earlier runs
    #[command(subcommand)]
    Cache(Cache),
    /// Apply what can be mended without a doubt: rustfmt, clippy's machine-applicable suggestions, inherited lints
    ///
    /// Only files without unstaged changes are changed, and nothing is staged. The exit code is 0 where the gates
    /// pass then, 1 where something is left that they fail for, 2 where one of them cannot judge.
    Fix(Box<Fix>),
    /// Look after the advisory database
    #[command(subcommand)]
    Db(Db),
    /// Have git start the gates before commits and pushes
    #[command(subcommand)]
    Hooks(Hooks),
    /// What git's hooks run
    #[command(subcommand)]
    Hook(Hook),
}

/// A run of the gates.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The stage whose gates run
    #[arg(long, value_enum, default_value_t)]
    pub(crate) stage: Stage,
    /// Run these gates only, whatever the stage; may be given many times
    #[arg(long, value_name = "GATE", value_delimiter = ',')]
    pub(crate) gate: Vec<String>,
    #[command(flatten)]
    pub(crate) args: RunArgs,
}

/// What has a schema.
#[derive(Debug, Default, Clone, Copy, ValueEnum)]
pub(crate) enum SchemaOf {
    /// `bulletproof.toml`
    #[default]
    Config,
    /// `--format json`
    Report,
}

#[derive(Debug, Subcommand)]
enum Db {
    /// Fetch the newest advisories into the managed database
    Update {
        /// Where git fetches them from, instead of what the config says
        #[arg(long)]
        url: Option<String>,
    },
    /// Show where the managed database lies and how old it is
    Status,
}

/// Runs the command line and gives the exit code.
pub(crate) fn main() -> u8 {
    let Cargo::Bulletproof(bulletproof) = Cargo::parse();
    match bulletproof.command.unwrap_or(Command::Run(Box::new(bulletproof.run))) {
        Command::Run(run) => cargo_gate::run::run(&run.args, run.stage, &run.gate),
        Command::Baseline(one) => baseline::run(one),
        Command::Fix(asked) => fix::run(&asked),
        Command::List => commands::list(),
        Command::Explain { gate } => commands::explain(&gate),
        Command::Schema { of } => commands::schema(of),
        Command::Completions { shell } => commands::completions(shell),
        Command::Verify(run) => cache::verify(&run.args, run.stage, &run.gate),
        Command::Cache(command) => cache::run(command),
        Command::Db(Db::Update { url }) => commands::update_database(url.as_deref()),
        Command::Hook(hook) => hook::run(&hook),
        Command::Hooks(command) => hooks::run(&command),
        Command::Db(Db::Status) => commands::database_status(),
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
