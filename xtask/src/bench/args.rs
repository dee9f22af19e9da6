//! What the command is told, and why it ends without the figures that were hoped for.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::{packages, program, repo};

/// So many rounds are measured unless somebody says another number.
pub(super) const ROUNDS: u32 = 9;

/// The command line of `bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Measure these only, and print the table instead of writing docs/benchmarks.md
    #[arg(value_enum)]
    pub(super) cases: Vec<Case>,
    /// Write the rows of these cases into docs/benchmarks.md, and leave those of the others there as they are
    #[arg(long, requires = "cases")]
    pub(super) write: bool,
    /// How many rounds each case is measured
    #[arg(long, default_value_t = ROUNDS, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rounds: u32,
    /// Fail where a bar is missed
    #[arg(long)]
    pub(super) check: bool,
    /// Where packages are unpacked and workspaces made, instead of a folder of the system's temp dir
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// The advisory database of the cases `audit`, `push` and `script`, instead of `BULLETPROOF_ADVISORY_DB`
    #[arg(long, value_name = "DIR")]
    pub(super) db: Option<PathBuf>,
    /// The script of the case `script`: the checks of a push, one after another
    #[arg(long, value_name = "FILE", default_value = "../shared/baseline/checks.sh")]
    pub(super) script: PathBuf,
    /// The workspaces that the case `script` is measured on, instead of all
    #[arg(long, value_name = "NAME", requires = "cases", value_parser = ON)]
    pub(super) on: Vec<String>,
}

/// The workspaces of the case `script`.
const ON: [&str; 4] = ["semver", "hexyl", "ripgrep", GENERATED];

/// The made-up one among them.
pub(super) const GENERATED: &str = "generated";

/// One claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Case {
    /// The `fmt` gate against `cargo fmt`
    Fmt,
    /// The plan and the start against `cargo metadata`
    Startup,
    /// The gates that only read, on a large workspace
    Light,
    /// The scanner of sources on one core
    Scanner,
    /// The `audit` gate against cargo-audit
    Audit,
    /// The `deny` gate on a large graph
    Deny,
    /// The decoder of lcov files
    Lcov,
    /// The gates `test` and `coverage` against nextest and cargo-llvm-cov: time, and every line
    Coverage,
    /// A commit of one file in a large workspace, against other runners of hooks
    Commit,
    /// A push of a tree with a recorded verdict
    Push,
    /// The gates of a push against a script of the same checks: cold, one file changed, nothing changed
    Script,
    /// An environment that goes back to what it ran before
    Rollback,
}

impl Case {
    /// Its name on the command line and in the table.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Why there are no figures, or not the hoped-for ones.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of this repository.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// A program that is measured or that prepares a measurement.
    #[error(transparent)]
    Program(#[from] program::Error),
    /// A package that is measured on.
    #[error(transparent)]
    Package(#[from] packages::Error),
    /// A file or folder of a workspace that is measured on.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// What a candidate is staged with.
    #[error(transparent)]
    Promote(#[from] cargo_promote::trouble::Trouble),
    /// An answer without the figure that is measured.
    #[error("the report of `{0}` has no time of its gate")]
    NoFigure(&'static str),
    /// Rows of two machines on one page.
    #[error(
        "{0} was made on another machine, or another toolchain: measure all cases anew (cargo xtask bench)"
    )]
    OtherMachine(&'static str),
    /// A part of other cases than the one that has parts.
    #[error("--on names workspaces of the case `script`: name that case alone")]
    OnWhat,
    /// Bars that were missed.
    #[error("{0} bars are missed")]
    Missed(usize),
}
