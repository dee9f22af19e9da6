//! The command `cargo gate`.

use clap::Parser;

use crate::cli::RunArgs;
use crate::gate::Stage;

/// cargo calls `cargo-gate gate …`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", styles = clap_cargo::style::CLAP_STYLING)]
enum Cargo {
    /// Run one quality gate, or several, by name
    #[command(version)]
    Gate(Gate),
}

#[derive(Debug, clap::Args)]
struct Gate {
    /// The gates to run
    #[arg(required = true, value_name = "GATE")]
    gates: Vec<String>,
    /// The stage whose settings hold
    #[arg(long, value_enum, default_value_t)]
    stage: Stage,
    #[command(flatten)]
    run: RunArgs,
}

/// Runs the command line and gives the exit code.
pub fn main() -> u8 {
    let Cargo::Gate(gate) = Cargo::parse();
    crate::run::run(&gate.run, gate.stage, &gate.gates)
}
