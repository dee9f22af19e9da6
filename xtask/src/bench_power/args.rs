//! What the command is told, and why it ends without a page.

use std::path::{Path, PathBuf};

use super::{page, record, replay, rounds};
use crate::repo::{self, Repo};
use crate::{packages, program};

/// The command line of `bench-power`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the benches are built and the rounds are kept
    #[arg(long, value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// How many rounds are recorded, after those that the folder already has
    #[arg(long, default_value_t = 120)]
    pub(super) rounds: usize,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of this repository.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// A folder that cannot be cleared.
    #[error(transparent)]
    Package(#[from] packages::Error),
    /// cargo or a bench program.
    #[error(transparent)]
    Program(#[from] program::Error),
    /// A file of the folder.
    #[error("`{}`: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// A build that made no program.
    #[error("cargo made no bench program")]
    NoProgram,
    /// Fewer rounds than one run of the gate may need.
    #[error("{0} rounds are too few to apply the rule to")]
    TooFew(usize),
}

impl Error {
    /// Something about a file.
    pub(super) fn file(path: &Path, cause: &dyn std::fmt::Display) -> Self {
        Self::File { path: path.to_owned(), cause: cause.to_string() }
    }
}

/// Records the rounds, applies the rule, and writes docs/bench-rule.md.
pub(crate) fn run(args: &Args, repo: &Repo) -> Result<(), Error> {
    let kept = args.dir.join("rounds.jsonl");
    if args.rounds > 0 {
        record::record(&args.dir, &kept, args.rounds)?;
    }
    let recorded = rounds::read(&kept)?;
    let results = replay::all(&recorded)?;
    let machine = record::machine();
    repo.write("docs/bench-rule.md", &page::page(&recorded, &results, &machine))?;
    Ok(())
}
