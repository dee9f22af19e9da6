//! Files in which no secret was found, by their path and their bytes: they are not read again. Of a file with a
//! secret nothing is kept.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::contents::Contents;
use super::digests::Digests;
use super::{Kept, surroundings};
use crate::cache::digest;

/// The first line of the record.
const HEAD: &str = "searched 1";

/// What is remembered of such files. The default one remembers nothing and keeps nothing.
#[derive(Debug, Default)]
pub(in crate::exec) struct SearchedFiles {
    known: Digests,
    /// The program: another one may know other secrets. None where nothing is kept.
    by: Option<String>,
    /// What is known of files without reading them; none where that may not stand for an answer.
    contents: Option<Arc<Contents>>,
}

impl Kept {
    /// The files that are known to hold no secret, as far as this run may know it.
    pub(in crate::exec) fn searched(&self) -> SearchedFiles {
        let (Some(folder), Ok(program)) = (&self.folder, surroundings::program()) else {
            return SearchedFiles::default();
        };
        let known = Digests::open(folder.root().join("searched"), HEAD);
        SearchedFiles { known, by: Some(program), contents: self.contents.clone().filter(|_| self.reads) }
    }
}

impl SearchedFiles {
    /// Whether the file that lies there holds none, as is known without reading it. The path is the one that is shown,
    /// which tells what kind of text it is.
    pub(in crate::exec) fn has(&self, path: &str, file: &Path) -> bool {
        let known = self.contents.as_ref().and_then(|contents| contents.known(file));
        known.and_then(|known| self.of(path, known.digest)).is_some_and(|key| self.known.has(&key))
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
        assert!(!first.has("a.txt", &file));
        first.learn(first.key("a.txt", b"one").into_iter().collect());
        let later = searched(folder.path(), &file, "1");
        assert!(later.has("a.txt", &file) && later.key("a.txt", b"one").is_none());
        assert!(!later.has("b.txt", &file) && !searched(folder.path(), &file, "2").has("a.txt", &file));
        let blind = SearchedFiles { contents: None, ..searched(folder.path(), &file, "1") };
        assert!(!blind.has("a.txt", &file));
        std::fs::write(&file, "other").unwrap();
        assert!(!later.has("a.txt", &file), "it was written since");
        assert!(!searched(folder.path(), &file, "1").has("a.txt", &file));
    }

    #[test]
    fn without_a_cache_nothing_is_known_or_kept() {
        let none = SearchedFiles::default();
        assert!(none.key("a.txt", b"one").is_none() && !none.has("a.txt", Path::new("a.txt")));
    }
}
