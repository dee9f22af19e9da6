//! The messages of `cargo check|clippy|build|doc --message-format=json`, one JSON value a line.
//!
//! The format is cargo's ("External tools" in the Cargo book); the diagnostics inside it are
//! rustc's ("JSON output" in the rustc book). Reasons and fields that are not named here are
//! ignored, as both books ask.

mod raw;

use std::borrow::Cow;

use serde::Deserialize;
use thiserror::Error;

use super::cargo_error::blames_machine;
use super::text::excerpt;

/// Everything that one finished call of cargo reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoRun {
    /// What cargo says in `build-finished`: every requested unit was built.
    pub success: bool,
    /// The compiler's findings in the order of output; once for every unit that reported them.
    pub diagnostics: Vec<Diagnostic>,
    /// The files made, or found up to date.
    pub artifacts: Vec<Artifact>,
    /// What the build scripts said.
    pub scripts: Vec<ScriptRun>,
}

/// What a build script told cargo.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ScriptRun {
    /// cargo's id of its package.
    pub package_id: String,
    /// Where it wrote files.
    pub out_dir: String,
    /// The variables that it sets for its crate, each with its value.
    pub env: Vec<(String, String)>,
    /// The conditions that it turns on.
    pub cfgs: Vec<String>,
    /// The libraries that it has linked.
    pub linked_libs: Vec<String>,
    /// Where it has them searched for, with what is searched for there: `native=/target/debug/build/demo-1/out`.
    pub linked_paths: Vec<String>,
}

/// The output of one compilation unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// cargo's package id, such as `path+file:///ws/demo#0.1.0`.
    pub package_id: String,
    /// The target that was compiled.
    pub target: TargetId,
    /// Compiled as a test (`profile.test`).
    pub test: bool,
    /// Nothing had to be done.
    pub fresh: bool,
    /// The program, where the unit makes one.
    pub executable: Option<String>,
    /// All files of the unit.
    pub filenames: Vec<String>,
}

/// A cargo target: a library, program, test, example, benchmark or build script.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TargetId {
    /// Its name.
    pub name: String,
    /// Its kinds, such as `lib`, `bin`, `test` or `custom-build`.
    #[serde(rename = "kind")]
    pub kinds: Vec<String>,
    /// Absolute path of its root source file.
    pub src_path: String,
}

/// One finding of the compiler or of clippy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// cargo's id of the package that was compiled.
    pub package_id: String,
    /// The target that was compiled.
    pub target: TargetId,
    /// Further targets with the same finding; filled by [`distinct`].
    pub also_in: Vec<TargetId>,
    /// How serious it is.
    pub level: Level,
    /// The lint or error code, such as `unused_variables`, `clippy::unwrap_used` or `E0308`.
    pub code: Option<String>,
    /// The message's first line.
    pub message: String,
    /// The places, primary ones first.
    pub spans: Vec<Span>,
    /// The texts of notes and helps that propose no edit.
    pub notes: Vec<String>,
    /// Proposed edits; the parts of one edit are single entries with the same message.
    pub suggestions: Vec<Suggestion>,
    /// The finding as rustc would print it.
    pub rendered: Option<String>,
}

impl Diagnostic {
    /// Whether the machine is to blame and not the code.
    pub fn blames_machine(&self) -> bool {
        std::iter::once(&self.message).chain(&self.notes).any(|text| blames_machine(text))
    }

    /// The message with its place in front.
    pub fn summary(&self) -> String {
        let place = self.spans.first().map(|span| format!("{}:{}: ", span.file, span.line));
        place.unwrap_or_default() + &self.message
    }
}

/// rustc's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The compilation fails.
    Error,
    /// A warning.
    Warning,
    /// A remark on its own.
    Note,
    /// Advice on its own.
    Help,
    /// A remark on the failure as a whole.
    FailureNote,
    /// The compiler itself failed.
    #[serde(rename = "error: internal compiler error")]
    Ice,
}

