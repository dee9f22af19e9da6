//! One run at a time in a snapshot. The lock is the operating system's: it ends with the process that has it.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::SnapshotError;
use crate::exec::Cancel;

/// How long nothing is said of a wait, and how often the lock is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    /// Whether another run had it before.
    pub(super) waited: bool,
    _file: File,
}

impl Held {
    /// Takes the lock of a folder, or waits for the run that has it, and says so.
    pub(super) fn take(folder: &Path, cancel: &Cancel, say: &dyn Fn(&str)) -> Result<Self, SnapshotError> {
        let disk = |error: &std::io::Error| SnapshotError::disk(folder, error);
        std::fs::create_dir_all(folder).map_err(|error| disk(&error))?;
        let path = folder.join("lock");
        let options = File::options().create(true).truncate(false).write(true).clone();
        let file = options.open(&path).map_err(|error| disk(&error))?;
        let mut waited = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if cancel.is_set() => return Err(SnapshotError::Interrupted),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(disk(&error)),
            }
            if !std::mem::replace(&mut waited, true) {
                say(&waiting(folder));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(Self::of(folder, file, waited))
    }

    /// Takes the lock of a folder that had a run before, where none has it now.
    pub(super) fn free(folder: &Path) -> Option<Self> {
        let file = File::options().write(true).open(folder.join("lock")).ok()?;
        file.try_lock().ok()?;
        Some(Self::of(folder, file, false))
    }

    fn of(folder: &Path, file: File, waited: bool) -> Self {
        // who waits reads who is waited for; the lock itself does not need it
        let _ = std::fs::write(folder.join("holder"), std::process::id().to_string());
        Self { waited, _file: file }
    }
}

fn waiting(folder: &Path) -> String {
    let holder = std::fs::read_to_string(folder.join("holder")).unwrap_or_default();
    let who = match holder.trim().parse::<u32>() {
        Ok(process) => format!("the run of process {process}"),
        Err(_) => "another run".to_owned(),
    };
    format!("waiting for {who}, which judges its copy in {}", folder.display())
}
