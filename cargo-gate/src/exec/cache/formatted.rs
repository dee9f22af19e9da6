//! Sources in which rustfmt found nothing to change, by all that its answer hangs on: the program, its settings, the
//! edition, the file's path and its text.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rayon::prelude::*;

use super::super::store::write_artifact;
use super::Kept;
use super::contents::Contents;
use super::folder::Folder;
use super::surroundings;
use crate::cache::digest;
use crate::facts::Facts;
use crate::step::{SourceFile, Tool};

/// The first line of the record.
const HEAD: &str = "formatted 2";
/// So many files may be remembered beyond those of a run: of other branches, of other settings.
const MOST_OTHERS: usize = 50_000;

/// What is remembered of files that are formatted. The default one remembers nothing and keeps nothing.
#[derive(Debug, Default)]
pub(in crate::exec) struct FormattedFiles {
    record: Option<PathBuf>,
    /// The program and its settings.
    by: String,
    known: BTreeSet<String>,
    /// Whether what is known may stand for an answer.
    reads: bool,
}

impl Kept {
    /// The files that are known to be formatted, as far as this run may know it.
    pub(in crate::exec) fn formatted(&self, facts: &Facts) -> FormattedFiles {
        let read = self.folder.as_ref().and_then(|folder| FormattedFiles::of(folder, facts));
        FormattedFiles { reads: self.reads, ..read.unwrap_or_default() }
    }
}

impl FormattedFiles {
    /// Those of the record; none where the program cannot be told apart.
    fn of(folder: &Folder, facts: &Facts) -> Option<Self> {
        let program = surroundings::tools(facts, &[Tool::Rustfmt].into()).ok()?;
        let mut contents = Contents::open(folder.contents());
        let settings = surroundings::formatting(facts, &mut contents);
        let settings = settings.iter().flat_map(|(path, digest)| [path.as_str(), digest.as_str()]);
        let by = digest(std::iter::once(program.as_str()).chain(settings));
        let record = folder.root().join("formatted");
        let known = std::fs::read_to_string(&record).ok().and_then(|text| parse(&text)).unwrap_or_default();
        Some(Self { record: Some(record), by, known, reads: false })
    }

    /// What a file is remembered by.
    fn key(&self, file: &SourceFile, edition: &str) -> String {
        digest([self.by.as_str(), edition, &file.path, file.digest()])
    }

    /// Whether each of those files, with its edition, is known to be formatted.
    pub(in crate::exec) fn look_up(&self, files: &[(&SourceFile, &str)]) -> Vec<bool> {
        let known = |(file, edition): &(&SourceFile, &str)| {
            self.reads && self.known.contains(&self.key(file, edition))
        };
        if self.known.is_empty() { vec![false; files.len()] } else { files.par_iter().map(known).collect() }
    }

    /// Remembers files in which there was nothing to change. What cannot be kept is asked again.
    pub(in crate::exec) fn learn(&self, files: &[(&SourceFile, &str)]) {
        let Some(record) = self.record.as_ref().filter(|_| !files.is_empty()) else { return };
        let mut known: BTreeSet<String> =
            files.par_iter().map(|(file, edition)| self.key(file, edition)).collect();
        known.extend(self.known.iter().take(MOST_OTHERS).cloned());
        let lines: String = known.iter().flat_map(|key| [key.as_str(), "\n"]).collect();
        let text = format!("{HEAD}\n{lines}");
        let _ = write_artifact(record, format!("{text}{}\n", digest([&text])).as_bytes());
    }
}

/// The record, whole; a damaged one is none.
fn parse(text: &str) -> Option<BTreeSet<String>> {
    let end = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (lines, check) = text.split_at_checked(end)?;
    if check.trim_end() != digest([lines]) {
        return None;
    }
    let mut lines = lines.lines();
    lines.next().filter(|head| *head == HEAD)?;
    Some(lines.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile::new(path.to_owned(), None, Ok(text.to_owned()))
    }

    fn files(record: PathBuf, by: &str) -> FormattedFiles {
        let known = std::fs::read_to_string(&record).ok().and_then(|text| parse(&text)).unwrap_or_default();
        FormattedFiles { record: Some(record), by: by.to_owned(), known, reads: true }
    }

    #[test]
    fn a_file_is_known_by_its_text_its_path_its_edition_and_what_formats_it() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("formatted");
        let (a, other) = (file("src/a.rs", "fn a() {}\n"), file("src/a.rs", "fn a() { }\n"));
        let moved = file("src/b.rs", "fn a() {}\n");
        files(record.clone(), "1").learn(&[(&a, "2024")]);
        let now = files(record.clone(), "1");
        let asked = [(&a, "2024"), (&a, "2021"), (&other, "2024"), (&moved, "2024")];
        assert_eq!(now.look_up(&asked), [true, false, false, false]);
        assert_eq!(files(record, "2").look_up(&asked), [false; 4]);
    }

    #[test]
    fn what_is_learnt_later_does_not_replace_what_was_known() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("formatted");
        let (a, b) = (file("a.rs", "a"), file("b.rs", "b"));
        files(record.clone(), "1").learn(&[(&a, "2024")]);
        files(record.clone(), "1").learn(&[(&b, "2024")]);
        assert_eq!(files(record, "1").look_up(&[(&a, "2024"), (&b, "2024")]), [true, true]);
    }

    #[test]
    fn a_run_that_may_not_read_asks_anew() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("formatted");
        let a = file("a.rs", "a");
        files(record.clone(), "1").learn(&[(&a, "2024")]);
        let blind = FormattedFiles { reads: false, ..files(record, "1") };
        assert_eq!(blind.look_up(&[(&a, "2024")]), [false]);
    }

    #[test]
    fn a_damaged_record_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("formatted");
        files(record.clone(), "1").learn(&[(&file("a.rs", "a"), "2024"), (&file("b.rs", "b"), "2024")]);
        let text = std::fs::read_to_string(&record).unwrap();
        assert!(parse(&text).is_some());
        for end in 0..text.len() {
            assert_eq!(text.get(..end).and_then(parse), None, "cut at {end}");
        }
        assert_eq!(parse(&text.replacen('a', "b", 1)), None);
    }
}
