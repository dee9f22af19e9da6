//! What the scanner found in sources, by their texts alone: what was scanned once is not scanned again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::super::store::write_artifact;
use super::contents::Contents;
use super::folder::Folder;
use super::{Kept, surroundings};
use crate::cache::digest;
use crate::scan::FileScan;
use crate::step::SourceFile;

/// The first word of the record.
const HEAD: &str = "scanned 1";
/// The most that is remembered beyond the files of a run: of other branches, of what was before. In bytes.
const MOST_OTHERS: usize = 8 << 20;

/// Scans by the digest of the text.
pub(super) type Scans = BTreeMap<String, Vec<u8>>;

/// What is remembered of scans. The default one remembers nothing and keeps nothing.
#[derive(Debug, Default)]
pub(in crate::exec) struct ScannedFiles {
    record: Option<PathBuf>,
    /// The line that a record begins with: the scanner of another program may find something else.
    head: String,
    known: Scans,
    /// What is known of files without reading them; none where that may not stand for an answer.
    contents: Option<Arc<Contents>>,
}

impl Kept {
    /// The scans that are known, as far as this run may know them.
    pub(in crate::exec) fn scanned(&self) -> ScannedFiles {
        let program = surroundings::program().ok();
        let contents = self.contents.clone().filter(|_| self.reads);
        match (&self.folder, program) {
            (Some(folder), Some(program)) => {
                let known =
                    if self.reads { self.records.scans.or_read(|| read(folder)) } else { Scans::new() };
                ScannedFiles { contents, ..ScannedFiles::of(folder, &program, known) }
            }
            _ => ScannedFiles::default(),
        }
    }
}

fn place(folder: &Folder) -> PathBuf {
    folder.root().join("scanned")
}

fn head(program: &str) -> String {
    format!("{HEAD} {}", digest([program]))
}

/// What this program remembers.
pub(super) fn read(folder: &Folder) -> Scans {
    surroundings::program().map(|program| read_by(folder, &program)).unwrap_or_default()
}

fn read_by(folder: &Folder, program: &str) -> Scans {
    let bytes = std::fs::read(place(folder)).ok();
    bytes.and_then(|bytes| parse(&bytes, &head(program))).unwrap_or_default()
}

impl ScannedFiles {
    fn of(folder: &Folder, program: &str, known: Scans) -> Self {
        Self { record: Some(place(folder)), head: head(program), known, contents: None }
    }

    /// The digest of a file of no more than so many bytes, and what was found in it, where both are known without
    /// reading it.
    pub(in crate::exec) fn known(&self, path: &Path, most_bytes: u64) -> Option<(String, FileScan)> {
        let known = self.contents.as_ref()?.known(path).filter(|known| known.size <= most_bytes)?;
        Some((known.digest.to_owned(), self.scan(known.digest)?))
    }

    /// Gives each of those files its scan: a remembered one, or a new one, which is remembered.
    pub(in crate::exec) fn fill(&self, files: &[SourceFile]) {
        let fresh: BTreeMap<String, Vec<u8>> = files
            .par_iter()
            .filter(|file| !file.is_scanned() && file.read().is_ok() && !self.has_filled(file))
            .filter_map(|file| Some((file.digest().to_owned(), postcard::to_stdvec(file.scan()).ok()?)))
            .collect();
        if !fresh.is_empty() {
            self.learn(files, fresh);
        }
    }

    fn has_filled(&self, file: &SourceFile) -> bool {
        self.scan(file.digest()).is_some_and(|scan| file.was_scanned(scan))
    }

    fn scan(&self, digest: &str) -> Option<FileScan> {
        postcard::from_bytes(self.known.get(digest)?).ok()
    }

    /// What cannot be kept is found again.
    fn learn(&self, files: &[SourceFile], fresh: BTreeMap<String, Vec<u8>>) {
        let Some(record) = &self.record else { return };
        let mut all = fresh;
        let known = |digest: &str| Some((digest.to_owned(), self.known.get(digest)?.clone()));
        all.extend(files.iter().filter_map(|file| known(file.digest())));
        let mut others = 0;
        for (digest, scan) in &self.known {
            if !all.contains_key(digest) && others + scan.len() <= MOST_OTHERS {
                others += scan.len();
                all.insert(digest.clone(), scan.clone());
            }
        }
        if let Some(bytes) = to_bytes(&self.head, &all) {
            let _ = write_artifact(record, &bytes);
        }
    }
}

