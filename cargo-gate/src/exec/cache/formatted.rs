//! Sources in which rustfmt found nothing to change, by all that its answer hangs on: the program, its settings, the
//! edition, the file's path and its text.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::Kept;
use super::contents::Contents;
use super::digests::Digests;
use super::folder::Folder;
use super::surroundings::{self, Tools};
use crate::cache::digest;
use crate::facts::Facts;
use crate::step::{SourceFile, Tool};

/// The first line of the record.
const HEAD: &str = "formatted 3";

/// What is remembered of files that are formatted. The default one remembers nothing and keeps nothing.
#[derive(Debug, Default)]
pub(in crate::exec) struct FormattedFiles<'a> {
    known: Digests,
    /// The program and its settings.
    by: String,
    /// What they are looked at by; none where nothing is kept.
    looks: Option<(&'a Facts, Arc<Contents>)>,
    /// Whether what is known may stand for an answer.
    reads: bool,
}

/// What rustfmt's answers hang on beside a text: the program and its settings. None where the program cannot be told
/// apart.
pub(super) fn formatter(facts: &Facts, contents: &Contents) -> Option<String> {
    let tools = [Tool::Rustfmt].into();
    let program = Tools::look(facts, &tools).named(&tools).ok()?;
    let settings = surroundings::formatting(facts, contents.is_of_still(), |paths| contents.peek(paths));
    let settings = settings.iter().flat_map(|(path, digest)| [path.as_str(), digest.as_str()]);
    Some(digest(std::iter::once(program.as_str()).chain(settings)))
}

/// What is remembered.
pub(super) fn read(folder: &Folder) -> Digests {
    Digests::open(folder.root().join("formatted"), HEAD)
}

impl Kept {
    /// The files that are known to be formatted, as far as this run may know it.
    pub(in crate::exec) fn formatted<'a>(&self, facts: &'a Facts) -> FormattedFiles<'a> {
        FormattedFiles { reads: self.reads, ..FormattedFiles::of(self, facts).unwrap_or_default() }
    }
}

impl<'a> FormattedFiles<'a> {
    /// Those of the record; none where the program cannot be told apart.
    fn of(kept: &Kept, facts: &'a Facts) -> Option<Self> {
        let folder = kept.folder.as_ref()?;
        let contents = kept.contents.as_ref()?;
        let by = kept.formatter.clone().or_else(|| formatter(facts, contents))?;
        let known = kept.records.formatted.or_read(|| read(folder));
        Some(Self { known, by, looks: Some((facts, Arc::clone(contents))), reads: false })
    }

    /// The digest of the text of a file of no more than so many bytes, where it is known without reading it.
    pub(in crate::exec) fn text_of(&self, file: &Path, most_bytes: u64) -> Option<&str> {
        let known = self.looks.as_ref()?.1.known(file)?;
        (known.size <= most_bytes).then_some(known.digest)
    }

    /// What a file is remembered by: its path, the digest of its text, its edition.
    pub(in crate::exec) fn key(&self, path: &str, text: &str, edition: &str) -> String {
        digest([self.by.as_str(), edition, path, text])
    }

    /// Whether the file that is remembered by that is known to be formatted.
    pub(in crate::exec) fn has(&self, key: &str) -> bool {
        self.reads && self.known.has(key)
    }

    /// Whether each of those files, with its edition, is known to be formatted.
    pub(in crate::exec) fn look_up(&self, files: &[(&SourceFile, &str)]) -> Vec<bool> {
        let known =
            |(file, edition): &(&SourceFile, &str)| self.has(&self.key(&file.path, file.digest(), edition));
        if self.known.is_empty() { vec![false; files.len()] } else { files.par_iter().map(known).collect() }
    }

    /// Remembers files in which there was nothing to change, where the settings were the same all along: rustfmt reads
    /// them whenever it starts.
    pub(in crate::exec) fn learn(&self, files: &[(&SourceFile, &str)]) {
        let now = |(facts, contents): &(&Facts, Arc<Contents>)| {
            formatter(facts, &Contents::clone(contents).since(facts.now))
        };
        if !files.is_empty() && self.looks.as_ref().and_then(now).is_some_and(|now| now == self.by) {
            self.remember(files);
        }
    }

    fn remember(&self, files: &[(&SourceFile, &str)]) {
        let keys: BTreeSet<String> =
            files.par_iter().map(|(file, edition)| self.key(&file.path, file.digest(), edition)).collect();
        self.known.learn(keys);
    }
}

#[cfg(test)]
impl<'a> FormattedFiles<'a> {
    /// Nothing is known to be formatted, and what is known of files without reading them is that of these.
    pub(in crate::exec) fn knowing(facts: &'a Facts, files: &[&Path]) -> Self {
        let mut contents = Contents::unknown();
        for file in files {
            contents.settle(file);
        }
        Self { looks: Some((facts, Arc::new(contents))), reads: true, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile::new(path.to_owned(), None, Ok(text.to_owned()))
    }

    fn files(record: PathBuf, by: &str) -> FormattedFiles<'static> {
        FormattedFiles { known: Digests::open(record, HEAD), by: by.to_owned(), looks: None, reads: true }
    }

    #[test]
    fn a_file_is_known_by_its_text_its_path_its_edition_and_what_formats_it() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("formatted");
        let (a, other) = (file("src/a.rs", "fn a() {}\n"), file("src/a.rs", "fn a() { }\n"));
        let moved = file("src/b.rs", "fn a() {}\n");
        files(record.clone(), "1").remember(&[(&a, "2024")]);
        let now = files(record.clone(), "1");
        let asked = [(&a, "2024"), (&a, "2021"), (&other, "2024"), (&moved, "2024")];
        assert_eq!(now.look_up(&asked), [true, false, false, false]);
        assert_eq!(files(record, "2").look_up(&asked), [false; 4]);
    }

    #[test]
    fn a_run_that_may_not_read_asks_anew() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("formatted");
        let a = file("a.rs", "a");
        files(record.clone(), "1").remember(&[(&a, "2024")]);
        let blind = FormattedFiles { reads: false, ..files(record, "1") };
        assert_eq!(blind.look_up(&[(&a, "2024")]), [false]);
    }

    #[test]
    fn nothing_is_remembered_where_the_settings_became_others() {
        let folder = tempfile::tempdir().unwrap();
        let [root, home] = [folder.path(), folder.path()].map(Path::to_owned);
        let facts = Facts { root, home, now: jiff::Timestamp::now(), ..Facts::default() };
        let contents = Arc::new(Contents::unknown());
        let by = formatter(&facts, &contents).unwrap();
        let a = file("a.rs", "a");
        let is_known_after = |name: &str| {
            let record = folder.path().join(name);
            let now =
                FormattedFiles { looks: Some((&facts, Arc::clone(&contents))), ..files(record.clone(), &by) };
            now.learn(&[(&a, "2024")]);
            files(record, &by).look_up(&[(&a, "2024")]) == [true]
        };
        assert!(is_known_after("one"));
        std::fs::write(folder.path().join("rustfmt.toml"), "").unwrap();
        assert!(!is_known_after("two"));
    }
}
