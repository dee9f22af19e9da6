//! The `.crate` files that are published: of a staged candidate, or of a folder.

use std::io::Read;
use std::path::Path;

use crate::candidate::Kind;
use crate::digest::Digest;
use crate::publish::CrateFile;
use crate::store::{Store, StoreError};
use crate::trouble::Trouble;

/// The largest `.crate` file that is read, in bytes.
const MOST: u64 = 256 << 20;

/// Packages with the commit that they have to be of, where that is known.
#[derive(Debug)]
pub struct Packages {
    /// Them.
    pub files: Vec<CrateFile>,
    /// The candidate's commit.
    pub commit: Option<String>,
}

/// The packages of a staged candidate. Their bytes are compared with the manifest.
///
/// # Errors
/// Where it has none, or one is not what was staged.
pub fn of_candidate(store: &dyn Store, digest: &Digest) -> Result<Packages, Trouble> {
    let candidate = store.candidate(digest)?;
    let crates = candidate.manifest().artifacts.iter().filter(|artifact| artifact.kind == Kind::Crate);
    let mut files = Vec::new();
    for artifact in crates {
        let name = artifact.name.as_str();
        let damaged = |how: String| StoreError::Damaged { place: store.place(), what: name.to_owned(), how };
        let bytes = read(&mut store.artifact(&candidate, artifact)?).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => damaged(error.to_string()).into(),
            _ => Trouble::CouldNot(format!("{}: {name}: {error}", store.place())),
        })?;
        let found = Digest::of(&bytes);
        if found != artifact.digest || bytes.len() as u64 != artifact.size {
            return Err(damaged(format!("its digest is {found}")).into());
        }
        files.push(parsed(name, bytes)?);
    }
    if files.is_empty() {
        return Err(Trouble::CouldNot(format!("{} has no packages (`.crate`)", candidate.shown())));
    }
    Ok(Packages { files, commit: Some(candidate.manifest().commit.clone()) })
}

/// All packages of a folder.
///
/// # Errors
/// Where there are none, or one cannot be read.
pub fn of_folder(folder: &Path) -> Result<Packages, Trouble> {
    let bad = |path: &Path, error: &std::io::Error| Trouble::CouldNot(format!("{}: {error}", path.display()));
    let mut files = Vec::new();
    let listed = std::fs::read_dir(folder).map_err(|error| bad(folder, &error))?;
    for entry in listed {
        let path = entry.map_err(|error| bad(folder, &error))?.path();
        if path.extension().is_none_or(|extension| extension != "crate") {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let mut file = std::fs::File::open(&path).map_err(|error| bad(&path, &error))?;
        files.push(parsed(&name, read(&mut file).map_err(|error| bad(&path, &error))?)?);
    }
    if files.is_empty() {
        return Err(Trouble::CouldNot(format!("{}: there is no `.crate` file", folder.display())));
    }
    files.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(Packages { files, commit: None })
}

fn read(from: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(std::io::Error::other(format!("it is larger than {MOST} bytes")));
    }
    Ok(bytes)
}

fn parsed(name: &str, bytes: Vec<u8>) -> Result<CrateFile, Trouble> {
    CrateFile::read(name, bytes).map_err(|error| Trouble::Refused(error.to_string()))
}
