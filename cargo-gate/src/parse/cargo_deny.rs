//! What `cargo deny --format json check` writes to standard error: a line of JSON for each diagnostic and each line of
//! its log, and a summary as the last one. Without a summary it did not judge.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It fails the check.
    Error,
    /// It is named.
    Warning,
    /// It is for information.
    Note,
    /// It is for information.
    Help,
}

/// One diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What cargo-deny calls it: `rejected`, `banned`, `source-not-allowed`, ….
    pub code: String,
    /// Its weight.
    pub weight: Weight,
    /// What is wrong, in words.
    pub message: String,
    /// The packages it is about, as name and version.
    pub packages: Vec<(String, String)>,
    /// What it points at, each with a remark where there is one.
    pub labels: Vec<Label>,
}

/// What a diagnostic points at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Label {
    /// The line, from 1, of a file that is not named.
    #[serde(default)]
    pub line: u32,
    /// The text there.
    #[serde(default)]
    pub span: String,
    /// What is said of it.
    #[serde(default)]
    pub message: String,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The diagnostics, in cargo-deny's order.
    pub diagnostics: Vec<Diagnostic>,
    /// The number of errors of each check that ran: `licenses`, `bans`, ….
    pub errors: BTreeMap<String, u64>,
    /// Errors in its log: what it could not do.
    pub log_errors: Vec<String>,
}

/// Output that is no finished check.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CargoDenyError {
    /// Not a line that cargo-deny writes.
    #[error("line {line} of cargo-deny's answer cannot be read: {reason}")]
    Malformed {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// It ended before it had judged.
    #[error("cargo-deny gave no summary: it did not finish{}", .0.as_ref().map(|log| format!(": {log}")).unwrap_or_default())]
    NoSummary(Option<String>),
    /// Something came after the summary.
    #[error("cargo-deny wrote more after its summary")]
    AfterSummary,
    /// The summary counts other errors than there are.
    #[error("cargo-deny's summary counts {summary} errors, and there are {found}")]
    Contradiction {
        /// By the summary.
        summary: u64,
        /// By the diagnostics.
        found: u64,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "fields", rename_all = "lowercase")]
enum Line {
    Diagnostic(Fields),
    Log(Log),
    Summary(BTreeMap<String, Counts>),
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    code: Option<String>,
    severity: Weight,
    message: String,
    #[serde(default)]
    graphs: Vec<Node>,
    #[serde(default)]
    labels: Vec<Label>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "Krate")]
    package: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    version: Value,
}

#[derive(Deserialize)]
struct Log {
    level: String,
    message: String,
}

#[derive(Deserialize)]
struct Counts {
    errors: u64,
}

/// Reads the standard error of one check.
///
/// # Errors
/// For anything but a finished check.
pub fn parse(stderr: &[u8]) -> Result<Checked, CargoDenyError> {
    let mut checked = Checked::default();
    let mut finished = false;
    let mut last_log = None;
    let lines = stderr.split(|byte| *byte == b'\n').enumerate();
    for (index, bytes) in lines.filter(|(_, bytes)| !bytes.trim_ascii().is_empty()) {
        if finished {
            return Err(CargoDenyError::AfterSummary);
        }
        match serde_json::from_slice(bytes) {
            Ok(Line::Diagnostic(fields)) => checked.diagnostics.push(diagnostic(fields)),
            Ok(Line::Log(log)) => {
                if log.level == "ERROR" {
                    checked.log_errors.push(log.message.clone());
                }
                last_log = Some(log.message);
            }
            Ok(Line::Summary(counts)) => {
                finished = true;
                checked.errors = counts.into_iter().map(|(name, counts)| (name, counts.errors)).collect();
            }
            Err(error) => {
                return Err(CargoDenyError::Malformed { line: index + 1, reason: error.to_string() });
            }
        }
    }
    if !finished {
        return Err(CargoDenyError::NoSummary(last_log));
    }
    let found = checked.diagnostics.iter().filter(|one| one.weight == Weight::Error).count() as u64;
    let summary = checked.errors.values().fold(0, |sum: u64, count| sum.saturating_add(*count));
    if found != summary {
        return Err(CargoDenyError::Contradiction { summary, found });
    }
    Ok(checked)
}

fn diagnostic(fields: Fields) -> Diagnostic {
    let named = fields.graphs.into_iter().filter_map(|node| node.package);
    let version = |version: Value| version.as_str().map_or_else(|| version.to_string(), str::to_owned);
    Diagnostic {
        code: fields.code.unwrap_or_default(),
        weight: fields.severity,
        message: fields.message,
        packages: named.map(|package| (package.name, version(package.version))).collect(),
        labels: fields.labels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From cargo-deny 0.20.2, with the graphs cut short.
    const RECORDED: &[u8] = include_bytes!("recorded/cargo_deny/rejected.jsonl");

    #[test]
    fn a_finished_check_names_its_packages() {
        let checked = parse(RECORDED).unwrap();
        let rejected = &checked.diagnostics[0];
        assert_eq!((rejected.code.as_str(), rejected.weight), ("rejected", Weight::Error));
        assert_eq!(rejected.packages, [("adler2".to_owned(), "2.0.1".to_owned())]);
        assert_eq!(rejected.labels[1].span, "0BSD");
        let duplicate = &checked.diagnostics[1];
        assert_eq!((duplicate.code.as_str(), duplicate.packages.len()), ("duplicate", 3));
        assert_eq!(checked.errors["licenses"], 1);
        assert!(checked.log_errors.is_empty());
    }

    #[test]
    fn a_check_without_its_summary_did_not_judge() {
        let whole: Vec<&[u8]> = RECORDED.trim_ascii_end().split(|byte| *byte == b'\n').collect();
        let cut = whole[..whole.len() - 1].join(&b'\n');
        assert!(matches!(parse(&cut), Err(CargoDenyError::NoSummary(Some(_)))));
        assert_eq!(parse(b""), Err(CargoDenyError::NoSummary(None)));
        assert!(parse(b"error: no such subcommand\n").is_err());
    }

    #[test]
    fn a_summary_that_counts_other_errors_is_no_answer() {
        let text = String::from_utf8(RECORDED.to_vec()).unwrap();
        let denied = text.replace("\"licenses\":{\"errors\":1", "\"licenses\":{\"errors\":0");
        assert_eq!(parse(denied.as_bytes()), Err(CargoDenyError::Contradiction { summary: 0, found: 1 }));
        let more = format!("{text}{text}");
        assert_eq!(parse(more.as_bytes()), Err(CargoDenyError::AfterSummary));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn an_answer_that_is_cut_short_is_never_a_finished_check(cut in 0..RECORDED.len() - 2) {
            proptest::prop_assert!(parse(&RECORDED[..cut]).is_err());
        }
    }
}
