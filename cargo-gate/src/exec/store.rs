//! Reads the config's files and writes reports.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::baseline;

/// A report or a file of a gate that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: the file could not be written: {cause}", .path.display())]
pub struct WriteError {
    path: PathBuf,
    cause: std::io::Error,
}

/// Writes a report beside its place and moves it there, so that no reader sees half of it.
///
/// # Errors
/// When the folder does not exist or cannot be written.
pub fn write_output(path: &Path, text: &str) -> Result<(), WriteError> {
    write(path, text.as_bytes()).map_err(|cause| WriteError { path: path.to_owned(), cause })
}

/// The same for a file of a gate, with the folders that lead to it.
pub(super) fn write_artifact(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let folders = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folders.and_then(|()| write(path, bytes)).map_err(|cause| WriteError { path: path.to_owned(), cause })
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(parent)?;
    file.write_all(bytes)?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// Replaces a file of the user's, or makes it, so that nobody sees half of it: its mode stays, and a link to it
/// stays one.
///
/// # Errors
/// When the folder does not exist or cannot be written.
pub fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    replace(&real, bytes).map_err(|cause| WriteError { path: path.to_owned(), cause })
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // what a new file usually has: the user's mask still holds
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(parent)?;
    file.write_all(bytes)?;
    if let Ok(metadata) = std::fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// Marks a file as used now, so that it stays where the oldest go. One that cannot be marked goes earlier.
pub(super) fn touch(path: &Path) {
    let file = std::fs::File::options().append(true).open(path);
    let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
}

/// Removes the oldest files of a folder where there are more than `limit`, until `most` are left. One that stays does no
/// harm.
pub(super) fn prune(folder: &Path, most: usize, limit: usize) {
    let entries: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
    if entries.len() <= limit {
        return;
    }
    let aged = |entry: std::fs::DirEntry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()));
    let mut files: Vec<_> = entries.into_iter().filter_map(aged).collect();
    files.sort();
    let surplus = files.len().saturating_sub(most);
    for (_, path) in files.into_iter().take(surplus) {
        let _ = std::fs::remove_file(path);
    }
}

/// The text of `bulletproof.toml`, if there is one, and of the root manifest.
///
/// # Errors
/// When one of them is there and cannot be read; names it.
pub fn read_config(root: &Path) -> Result<(Option<String>, String), String> {
    let read = |name: &str| match std::fs::read_to_string(root.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{name}:1: it cannot be read: {error}")),
    };
    Ok((read("bulletproof.toml")?, read("Cargo.toml")?.unwrap_or_default()))
}

/// The text of the baseline, if there is one.
///
/// # Errors
/// When it is there and cannot be read; names it.
pub fn read_baseline(root: &Path) -> Result<Option<String>, String> {
    let path = root.join(baseline::NAME);
    // a link that leads nowhere is there
    let is_none = || std::fs::symlink_metadata(&path).is_err();
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_none() => Ok(None),
        Err(error) => Err(format!("{}:1: it cannot be read: {error}", baseline::NAME)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_baseline_that_is_a_link_to_nowhere_is_no_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_baseline(folder.path()), Ok(None));
        std::os::unix::fs::symlink("nowhere", folder.path().join(baseline::NAME)).unwrap();
        assert!(read_baseline(folder.path()).unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn the_newest_files_stay_where_there_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let left = |limit| {
            prune(folder.path(), 2, limit);
            let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
            names.map(|name| name.into_string().unwrap()).collect::<std::collections::BTreeSet<_>>()
        };
        for (age, name) in ["b", "d", "a", "c"].into_iter().enumerate() {
            let file = std::fs::File::create(folder.path().join(name)).unwrap();
            let age = std::time::Duration::from_secs(age as u64);
            file.set_modified(SystemTime::UNIX_EPOCH + age).unwrap();
        }
        assert_eq!(left(4).len(), 4);
        assert_eq!(left(3), ["a", "c"].map(str::to_owned).into());
    }

    #[test]
    fn a_report_replaces_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write_output(&path, "one").unwrap();
        write_output(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_keeps_its_mode_and_a_link_to_it_stays_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("script.rs"), folder.path().join("link.rs"));
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace_file(&link, b"new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_path() {
        let error = write_output(Path::new("/no/such/folder/report.json"), "").unwrap_err();
        assert!(error.to_string().starts_with("/no/such/folder/report.json: "), "{error}");
    }

    #[test]
    fn a_config_that_is_not_utf8_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bulletproof.toml"), b"\xff").unwrap();
        assert!(read_config(folder.path()).unwrap_err().starts_with("bulletproof.toml:1: "));
    }
}
