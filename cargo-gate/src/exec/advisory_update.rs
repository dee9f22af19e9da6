//! Fetches the advisory database into a folder of our own in the user's cache directory.
//!
//! The folder is never changed in place. Where the server has a newer commit, a new shallow clone (1.2 MB) is made
//! beside it, checked, and moved into its place, so that an update that is cut short leaves the old database as it was.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use etcetera::BaseStrategy;
use jiff::Timestamp;
use tempfile::TempDir;
use thiserror::Error;

use super::advisory_db::git::{self, GitError};
use super::advisory_db::{self, DbError, FETCHED_STAMP};
use crate::exec::Cancel;

/// Where `RustSec` publishes its database.
pub const DEFAULT_URL: &str = "https://github.com/RustSec/advisory-db.git";

/// What an update did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The commit that the folder now holds.
    pub commit: String,
    /// Whether the folder held another one before, or none.
    pub changed: bool,
}

/// Why there was no update. The database that was there before is as it was.
#[derive(Debug, Error)]
pub enum UpdateError {
    /// The user has no cache directory.
    #[error(
        "cannot tell the user's cache directory ({0}): set HOME or XDG_CACHE_HOME, or name a database folder"
    )]
    NoCacheDirectory(String),
    /// git failed.
    #[error("cannot fetch the advisory database from {url}: {source}")]
    Git {
        /// The address, without a password.
        url: String,
        /// What went wrong.
        source: GitError,
    },
    /// The server has no commit to offer.
    #[error("cannot fetch the advisory database: {url} has no HEAD")]
    NoHead {
        /// The address, without a password.
        url: String,
    },
    /// What came from the server is no advisory database.
    #[error("what {url} serves cannot be used: {source}")]
    Content {
        /// The address, without a password.
        url: String,
        /// What is wrong with it.
        source: DbError,
    },
    /// The folder holds something that we did not put there.
    #[error("`{}` was not made by this tool and is left alone: remove it, or name it as the database folder", dir.display())]
    NotOurs {
        /// The folder.
        dir: PathBuf,
    },
    /// Another process kept the lock.
    #[error("another process has been updating the advisory database in `{}` for too long", dir.display())]
    Busy {
        /// The folder.
        dir: PathBuf,
    },
    /// The disk is full, a folder is read-only, …
    #[error("cannot write `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The folder of the managed database: `bulletproof/advisory-db` in the user's cache directory.
///
/// # Errors
///
/// [`UpdateError::NoCacheDirectory`] where the user has no home directory.
pub(super) fn managed_dir() -> Result<PathBuf, UpdateError> {
    let strategy =
        etcetera::choose_base_strategy().map_err(|error| UpdateError::NoCacheDirectory(error.to_string()))?;
    Ok(strategy.cache_dir().join("bulletproof").join("advisory-db"))
}

/// Brings the database in `dir`, a folder of [`managed_dir`]'s kind, up to the server's newest commit. Two processes
/// take turns. `timeout` is for everything together.
///
/// # Errors
///
/// [`UpdateError`]; the database that was there before can still be read.
pub(super) fn update(
    dir: &Path,
    url: &str,
    timeout: Duration,
    cancel: &Cancel,
) -> Result<Updated, UpdateError> {
    let deadline = Instant::now() + timeout;
    let parent = dir.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(io_error(parent))?;
    let _lock = lock(dir, deadline, cancel)?;
    if dir.exists() && !stamp(dir).exists() {
        return Err(UpdateError::NotOurs { dir: dir.to_owned() });
    }

    let started = Timestamp::now();
    let git = |args: &[&str]| {
        let left = deadline.saturating_duration_since(Instant::now());
        git::run(parent, args, left, cancel)
            .map_err(|error| UpdateError::Git { url: without_password(url), source: redacted(error, url) })
    };
    let head = git(&["ls-remote", "--", url, "HEAD"])?;
    let head = String::from_utf8_lossy(&head);
    let head = head.split('\t').next().filter(|commit| !commit.is_empty());
    let head = head.ok_or_else(|| UpdateError::NoHead { url: without_password(url) })?;

    // A database that was damaged since is fetched anew.
    if let Ok(commit) = commit(dir, timeout, cancel)
        && commit == head
    {
        write_stamp(dir, started)?;
        return Ok(Updated { commit, changed: false });
    }

    let workshop = workshop(dir, parent)?;
    let new = workshop.path().join("new");
    let target = new.to_string_lossy();
    git(&[
        "clone",
        "--quiet",
        "--depth=1",
        "--single-branch",
        "--no-tags",
        "--template=",
        "--",
        url,
        &target,
    ])?;
    let commit = commit(&new, timeout, cancel)
        .map_err(|source| UpdateError::Content { url: without_password(url), source })?;
    write_stamp(&new, started)?;
    replace(dir, &new, &workshop.path().join("old"))?;
    Ok(Updated { commit, changed: true })
}