/// A place in a source file. Lines and columns count from 1, columns in characters; bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Span {
    /// The file, relative to the workspace's root where it lies inside.
    pub file: String,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// The column after the last character.
    pub end_column: u32,
    /// Offset of the first byte in the file.
    pub byte_start: u32,
    /// Offset after the last byte in the file.
    pub byte_end: u32,
    /// The finding is about this place; other spans explain it.
    pub primary: bool,
    /// The text at the place.
    pub label: Option<String>,
    /// The code comes from a macro. Where the macro is not of the workspace, the place is the call
    /// of it.
    pub in_expansion: bool,
}

/// A proposed edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What it is for.
    pub message: String,
    /// The new text; empty to delete.
    pub replacement: String,
    /// The text to replace.
    pub span: Span,
    /// rustc's word for how sure it is, such as `MachineApplicable`.
    pub applicability: Option<String>,
}

/// cargo's messages are incomplete or not what cargo writes.
#[derive(Debug, Error)]
pub enum MessageError {
    /// Nothing was printed.
    #[error("cargo printed no messages: it failed before it built anything")]
    Empty,
    /// A line is not UTF-8.
    #[error("line {line} of cargo's messages is not UTF-8 text")]
    NotUtf8 {
        /// Line number, counted from 1.
        line: usize,
    },
    /// A line is not a message.
    #[error("line {line} of cargo's messages is not a message of cargo ({cause}): `{excerpt}`")]
    Malformed {
        /// Line number, counted from 1.
        line: usize,
        /// The start of the line.
        excerpt: String,
        /// What is wrong with it.
        cause: serde_json::Error,
    },
    /// The closing message is missing.
    #[error("cargo's output ends without `build-finished` after line {lines} (cut short)")]
    CutShort {
        /// How many lines there are.
        lines: usize,
    },
}

#[derive(Deserialize)]
struct Reason<'a> {
    #[serde(borrow)]
    reason: Cow<'a, str>,
}

/// Reads the standard output of one cargo call.
///
/// # Errors
///
/// When the output is empty, a line is not a JSON message, or the closing `build-finished` is
/// missing.
pub fn parse(stdout: &[u8]) -> Result<CargoRun, MessageError> {
    if stdout.is_empty() {
        return Err(MessageError::Empty);
    }
    let body = stdout.strip_suffix(b"\n").unwrap_or(stdout);
    let mut diagnostics = Vec::new();
    let mut artifacts = Vec::new();
    let mut scripts = Vec::new();
    let mut finished = None;
    let mut lines = 0;
    for (index, bytes) in body.split(|byte| *byte == b'\n').enumerate() {
        lines = index + 1;
        let line = std::str::from_utf8(bytes).map_err(|_| MessageError::NotUtf8 { line: lines })?;
        let malformed = |cause| MessageError::Malformed { line: lines, excerpt: excerpt(line), cause };
        let Reason { reason } = serde_json::from_str(line).map_err(malformed)?;
        match reason.as_ref() {
            "compiler-message" => {
                let message: raw::CompilerMessage = serde_json::from_str(line).map_err(malformed)?;
                diagnostics.extend(message.into_diagnostic());
            }
            "compiler-artifact" => {
                let artifact: raw::CompilerArtifact = serde_json::from_str(line).map_err(malformed)?;
                artifacts.push(artifact.into_artifact());
            }
            "build-script-executed" => scripts.push(serde_json::from_str(line).map_err(malformed)?),
            "build-finished" => {
                let end: raw::BuildFinished = serde_json::from_str(line).map_err(malformed)?;
                finished = Some(end.success && finished.unwrap_or(true));
            }
            _ => {}
        }
    }
    match finished {
        Some(success) => Ok(CargoRun { success, diagnostics, artifacts, scripts }),
        None => Err(MessageError::CutShort { lines }),
    }
}

/// Merges findings that several units report alike (the library, and the library as a test): equal
/// level, code, message and places. The first stays and names the others' targets.
pub fn distinct(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for diagnostic in diagnostics {
        let key =
            (diagnostic.level, diagnostic.code.clone(), diagnostic.message.clone(), diagnostic.spans.clone());
        let place = *places.entry(key).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(first) => {
                if first.target != diagnostic.target && !first.also_in.contains(&diagnostic.target) {
                    first.also_in.push(diagnostic.target);
                }
            }
            None => kept.push(diagnostic),
        }
    }
    kept
}

#[cfg(test)]
mod tests;
