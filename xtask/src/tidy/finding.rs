//! What a rule finds.

use std::fmt;

/// One place where a rule is not kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// Relative to the top folder.
    pub(super) file: String,
    /// From 1.
    pub(super) line: u32,
    /// The rule's name.
    pub(super) rule: &'static str,
    /// What is wrong, and what to do.
    pub(super) message: String,
}

impl Finding {
    pub(super) fn new(file: &str, line: u32, rule: &'static str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, rule, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.rule, self.message)
    }
}

/// The places and rules of findings, for tests.
#[cfg(test)]
pub(super) fn places(findings: &[Finding]) -> Vec<(u32, &'static str)> {
    findings.iter().map(|finding| (finding.line, finding.rule)).collect()
}
