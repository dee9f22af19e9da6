//! Findings: one thing wrong, with its place, what to do, and an identity that outlives moved lines.

use std::cmp::Ordering;
use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How much a finding weighs: an error fails its gate, a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Named in the report; the gate is `warned`.
    Warning,
    /// The gate is `failed`.
    Error,
}

/// A place in a file. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Relative to the workspace root, with `/` between its parts.
    pub file: String,
    /// First line, where the place is narrower than the file.
    pub line: Option<u32>,
    /// First column.
    pub column: Option<u32>,
    /// Last line.
    pub end_line: Option<u32>,
    /// The column after the last character.
    pub end_column: Option<u32>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }

    /// One line of a file.
    pub fn line(file: impl Into<String>, line: u32) -> Self {
        Self { file: file.into(), line: Some(line), ..Self::default() }
    }
}

/// Source text around a place, for the snippet that people read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The text of whole lines.
    pub text: String,
    /// The number of its first line.
    pub first_line: u32,
    /// What is marked: byte offsets into `text`.
    pub mark: std::ops::Range<usize>,
}

/// The figure that a finding is about. A baseline accepts the finding up to a figure, so the anchor of such a
/// finding must not contain it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measure {
    /// The figure, in the unit that the rule has.
    pub value: f64,
    /// Which side is worse.
    pub worse: Worse,
}

/// Which side of a figure is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Worse {
    /// More is worse: a size.
    Higher,
    /// Less is worse: a coverage.
    Lower,
}

impl Measure {
    /// Whether the figure is worse than that one. One that is no number is worse than any.
    pub fn is_worse_than(self, other: f64) -> bool {
        match self.worse {
            Worse::Higher => {
                !matches!(self.value.partial_cmp(&other), Some(Ordering::Less | Ordering::Equal))
            }
            Worse::Lower => {
                !matches!(self.value.partial_cmp(&other), Some(Ordering::Greater | Ordering::Equal))
            }
        }
    }

    /// Whether the figure is better than that one.
    pub fn is_better_than(self, other: f64) -> bool {
        match self.worse {
            Worse::Higher => self.value < other,
            Worse::Lower => self.value > other,
        }
    }
}

/// One thing wrong, as a gate found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// `gate/rule`.
    pub rule: String,
    /// Its weight before the config had its say.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What to do about it.
    pub help: Option<String>,
    /// More to read: a diff, a test's output.
    pub detail: Option<String>,
    /// The source at that place.
    pub excerpt: Option<Excerpt>,
    /// What names this finding apart from its line number: the source line, an advisory's id.
    pub anchor: String,
    /// The figure that it is about, where a bar over a figure is missed.
    pub measure: Option<Measure>,
}

impl Finding {
    /// An error of the rule `gate/rule`, with the message as its anchor.
    pub fn error(rule: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            rule: rule.into(),
            severity: Severity::Error,
            anchor: message.clone(),
            message,
            place: None,
            help: None,
            detail: None,
            excerpt: None,
            measure: None,
        }
    }

    /// The same as a warning.
    pub fn warning(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, message) }
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Sets what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets what there is to read beyond the message.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Sets the source excerpt.
    #[must_use]
    pub fn excerpt(mut self, excerpt: Option<Excerpt>) -> Self {
        self.excerpt = excerpt;
        self
    }

    /// Sets the figure that it is about.
    #[must_use]
    pub fn measure(mut self, value: f64, worse: Worse) -> Self {
        self.measure = Some(Measure { value, worse });
        self
    }

    /// Sets what names this finding apart from its line number.
    #[must_use]
    pub fn anchor(mut self, anchor: impl Into<String>) -> Self {
        self.anchor = anchor.into();
        self
    }
}

/// Sorts findings by place and gives each its fingerprint: 16 hexadecimal digits of the SHA-256 of
/// rule, file, anchor and, where those are equal, its number among the equal ones.
pub fn fingerprints(mut findings: Vec<Finding>) -> Vec<(Finding, String)> {
    findings.sort_by(|a, b| (&a.place, &a.rule, &a.message).cmp(&(&b.place, &b.rule, &b.message)));
    let mut seen: HashMap<(String, String, String), u32> = HashMap::new();
    findings
        .into_iter()
        .map(|finding| {
            let file = finding.place.as_ref().map(|place| place.file.clone()).unwrap_or_default();
            let anchor = finding.anchor.split_whitespace().collect::<Vec<_>>().join(" ");
            let number = seen.entry((finding.rule.clone(), file.clone(), anchor.clone())).or_default();
            let print = digest(&[&finding.rule, &file, &anchor, &number.to_string()]);
            *number += 1;
            (finding, print)
        })
        .collect()
}

/// 16 hexadecimal digits of the SHA-256 over parts that a NUL keeps apart.
pub fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32) -> Finding {
        Finding::error("panics/unwrap", "`unwrap` may panic")
            .at(Place::line("src/a.rs", line))
            .anchor("x.unwrap();")
    }

    fn prints(findings: Vec<Finding>) -> Vec<String> {
        fingerprints(findings).into_iter().map(|(_, print)| print).collect()
    }

    #[test]
    fn a_finding_keeps_its_fingerprint_when_lines_move() {
        assert_eq!(prints(vec![at(3)]), prints(vec![at(300)]));
    }

    #[test]
    fn indentation_does_not_change_a_fingerprint() {
        assert_eq!(prints(vec![at(3).anchor("    x.unwrap();  ")]), prints(vec![at(3)]));
    }

    #[test]
    fn equal_lines_have_fingerprints_of_their_own() {
        let both = prints(vec![at(9), at(3)]);
        assert_eq!(both.len(), 2);
        assert_ne!(both[0], both[1]);
        assert_eq!(both[0], prints(vec![at(3)])[0]);
    }

    #[test]
    fn parts_of_a_digest_do_not_run_together() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}
