//! The messages as they are on the wire, with only the fields that we use.

use serde::Deserialize;

use super::{Artifact, Diagnostic, Level, Span, Suggestion, TargetId};

#[derive(Deserialize)]
pub(super) struct BuildFinished {
    pub(super) success: bool,
}

#[derive(Deserialize)]
pub(super) struct CompilerArtifact {
    package_id: String,
    target: TargetId,
    profile: Profile,
    fresh: bool,
    executable: Option<String>,
    filenames: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
pub(super) struct CompilerMessage {
    package_id: String,
    target: TargetId,
    message: RustcDiagnostic,
}

#[derive(Deserialize)]
struct RustcDiagnostic {
    level: Level,
    code: Option<Code>,
    message: String,
    spans: Vec<RustcSpan>,
    children: Vec<Child>,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Child {
    message: String,
    spans: Vec<RustcSpan>,
}

#[derive(Deserialize)]
struct RustcSpan {
    file_name: String,
    line_start: u32,
    column_start: u32,
    line_end: u32,
    column_end: u32,
    byte_start: u32,
    byte_end: u32,
    is_primary: bool,
    label: Option<String>,
    suggested_replacement: Option<String>,
    suggestion_applicability: Option<String>,
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: RustcSpan,
}

impl CompilerArtifact {
    pub(super) fn into_artifact(self) -> Artifact {
        Artifact {
            package_id: self.package_id,
            target: self.target,
            test: self.profile.test,
            fresh: self.fresh,
            executable: self.executable,
            filenames: self.filenames,
        }
    }
}

impl CompilerMessage {
    /// The finding, or nothing for the lines that only close a list of findings.
    pub(super) fn into_diagnostic(self) -> Option<Diagnostic> {
        let message = self.message;
        if message.is_closing_remark() {
            return None;
        }
        let mut spans: Vec<Span> = message.spans.iter().map(RustcSpan::resolve).collect();
        spans.sort_by_key(|span| !span.primary);
        let mut notes = Vec::new();
        let mut suggestions = Vec::new();
        for child in message.children {
            let before = suggestions.len();
            suggestions.extend(child.spans.iter().filter_map(|span| {
                Some(Suggestion {
                    message: child.message.clone(),
                    replacement: span.suggested_replacement.clone()?,
                    span: span.resolve(),
                    applicability: span.suggestion_applicability.clone(),
                })
            }));
            if suggestions.len() == before {
                notes.push(child.message);
            }
        }
        Some(Diagnostic {
            package_id: self.package_id,
            target: self.target,
            also_in: Vec::new(),
            level: message.level,
            code: message.code.map(|code| code.code),
            message: message.message,
            spans,
            notes,
            suggestions,
            rendered: message.rendered,
        })
    }
}

impl RustcDiagnostic {
    /// "aborting due to 2 previous errors", "1 warning emitted" and the pointers to `--explain`:
    /// they say nothing that the findings before them do not say.
    fn is_closing_remark(&self) -> bool {
        let text = self.message.as_str();
        self.spans.is_empty()
            && self.code.is_none()
            && (text.starts_with("aborting due to ")
                || text.ends_with(" warning emitted")
                || text.ends_with(" warnings emitted")
                || text.starts_with("For more information about ")
                || text.starts_with("Some errors have detailed explanations"))
    }
}

impl RustcSpan {
    /// The place to show to the user: the span itself, or, where a macro from elsewhere made the
    /// code, the innermost call in the workspace, as rustc itself does.
    fn resolve(&self) -> Span {
        let calls = || {
            std::iter::successors(Some(self), |span| {
                span.expansion.as_deref().map(|expansion| &expansion.span)
            })
        };
        let site = calls().find(|span| span.is_in_workspace()).or_else(|| calls().last()).unwrap_or(self);
        Span {
            file: without_detours(&site.file_name),
            line: site.line_start,
            column: site.column_start,
            end_line: site.line_end,
            end_column: site.column_end,
            byte_start: site.byte_start,
            byte_end: site.byte_end,
            primary: self.is_primary,
            label: self.label.clone(),
            in_expansion: self.expansion.is_some(),
        }
    }

    /// cargo runs rustc in the workspace's root, so its own files have relative names; the standard
    /// library's and other packages' are absolute, and `<…>` is no file at all.
    fn is_in_workspace(&self) -> bool {
        let name = self.file_name.as_str();
        let has_drive = name.as_bytes().get(1) == Some(&b':');
        !(name.starts_with('<') || name.starts_with('/') || name.starts_with('\\') || has_drive)
    }
}

/// A path with `/` between its parts and without `.` and `..`: a `#[path = "../x.rs"]` gives rustc
/// other names for a file that other targets have too.
fn without_detours(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, "" | "..")) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::without_detours;

    #[test]
    fn a_file_has_one_name_whatever_way_leads_to_it() {
        assert_eq!(without_detours("crates/a/tests/../src/b.rs"), "crates/a/src/b.rs");
        assert_eq!(without_detours("./src/b.rs"), "src/b.rs");
        assert_eq!(without_detours("../b.rs"), "../b.rs");
        assert_eq!(without_detours("/rustc/x/../b.rs"), "/rustc/b.rs");
        assert_eq!(without_detours("src\\b.rs"), "src/b.rs");
    }
}
