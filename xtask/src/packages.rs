//! Packages of the Rust registry as workspaces to work on, and the advisory database as cargo-audit wants it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::program::{self, Program};

/// Why a package or database is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file or folder cannot be read or written.
    #[error("cannot copy `{}`: {source}", path.display())]
    Copy {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// cargo or git failed.
    #[error(transparent)]
    Program(#[from] program::Error),
    /// cargo did not leave the package where it keeps sources.
    #[error("cargo did not unpack {0}")]
    NotUnpacked(String),
}

/// A copy of the package `name@version` below `dir`, as a git repository of its own.
pub(crate) fn unpack(name: &str, version: &str, dir: &Path) -> Result<PathBuf, Error> {
    let folder = format!("{name}-{version}");
    let root = dir.join(&folder);
    clear(&root)?;
    let missing = || Error::NotUnpacked(folder.clone());
    if source(&folder).is_none() {
        // unpacks the package alone, without its dependencies
        Program::cargo().args(["info", "--quiet", &format!("{name}@{version}")]).dir(dir).succeed()?;
    }
    copy(&source(&folder).ok_or_else(missing)?, &root)?;
    commit(&root)?;
    Ok(root)
}

/// A clone of the advisory database; a plain folder is copied below `dir` and committed there, since
/// cargo-audit opens nothing else.
pub(crate) fn database(from: &Path, dir: &Path) -> Result<PathBuf, Error> {
    if from.join(".git").exists() {
        return from.canonicalize().map_err(|source| Error::Copy { path: from.to_owned(), source });
    }
    let clone = dir.join("advisory-db");
    clear(&clone)?;
    copy(from, &clone)?;
    // a database of another day would be too old to judge with
    commit_as_of(&clone, None)?;
    Ok(clone)
}

/// Makes a git repository of a folder, with everything in one commit: the same one whenever and wherever it is made,
/// as programs may have its hash in them.
pub(crate) fn commit(root: &Path) -> Result<(), Error> {
    commit_as_of(root, Some("2026-01-01T00:00:00Z"))
}

/// The same with that time, or now.
fn commit_as_of(root: &Path, time: Option<&str>) -> Result<(), Error> {
    let identity =
        ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost", "-c", "commit.gpgsign=false"];
    let commit = ["commit", "--quiet", "--no-verify", "-m", "copy"];
    for args in [&["init", "--quiet"] as &[&str], &["add", "--all", "--force"], &commit] {
        let names = time.map(|time| ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|name| (name, time)));
        let dated = |program: Program, (name, time)| program.env(name, time);
        let git = names.into_iter().flatten().fold(Program::new("git"), dated);
        git.args(identity).args(args).dir(root).succeed()?;
    }
    Ok(())
}

/// Removes a folder, if it is there.
pub(crate) fn clear(root: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(root) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Copy { path: root.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Where cargo has unpacked a package.
fn source(folder: &str) -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")))?;
    let registries = fs::read_dir(home.join("registry/src")).ok()?;
    registries
        .flatten()
        .map(|registry| registry.path().join(folder))
        .find(|path| path.join(".cargo-ok").exists())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Copy { path, source }
    };
    fs::create_dir_all(to).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else if entry.file_name() != ".cargo-ok" {
            fs::copy(&source, &target).map_err(failed(&source))?;
        }
    }
    Ok(())
}
