//! The files of this repository.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file of the repository cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command was started elsewhere.
    #[error("`{}` is not inside this repository: start the command from one of its folders", from.display())]
    NotHere {
        /// Where it was started.
        from: PathBuf,
    },
    /// A file or folder cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The folders cannot be walked over.
    #[error("cannot list the files of the repository: {0}")]
    Walk(#[from] ignore::Error),
}

/// A working tree of this repository.
#[derive(Debug, Clone)]
pub(crate) struct Repo {
    root: PathBuf,
}

impl Repo {
    /// The one around the current folder.
    pub(crate) fn find() -> Result<Self, Error> {
        let from = std::env::current_dir().map_err(|source| Error::Read { path: ".".into(), source })?;
        let root = from.ancestors().find(|folder| folder.join("xtask/Cargo.toml").is_file());
        match root {
            Some(root) => Ok(Self { root: root.to_owned() }),
            None => Err(Error::NotHere { from }),
        }
    }

    /// The top folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The text of a file; its path is relative to the top folder.
    pub(crate) fn read(&self, path: &str) -> Result<String, Error> {
        let path = self.root.join(path);
        std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })
    }

    /// The text of a file, or none where there is no such file.
    pub(crate) fn read_if_there(&self, path: &str) -> Result<Option<String>, Error> {
        match self.read(path) {
            Ok(text) => Ok(Some(text)),
            Err(Error::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The text of a file, or none where it holds no text.
    pub(crate) fn read_text(&self, path: &str) -> Result<Option<String>, Error> {
        match self.read(path) {
            Ok(text) => Ok(Some(text)),
            Err(Error::Read { source, .. }) if source.kind() == io::ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), Error> {
        let path = self.root.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, text)).map_err(|source| Error::Write { path, source })
    }

    /// Removes a file.
    pub(crate) fn remove(&self, path: &str) -> Result<(), Error> {
        let path = self.root.join(path);
        std::fs::remove_file(&path).map_err(|source| Error::Write { path, source })
    }

    /// Every file that git does not ignore, sorted, with `/` between the parts of a path. Hidden
    /// files are left out.
    pub(crate) fn files(&self) -> Result<Vec<String>, Error> {
        let mut files = Vec::new();
        for entry in ignore::WalkBuilder::new(&self.root).require_git(false).build() {
            let entry = entry?;
            if entry.file_type().is_some_and(|kind| kind.is_file())
                && let Ok(path) = entry.path().strip_prefix(&self.root)
            {
                let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                files.push(parts.join("/"));
            }
        }
        files.sort();
        Ok(files)
    }
}
