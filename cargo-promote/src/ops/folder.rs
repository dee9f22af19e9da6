//! A folder whose files are whole or not there, whenever a process that writes them is killed or the power goes.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cargo_gate::exec::Cancel;

use super::random;
use crate::digest::Digest;
use crate::store::StoreError;

/// The longest pause between two tries to take a lock.
const PAUSE: Duration = Duration::from_millis(5);
/// Where files are written before they get their names.
const UNFINISHED: &str = "unfinished";

/// A folder. Names in it are made by this program: digests and words, parted by `/`.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    cancel: Cancel,
}

/// A lock of the operating system, held until this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name, with the folders that lead to it.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// How long ago it was written.
    pub age: Duration,
}

impl Folder {
    /// The folder, which need not be there yet.
    pub fn new(root: impl Into<PathBuf>, cancel: &Cancel) -> Self {
        Self { root: root.into(), cancel: cancel.clone() }
    }

    /// What it is called in messages.
    pub fn place(&self) -> String {
        format!("the folder {}", self.root.display())
    }

    /// The file's bytes as a stream; nothing where there is none.
    ///
    /// # Errors
    /// Where it cannot be read, or is no file.
    pub fn read(&self, name: &str) -> Result<Option<File>, StoreError> {
        if self.size(name)?.is_none() {
            return Ok(None);
        }
        match File::open(self.root.join(name)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&format!("reading {name}"), &error)),
        }
    }

    /// How many bytes the file has; nothing where there is none.
    ///
    /// # Errors
    /// Where that cannot be told, or it is no file: a link or a device may lead anywhere.
    pub fn size(&self, name: &str) -> Result<Option<u64>, StoreError> {
        match std::fs::symlink_metadata(self.root.join(name)) {
            Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
            Ok(_) => {
                let how = "it is no file".to_owned();
                Err(StoreError::Damaged { place: self.place(), what: name.to_owned(), how })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&format!("reading {name}"), &error)),
        }
    }

    /// All of a file that has no more than so many bytes; nothing where there is none.
    ///
    /// # Errors
    /// Where it cannot be read, or is larger.
    pub fn bytes(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(file) = self.read(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| self.failed(&format!("reading {name}"), &error))?;
        if bytes.len() as u64 > most {
            let how = format!("it is larger than {most} bytes");
            return Err(StoreError::Damaged { place: self.place(), what: name.to_owned(), how });
        }
        Ok(Some(bytes))
    }

    /// Writes a file that has this digest and size; what is there of that name is replaced.
    ///
    /// # Errors
    /// Where it cannot be written, or the stream has another digest or size: then nothing has changed.
    pub fn write(
        &self,
        name: &str,
        from: &mut dyn Read,
        digest: &Digest,
        size: u64,
    ) -> Result<(), StoreError> {
        let doing = format!("writing {name}");
        let failed = |error: &std::io::Error| self.failed(&doing, error);
        let mut file = self.unfinished().map_err(|error| failed(&error))?;
        let mut from = from.take(size.saturating_add(1));
        let (found, length) = Digest::copy(&mut from, file.as_file_mut()).map_err(|error| failed(&error))?;
        if (found, length) != (*digest, size) {
            let why = format!("what was given has the digest {found} and {length} bytes instead of {size}");
            return Err(StoreError::Refused { place: self.place(), doing, why });
        }
        self.finish(file, name).map_err(|error| failed(&error))
    }

    /// Replaces a file, so that a reader sees the one before or this one.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where it has its name already and the disk did not take that in.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let doing = format!("writing {name}");
        let failed = |error: &std::io::Error| self.failed(&doing, error);
        let mut file = self.unfinished().map_err(|error| failed(&error))?;
        file.write_all(bytes).map_err(|error| failed(&error))?;
        let parent = self.named(file, name).map_err(|error| failed(&error))?;
        sync_folder(&parent).map_err(|error| StoreError::Unknown {
            place: self.place(),
            doing,
            cause: error.to_string(),
        })
    }

    /// The files below a folder of it, at any depth, sorted.
    ///
    /// # Errors
    /// Where they cannot be listed.
    pub fn list(&self, below: &str) -> Result<Vec<Listed>, StoreError> {
        let mut found = Vec::new();
        self.collect(below, &mut found).map_err(|error| self.failed(&format!("listing {below}"), &error))?;
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn collect(&self, below: &str, found: &mut Vec<Listed>) -> std::io::Result<()> {
        let entries = match std::fs::read_dir(self.root.join(below)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = format!("{below}/{name}");
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                // whoever cleans up at the same time
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if metadata.is_dir() {
                self.collect(&name, found)?;
            } else if metadata.is_file() {
                let age = SystemTime::now().duration_since(metadata.modified()?).unwrap_or_default();
                found.push(Listed { name, size: metadata.len(), age });
            }
        }
        Ok(())
    }

    /// Removes a file, and its folder where that is empty then. One that is not there is removed.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.root.join(name);
        let removed = match std::fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            removed => removed.and_then(|()| path.parent().map_or(Ok(()), sync_folder)),
        };
        removed.map_err(|error| self.failed(&format!("removing {name}"), &error))?;
        if let Some(parent) = path.parent() {
            // one that is not empty stays
            let _ = std::fs::remove_dir(parent);
        }
        Ok(())
    }

    /// Removes what killed processes were about to write. Whoever calls it holds the lock alone.
    ///
    /// # Errors
    /// Where something cannot be removed.
    pub fn remove_unfinished(&self, dry: bool) -> Result<u64, StoreError> {
        let mut free = 0;
        for file in self.list(UNFINISHED)? {
            free += file.size;
            if !dry {
                self.remove(&file.name)?;
            }
        }
        Ok(free)
    }

    /// Takes a lock, alone or with others who do not want it alone, or waits for it.
    ///
    /// # Errors
    /// Where there can be no lock, or the run is to end.
    pub fn lock(&self, name: &str, alone: bool) -> Result<Hold, StoreError> {
        let failed = |error: &std::io::Error| self.failed(&format!("locking {name}"), error);
        let path = self.root.join(name);
        path.parent().map_or(Ok(()), make_folders).map_err(|error| failed(&error))?;
        let options = File::options().create(true).truncate(false).read(true).write(true).clone();
        let file = options.open(&path).map_err(|error| failed(&error))?;
        loop {
            let tried = if alone { file.try_lock() } else { file.try_lock_shared() };
            match tried {
                Ok(()) => return Ok(Hold { _file: file }),
                Err(TryLockError::WouldBlock) if self.cancel.is_set() => {
                    return Err(failed(&std::io::Error::other("interrupted")));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(random::jitter(PAUSE)),
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
            }
        }
    }

    fn unfinished(&self) -> std::io::Result<tempfile::NamedTempFile> {
        let folder = self.root.join(UNFINISHED);
        make_folders(&folder)?;
        let mut builder = tempfile::Builder::new();
        // what a new file usually has: the user's mask still holds, and a folder may be shared by a team
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(folder)
    }

    fn finish(&self, file: tempfile::NamedTempFile, name: &str) -> std::io::Result<()> {
        self.named(file, name).and_then(|parent| sync_folder(&parent))
    }

    /// Gives a file its name once its bytes are on the disk; the folder still has to be.
    fn named(&self, file: tempfile::NamedTempFile, name: &str) -> std::io::Result<PathBuf> {
        file.as_file().sync_all()?;
        let path = self.root.join(name);
        let parent = path.parent().unwrap_or(&self.root).to_owned();
        make_folders(&parent)?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(parent)
    }

    fn failed(&self, doing: &str, error: &std::io::Error) -> StoreError {
        StoreError::Failed { place: self.place(), doing: doing.to_owned(), cause: error.to_string() }
    }
}

