//! Reads the files of the workspace.

use std::path::Path;

use rayon::prelude::*;

use crate::facts::Source;
use crate::step::{FileRead, SourceFile, Sources, Unread};

/// Reads one file.
pub(super) fn read(root: &Path, path: &str) -> FileRead {
    match std::fs::read(root.join(path)) {
        Ok(bytes) => FileRead::Content(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => FileRead::Missing,
        Err(error) => FileRead::Failed(error.to_string()),
    }
}

/// Reads the Rust sources, on all cores. A file that is listed and no longer there (deleted and
/// not yet committed) is left out.
pub(super) fn read_sources(root: &Path, sources: &[&Source], most_bytes: u64) -> Sources {
    let read = |source: &&Source| {
        let text = read_source(&root.join(&source.path), most_bytes)?;
        Some(SourceFile::new(source.path.clone(), source.package, text))
    };
    Sources { files: sources.par_iter().filter_map(read).collect() }
}

fn read_source(path: &Path, most_bytes: u64) -> Option<Result<String, Unread>> {
    let unread = |cause: String| Some(Err(Unread { line: 1, cause }));
    let length = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return None,
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => return unread(error.to_string()),
    };
    if length > most_bytes {
        return unread(format!(
            "{length} bytes are more than `max_source_bytes` = {most_bytes}; raise it, or list the file under `exclude`"
        ));
    }
    match std::fs::read(path) {
        Ok(bytes) => Some(decode(bytes)),
        Err(error) => unread(error.to_string()),
    }
}

fn decode(bytes: Vec<u8>) -> Result<String, Unread> {
    String::from_utf8(bytes).map_err(|error| {
        let sound = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', sound).count();
        let line = u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1);
        Unread { line, cause: "not UTF-8, which Rust sources must be".to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(names: &[&str]) -> Vec<Source> {
        names.iter().map(|name| Source { path: (*name).to_owned(), package: Some(0) }).collect()
    }

    fn read_all(root: &Path, names: &[&str], most: u64) -> Vec<(String, Result<String, Unread>)> {
        let list = sources(names);
        let files = read_sources(root, &list.iter().collect::<Vec<_>>(), most).files;
        files.into_iter().map(|file| (file.path, file.text)).collect()
    }

    #[test]
    fn a_source_that_is_not_utf8_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.rs"), b"// one\n// two \xff\n").unwrap();
        let read = read_all(folder.path(), &["a.rs"], 100);
        let unread = read[0].1.as_ref().unwrap_err();
        assert_eq!((unread.line, unread.cause.as_str()), (2, "not UTF-8, which Rust sources must be"));
    }

    #[test]
    fn a_source_that_is_too_large_is_told_and_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.rs"), "x".repeat(101)).unwrap();
        let read = read_all(folder.path(), &["a.rs"], 100);
        assert!(read[0].1.as_ref().unwrap_err().cause.contains("101 bytes"), "{read:?}");
    }

    #[test]
    fn a_deleted_source_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.rs"), "").unwrap();
        assert_eq!(read_all(folder.path(), &["a.rs", "gone.rs"], 100).len(), 1);
    }

    #[test]
    fn a_missing_file_is_told_from_an_unreadable_one() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path(), "Cargo.lock"), FileRead::Missing);
        std::fs::create_dir(folder.path().join("Cargo.lock")).unwrap();
        assert!(matches!(read(folder.path(), "Cargo.lock"), FileRead::Failed(_)));
    }
}
