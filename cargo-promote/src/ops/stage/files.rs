//! The files of a candidate, with their digests.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::candidate::{Artifact, Kind};
use crate::digest::Digest;
use crate::name::FileName;
use crate::stage::checksums;
use crate::trouble::Trouble;

/// Files that become artifacts.
#[derive(Debug, Default)]
pub(super) struct Files {
    artifacts: Vec<Artifact>,
    paths: BTreeMap<Digest, PathBuf>,
}

impl Files {
    /// Takes a file.
    pub(super) fn take(
        &mut self,
        path: &Path,
        name: FileName,
        kind: Kind,
        target: Option<&str>,
    ) -> Result<(), Trouble> {
        let could_not =
            |error: &dyn std::fmt::Display| Trouble::CouldNot(format!("{}: {error}", path.display()));
        let mut file = File::open(path).map_err(|error| could_not(&error))?;
        if !file.metadata().map_err(|error| could_not(&error))?.is_file() {
            return Err(could_not(&"it is no file"));
        }
        let (digest, size) =
            Digest::copy(&mut file, &mut std::io::sink()).map_err(|error| could_not(&error))?;
        let target = target.map(str::to_owned);
        self.artifacts.push(Artifact { name, kind, target, digest, size });
        self.paths.insert(digest, path.to_owned());
        Ok(())
    }

    /// Writes a file into a folder, and takes it.
    pub(super) fn write(
        &mut self,
        folder: &Path,
        bytes: &[u8],
        name: FileName,
        kind: Kind,
        target: Option<&str>,
    ) -> Result<(), Trouble> {
        let path = folder.join(name.as_str());
        std::fs::write(&path, bytes)
            .map_err(|error| Trouble::CouldNot(format!("{}: {error}", path.display())))?;
        self.take(&path, name, kind, target)
    }

    /// All of them, with the file of their checksums, sorted by name.
    pub(super) fn finish(
        mut self,
        folder: &Path,
    ) -> Result<(Vec<Artifact>, BTreeMap<Digest, PathBuf>), Trouble> {
        self.artifacts.sort_by(|a, b| a.name.cmp(&b.name));
        let text = checksums::write(&self.artifacts);
        let name = checksums::NAME.parse().map_err(|error| Trouble::CouldNot(format!("{error}")))?;
        self.write(folder, text.as_bytes(), name, Kind::Checksums, None)?;
        self.artifacts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok((self.artifacts, self.paths))
    }
}
