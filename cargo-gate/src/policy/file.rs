//! Reads `deny.toml`, with the place of each entry.

use serde::Deserialize;
use thiserror::Error;
use toml_edit::{Document, Item, Table};

use super::keys::{Odd, Standing, odd_keys, odd_keys_of_exceptions};
use super::sections::{Bans, GraphSection, Licenses, Sources};
use super::spec::Entry;
use crate::finding::{Finding, Place};
use crate::gate::Features;
use crate::graph::Target;
use crate::scan::LineIndex;

/// Keys that stood at the top before there was `[graph]`.
const FORMER_GRAPH: [&str; 6] =
    ["targets", "exclude", "features", "all-features", "no-default-features", "exclude-dev"];

/// A policy file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file} line {line}: {reason}")]
pub struct PolicyError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub reason: String,
}

/// What a policy file says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sections {
    graph: GraphSection,
    licenses: Option<Licenses>,
    bans: Option<Bans>,
    sources: Option<Sources>,
}

#[derive(Deserialize)]
struct FurtherExceptions {
    exceptions: Vec<Entry>,
}

/// A policy: that of a file, or without one what everybody is asked for.
#[derive(Debug, Default)]
pub struct Policy {
    /// Which graph is judged.
    pub(super) graph: GraphSection,
    /// Licences; without, what everybody is asked for.
    pub(super) licenses: Option<Licenses>,
    /// Bans; without, nothing is banned.
    pub(super) bans: Option<Bans>,
    /// Sources; without, what everybody is asked for.
    pub(super) sources: Option<Sources>,
    written: Option<Written>,
    further: Option<Written>,
}

/// A file with its places.
#[derive(Debug)]
struct Written {
    name: String,
    lines: LineIndex,
    document: Document<String>,
}

impl Written {
    fn parse(name: &str, bytes: &[u8]) -> Result<Self, PolicyError> {
        let error = |line: u32, reason: String| PolicyError { file: name.to_owned(), line, reason };
        let text = std::str::from_utf8(bytes).map_err(|_| error(1, "not UTF-8 text".to_owned()))?;
        let lines = LineIndex::new(text);
        let document = Document::parse(text.to_owned()).map_err(|problem| {
            let at = problem.span().map_or(0, |span| span.start);
            error(lines.position(at).line, one_line(problem.message()))
        })?;
        Ok(Self { name: name.to_owned(), lines, document })
    }

    /// The values, decoded; `arrange` may move keys first.
    fn decode<T: serde::de::DeserializeOwned>(
        &self,
        arrange: impl FnOnce(&mut Table),
    ) -> Result<T, PolicyError> {
        let mut table = self.document.as_table().clone();
        arrange(&mut table);
        toml_edit::de::from_document(toml_edit::DocumentMut::from(table)).map_err(|problem| {
            let at = problem.span().map_or(0, |span| span.start);
            let line = self.lines.position(at).line;
            PolicyError { file: self.name.clone(), line, reason: one_line(problem.message()) }
        })
    }

    fn table(&self) -> &Table {
        self.document.as_table()
    }

    fn place(&self, path: &[&str], index: Option<usize>) -> Place {
        let mut item = Some(self.document.as_item());
        for key in path {
            item = item.and_then(|item| item.get(key));
        }
        let entry = index.and_then(|index| item.and_then(|item| span_of_entry(item, index)));
        let span = entry.or_else(|| item.and_then(Item::span));
        match span {
            Some(span) => Place::line(&self.name, self.lines.position(span.start).line),
            None => Place::file(&self.name),
        }
    }
}

