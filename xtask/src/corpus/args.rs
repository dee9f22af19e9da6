//! What the command is told, and why it ends without a comparison.

use std::path::PathBuf;

/// Compare the gates with the tools they stand for, on real packages from the registry.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compare on these only, and print the page instead of writing docs/corpus.md
    pub(super) names: Vec<String>,
    /// Where the packages are unpacked and built, instead of a folder of the system's temp dir
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// The advisory database, instead of `BULLETPROOF_ADVISORY_DB`
    #[arg(long, value_name = "DIR")]
    pub(super) db: Option<PathBuf>,
    /// Leave a comparison out where its tool or database is missing, without failing
    #[arg(long)]
    pub(super) allow_missing: bool,
}

/// Why there is no comparison, or not the one that was hoped for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file or folder could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was done to which file.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of this repository.
    #[error(transparent)]
    Repo(#[from] crate::repo::Error),
    /// A program could not be started, or failed where it must not.
    #[error("`{what}` failed: {said}")]
    Program {
        /// The call.
        what: String,
        /// The end of what it said, or the system's reason.
        said: String,
    },
    /// An answer that cannot be read.
    #[error("`{what}` gave an answer that cannot be read: {cause}")]
    Unreadable {
        /// The call.
        what: String,
        /// Why.
        cause: String,
    },
    /// A name that is not in the list.
    #[error("the corpus has no `{0}`; it has: {1}")]
    UnknownName(String, String),
    /// The gates and the tools disagree.
    #[error("unexplained differences: {0}; see the list")]
    Different(usize),
    /// A tool or a database is missing.
    #[error("not compared: {0}; install it, or pass --allow-missing")]
    Missing(String),
}

impl Error {
    /// Names what was done when the system said no.
    pub(super) fn io(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.to_string();
        move |source| Self::Io { what, source }
    }
}
