//! Reads an advisory database from a folder: a clone of `RustSec`'s repository, or a plain copy of its files.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use thiserror::Error;

use self::git::GitError;
use crate::advisory::AdvisoryFile;
use crate::exec::Cancel;

pub(super) mod git;

/// The file in a clone's `.git` with the time of its last fetch (RFC 3339), written by our updater.
pub(super) const FETCHED_STAMP: &str = "bulletproof-fetched";

/// So many folders of packages are named to git; of more it looks at all that there are. No system's command line is
/// too short for them.
const MOST_FOLDERS: usize = 400;

/// The advisories of some packages, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisoryDb {
    /// The files under `crates/<package>/` of the packages asked for, in the order of their paths.
    pub files: Vec<AdvisoryFile>,
    /// The commit that is checked out; `None` for a plain folder.
    pub commit: Option<String>,
    /// When that commit was made; `None` for a plain folder.
    pub commit_time: Option<Timestamp>,
    /// When the clone last looked for news; `None` where nothing tells.
    pub fetched: Option<Timestamp>,
}

/// Why a folder cannot serve as the advisory database.
#[derive(Debug, Error)]
pub enum DbError {
    /// No such folder.
    #[error("there is no advisory database at `{}`: fetch it, or name the folder that holds one", dir.display())]
    Missing {
        /// The folder.
        dir: PathBuf,
    },
    /// A folder without advisories. An empty folder is not a clean database.
    #[error("`{}` is no advisory database: it has no advisory under `crates/`", dir.display())]
    NotADatabase {
        /// The folder.
        dir: PathBuf,
    },
    /// A file or folder that cannot be read.
    #[error("cannot read `{}` of the advisory database: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// git cannot tell the commit of a clone.
    #[error("git cannot tell the state of the advisory database in `{}`: {source}", dir.display())]
    Git {
        /// The folder.
        dir: PathBuf,
        /// What went wrong.
        source: GitError,
    },
    /// A clone whose files that count are not those of its commit, so that a deleted advisory would read as none.
    #[error("the advisory database in `{}` differs from its own commit, first at `{file}`: restore or commit it", dir.display())]
    Modified {
        /// The folder.
        dir: PathBuf,
        /// The first file that differs.
        file: String,
    },
    /// Another process keeps the managed database locked.
    #[error("another process has been updating the advisory database in `{}` for too long", dir.display())]
    Busy {
        /// The folder.
        dir: PathBuf,
    },
}

/// Reads the advisories of `packages` from the database in `dir`, and of no other package.
///
/// A name that cannot be a crate's is passed over: it has no advisory.
///
/// # Errors
///
/// [`DbError`] for anything but a readable database, and for a clone with changed or deleted advisories of these
/// packages.
pub(super) fn read(
    dir: &Path,
    packages: &BTreeSet<String>,
    timeout: Duration,
    cancel: &Cancel,
) -> Result<AdvisoryDb, DbError> {
    let _lock = lock_for_reading(dir, timeout, cancel)?;
    require_advisories(dir)?;
    let names: Vec<&str> = packages.iter().map(String::as_str).filter(|name| is_plain(name)).collect();
    let folders: Vec<String> = names.iter().map(|name| format!("crates/{name}")).collect();
    let folders =
        if (1..=MOST_FOLDERS).contains(&folders.len()) { folders } else { vec!["crates".to_owned()] };
    let revision = revision(dir, &folders, timeout, cancel)?;
    let mut files = Vec::new();
    for package in names {
        read_package(dir, package, &mut files)?;
    }
    let (commit, commit_time) = revision.map(|found| (found.commit, found.time)).unzip();
    let fetched = commit.is_some().then(|| fetch_time(&dir.join(".git"))).flatten();
    Ok(AdvisoryDb { files, commit, commit_time, fetched })
}

/// The commit of a clone.
pub(super) struct Revision {
    pub(super) commit: String,
    time: Timestamp,
}

