//! The journal of a publication as a file: one a registry, of which one process has a hold at a time.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::digest::Digest;
use crate::publish::{CrateFile, Event, Record, Registry, in_flight, read_journal, written};
use crate::trouble::Trouble;

/// A journal that is held.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    records: Vec<Record>,
}

impl Journal {
    /// The journal of a registry in that folder.
    ///
    /// # Errors
    /// Where another process has it, or it cannot be read or written.
    pub fn open(folder: &Path, registry: &Registry) -> Result<Self, Trouble> {
        let name = format!("{}.jsonl", Digest::of(registry.index.as_str().as_bytes()).short());
        let path = folder.join("publish").join(name);
        let bad = |cause: String| Trouble::CouldNot(format!("{}: {cause}", path.display()));
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|error| bad(error.to_string()))?;
        let options = File::options().read(true).append(true).create(true).open(&path);
        let mut file = options.map_err(|error| bad(error.to_string()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(bad("another `cargo promote publish` is at work on this registry".to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(bad(error.to_string())),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| bad(error.to_string()))?;
        let records = read_journal(&bytes).map_err(&bad)?;
        // half a line that a crash left would join the next one
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end as u64 + 1);
        file.set_len(whole)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map_err(|error| bad(error.to_string()))?;
        Ok(Self { path, file, records })
    }

    /// Whether an upload of these bytes may be on its way.
    pub fn is_in_flight(&self, package: &CrateFile) -> bool {
        let same = |record: &&Record| {
            (&record.name, &record.version, record.digest)
                == (&package.name, &package.version, package.digest)
        };
        in_flight(&self.records).iter().any(same)
    }

    /// Writes down what happened; it is on the disk when this is done.
    ///
    /// # Errors
    /// Where it cannot be written: then nothing may be sent either.
    pub fn note(&mut self, package: &CrateFile, event: Event) -> Result<(), Trouble> {
        let bad = |cause: String| Trouble::CouldNot(format!("{}: {cause}", self.path.display()));
        let (name, version) = (package.name.clone(), package.version.clone());
        let record = Record { time: Timestamp::now(), event, name, version, digest: package.digest };
        let line = written(&record).map_err(|error| bad(error.to_string()))?;
        let done = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        done.map_err(|error| bad(error.to_string()))?;
        self.records.push(record);
        Ok(())
    }
}
