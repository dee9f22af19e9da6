//! What the command is told, and why it ends without the runs that were hoped for.

use std::path::PathBuf;

use crate::{program, repo};

/// The command line of `fuzz`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Fuzz these decoders only (the folders of tests/fuzz/corpus) instead of all
    pub(super) targets: Vec<String>,
    /// How long each is fuzzed
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) seconds: u32,
    /// How many inputs each is given, instead of a time
    #[arg(long, conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) runs: Option<u64>,
    /// Where the search begins: with the same number, the same inputs are made. 0 is another number in each run
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u32,
    /// Write the corpus in tests/fuzz anew: as few inputs as reach all that earlier runs reached
    #[arg(long, conflicts_with_all = ["seconds", "runs"])]
    pub(super) minimise: bool,
    /// Run this one input, and say what it breaks
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds", "runs", "minimise"])]
    pub(super) input: Option<PathBuf>,
}

/// Why there is no clean result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of this repository.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// A program that was started.
    #[error(transparent)]
    Program(#[from] program::Error),
    /// A name that is none.
    #[error("there is no target `{name}`; there are: {known}")]
    NoTarget {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// One input, which can belong to one target only.
    #[error("`--input` needs the name of one target")]
    WhichTarget,
    /// A file or folder of inputs.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// rustc does not say what it compiles for.
    #[error("`rustc -vV` does not name its host")]
    NoHost,
    /// The fuzzer ended well and did not show that it did anything.
    #[error("the fuzzer of `{target}` ended without its count of runs: {said}")]
    NoCount {
        /// The target.
        target: String,
        /// The end of what it said.
        said: String,
    },
    /// The fuzzer did less than it was told.
    #[error("the fuzzer of `{target}` was to run {wanted} inputs and ran {ran}")]
    TooFew {
        /// The target.
        target: String,
        /// The number that was asked for.
        wanted: u64,
        /// The number it states.
        ran: u64,
    },
    /// An input broke a promise.
    #[error(
        "`{target}` does not keep its promises:\n{said}\nkeep the input under a name that tells what it is, in \
         tests/fuzz/corpus/{target}"
    )]
    Broken {
        /// The target.
        target: String,
        /// What the fuzzer said of it.
        said: String,
    },
    /// The same of several, which were told one after the other.
    #[error("these do not keep their promises: {}", .0.join(", "))]
    AllBroken(Vec<String>),
}