/// The commit whose files `dir` holds unchanged in those folders; `None` where `dir` is not a clone itself, but at most
/// lies in one.
pub(super) fn revision(
    dir: &Path,
    folders: &[String],
    timeout: Duration,
    cancel: &Cancel,
) -> Result<Option<Revision>, DbError> {
    if !dir.join(".git").exists() {
        return Ok(None);
    }
    let failed = |source| DbError::Git { dir: dir.to_owned(), source };
    let ask = |args: &[&str]| git::run(dir, args, timeout, cancel).map_err(failed);
    let (status, log) = thread::scope(|scope| {
        let log = scope.spawn(|| ask(&["log", "-1", "--no-show-signature", "--format=%H%x00%cI"]));
        // No untracked files: they can only add advisories.
        let form = ["status", "--porcelain", "-z", "--untracked-files=no", "--"];
        let status = ask(&form.into_iter().chain(folders.iter().map(String::as_str)).collect::<Vec<_>>());
        (status, log.join())
    });
    let status = status?;
    if let Some(entry) = status.split(|byte| *byte == 0).next().filter(|entry| !entry.is_empty()) {
        // "XY path"
        let file = String::from_utf8_lossy(entry.get(3..).unwrap_or(entry)).into_owned();
        return Err(DbError::Modified { dir: dir.to_owned(), file });
    }
    let log = log.unwrap_or_else(|_| Err(failed(GitError::Garbled("git could not be asked".to_owned()))))?;
    let log = String::from_utf8_lossy(&log);
    let parsed = log.trim_end().split_once('\0').and_then(|(commit, time)| {
        let sha = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(Revision { commit: sha.then(|| commit.to_owned())?, time: time.parse().ok()? })
    });
    parsed.map(Some).ok_or_else(|| failed(GitError::Garbled(format!("`git log` printed {log:?}"))))
}

/// Makes sure that `dir` holds at least one advisory.
pub(super) fn require_advisories(dir: &Path) -> Result<(), DbError> {
    if !dir.is_dir() {
        return Err(DbError::Missing { dir: dir.to_owned() });
    }
    let not_a_database = || DbError::NotADatabase { dir: dir.to_owned() };
    let crates = dir.join("crates");
    for folder in fs::read_dir(&crates).map_err(|_| not_a_database())? {
        let folder = folder.map_err(|source| DbError::Unreadable { path: crates.clone(), source })?.path();
        let mut files = fs::read_dir(&folder).into_iter().flatten().flatten();
        if files.any(|file| file.path().extension() == Some(OsStr::new("md"))) {
            return Ok(());
        }
    }
    Err(not_a_database())
}

/// Whether a name is one that a crate can have; any other could lead out of the folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Reads every file of a package's folder except those whose name starts with a dot, as `RustSec`'s own reader does.
fn read_package(dir: &Path, package: &str, files: &mut Vec<AdvisoryFile>) -> Result<(), DbError> {
    let folder = dir.join("crates").join(package);
    let unreadable = |path: &Path, source| DbError::Unreadable { path: path.to_owned(), source };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(&folder, error)),
    };
    let names: Result<BTreeSet<OsString>, io::Error> =
        entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
    for name in names.map_err(|error| unreadable(&folder, error))? {
        let shown = name.to_string_lossy();
        if shown.starts_with('.') {
            continue;
        }
        let path = folder.join(&name);
        let content = fs::read(&path).map_err(|error| unreadable(&path, error))?;
        files.push(AdvisoryFile { path: format!("crates/{package}/{shown}"), content });
    }
    Ok(())
}

/// When the clone with this `.git` folder last looked for news: our updater's stamp, or the time of `FETCH_HEAD`. Git
/// empties that file before it fetches and leaves it empty where the fetch fails: an empty one tells nothing.
fn fetch_time(git_dir: &Path) -> Option<Timestamp> {
    let stamp =
        fs::read_to_string(git_dir.join(FETCHED_STAMP)).ok().and_then(|text| text.trim().parse().ok());
    let fetch_head = fs::metadata(git_dir.join("FETCH_HEAD")).ok().filter(|metadata| metadata.len() > 0);
    stamp.max(fetch_head.and_then(|metadata| Timestamp::try_from(metadata.modified().ok()?).ok()))
}

/// The file whose lock guards the managed database in `dir`.
pub(super) fn lock_file(dir: &Path) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Keeps our updater away from `dir` while the file is open. A folder that it never wrote has no lock.
fn lock_for_reading(dir: &Path, timeout: Duration, cancel: &Cancel) -> Result<Option<File>, DbError> {
    let path = lock_file(dir);
    let unreadable = |source| DbError::Unreadable { path: path.clone(), source };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let deadline = Instant::now() + timeout;
    let locked = wait_for_lock(deadline, cancel, || file.try_lock_shared()).map_err(unreadable)?;
    if locked { Ok(Some(file)) } else { Err(DbError::Busy { dir: dir.to_owned() }) }
}

/// Tries a lock until `deadline` or an interruption; `false` where somebody else kept it all the time.
pub(super) fn wait_for_lock(
    deadline: Instant,
    cancel: &Cancel,
    try_lock: impl Fn() -> Result<(), TryLockError>,
) -> io::Result<bool> {
    loop {
        match try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline || cancel.is_set() => {
                return Ok(false);
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

#[cfg(test)]
mod tests;
