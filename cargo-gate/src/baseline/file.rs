//! The form of `bulletproof.baseline.json`.
//!
//! Gates, then files, then entries, all sorted, each key on a line of its own. A file whose findings are gone keeps
//! an empty list of two lines: git takes deletions that touch each other for a conflict, and the lines that stay
//! keep what two branches mended in two files apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use schemars::JsonSchema;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::report::FindingReport;

/// Where a baseline lies, relative to the workspace root.
pub const NAME: &str = "bulletproof.baseline.json";

/// The version of the form that this program writes and reads.
const VERSION: u64 = 1;

/// What is accepted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Baseline {
    /// Gate → file (empty for none) → entries, sorted by rule and fingerprint.
    pub(super) gates: BTreeMap<String, BTreeMap<String, Vec<Accepted>>>,
}

/// A finding that is accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// `gate/rule`.
    pub rule: String,
    /// The identity of the finding: 16 hexadecimal digits.
    #[serde(deserialize_with = "fingerprint")]
    pub fingerprint: String,
    /// What it said when it was accepted, for the reader.
    pub message: String,
    /// The figure that it is about, if it is about one: up to this it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<f64>,
}

impl Accepted {
    fn is_of(&self, finding: &FindingReport) -> bool {
        self.rule == finding.rule && self.fingerprint == finding.fingerprint
    }
}

/// An accepted finding with where it belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The gate.
    pub gate: String,
    /// The file, relative to the workspace root; empty for none.
    pub file: String,
    /// The finding.
    #[serde(flatten)]
    pub accepted: Accepted,
}

impl Entry {
    /// Whether it is about that finding of its gate.
    pub(super) fn is_of(&self, finding: &FindingReport) -> bool {
        self.file == finding.file.as_deref().unwrap_or_default() && self.accepted.is_of(finding)
    }
}

/// A baseline that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{NAME}:{line}:{column}: {message}")]
pub struct BaselineError {
    line: usize,
    column: usize,
    message: String,
}

impl BaselineError {
    fn at(line: usize, message: impl Into<String>) -> Self {
        Self { line, column: 1, message: message.into() }
    }

    fn json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // serde_json tells the place at the end of its message as well
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned();
        Self { line: error.line().max(1), column: error.column().max(1), message }
    }
}

impl Baseline {
    /// Reads a baseline. The order of its parts does not matter.
    ///
    /// # Errors
    /// When it is no JSON of this form, of another version, or accepts one finding twice.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        if let Some(line) = conflict(text) {
            let message = "a merge left its marks here; keep the lines of either side, then run `cargo bulletproof baseline prune`";
            return Err(BaselineError::at(line, message));
        }
        let form: AnyVersion = serde_json::from_str(text).map_err(|error| BaselineError::json(&error))?;
        match form.version {
            Some(VERSION) => {}
            Some(other) => {
                let message = format!(
                    "it has the form of version {other}, and this program knows version {VERSION}: use the cargo-bulletproof that wrote it, or a newer one"
                );
                return Err(BaselineError::at(line_of(text, "\"version\""), message));
            }
            None => {
                let message = format!("it names no `version`; this program knows version {VERSION}");
                return Err(BaselineError::at(1, message));
            }
        }
        let form: Form = serde_json::from_str(text).map_err(|error| BaselineError::json(&error))?;
        let mut seen = BTreeSet::new();
        let mut baseline = Self::default();
        for (gate, files) in form.accepted.0 {
            for (file, entries) in files.0 {
                for accepted in entries {
                    if !seen.insert(accepted.fingerprint.clone()) {
                        let print = &accepted.fingerprint;
                        let message = format!("the finding {print} is accepted twice; remove one of the two");
                        return Err(BaselineError { message, ..last(text, print) });
                    }
                    baseline.add(&gate, &file, accepted);
                }
                baseline.gates.entry(gate.clone()).or_default().entry(file).or_default();
            }
        }
        Ok(baseline)
    }

    /// Adds an entry at its place.
    pub(super) fn add(&mut self, gate: &str, file: &str, accepted: Accepted) {
        let files = self.gates.entry(gate.to_owned()).or_default();
        let entries = files.entry(file.to_owned()).or_default();
        let place = entries.partition_point(|other| key(other) < key(&accepted));
        entries.insert(place, accepted);
    }

    /// Every entry, sorted by gate, file, rule and fingerprint.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let files =
            self.gates.iter().flat_map(|(gate, files)| files.iter().map(move |(file, of)| (gate, file, of)));
        files.flat_map(|(gate, file, entries)| {
            let entry = |accepted: &Accepted| Entry {
                gate: gate.clone(),
                file: file.clone(),
                accepted: accepted.clone(),
            };
            entries.iter().map(entry)
        })
    }

    /// The entry of a gate's finding. Its fingerprint stands for its rule and file, which an entry that somebody
    /// wrote by hand may name otherwise: such a one is about nothing.
    pub(super) fn entry(&self, gate: &str, finding: &FindingReport) -> Option<&Accepted> {
        let file = finding.file.as_deref().unwrap_or_default();
        self.gates.get(gate)?.get(file)?.iter().find(|accepted| accepted.is_of(finding))
    }

    /// Whether nothing is accepted.
    pub fn is_empty(&self) -> bool {
        self.gates.values().flat_map(BTreeMap::values).all(Vec::is_empty)
    }

    /// The text of the file: the same for the same content. An empty list takes two lines as any other.
    pub fn text(&self) -> String {
        let mut text = format!("{{\n  \"version\": {VERSION},\n  \"accepted\": {{");
        for (number, (gate, files)) in self.gates.iter().enumerate() {
            let _ = write!(text, "{}\n    {}: {{", comma(number), quoted(gate));
            for (number, (file, entries)) in files.iter().enumerate() {
                let _ = write!(text, "{}\n      {}: [", comma(number), quoted(file));
                for (number, accepted) in entries.iter().enumerate() {
                    let entry = serde_json::to_string_pretty(accepted).unwrap_or_default();
                    let _ = write!(text, "{}\n        {}", comma(number), entry.replace('\n', "\n        "));
                }
                text.push_str("\n      ]");
            }
            text.push_str("\n    }");
        }
        text + "\n  }\n}\n"
    }
}

fn comma(number: usize) -> &'static str {
    if number == 0 { "" } else { "," }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn key(accepted: &Accepted) -> (&str, &str) {
    (&accepted.rule, &accepted.fingerprint)
}

/// The first line that a merge with conflicts left, from 1.
fn conflict(text: &str) -> Option<usize> {
    let mark =
        |line: &str| ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
    text.lines().position(mark).map(|index| index + 1)
}

fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).map_or(1, |index| index + 1)
}

/// The last place of that part.
fn last(text: &str, part: &str) -> BaselineError {
    let before = text.rsplit_once(part).map_or("", |(before, _)| before);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let column = line.chars().count() + 1;
    BaselineError { line: before.matches('\n').count() + 1, column, message: String::new() }
}

fn fingerprint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let sound =
        text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if sound {
        Ok(text)
    } else {
        Err(D::Error::custom(format!("`{text}` is no fingerprint (16 hexadecimal digits)")))
    }
}

/// As much of the form as every version has.
#[derive(Deserialize)]
struct AnyVersion {
    version: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(rename = "version")]
    _version: u64,
    accepted: Pairs<Pairs<Vec<Accepted>>>,
}

/// A map whose keys may stand twice, as a merge may leave them.
struct Pairs<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Each(std::marker::PhantomData))
    }
}
