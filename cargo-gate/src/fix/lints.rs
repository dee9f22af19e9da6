//! The suggestions of rustc and clippy that their authors call machine-applicable, as cargo's own `--fix` applies
//! them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rustfix::diagnostics::Diagnostic;
use rustfix::{CodeFix, Filter, Suggestion, collect_suggestions};
use serde::Deserialize;

/// A line of `--message-format json`.
#[derive(Deserialize)]
struct Line {
    reason: String,
    message: Option<serde_json::Value>,
    success: Option<bool>,
}

/// What a run suggests.
#[derive(Debug, Default)]
pub(super) struct Suggested {
    /// Whether everything compiled.
    pub(super) compiled: bool,
    /// The suggestions for each file, each once, with the lint's name.
    pub(super) files: BTreeMap<String, Vec<(String, Suggestion)>>,
}

/// Reads the suggestions of those lints; one that concerns several files is left out.
pub(super) fn suggested(stdout: &[u8], lints: &HashSet<String>) -> Suggested {
    let text = String::from_utf8_lossy(stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let mut suggested = Suggested::default();
    let mut seen = HashSet::new();
    for line in messages {
        if line.reason == "build-finished" {
            suggested.compiled = line.success == Some(true);
        }
        let Some(diagnostic) = line.message.filter(|_| line.reason == "compiler-message") else {
            continue;
        };
        let Ok(diagnostic) = serde_json::from_value::<Diagnostic>(diagnostic) else { continue };
        let Some(code) = diagnostic.code.as_ref().map(|code| code.code.clone()) else { continue };
        // an empty list would mean every lint
        if !lints.contains(&code) {
            continue;
        }
        let Some(suggestion) = collect_suggestions(&diagnostic, lints, Filter::MachineApplicableOnly) else {
            continue;
        };
        let replacements = suggestion.solutions.iter().flat_map(|solution| &solution.replacements);
        let names: BTreeSet<&str> = replacements.map(|one| one.snippet.file_name.as_str()).collect();
        let [file] = names.iter().copied().collect::<Vec<_>>()[..] else { continue };
        let file = file.replace('\\', "/");
        // a library and its tests say the same
        if seen.insert((code.clone(), suggestion.clone())) {
            suggested.files.entry(file).or_default().push((code, suggestion));
        }
    }
    suggested
}

/// The text with as many of the suggestions as do not stand in each other's way, and how many of each lint; none
/// where none fits.
pub(super) fn applied(
    text: &str,
    suggestions: &[(String, Suggestion)],
) -> Option<(String, BTreeMap<String, usize>)> {
    let mut fix = CodeFix::new(text);
    let mut counts = BTreeMap::new();
    // from the end of the file on, as cargo does
    for (lint, suggestion) in suggestions.iter().rev().filter(|(_, suggestion)| fits(text, suggestion)) {
        if fix.apply(suggestion).is_ok() {
            *counts.entry(lint.clone()).or_default() += 1;
        }
    }
    let fixed = fix.finish().ok().filter(|fixed| fixed != text)?;
    Some((fixed, counts))
}

/// Whether the places of a suggestion lie in the text, between characters.
fn fits(text: &str, suggestion: &Suggestion) -> bool {
    let mut ranges =
        suggestion.solutions.iter().flat_map(|one| &one.replacements).map(|one| &one.snippet.range);
    ranges.all(|range| text.get(range.clone()).is_some())
}