/// Makes a folder with those that lead to it; each is on the disk before the next one is made.
fn make_folders(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_folders(parent)?;
        match std::fs::create_dir(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => sync_folder(parent)?,
        }
    }
    Ok(())
}

/// Has the disk take in which names a folder has.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows writes the names of files to its journal by itself, and opens no folder as a file.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        (folder, Folder::new(root, &Cancel::default()))
    }

    #[test]
    fn what_is_written_is_read_and_listed_and_removed() {
        let (_temp, folder) = folder();
        assert_eq!(folder.bytes("a/b/c", 9).unwrap(), None);
        folder.write("a/b/c", &mut &b"text"[..], &Digest::of(b"text"), 4).unwrap();
        folder.replace("a/d", b"more").unwrap();
        assert_eq!(folder.bytes("a/b/c", 9).unwrap().unwrap(), b"text");
        let names: Vec<_> =
            folder.list("a").unwrap().into_iter().map(|file| (file.name, file.size)).collect();
        assert_eq!(names, [("a/b/c".to_owned(), 4), ("a/d".to_owned(), 4)]);
        folder.remove("a/b/c").unwrap();
        folder.remove("a/b/c").unwrap();
        assert_eq!(folder.list("a").unwrap().len(), 1);
        assert!(folder.list("nowhere").unwrap().is_empty());
    }

    #[test]
    fn another_digest_or_size_leaves_nothing_behind() {
        let (_temp, folder) = folder();
        for (digest, size) in [(Digest::of(b"other"), 4), (Digest::of(b"text"), 3), (Digest::of(b"text"), 5)]
        {
            let written = folder.write("a", &mut &b"text"[..], &digest, size);
            assert!(matches!(written, Err(StoreError::Refused { .. })));
        }
        assert_eq!((folder.size("a").unwrap(), folder.list(UNFINISHED).unwrap()), (None, Vec::new()));
    }

    #[test]
    fn a_file_that_grew_is_not_read() {
        let (_temp, folder) = folder();
        folder.replace("a", &[0; 100]).unwrap();
        assert!(matches!(folder.bytes("a", 99), Err(StoreError::Damaged { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_file_of_the_folder() {
        let (temp, folder) = folder();
        folder.replace("a", b"text").unwrap();
        std::os::unix::fs::symlink(temp.path().join("store/a"), temp.path().join("store/b")).unwrap();
        assert!(matches!(folder.read("b"), Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn whoever_wants_the_lock_alone_waits_for_the_others() {
        let (_temp, folder) = folder();
        let (first, second) = (folder.lock("lock", false).unwrap(), folder.lock("lock", false).unwrap());
        folder.cancel.set();
        assert!(folder.lock("lock", true).unwrap_err().to_string().contains("interrupted"));
        drop((first, second));
        folder.lock("lock", true).unwrap();
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let (_temp, folder) = folder();
        folder.unfinished().unwrap().keep().unwrap().0.write_all(b"half").unwrap();
        assert_eq!(folder.remove_unfinished(true).unwrap(), 4);
        assert_eq!(folder.remove_unfinished(false).unwrap(), 4);
        assert_eq!(folder.remove_unfinished(false).unwrap(), 0);
    }
}
