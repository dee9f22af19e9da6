//! The counts of the workspace's own sources, by their paths relative to its root.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::path::Path;

use super::Figure;
use crate::facts::Facts;
use crate::parse::lcov::{Lcov, LineCount, LineCounts};

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// The counts of each judged source, by its path relative to the workspace root.
    pub files: BTreeMap<String, LineCounts>,
    /// The sources that are not judged.
    pub left_out: LeftOut,
}

/// Measured sources that are not judged, by the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// In the target directory: code that a build script wrote.
    pub generated: Vec<String>,
    /// Outside the workspace: dependencies, the standard library, another checkout.
    pub elsewhere: Vec<String>,
    /// Of packages that the run does not judge.
    pub unselected: Vec<String>,
    /// Tests, examples and benches.
    pub tests: Vec<String>,
    /// By a glob of the config: its place in the config's list, and the path.
    pub excluded: Vec<(usize, String)>,
}

impl Measured {
    /// The judged sources among the measured ones. `judged` tells whether the run judges a path's package,
    /// `excluded` the place in the config's list of the exclusion that takes a path.
    pub fn new(
        lcov: Lcov,
        facts: &Facts,
        judged: impl Fn(&str) -> bool,
        excluded: impl Fn(&str) -> Option<usize>,
    ) -> Self {
        let mut measured = Self::default();
        for (path, counts) in lcov.files {
            match own_path(facts, &path) {
                Own::Elsewhere => measured.left_out.elsewhere.push(path),
                Own::Generated(path) => measured.left_out.generated.push(path),
                Own::Source(path) => {
                    if !judged(&path) {
                        measured.left_out.unselected.push(path);
                    } else if is_test(&path) {
                        measured.left_out.tests.push(path);
                    } else if let Some(place) = excluded(&path) {
                        measured.left_out.excluded.push((place, path));
                    } else {
                        measured.add(path, counts);
                    }
                }
            }
        }
        measured
    }

    fn add(&mut self, path: String, counts: LineCounts) {
        match self.files.entry(path) {
            Entry::Vacant(place) => {
                place.insert(counts);
            }
            Entry::Occupied(mut place) => {
                let both: Vec<LineCount> = place.get().iter().chain(counts.iter()).collect();
                place.insert(LineCounts::new(both));
            }
        }
    }

    /// The counts as a tracefile, for other tools: each source with its `DA` records and their totals.
    pub fn to_lcov(&self) -> String {
        let mut text = String::new();
        for (path, counts) in &self.files {
            let _ = writeln!(text, "SF:{path}");
            counts.iter().for_each(|LineCount { line, hits }| {
                let _ = writeln!(text, "DA:{line},{hits}");
            });
            let _ = writeln!(text, "LF:{}\nLH:{}\nend_of_record", counts.total(), counts.hit());
        }
        text
    }

    /// The figure of all sources that are wanted.
    pub fn figure(&self, wanted: impl Fn(&str) -> bool) -> Figure {
        self.files.iter().filter(|(path, _)| wanted(path)).map(|(_, counts)| Figure::of(counts)).sum()
    }
}

enum Own {
    Source(String),
    Generated(String),
    Elsewhere,
}

/// What a path of the tracefile is in the workspace. Tools write absolute paths, or, as grcov may,
/// such that are relative to the root.
fn own_path(facts: &Facts, path: &str) -> Own {
    let plain = path.replace('\\', "/");
    let is_absolute = Path::new(path).is_absolute() || plain.starts_with('/');
    let under = |folder: &Path| {
        let folder = folder.to_string_lossy().replace('\\', "/");
        plain.strip_prefix(folder.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'))
    };
    if let Some(rest) = under(&facts.target) {
        return Own::Generated(rest.to_owned());
    }
    let relative = if is_absolute { under(&facts.root) } else { Some(plain.as_str()) };
    let Some(relative) = relative else { return Own::Elsewhere };
    match normal(relative) {
        // a package below the root need not be a member: its sources are files of the tree, and not ours
        Some(path) if is_foreign(facts, &path) => Own::Elsewhere,
        Some(path) if facts.owner(&path).is_some() => Own::Source(path),
        _ => Own::Elsewhere,
    }
}

/// Whether it is a Rust source of the tree that no member owns.
fn is_foreign(facts: &Facts, path: &str) -> bool {
    let is_rust = Path::new(path).extension().is_some_and(|ending| ending == "rs");
    is_rust
        && facts.files.iter().any(|file| file == path)
        && facts.sources.iter().all(|source| source.path != path)
}

/// The path without `.` and `..`; none where it leaves the root.
fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Whether the path is one of tests, examples or benches, by its name: the rule by which cargo-llvm-cov
/// leaves sources out, so that the figures of both are of the same lines.
pub fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = |folder: &str| ["tests", "examples", "benches"].contains(&folder);
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    folders.split('/').any(folder)
        || stem == "tests"
        || stem.strip_suffix("tests").is_some_and(|rest| rest.ends_with(['_', '-']))
}

/// The wanted lines that no test reached, as runs of lines that belong together: one or two lines without
/// code do not part them, more of those, a reached or an unwanted line do.
pub fn uncovered_runs(counts: &LineCounts, wanted: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    let mut open = false;
    for LineCount { line, hits } in counts.iter() {
        let counts = hits == 0 && wanted(line);
        match runs.last_mut() {
            Some(run) if counts && open && line - run.1 <= 3 => run.1 = line,
            _ if counts => runs.push((line, line)),
            _ => {}
        }
        open = counts;
    }
    runs
}

#[cfg(test)]
mod tests;
