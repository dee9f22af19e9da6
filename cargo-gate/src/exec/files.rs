//! Reads the files of the workspace.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use rayon::prelude::*;

use super::cache::ScannedFiles;
use crate::facts::{Facts, Source, join};
use crate::gate::Unreadable;
use crate::step::{FileRead, SourceFile, Unread};

/// Reads one file.
pub(super) fn read(root: &Path, path: &str) -> FileRead {
    match std::fs::read(root.join(path)) {
        Ok(bytes) => FileRead::Content(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => FileRead::Missing,
        Err(error) => FileRead::Failed(error.to_string()),
    }
}

/// Whether a folder is there, with nothing in it.
pub(super) fn is_empty_folder(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// Reads the manifests of the workspace.
pub(super) fn manifests(facts: &Facts) -> BTreeMap<String, FileRead> {
    let paths: Vec<String> = facts.manifests().collect();
    paths.into_par_iter().map(|path| (path.clone(), read(&facts.root, &path))).collect()
}

/// Reads the first of those files in the folder, else in the nearest one above it, with its path from there.
pub(super) fn nearest(root: &Path, names: &[&str]) -> Option<(String, FileRead)> {
    let above = root.ancestors().enumerate();
    let mut places = above.flat_map(|(steps, folder)| names.iter().map(move |name| (steps, folder, *name)));
    let (steps, folder, name) = places.find(|(_, folder, name)| folder.join(name).exists())?;
    Some(("../".repeat(steps) + name, read(folder, name)))
}

/// Reads the Rust sources, on all cores; the text of one that was scanned before is read when it is asked for. A file
/// that is listed and no longer there (deleted and not yet committed) is left out.
pub(super) fn read_sources(
    root: &Path,
    sources: &[&Source],
    most_bytes: u64,
    scanned: &ScannedFiles,
) -> Vec<SourceFile> {
    let read = |source: &&Source| {
        let path = root.join(&source.path);
        if let Some((digest, scan)) = scanned.known(&path, most_bytes) {
            let gone = || Unread { line: 1, cause: "it was removed during the run; run it again".to_owned() };
            let read = move || read_source(&path, most_bytes).unwrap_or_else(|| Err(gone()));
            return Some(SourceFile::known(source.path.clone(), source.package, digest, scan, read));
        }
        let text = read_source(&path, most_bytes)?;
        Some(SourceFile::new(source.path.clone(), source.package, text))
    };
    sources.par_iter().filter_map(read).collect()
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

/// When the sources, manifests or the lock file were last changed, and which of them it was.
pub(super) fn last_change(facts: &Facts) -> Result<(SystemTime, String), Unreadable> {
    let manifests = facts.packages.iter().map(|package| join(&package.folder, "Cargo.toml"));
    let fixed = ["Cargo.toml", "Cargo.lock"].map(str::to_owned);
    let sources = facts.sources.iter().map(|source| source.path.clone());
    let mut last = (SystemTime::UNIX_EPOCH, String::new());
    for path in sources.chain(manifests).chain(fixed) {
        match written(&facts.root.join(&path)) {
            Ok(time) if time > last.0 => last = (time, path),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Unreadable::garbage(format!("{path}: {error}"))),
        }
    }
    Ok(last)
}

pub(super) fn written(path: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(path)?.modified()
}

/// What was last changed after that file was written, if anything was; a file that is not there is older than
/// nothing.
pub(super) fn changed_since(facts: &Facts, path: &str) -> Result<Option<String>, Unreadable> {
    let Ok(at) = written(&facts.root.join(path)) else { return Ok(None) };
    let (changed, newest) = last_change(facts)?;
    Ok((changed > at).then_some(newest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_is_that_of_the_folder_itself_then_of_those_above() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a").join("b");
        std::fs::create_dir_all(&root).unwrap();
        let names = ["no-such-policy.toml", ".no-such-policy.toml"];
        let found = || nearest(&root, &names).map(|(path, _)| path);
        assert_eq!(found(), None);
        for (place, path) in [
            ("no-such-policy.toml", "../../no-such-policy.toml"),
            ("a/.no-such-policy.toml", "../.no-such-policy.toml"),
            ("a/b/.no-such-policy.toml", ".no-such-policy.toml"),
            ("a/b/no-such-policy.toml", "no-such-policy.toml"),
        ] {
            std::fs::write(folder.path().join(place), place).unwrap();
            assert_eq!(found().as_deref(), Some(path));
        }
        let content = FileRead::Content(b"a/b/no-such-policy.toml".to_vec());
        assert_eq!(nearest(&root, &names), Some((names[0].to_owned(), content)));
    }

    fn sources(names: &[&str]) -> Vec<Source> {
        names.iter().map(|name| Source { path: (*name).to_owned(), package: Some(0) }).collect()
    }

    fn read_all(root: &Path, names: &[&str], most: u64) -> Vec<(String, Result<String, Unread>)> {
        let list = sources(names);
        let files = read_sources(root, &list.iter().collect::<Vec<_>>(), most, &ScannedFiles::default());
        files.into_iter().map(|file| (file.path.clone(), file.read().clone())).collect()
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
