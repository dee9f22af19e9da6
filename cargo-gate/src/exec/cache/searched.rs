//! Files in which no secret was found, by their path and their bytes: they are not read again. Of a file with a
//! secret nothing is kept.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::contents::Contents;
use super::digests::Digests;
use super::folder::Folder;
use super::{Kept, surroundings};
use crate::cache::digest;

/// The first line of the record.
const HEAD: &str = "searched 2";

/// What is remembered of such files. The default one remembers nothing and keeps nothing.
#[derive(Debug, Default)]
pub(in crate::exec) struct SearchedFiles {
    known: Digests,
    /// The program: another one may know other secrets. None where nothing is kept.
    by: Option<String>,
    /// What is known of files without reading them; none where that may not stand for an answer.
    contents: Option<Arc<Contents>>,
}

/// What is remembered.
pub(super) fn read(folder: &Folder) -> Digests {
    Digests::open(folder.root().join("searched"), HEAD)
}

impl Kept {
    /// The files that are known to hold no secret, as far as this run may know it.
    pub(in crate::exec) fn searched(&self) -> SearchedFiles {
        let (Some(folder), Ok(program)) = (&self.folder, surroundings::program()) else {
            return SearchedFiles::default();
        };
        let known = self.records.searched.or_read(|| read(folder));
        SearchedFiles { known, by: Some(program), contents: self.contents.clone().filter(|_| self.reads) }
    }
}

impl SearchedFiles {
    /// How many bytes the file that lies there has, where it is known without reading it that it holds none. The path is
    /// the one that is shown, which tells what kind of text it is.
    pub(in crate::exec) fn clean(&self, path: &str, file: &Path) -> Option<u64> {
        let known = self.contents.as_ref()?.known(file)?;
        self.known.has(&self.of(path, known.digest)?).then_some(known.size)
    }

    /// By what to remember that those bytes hold none at that path; nothing where it is known, or nothing is kept.
    pub(in crate::exec) fn key(&self, path: &str, bytes: &[u8]) -> Option<String> {
        self.of(path, &digest([bytes])).filter(|key| !self.known.has(key))
    }

    fn of(&self, path: &str, bytes: &str) -> Option<String> {
        self.by.as_ref().map(|by| digest([by, path, bytes]))
    }

    /// Remembers those.
    pub(in crate::exec) fn learn(&self, keys: BTreeSet<String>) {
        self.known.learn(keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searched(folder: &Path, file: &Path, by: &str) -> SearchedFiles {
        let mut contents = Contents::open(folder.join("contents"));
        contents.settle(file);
        let known = Digests::open(folder.join("searched"), HEAD);
        SearchedFiles { known, by: Some(by.to_owned()), contents: Some(Arc::new(contents)) }
    }

    #[test]
    fn a_file_is_known_by_its_bytes_its_path_and_what_searched_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        std::fs::write(&file, "one").unwrap();
        let first = searched(folder.path(), &file, "1");
        assert!(first.clean("a.txt", &file).is_none());
        first.learn(first.key("a.txt", b"one").into_iter().collect());
        let later = searched(folder.path(), &file, "1");
        assert!(later.clean("a.txt", &file) == Some(3) && later.key("a.txt", b"one").is_none());
        assert!(later.clean("b.txt", &file).is_none());
        assert!(searched(folder.path(), &file, "2").clean("a.txt", &file).is_none());
        let blind = SearchedFiles { contents: None, ..searched(folder.path(), &file, "1") };
        assert!(blind.clean("a.txt", &file).is_none());
        std::fs::write(&file, "other").unwrap();
        assert!(later.clean("a.txt", &file).is_none(), "it was written since");
        assert!(searched(folder.path(), &file, "1").clean("a.txt", &file).is_none());
    }

    #[test]
    fn without_a_cache_nothing_is_known_or_kept() {
        let none = SearchedFiles::default();
        assert!(none.key("a.txt", b"one").is_none() && none.clean("a.txt", Path::new("a.txt")).is_none());
    }
}
