//! The chores of this workspace: `cargo xtask tidy | codegen | new-gate | bench | corpus | sbom | repro | staged-twice | fuzz`.

#![expect(clippy::disallowed_methods, reason = "chores are effects")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod bench_power;
mod codegen;
mod corpus;
mod fuzz;
mod new_gate;
mod packages;
mod program;
mod repo;
mod repro;
mod say;
mod sbom;
mod staged_twice;
mod tidy;

use repo::Repo;

/// The chores of this workspace
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Check the rules of this code base, and that generated files are current
    Tidy,
    /// Write the generated files: docs/gates, docs/schema, the README's table of gates
    Codegen(codegen::Args),
    /// Start a new gate: its file, its registration, its fixture
    NewGate(new_gate::Args),
    /// Measure the speed that is claimed, as ratios, into docs/benchmarks.md
    Bench(bench::Args),
    /// Measure false alarms and misses of the gate `bench`, into docs/bench-rule.md
    BenchPower(bench_power::Args),
    /// Compare the gates with the tools they stand for, on real packages, into docs/corpus.md
    Corpus(corpus::Args),
    /// Fuzz the decoders with libFuzzer (Linux and macOS; needs a C++ compiler)
    Fuzz(fuzz::Args),
    /// Compare the bills of materials with `cargo tree` and with validators, on real packages
    Sbom(sbom::Args),
    /// Compare the verdicts of the gate `repro` with those of diffoscope, on real packages (Linux)
    Repro(repro::Args),
    /// Stage HEAD in two folders with `cargo promote`, and compare the candidates; takes two release builds
    StagedTwice(staged_twice::Args),
}

/// Why a chore did not end well.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Repo(#[from] repo::Error),
    #[error(transparent)]
    Tidy(#[from] tidy::Error),
    #[error(transparent)]
    Codegen(#[from] codegen::Error),
    #[error(transparent)]
    NewGate(#[from] new_gate::Error),
    #[error(transparent)]
    Bench(#[from] bench::Error),
    #[error(transparent)]
    BenchPower(#[from] bench_power::Error),
    #[error(transparent)]
    Corpus(#[from] corpus::Error),
    #[error(transparent)]
    Fuzz(#[from] fuzz::Error),
    #[error(transparent)]
    Sbom(#[from] sbom::Error),
    #[error(transparent)]
    Repro(#[from] repro::Error),
    #[error(transparent)]
    StagedTwice(#[from] staged_twice::Error),
}

fn main() -> ExitCode {
    match run(&Xtask::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> Result<(), Error> {
    match chore {
        Chore::Tidy => tidy::run(&Repo::find()?)?,
        Chore::Codegen(args) => codegen::run(args, &Repo::find()?)?,
        Chore::NewGate(args) => new_gate::run(args, &Repo::find()?)?,
        Chore::Bench(args) => bench::run(args, &Repo::find()?)?,
        Chore::BenchPower(args) => bench_power::run(args, &Repo::find()?)?,
        Chore::Corpus(args) => corpus::run(args)?,
        Chore::Fuzz(args) => fuzz::run(args, &Repo::find()?)?,
        Chore::Sbom(args) => sbom::run(args)?,
        Chore::Repro(args) => repro::run(args)?,
        Chore::StagedTwice(args) => staged_twice::run(args)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Xtask;

    #[test]
    fn the_command_line_is_sound() {
        Xtask::command().debug_assert();
    }
}
