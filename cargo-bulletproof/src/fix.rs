//! `cargo bulletproof fix`.

use cargo_gate::cli::RunArgs;
use cargo_gate::fix::{Asked, fix};
use clap::Args;

/// What is to be mended.
#[derive(Debug, Args)]
pub(crate) struct Fix {
    /// These gates only; those that can mend are manifest, clippy and fmt
    #[arg(value_name = "GATE")]
    gates: Vec<String>,
    /// Change files with unstaged changes, and files that git does not know, as well
    #[arg(long)]
    allow_dirty: bool,
    #[command(flatten)]
    args: RunArgs,
}

/// Carries it out and gives the exit code.
pub(crate) fn run(asked: &Fix) -> u8 {
    fix(&Asked { args: &asked.args, gates: &asked.gates, allow_dirty: asked.allow_dirty })
}
