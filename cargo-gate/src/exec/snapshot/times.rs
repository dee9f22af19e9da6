//! cargo takes a file that is older than its last build for built. All files of the copy are written between two
//! builds, so that this holds as long as the clock goes forward; where it went back, what was built goes.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::SnapshotError;

/// Of some file systems the clock ticks this slowly.
const TICK: Duration = Duration::from_secs(2);

/// The time of the last build: a mark that every run leaves at its end.
#[derive(Debug)]
pub(super) struct Built {
    mark: PathBuf,
    running: PathBuf,
}

impl Built {
    /// Makes sure that what is written from now on is newer than what was built before.
    pub(super) fn begin(folder: &Path) -> Result<Self, SnapshotError> {
        let disk = |error: std::io::Error| SnapshotError::disk(folder, &error);
        let (mark, running) = (folder.join("built"), folder.join("running"));
        let target = folder.join("target");
        // a run that was killed left no mark: its builds tell
        let last = if running.exists() { newest(&target) } else { modified(&mark) };
        std::fs::write(&running, "").map_err(disk)?;
        let end = last.unwrap_or(SystemTime::UNIX_EPOCH);
        let mut now = modified(&running).unwrap_or(SystemTime::UNIX_EPOCH);
        while now <= end && end.duration_since(now).is_ok_and(|ahead| ahead < TICK) {
            std::thread::sleep(Duration::from_millis(10));
            std::fs::write(&running, "").map_err(disk)?;
            now = modified(&running).unwrap_or(now);
        }
        if now <= end && target.exists() {
            std::fs::remove_dir_all(&target).map_err(disk)?;
        }
        Ok(Self { mark, running })
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        // without the mark the next run looks at the builds themselves
        if std::fs::write(&self.mark, "").is_ok() {
            let _ = std::fs::remove_file(&self.running);
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

/// The time of the newest record of a build.
fn newest(target: &Path) -> Option<SystemTime> {
    let mut open = vec![(target.to_owned(), 0)];
    let mut newest = None;
    while let Some((folder, depth)) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let name = entry.file_name();
            // target/[triple/]profile/.fingerprint/unit/*, or target/[triple/]profile/build/package/hash/fingerprint
            if is_folder && depth < 7 && !["deps", "incremental", "doc"].iter().any(|other| name == *other) {
                open.push((entry.path(), depth + 1));
            }
            newest = newest.max(entry.metadata().ok().and_then(|file| file.modified().ok()));
        }
    }
    newest
}