/// A digest of the rest, the head, the digest and the length of each scan, and the scans.
fn to_bytes(head: &str, scans: &BTreeMap<String, Vec<u8>>) -> Option<Vec<u8>> {
    let index: Vec<(&str, usize)> =
        scans.iter().map(|(digest, scan)| (digest.as_str(), scan.len())).collect();
    let mut rest = format!("{head}\n").into_bytes();
    rest.extend(postcard::to_stdvec(&index).ok()?);
    for scan in scans.values() {
        rest.extend_from_slice(scan);
    }
    let mut bytes = format!("{}\n", digest([&rest])).into_bytes();
    bytes.append(&mut rest);
    Some(bytes)
}

/// The record, whole; a damaged one, or one of another program, is none.
fn parse(bytes: &[u8], head: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let end = memchr::memchr(b'\n', bytes)?;
    let (check, rest) = (bytes.get(..end)?, bytes.get(end + 1..)?);
    let body = rest.strip_prefix(head.as_bytes())?.strip_prefix(b"\n")?;
    if check != digest([rest]).as_bytes() {
        return None;
    }
    let (index, mut scans) = postcard::take_from_bytes::<Vec<(String, usize)>>(body).ok()?;
    let mut known = BTreeMap::new();
    for (digest, length) in index {
        let (scan, others) = scans.split_at_checked(length)?;
        known.insert(digest, scan.to_vec());
        scans = others;
    }
    scans.is_empty().then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::scan;

    const TEXT: &str =
        "//! a\nmod b; // c\nconst D: &str = \"e\";\n#[cfg(test)]\nmod f { fn g() { h().unwrap(); } }\n";

    fn file(text: &str) -> SourceFile {
        SourceFile::new("src/a.rs".to_owned(), None, Ok(text.to_owned()))
    }

    fn remembered(folder: &tempfile::TempDir, program: &str) -> ScannedFiles {
        let folder = Folder::of(folder.path());
        ScannedFiles::of(&folder, program, read_by(&folder, program))
    }

    #[test]
    fn a_remembered_scan_is_what_the_scanner_finds() {
        let folder = tempfile::tempdir().unwrap();
        remembered(&folder, "1").fill(&[file(TEXT)]);
        let again = [file(TEXT)];
        let known = remembered(&folder, "1");
        assert_eq!(known.known.len(), 1);
        known.fill(&again);
        assert_eq!(*again[0].scan(), scan(TEXT));
    }

    #[test]
    fn another_text_and_another_program_have_their_own_scans() {
        let folder = tempfile::tempdir().unwrap();
        remembered(&folder, "1").fill(&[file(TEXT)]);
        let other = [file("// other\n")];
        remembered(&folder, "1").fill(&other);
        assert_eq!(*other[0].scan(), scan("// other\n"));
        assert_eq!(remembered(&folder, "1").known.len(), 2);
        assert!(remembered(&folder, "2").known.is_empty());
    }

    #[test]
    fn a_run_that_may_not_read_scans_anew_and_remembers() {
        let folder = tempfile::tempdir().unwrap();
        ScannedFiles::of(&Folder::of(folder.path()), "1", Scans::new()).fill(&[file(TEXT)]);
        assert_eq!(remembered(&folder, "1").known.len(), 1);
    }

    #[test]
    fn a_damaged_record_is_none() {
        let scans = [("a".to_owned(), vec![1, 2, 3]), ("b".to_owned(), Vec::new())].into();
        let bytes = to_bytes("head", &scans).unwrap();
        assert_eq!(parse(&bytes, "head"), Some(scans));
        for end in 0..bytes.len() {
            assert_eq!(bytes.get(..end).and_then(|bytes| parse(bytes, "head")), None, "cut at {end}");
        }
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1;
            assert_eq!(parse(&bytes, "head"), None, "changed at {place}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_remembered_as_it_was_scanned(text: String) {
            let bytes = postcard::to_stdvec(&scan(&text)).unwrap();
            proptest::prop_assert_eq!(postcard::from_bytes::<FileScan>(&bytes).unwrap(), scan(&text));
        }
    }
}
