//! The Rust sources of the judged packages.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use crate::cache::digest;
use crate::finding::{Excerpt, Finding, Place};
use crate::gate::Unreadable;
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
    /// Its text, or why it could not be read.
    pub text: Result<String, Unread>,
    digest: OnceLock<String>,
    scan: OnceLock<FileScan>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// A file as read.
    pub fn new(path: String, package: Option<usize>, text: Result<String, Unread>) -> Self {
        let (digest, scan, lines) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { path, package, text, digest, scan, lines }
    }

    /// Its text; empty where it could not be read (see [`Sources::complete`]).
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// The digest of its text, computed once.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| digest([self.text()]))
    }

    /// Takes over the digest of its text, which is known without computing it.
    pub fn has_digest(&self, known: &str) {
        self.digest.get_or_init(|| known.to_owned());
    }

    /// Takes over what the scanner found in the same text before. Whether it did: a file that was scanned keeps its
    /// own scan.
    pub fn was_scanned(&self, before: FileScan) -> bool {
        self.scan.set(before).is_ok()
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
}

impl Sources {
    /// The files, where each of them could be read.
    ///
    /// # Errors
    /// Names the first file that could not, and why.
    pub fn complete(&self) -> Result<&[SourceFile], Unreadable> {
        match self.files.iter().find_map(|file| Some((file, file.text.as_ref().err()?))) {
            None => Ok(&self.files),
            Some((file, Unread { line, cause })) => {
                Err(Unreadable::garbage(format!("{}:{line}: {cause}", file.path)))
            }
        }
    }

    /// The file of that path.
    pub fn get(&self, path: &str) -> Option<&SourceFile> {
        let index = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(index)
    }
}
