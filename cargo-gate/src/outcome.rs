//! What a gate made of its evidence.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;

/// A figure of a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Metric {
    /// How many.
    Count(u64),
    /// How much.
    Number(f64),
    /// Which.
    Text(String),
}

/// What a gate made of its evidence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// The result in a few words, with the figure and its bar.
    pub summary: String,
    /// The figures.
    pub metrics: BTreeMap<String, Metric>,
    /// What the reader has to know beyond the findings.
    pub notes: Vec<String>,
    /// The result in rows, where it has many figures.
    pub table: Option<Table>,
    /// Files that the gate gives beyond the report.
    pub files: Vec<OutputFile>,
}

/// Figures in rows and columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// The heads of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<String>>,
}

/// A file that a gate gives: it is written to the gate's folder under the target folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path within that folder.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Outcome {
    /// An outcome with that summary and nothing wrong yet.
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..Self::default() }
    }

    /// Adds findings.
    #[must_use]
    pub fn findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings.extend(findings);
        self
    }

    /// Adds a count.
    #[must_use]
    pub fn count(mut self, name: &str, count: usize) -> Self {
        self.metrics.insert(name.to_owned(), Metric::Count(count as u64));
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, name: &str, number: f64) -> Self {
        self.metrics.insert(name.to_owned(), Metric::Number(number));
        self
    }

    /// Sets the table.
    #[must_use]
    pub fn table(mut self, columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        self.table = Some(Table { columns, rows });
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn file(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push(OutputFile { name: name.into(), bytes: bytes.into() });
        self
    }

    /// Adds a text figure.
    #[must_use]
    pub fn text(mut self, name: &str, text: impl Into<String>) -> Self {
        self.metrics.insert(name.to_owned(), Metric::Text(text.into()));
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}
