//! How far a canary has come, on this machine: what the ledger does not know is the share of the traffic.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::name::Label;
use crate::ops::session::Session;
use crate::trouble::Trouble;

/// The step that was begun last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    /// The candidate.
    pub(super) candidate: Digest,
    /// What it is compared with.
    pub(super) baseline: Digest,
    /// The share of the traffic that it was to get, in percent.
    pub(super) percent: u8,
    /// When that began.
    pub(super) time: Timestamp,
    /// The last time at which the baseline had traffic of its own, by the clock of Prometheus.
    pub(super) reference: f64,
}

/// The file of an environment's mark.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    file: PathBuf,
    environment: Label,
}

impl Journal {
    /// That of an environment: in a folder that all worktrees share.
    ///
    /// # Errors
    /// Where there is no repository.
    pub(super) fn of(session: &Session, environment: &Label) -> Result<Self, Trouble> {
        let folder = session.shared_folder()?.with_file_name("promote-canary");
        Ok(Self { file: folder.join(format!("{environment}.json")), environment: environment.clone() })
    }

    /// What was written last. A mark that cannot be read tells nothing.
    pub(super) fn read(&self) -> Option<Mark> {
        serde_json::from_slice(&fs::read(&self.file).ok()?).ok()
    }

    /// Writes what begins now, before it begins.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn write(&self, mark: &Mark) -> Result<(), Trouble> {
        let bytes = serde_json::to_vec_pretty(mark).map_err(io::Error::other);
        let written = bytes.and_then(|bytes| {
            let mut file = tempfile::NamedTempFile::new_in(self.folder())?;
            io::Write::write_all(&mut file, &bytes)?;
            file.persist(&self.file).map(|_| ()).map_err(|error| error.error)
        });
        written.map_err(|error| self.trouble(&error))
    }

    /// Forgets it: it is over.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub(super) fn forget(&self) -> Result<(), Trouble> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.trouble(&error)),
            _ => Ok(()),
        }
    }

    /// Keeps others on this machine from watching the same environment, for as long as the file is held.
    ///
    /// # Errors
    /// Where somebody else does.
    pub(super) fn hold(&self) -> Result<File, Trouble> {
        let opened = fs::create_dir_all(self.folder())
            .and_then(|()| File::options().create(true).append(true).open(self.file.with_extension("lock")));
        let file = opened.map_err(|error| self.trouble(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let name = &self.environment;
                Err(Trouble::CouldNot(format!("another canary of {name} is running on this machine")))
            }
            Err(TryLockError::Error(error)) => Err(self.trouble(&error)),
        }
    }

    fn folder(&self) -> PathBuf {
        self.file.parent().map(PathBuf::from).unwrap_or_default()
    }

    fn trouble(&self, error: &io::Error) -> Trouble {
        Trouble::CouldNot(format!("{} cannot be written: {error}", self.file.display()))
    }
}