/// The commit of a clone with advisories.
fn commit(dir: &Path, timeout: Duration, cancel: &Cancel) -> Result<String, DbError> {
    advisory_db::require_advisories(dir)?;
    let revision = advisory_db::revision(dir, &["crates".to_owned()], timeout, cancel)?;
    revision.map(|revision| revision.commit).ok_or_else(|| DbError::NotADatabase { dir: dir.to_owned() })
}

/// Moves `new` into the place of `dir`, and what was there to `old`. Readers are kept away by the lock.
fn replace(dir: &Path, new: &Path, old: &Path) -> Result<(), UpdateError> {
    if dir.exists() {
        fs::rename(dir, old).map_err(io_error(dir))?;
    }
    fs::rename(new, dir).map_err(io_error(dir))
}

/// A folder beside `dir` for one update, removed with all it holds when the update ends. Its name is unique: the git
/// of an update that was killed may still be writing into its own. What such updates left is removed here; where
/// that git is not done yet, a later update succeeds.
fn workshop(dir: &Path, parent: &Path) -> Result<TempDir, UpdateError> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!("{name}.new-");
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    tempfile::Builder::new().prefix(&prefix).tempdir_in(parent).map_err(io_error(parent))
}

/// Keeps other updates and all readers away while the file is open.
fn lock(dir: &Path, deadline: Instant, cancel: &Cancel) -> Result<File, UpdateError> {
    let path = advisory_db::lock_file(dir);
    let file = File::options().create(true).append(true).open(&path).map_err(io_error(&path))?;
    let locked = advisory_db::wait_for_lock(deadline, cancel, || file.try_lock()).map_err(io_error(&path))?;
    if locked { Ok(file) } else { Err(UpdateError::Busy { dir: dir.to_owned() }) }
}

/// The file that says when a clone was last fetched, and that it is ours.
fn stamp(dir: &Path) -> PathBuf {
    dir.join(".git").join(FETCHED_STAMP)
}

fn write_stamp(dir: &Path, time: Timestamp) -> Result<(), UpdateError> {
    let path = stamp(dir);
    fs::write(&path, format!("{time}\n")).map_err(io_error(&path))
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> UpdateError {
    move |source| UpdateError::Io { path: path.to_owned(), source }
}

/// The address without the name and the password that may stand in it.
fn without_password(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => match rest.split_once('/').unwrap_or((rest, "")) {
            (host, path) if host.contains('@') => {
                let host = host.rsplit('@').next().unwrap_or_default();
                format!("{scheme}://{host}/{path}")
            }
            _ => url.to_owned(),
        },
        None => url.to_owned(),
    }
}

/// git's message without the password that may stand in the address.
fn redacted(error: GitError, url: &str) -> GitError {
    match error {
        GitError::Failed(message) => GitError::Failed(message.replace(url, &without_password(url))),
        other => other,
    }
}

#[cfg(test)]
mod tests;
