//! Several files at once: all of them get their new text, or none.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cargo_gate::exec::replace_file;
use tempfile::NamedTempFile;

use crate::version::FileChange;

/// A file that could not be written; those before it have their old text again.
#[derive(Debug, thiserror::Error)]
#[error("{}: the file could not be written, and no other was changed: {cause}", .path.display())]
pub struct WriteAllError {
    path: PathBuf,
    cause: io::Error,
}

/// Writes all files beside their places first, so that a full disk or a missing right shows before anything changes,
/// and then moves each to its place. Modes and links stay.
///
/// # Errors
/// The first file that does not work.
pub(super) fn write_all(root: &Path, files: &[FileChange]) -> Result<(), WriteAllError> {
    let mut written = Vec::new();
    for file in files {
        let path = root.join(&file.path);
        let real = std::fs::canonicalize(&path).unwrap_or(path);
        let temporary =
            beside(&real, &file.after).map_err(|cause| WriteAllError { path: real.clone(), cause })?;
        written.push((temporary, real));
    }
    for (place, (temporary, real)) in written.into_iter().enumerate() {
        if let Err(error) = temporary.persist(&real) {
            restore(root, files.get(..place).unwrap_or_default());
            return Err(WriteAllError { path: real, cause: error.error });
        }
    }
    Ok(())
}

/// Gives the files their old text again; those that were not there go.
pub(super) fn restore(root: &Path, files: &[FileChange]) {
    for file in files {
        let path = root.join(&file.path);
        // what cannot be put back is told by git: the tree was clean before
        match &file.before {
            Some(before) => drop(replace_file(&path, before.as_bytes())),
            None => drop(std::fs::remove_file(&path)),
        }
    }
}

fn beside(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // what a new file usually has: the user's mask still holds
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(metadata) = std::fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, before: Option<&str>, after: &str) -> FileChange {
        FileChange { path: path.to_owned(), before: before.map(str::to_owned), after: after.to_owned() }
    }

    #[test]
    fn all_files_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let text = |name: &str| std::fs::read_to_string(root.join(name)).ok();
        std::fs::write(root.join("a"), "old").unwrap();
        let files = [change("a", Some("old"), "new"), change("b", None, "made")];
        write_all(root, &files).unwrap();
        assert_eq!((text("a").as_deref(), text("b").as_deref()), (Some("new"), Some("made")));
        restore(root, &files);
        assert_eq!((text("a").as_deref(), text("b")), (Some("old"), None));
        // a folder stands where the second file goes: its move fails after the first was done
        std::fs::create_dir(root.join("b")).unwrap();
        let error = write_all(root, &files).unwrap_err();
        assert!(error.to_string().contains("no other was changed"), "{error}");
        assert_eq!(text("a").as_deref(), Some("old"));
        // a folder is missing: nothing was moved yet
        let files = [change("a", Some("old"), "new"), change("no/c", None, "made")];
        assert!(write_all(root, &files).is_err());
        assert_eq!(text("a").as_deref(), Some("old"));
        assert_eq!(std::fs::read_dir(root).unwrap().count(), 2, "nothing is left beside them");
    }
}