fn span_of_entry(item: &Item, index: usize) -> Option<std::ops::Range<usize>> {
    match (item.as_array(), item.as_array_of_tables()) {
        (Some(array), _) => array.get(index)?.span(),
        (_, Some(tables)) => tables.get(index)?.span(),
        _ => None,
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a policy file and, where there is one, the file with further exceptions.
///
/// # Errors
/// For a file that is no TOML, or has a value of the wrong kind. Keys that are not known are findings.
pub fn parse(file: (&str, &[u8]), further: Option<(&str, &[u8])>) -> Result<Policy, PolicyError> {
    let written = Written::parse(file.0, file.1)?;
    let sections: Sections = written.decode(move_former_keys)?;
    let Sections { graph, mut licenses, bans, sources } = sections;
    for (index, entry) in licenses.iter().flat_map(|licenses| &licenses.clarify).enumerate() {
        if entry.more.license_files.is_empty() || entry.more.expression.is_none() {
            let reason = "a clarification needs an `expression` and, under `license-files`, the texts that it rests on";
            let line = written.place(&["licenses", "clarify"], Some(index)).line.unwrap_or(1);
            return Err(PolicyError { file: file.0.to_owned(), line, reason: reason.to_owned() });
        }
    }
    let further = further.map(|(name, bytes)| Written::parse(name, bytes)).transpose()?;
    if let Some(further) = &further {
        let FurtherExceptions { exceptions } = further.decode(|_| ())?;
        licenses.get_or_insert_default().exceptions.extend(exceptions);
    }
    Ok(Policy { graph, licenses, bans, sources, written: Some(written), further })
}

fn move_former_keys(root: &mut Table) {
    for name in FORMER_GRAPH {
        if let Some(item) = root.remove(name) {
            let graph = root.entry("graph").or_insert_with(|| Item::Table(Table::new()));
            if let Some(graph) = graph.as_table_like_mut() {
                graph.insert(name, item);
            }
        }
    }
}

impl Policy {
    /// The file's name, where there is one.
    pub fn name(&self) -> Option<&str> {
        self.written.as_ref().map(|written| written.name.as_str())
    }

    /// The features of the members; none for all of them.
    pub fn features(&self) -> Option<Features> {
        let GraphSection { features, all_features, no_default_features, .. } = &self.graph;
        self.written.as_ref().filter(|_| !all_features).map(|_| Features {
            names: features.clone(),
            all: false,
            no_default: *no_default_features,
        })
    }

    /// The targets; none for all.
    pub(super) fn targets(&self) -> Vec<Target> {
        self.graph.targets.iter().map(|entry| Target::new(entry.triple())).collect()
    }

    /// Where an entry stands: the keys that lead to it, and its number in its list.
    pub(super) fn place(&self, path: &[&str], index: Option<usize>) -> Option<Place> {
        self.written.as_ref().map(|written| written.place(path, index))
    }

    /// Where an exception stands: those of the further file come after the policy's own.
    pub(super) fn place_of_exception(&self, index: usize) -> Option<Place> {
        let own = || self.place(&["licenses", "exceptions"], Some(index));
        let Some(further) = &self.further else { return own() };
        let total = self.licenses.as_ref().map_or(0, |licenses| licenses.exceptions.len());
        let of_further = further.document.get("exceptions").map_or(0, count);
        match index.checked_sub(total.saturating_sub(of_further)) {
            Some(index) => Some(further.place(&["exceptions"], Some(index))),
            None => own(),
        }
    }

    /// Findings for the keys that nothing becomes of, and what is read elsewhere in words.
    pub(super) fn odd_keys(&self) -> (Vec<Finding>, Vec<String>) {
        let (mut findings, mut notes) = (Vec::new(), Vec::new());
        let own = self.written.iter().map(|written| (written, odd_keys(written.table())));
        let further = self.further.iter().map(|written| (written, odd_keys_of_exceptions(written.table())));
        for (written, odd_ones) in own.chain(further) {
            for odd in odd_ones {
                let line = written.lines.position(odd.at).line;
                match finding(&odd, &written.name) {
                    Some(finding) => {
                        let place = Place::line(&written.name, line);
                        findings.push(finding.at(place).anchor(odd.path));
                    }
                    None => {
                        notes.push(format!(
                            "[{}] of {} is for the audit gate, which has settings of its own",
                            odd.path, written.name
                        ));
                    }
                }
            }
        }
        (findings, notes)
    }
}

fn count(item: &Item) -> usize {
    item.as_array().map_or(0, toml_edit::Array::len)
        + item.as_array_of_tables().map_or(0, toml_edit::ArrayOfTables::len)
}

fn finding(odd: &Odd, file: &str) -> Option<Finding> {
    let Odd { path, nearest, .. } = odd;
    Some(match odd.standing {
        Standing::Unjudged => {
            let message = format!("`{path}` of {file} asks for what only cargo-deny itself can judge");
            let help = "run it: `engine = \"cargo-deny\"` in [gates.deny]; or take the key out";
            Finding::error("deny/unjudged-key", message).help(help)
        }
        Standing::Old => {
            let message = format!("`{path}` of {file} has no effect any more");
            Finding::warning("deny/former-key", message)
                .help("remove it; licences are allowed by `licenses.allow`")
        }
        Standing::Unknown => {
            let message = format!("`{path}` of {file} is no key that cargo-deny or this gate knows");
            let near = nearest.map(|name| format!("did you mean `{name}`?"));
            Finding::error("deny/unknown-key", message).help(near.unwrap_or_else(|| "remove it".to_owned()))
        }
        Standing::Elsewhere | Standing::Known => return None,
    })
}
