//! The workspace's manifests as text: read, parsed, and pointed into.

use std::ops::Range;

use toml_edit::Document;

use crate::finding::{Excerpt, Finding, Place};
use crate::gate::Unreadable;
use crate::scan::LineIndex;

/// A TOML file with what is needed to point into it.
pub(crate) struct TomlText<'a> {
    /// Relative to the workspace root.
    pub(crate) path: &'a str,
    /// Its text.
    pub(crate) text: &'a str,
    lines: LineIndex,
}

impl<'a> TomlText<'a> {
    /// The file of that path with that text.
    pub(crate) fn new(path: &'a str, text: &'a str) -> Self {
        Self { path, text, lines: LineIndex::new(text) }
    }

    /// The finding at those bytes of the file, or at its start.
    pub(crate) fn point(&self, finding: Finding, span: Option<Range<usize>>) -> Finding {
        let span = span.unwrap_or(0..0);
        let start = self.lines.position(span.start);
        let line = self.lines.line_text(self.text, start.line);
        let place = Place { column: Some(start.column), ..Place::line(self.path, start.line) };
        let from: usize =
            line.chars().take(start.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
        let to = (from + span.len().max(1)).min(line.len()).max(from);
        let excerpt = Excerpt { text: line.to_owned(), first_line: start.line, mark: from..to };
        finding.at(place).excerpt(Some(excerpt))
    }

    /// Its folder, relative to the workspace root.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// The document in a text.
///
/// # Errors
/// When the text is not TOML.
pub(crate) fn document<'a>(path: &str, text: &'a str) -> Result<Document<&'a str>, Unreadable> {
    Document::parse(text).map_err(|error| Unreadable::garbage(format!("{path}: {}", error.message())))
}
