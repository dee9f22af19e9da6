//! `cargo bulletproof baseline`.

use std::path::PathBuf;

use cargo_gate::baseline::How;
use cargo_gate::cli::Format;
use cargo_gate::ratchet;
use clap::{Args, Subcommand};

use crate::cli::Run;

/// What is accepted, shown or changed.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Baseline {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: Show,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gates and accept what they find today; says what is new and what is gone
    ///
    /// The exit code is 0 where every error is accepted, 1 where some never are (secrets, known
    /// vulnerabilities, failed tests, code that does not compile), 2 where a gate could not judge: its entries
    /// stay as they were.
    Update(Box<Run>),
    /// Show what is accepted (the default command)
    Show(Show),
    /// Run the gates and take out what is gone, never adding anything
    Prune(Box<Run>),
}

#[derive(Debug, Args)]
struct Show {
    /// The manifest of the workspace
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// Show each entry
    #[arg(short, long)]
    verbose: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Carries it out and gives the exit code.
pub(crate) fn run(baseline: Baseline) -> u8 {
    match baseline.command.unwrap_or(Command::Show(baseline.show)) {
        Command::Update(run) => ratchet::change(&run.args, run.stage, &run.gate, How::Update),
        Command::Prune(run) => ratchet::change(&run.args, run.stage, &run.gate, How::Prune),
        Command::Show(show) => ratchet::show(show.manifest_path.as_deref(), show.verbose, show.format),
    }
}
