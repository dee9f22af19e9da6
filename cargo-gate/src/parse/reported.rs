//! What the reports of other tools have in common.

use crate::finding::Severity;

/// One thing that a tool reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The tool's own name for the rule; empty where it gives none.
    pub rule: String,
    /// Its weight.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The file as the tool names it: relative to the folder that the tool ran in, or absolute.
    pub file: Option<String>,
    /// Line and column where it starts, from 1.
    pub start: (Option<u32>, Option<u32>),
    /// Line where it ends, and the column after its last character, from 1.
    pub end: (Option<u32>, Option<u32>),
    /// What to do about it.
    pub help: Option<String>,
    /// More to read.
    pub detail: Option<String>,
}

impl Reported {
    /// Something wrong at no place.
    pub(super) fn new(rule: impl Into<String>, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            severity,
            message: message.into(),
            file: None,
            start: (None, None),
            end: (None, None),
            help: None,
            detail: None,
        }
    }
}

/// A report that tells nothing, or nothing that can be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It is not of the form that its format describes, or ends before its end.
    #[error("the {format} report cannot be read: {what}")]
    Form {
        /// The format's name.
        format: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// One part of it says something else than another.
    #[error("the {format} report contradicts itself: {what}")]
    Contradiction {
        /// The format's name.
        format: &'static str,
        /// What says what.
        what: String,
    },
    /// The tool says that it did not do its work to the end.
    #[error("the {format} report says that the tool failed: {what}")]
    ToolFailed {
        /// The format's name.
        format: &'static str,
        /// In the tool's words.
        what: String,
    },
    /// It says that nothing was judged.
    #[error("the {format} report says that nothing was judged: {what}")]
    Nothing {
        /// The format's name.
        format: &'static str,
        /// What is not there.
        what: String,
    },
}

/// A line or column as reports write it: a number from 1.
pub(super) fn ordinal(format: &'static str, what: &str, number: u64) -> Result<u32, ReportError> {
    u32::try_from(number)
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| ReportError::Form { format, what: format!("{number} is no {what}") })
}
