//! Findings as JSON, one object a line: the plainest form in which a command of one's own can tell
//! what it found.
//!
//! ```text
//! {"rule": "naming", "severity": "error", "message": "…", "file": "src/a.rs", "line": 3, "help": "…"}
//! {"done": {"checked": 12, "findings": 1}}
//! ```
//!
//! The last line tells how many things were checked and how many findings there are. Without it, output
//! that was cut short could not be told from one that found nothing.

use serde::Deserialize;

use super::reported::{ReportError, Reported, ordinal};
use crate::finding::Severity;

const FORMAT: &str = "JSON lines";

/// What the command found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonLines {
    /// How many things it looked at; at least one.
    pub checked: u64,
    /// The findings in their order.
    pub findings: Vec<Reported>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingLine {
    #[serde(default)]
    rule: String,
    #[serde(default)]
    severity: Level,
    message: String,
    file: Option<String>,
    line: Option<u64>,
    column: Option<u64>,
    end_line: Option<u64>,
    end_column: Option<u64>,
    help: Option<String>,
    detail: Option<String>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    Error,
    Warning,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    done: Done,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {
    checked: u64,
    findings: u64,
}

/// Reads a command's standard output.
///
/// # Errors
/// When a line is no finding, when the last line is missing or its number of findings is another, and
/// when nothing was checked.
pub fn parse(bytes: &[u8]) -> Result<JsonLines, ReportError> {
    let text = std::str::from_utf8(bytes).map_err(|_| form("it is not UTF-8"))?;
    let lines: Vec<(usize, &str)> =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    let Some(((_, last), lines)) = lines.split_last() else {
        return Err(form("it is empty"));
    };
    let Last { done } = serde_json::from_str(last).map_err(|_| {
        form("its last line is not `{\"done\": {\"checked\": …, \"findings\": …}}`, so it may be cut short")
    })?;
    let findings =
        lines.iter().map(|(number, line)| finding(number + 1, line)).collect::<Result<Vec<_>, _>>()?;
    if done.findings != findings.len() as u64 {
        let what =
            format!("its last line counts {} findings, and there are {}", done.findings, findings.len());
        return Err(ReportError::Contradiction { format: FORMAT, what });
    }
    if done.checked == 0 {
        return Err(ReportError::Nothing { format: FORMAT, what: "`checked` is 0".to_owned() });
    }
    Ok(JsonLines { checked: done.checked, findings })
}

fn finding(number: usize, text: &str) -> Result<Reported, ReportError> {
    let line: FindingLine =
        serde_json::from_str(text).map_err(|error| form(&format!("line {number}: {error}")))?;
    let severity = match line.severity {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
    };
    if line.message.trim().is_empty() {
        return Err(form(&format!("line {number}: the message is empty")));
    }
    let place = |what, number: Option<u64>| number.map(|number| ordinal(FORMAT, what, number)).transpose();
    Ok(Reported {
        file: line.file,
        start: (place("line", line.line)?, place("column", line.column)?),
        end: (place("line", line.end_line)?, place("column", line.end_column)?),
        help: line.help,
        detail: line.detail,
        ..Reported::new(line.rule, severity, line.message)
    })
}

fn form(what: &str) -> ReportError {
    ReportError::Form { format: FORMAT, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "{\"rule\":\"naming\",\"message\":\"a\",\"file\":\"src/a.rs\",\"line\":3,\"column\":9}\n\
                       {\"severity\":\"warning\",\"message\":\"b\",\"help\":\"do\"}\n\
                       {\"done\":{\"checked\":4,\"findings\":2}}\n";

    #[test]
    fn each_line_is_a_finding_and_the_last_one_counts_them() {
        let read = parse(TWO.as_bytes()).unwrap();
        assert_eq!((read.checked, read.findings.len()), (4, 2));
        assert_eq!(read.findings[0].start, (Some(3), Some(9)));
        assert_eq!(read.findings[1].severity, Severity::Warning);
        assert!(parse(b"{\"done\":{\"checked\":1,\"findings\":0}}").unwrap().findings.is_empty());
    }

    #[test]
    fn output_without_its_last_line_may_be_cut_short() {
        for text in ["", "\n", "{\"message\":\"a\"}\n"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_count_that_disagrees_is_a_contradiction() {
        let text = TWO.replace("\"findings\":2", "\"findings\":1");
        assert!(matches!(parse(text.as_bytes()), Err(ReportError::Contradiction { .. })));
        let text = TWO.replace("\"checked\":4", "\"checked\":0");
        assert!(matches!(parse(text.as_bytes()), Err(ReportError::Nothing { .. })));
    }

    #[test]
    fn a_line_that_is_no_finding_is_named() {
        for line in [
            "x",
            "{}",
            "{\"message\":\" \"}",
            "{\"message\":\"a\",\"line\":0}",
            "{\"message\":\"a\",\"sevrity\":\"error\"}",
        ] {
            let error = parse(format!("{line}\n{{\"done\":{{\"checked\":1,\"findings\":1}}}}").as_bytes());
            assert!(matches!(error, Err(ReportError::Form { .. })), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_findings_or_an_error(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn output_cut_anywhere_is_an_error(end in 0..TWO.len() - 1) {
            proptest::prop_assert!(parse(&TWO.as_bytes()[..end]).is_err());
        }
    }
}
