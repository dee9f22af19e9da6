//! The advisory database for the packages of the lock file: the named one, or the managed one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::advisory_db::git::GitError;
use super::steps::Bench;
use super::{AdvisoryDb, Cancel, DbError, UpdateError, Updated};
use super::{advisory_db, advisory_update, index_cache};
use crate::advisory::{Age, AgeLimits, age};
use crate::advisory_source::{MAX_AGE, MAX_COMMIT_AGE};
use crate::config::Timeout;
use crate::gate::Unreadable;
use crate::gates::MEND;
use crate::step::Evidence;

impl Bench<'_> {
    /// The advisories of the packages of the lock file.
    pub(super) fn advisories(
        &self,
        before: &Evidence,
        database: Option<&str>,
        url: Option<&str>,
        offline: bool,
        timeout: Duration,
    ) -> Result<AdvisoryDb, Unreadable> {
        let names = before.lock().unwrap_or_default().iter().map(|package| package.name.clone()).collect();
        let folder = match database {
            Some(folder) => self.environment.directory.join(folder),
            None => self.managed(url, offline, timeout)?,
        };
        advisory_db::read(&folder, &names, timeout, self.cancel).map_err(|error| {
            let mend = if database.is_some() { "name a folder with the RustSec database" } else { MEND };
            unreadable_database(&error, timeout).help(mend)
        })
    }

    /// The managed database; fetched where there is none yet.
    fn managed(&self, url: Option<&str>, offline: bool, timeout: Duration) -> Result<PathBuf, Unreadable> {
        let unavailable = |error: UpdateError| match error {
            UpdateError::Git { source: GitError::Cancelled, .. } => Unreadable::interrupted(),
            UpdateError::Git { source: GitError::TimedOut, .. } => {
                Unreadable::timed_out("git fetch", timeout)
            }
            error => Unreadable::unavailable(error.to_string()).help(MEND),
        };
        let folder = advisory_update::managed_dir().map_err(unavailable)?;
        if !folder.is_dir() && !offline {
            let url = url.unwrap_or(advisory_update::DEFAULT_URL);
            advisory_update::update(&folder, url, timeout, self.cancel).map_err(unavailable)?;
        }
        Ok(folder)
    }

    /// What cargo's index cache says about those packages.
    pub(super) fn yanked(&self, before: &Evidence) -> index_cache::Yanked {
        let from_registry = before.lock().unwrap_or_default().iter().filter(|package| package.from_registry);
        let packages: Vec<_> =
            from_registry.map(|package| (package.name.clone(), package.version.clone())).collect();
        let home = self.environment.cargo_home.clone().unwrap_or_default();
        index_cache::yanked(&home, &packages)
    }
}

/// Why a database cannot serve: only one that is not there, or git that is not, may be waived.
fn unreadable_database(error: &DbError, timeout: Duration) -> Unreadable {
    let reason = error.to_string();
    match error {
        DbError::Git { source: GitError::Cancelled, .. } => Unreadable::interrupted(),
        DbError::Git { source: GitError::TimedOut, .. } => Unreadable::timed_out("git", timeout),
        DbError::Git { source: GitError::Failed(_), .. } | DbError::Unreadable { .. } => {
            Unreadable::crashed(reason)
        }
        DbError::Git { source: GitError::Garbled(_), .. } | DbError::Modified { .. } => {
            Unreadable::garbage(reason)
        }
        DbError::Git { source: GitError::NotFound, .. }
        | DbError::Missing { .. }
        | DbError::NotADatabase { .. }
        | DbError::Busy { .. } => Unreadable::unavailable(reason),
    }
}

/// Fetches the managed advisory database, or brings it up to date. Gives its folder too.
///
/// # Errors
/// When git is missing or the fetch fails; an existing database is then unchanged.
pub fn update_database(
    url: Option<&str>,
    timeout: Duration,
    cancel: &Cancel,
) -> Result<(PathBuf, Updated), UpdateError> {
    let folder = advisory_update::managed_dir()?;
    let updated =
        advisory_update::update(&folder, url.unwrap_or(advisory_update::DEFAULT_URL), timeout, cancel)?;
    Ok((folder, updated))
}

/// The longest that a look at the managed database may take.
const LOCAL: Duration = Duration::from_secs(30);

/// Where the managed advisory database lies, and how old it is.
///
/// # Errors
/// In words, when there is none or it cannot serve.
pub fn database_status(cancel: &Cancel) -> Result<String, String> {
    let folder = advisory_update::managed_dir().map_err(|error| error.to_string())?;
    let database = advisory_db::read(&folder, &BTreeSet::new(), LOCAL, cancel)
        .map_err(|error| format!("{error}\nfetch it with: {MEND}"))?;
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
    Ok(format!(
        "folder      {}\ncommit      {}\ncommitted   {}\nfetched     {}\n",
        folder.display(),
        or_unknown(database.commit),
        or_unknown(database.commit_time.map(|time| time.to_string())),
        or_unknown(database.fetched.map(|time| time.to_string())),
    ))
}

/// The advisories of these packages, of that folder, else of the managed database; nothing is fetched.
///
/// # Errors
/// In words, when there is no database, it cannot serve, or it is too old to call anything free of advisories.
pub fn known_advisories(
    folder: Option<&Path>,
    packages: &BTreeSet<String>,
    cancel: &Cancel,
) -> Result<AdvisoryDb, String> {
    let managed = || advisory_update::managed_dir().map_err(|error| error.to_string());
    let dir = folder.map_or_else(managed, |folder| Ok(folder.to_owned()))?;
    let database = advisory_db::read(&dir, packages, LOCAL, cancel).map_err(|error| error.to_string())?;
    let duration = |limit: Timeout| SignedDuration::try_from(limit.0).unwrap_or(SignedDuration::MAX);
    let limits = AgeLimits { max_age: duration(MAX_AGE), max_commit_age: duration(MAX_COMMIT_AGE) };
    match age(Timestamp::now(), database.commit_time, database.fetched, &limits) {
        Age::Stale(why) => Err(why),
        // a plain folder is somebody's own choice
        Age::Fresh | Age::Unknown => Ok(database),
    }
}
