//! Runs that are at work know of each other by a lock that the operating system ends with the process. The first
//! of them clears away what runs left that were killed.

use std::fs::File;
use std::path::Path;

use crate::facts::Facts;

/// How temporary files and folders are called.
const TEMPORARY: &str = ".tmp";
/// They lie this many folders below what is kept, and no deeper.
const DEPTH: usize = 3;

/// A run that is at work as long as this is there.
#[derive(Debug)]
pub struct Presence {
    /// None where it could not be said.
    file: Option<File>,
}

impl Presence {
    /// Says that this run is at work. Where no other is, what dead ones left is cleared away. What cannot be
    /// written, as on a read-only disk, needs no clearing.
    pub fn announce(facts: &Facts) -> Self {
        let open = || {
            std::fs::create_dir_all(&facts.state)?;
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(facts.state.join("runs.lock"))?;
            if file.try_lock().is_ok() {
                for folder in [&facts.state, &facts.target.join("bulletproof")] {
                    clear(folder, DEPTH);
                }
                file.unlock()?;
            }
            file.lock_shared()?;
            Ok::<_, std::io::Error>(file)
        };
        Self { file: open().ok() }
    }

    /// Whether other runs can know of this one.
    pub fn is_told(&self) -> bool {
        self.file.is_some()
    }
}

/// Removes temporary files and folders. Copies of the workspace are not looked into: what lies there is not ours.
fn clear(folder: &Path, depth: usize) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with(TEMPORARY) {
            // what cannot be removed is tried again by the next run
            let _ = if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        } else if is_folder
            && depth > 1
            && !name.starts_with("snapshot")
            && !["tree", "target"].contains(&&*name)
        {
            clear(&path, depth - 1);
        }
    }
}

/// Removes what a dead run left in a folder that only one run has at a time.
pub(super) fn clear_own(folder: &Path) {
    clear(folder, 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dead_runs_left_goes_with_the_first_run_and_not_while_another_is_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let (state, target) = (folder.path().join("state"), folder.path().join("out"));
        let left = ["state/.tmpA/x", "state/figures/t/.tmpB", "out/bulletproof/coverage/.tmpC/build/y"];
        let kept = ["state/snapshot/tree/.tmpD", "state/figures/t/size.json", "out/debug/.tmpE"];
        let write = || {
            for name in left.iter().chain(&kept) {
                let path = folder.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
        };
        let there = |name: &&str| folder.path().join(name).exists();
        let facts = Facts { target, state, ..Facts::default() };
        write();
        let first = Presence::announce(&facts);
        assert!(!left.iter().any(there) && kept.iter().all(there));
        write();
        let second = Presence::announce(&facts);
        assert!(left.iter().all(there), "the first one may be using them");
        assert!(first.is_told() && second.is_told());
        drop((first, second));
        drop(Presence::announce(&facts));
        assert!(!left.iter().any(there));
    }

    #[test]
    fn where_nothing_can_be_written_a_run_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("file");
        std::fs::write(&state, "").unwrap();
        let facts = Facts { state: state.clone(), target: state, ..Facts::default() };
        assert!(!Presence::announce(&facts).is_told());
    }
}
