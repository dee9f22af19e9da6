//! cargo's JSON messages.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::corpus::Error;
use crate::corpus::cargo::Ran;

/// A place that a lint speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::corpus) struct Site {
    /// Relative to the workspace root; `-` where there is no place.
    pub(in crate::corpus) file: String,
    /// Line and column of its first character, from 1.
    pub(in crate::corpus) start: (u32, u32),
    /// Line and column after its last character.
    pub(in crate::corpus) end: (u32, u32),
    /// The lint or rule, without the tool's name.
    pub(in crate::corpus) rule: String,
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{} ({})", self.file, self.start.0, self.start.1, self.rule)
    }
}

/// One message about a package.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Message {
    pub(super) reason: String,
    #[serde(default)]
    pub(super) package_id: String,
    #[serde(default)]
    pub(super) target: Option<Target>,
    #[serde(default, rename = "message")]
    pub(super) diagnostic: Option<Diagnostic>,
    #[serde(default)]
    pub(super) filenames: Vec<String>,
    #[serde(default)]
    pub(super) success: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Target {
    pub(super) kind: Vec<String>,
    pub(super) name: String,
}

impl Target {
    pub(super) fn is_production(&self) -> bool {
        let others = ["test", "bench", "example", "custom-build"];
        !self.kind.iter().any(|kind| others.contains(&kind.as_str()))
    }

    pub(super) fn describe(&self) -> String {
        format!("{} {}", self.kind.first().map_or("", String::as_str), self.name)
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Diagnostic {
    pub(super) level: String,
    pub(super) code: Option<Code>,
    pub(super) message: String,
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Code {
    pub(super) code: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Span {
    file_name: String,
    line_start: u32,
    line_end: u32,
    column_start: u32,
    column_end: u32,
    is_primary: bool,
    expansion: Option<Box<Expansion>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Expansion {
    span: Span,
}

impl Span {
    /// The place in a file: that of the call, where a macro of the standard library holds the span.
    fn in_file(&self) -> &Self {
        match &self.expansion {
            Some(expansion) if self.file_name.starts_with('<') => expansion.span.in_file(),
            _ => self,
        }
    }
}

impl Diagnostic {
    /// The lint's name without the tool's; `warning` or `error` where there is none.
    pub(super) fn rule(&self) -> &str {
        let code = self.code.as_ref().map_or(self.level.as_str(), |code| code.code.as_str());
        code.trim_start_matches("clippy::").trim_start_matches("rustc::")
    }

    /// Whether it is an error of the language and no lint.
    pub(super) fn is_language_error(&self) -> bool {
        let numbered =
            |code: &str| code.strip_prefix('E').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        self.level == "error" && self.code.as_ref().is_none_or(|code| numbered(&code.code))
    }

    /// Whether it only counts the others.
    pub(super) fn is_summary(&self) -> bool {
        self.spans.is_empty() && self.code.is_none()
    }

    /// The first place it speaks of.
    pub(super) fn site(&self, root: &Path) -> Site {
        let rule = self.rule().to_owned();
        let Some(span) = self.spans.iter().find(|span| span.is_primary).map(Span::in_file) else {
            return Site { file: "-".to_owned(), start: (0, 0), end: (0, 0), rule };
        };
        let file = relative(root, &span.file_name);
        Site {
            file,
            start: (span.line_start, span.column_start),
            end: (span.line_end, span.column_end),
            rule,
        }
    }
}

/// A path as rustc writes it, relative to the root and without `.` and `..`; a path elsewhere stays
/// absolute.
pub(super) fn relative(root: &Path, path: &str) -> String {
    let mut normal = PathBuf::new();
    for part in root.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal.strip_prefix(root).unwrap_or(&normal).to_string_lossy().replace('\\', "/")
}

/// Reads the messages of a run.
pub(super) fn read(ran: &Ran) -> Result<Vec<Message>, Error> {
    let lines = ran.stdout.lines().filter(|line| line.starts_with('{'));
    let messages: Result<Vec<Message>, _> = lines.map(serde_json::from_str).collect();
    let messages = messages.map_err(|cause| ran.unreadable(cause))?;
    if messages.iter().any(|message| message.reason == "build-finished") {
        Ok(messages)
    } else {
        Err(ran.failure())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_that_of_the_call_where_the_macro_is_not_in_a_file() {
        let span = |file: &str, line: u32, expansion: &str| {
            format!(
                "{{\"file_name\":\"{file}\",\"line_start\":{line},\"line_end\":{line},\"column_start\":1,\
                 \"column_end\":5,\"is_primary\":true,\"expansion\":{expansion}}}"
            )
        };
        let outer = format!("{{\"span\":{}}}", span("/ws/src/a.rs", 7, "null"));
        let text = format!(
            "{{\"level\":\"warning\",\"code\":{{\"code\":\"clippy::panic\"}},\"message\":\"m\",\"spans\":[{}]}}",
            span("<::std::macros::panic>", 1, &outer)
        );
        let diagnostic: Diagnostic = serde_json::from_str(&text).unwrap();
        assert_eq!(diagnostic.site(Path::new("/ws")).to_string(), "src/a.rs:7:1 (panic)");
        assert!(!diagnostic.is_summary() && !diagnostic.is_language_error());
    }

    #[test]
    fn a_path_is_told_without_its_detours() {
        assert_eq!(relative(Path::new("/ws"), "src/../examples/./a.rs"), "examples/a.rs");
        assert_eq!(relative(Path::new("/ws"), "/elsewhere/a.rs"), "/elsewhere/a.rs");
    }

    #[test]
    fn a_run_without_its_end_is_no_answer() {
        let ran = |stdout: &str| Ran {
            what: "cargo check".to_owned(),
            code: Some(0),
            stdout: stdout.to_owned(),
            stderr: String::new(),
        };
        assert!(read(&ran("")).is_err());
        assert_eq!(read(&ran("{\"reason\":\"build-finished\",\"success\":true}\n")).unwrap().len(), 1);
    }
}
