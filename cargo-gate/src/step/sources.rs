//! The Rust sources of the judged packages.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use crate::cache::digest;
use crate::facts::Facts;
use crate::finding::{Excerpt, Finding, Place};
use crate::gate::Unreadable;
use crate::reach::{self, Reached};
use crate::scan::{FileScan, LineIndex, scan};

/// Why a source could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Where in the file.
    pub line: u32,
    /// What is wrong, and what to do.
    pub cause: String,
}

/// A Rust source file of the workspace.
pub struct SourceFile {
    /// Relative to the workspace root.
    pub path: String,
    /// Index of the owning package in the facts; none where only the workspace root owns it.
    pub package: Option<usize>,
    text: OnceLock<Result<String, Unread>>,
    /// Reads the text of a file of which digest and scan are known already.
    late: Option<Reader>,
    digest: OnceLock<String>,
    scan: OnceLock<FileScan>,
    lines: OnceLock<LineIndex>,
}

/// Reads a text when somebody asks for it.
type Reader = Box<dyn Fn() -> Result<String, Unread> + Send + Sync>;

impl SourceFile {
    /// A file as read.
    pub fn new(path: String, package: Option<usize>, text: Result<String, Unread>) -> Self {
        let (digest, scan, lines) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { path, package, text: text.into(), late: None, digest, scan, lines }
    }

    /// A file with the digest of its text and what the scanner found in it, both known without reading it. Its text is
    /// read when it is asked for; where it is another one by then, it could not be read.
    pub fn known(
        path: String,
        package: Option<usize>,
        known: String,
        scan: FileScan,
        read: impl Fn() -> Result<String, Unread> + Send + Sync + 'static,
    ) -> Self {
        let asked = known.clone();
        let read =
            move || read().and_then(|text| if digest([&text]) == asked { Ok(text) } else { Err(changed()) });
        let (text, lines) = (OnceLock::new(), OnceLock::new());
        Self {
            path,
            package,
            text,
            late: Some(Box::new(read)),
            digest: known.into(),
            scan: scan.into(),
            lines,
        }
    }

    /// Its text; empty where it could not be read (see [`Sources::complete`]).
    pub fn text(&self) -> &str {
        self.read().as_deref().unwrap_or_default()
    }

    /// Its text, or why it cannot be read.
    pub fn read(&self) -> &Result<String, Unread> {
        self.text.get_or_init(|| match &self.late {
            Some(read) => read(),
            None => Ok(String::new()),
        })
    }

    /// Why it could not be read, as far as somebody has read it.
    fn unread(&self) -> Option<(&Self, &Unread)> {
        Some((self, self.text.get()?.as_ref().err()?))
    }

    /// The digest of its text, computed once.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| digest([self.text()]))
    }

    /// Takes over what the scanner found in the same text before. Whether it did: a file that was scanned keeps its
    /// own scan.
    pub fn was_scanned(&self, before: FileScan) -> bool {
        self.scan.set(before).is_ok()
    }

    /// Whether the scanner has looked at it, now or before.
    pub fn is_scanned(&self) -> bool {
        self.scan.get().is_some()
    }

    /// What the scanner finds in it, computed once for all gates.
    pub fn scan(&self) -> &FileScan {
        self.scan.get_or_init(|| scan(self.text()))
    }

    /// Its line starts, computed once.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(self.text()))
    }

    /// A finding at those bytes of the file: place, excerpt, and the source line as its anchor.
    #[must_use]
    pub fn point(&self, finding: Finding, span: Range<usize>) -> Finding {
        let lines = self.lines();
        let (start, end) = (lines.position(span.start), lines.position(span.end));
        let first = lines.line_text(self.text(), start.line);
        let place = Place {
            file: self.path.clone(),
            line: Some(start.line),
            column: Some(start.column),
            end_line: Some(end.line),
            end_column: Some(end.column),
        };
        let offset: usize =
            first.chars().take(start.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
        let marked = (span.end - span.start).min(first.len().saturating_sub(offset)).max(1);
        let mark = offset..(offset + marked).min(first.len().max(offset));
        let excerpt = Excerpt { text: first.to_owned(), first_line: start.line, mark };
        finding.at(place).anchor(first).excerpt(Some(excerpt))
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// All Rust source files of the judged packages.
#[derive(Debug, Default)]
pub struct Sources {
    /// Sorted by path.
    pub files: Vec<SourceFile>,
    reached: OnceLock<Reached>,
}

fn unreadable((file, Unread { line, cause }): (&SourceFile, &Unread)) -> Unreadable {
    Unreadable::garbage(format!("{}:{line}: {cause}", file.path))
}

/// Why a text is not read that is no longer the one that was judged.
fn changed() -> Unread {
    Unread { line: 1, cause: "it was changed during the run; run it again".to_owned() }
}

impl Sources {
    /// Those, which are sorted by path.
    pub fn new(files: Vec<SourceFile>) -> Self {
        Self { files, reached: OnceLock::new() }
    }

    /// The same with more files.
    #[must_use]
    pub fn with(self, more: Vec<SourceFile>) -> Self {
        let mut files = self.files;
        files.extend(more);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self::new(files)
    }

    /// How they are reached from the targets of their workspace, found out once for all gates.
    pub fn reached(&self, facts: &Facts) -> &Reached {
        self.reached.get_or_init(|| reach::of(facts, self))
    }

    /// The files, where each could be read that was.
    ///
    /// # Errors
    /// Names the first file that could not, and why.
    pub fn complete(&self) -> Result<&[SourceFile], Unreadable> {
        self.files
            .iter()
            .find_map(SourceFile::unread)
            .map_or(Ok(&self.files), |unread| Err(unreadable(unread)))
    }

    /// Nothing, where each file that was read after it had been judged by what is known of it was still the same.
    ///
    /// # Errors
    /// Names the first file that was not.
    pub fn unchanged(&self) -> Result<(), Unreadable> {
        let mut late = self.files.iter().filter(|file| file.late.is_some());
        late.find_map(SourceFile::unread).map_or(Ok(()), |unread| Err(unreadable(unread)))
    }

    /// The file of that path.
    pub fn get(&self, path: &str) -> Option<&SourceFile> {
        let index = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(index)
    }
}
