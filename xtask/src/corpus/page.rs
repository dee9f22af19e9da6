//! docs/corpus.md from the comparisons. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::compare::{Comparison, Difference};
use super::ours::Run;
use super::packages::Entry;
use super::subject::Subject;

/// The comparisons in the order of the page; one that an entry lacks leaves its cell empty.
const COLUMNS: [&str; 15] = [
    "no lock",
    "files",
    "fmt",
    "panics",
    "panics, scanner",
    "panics, indexing",
    "check",
    "clippy",
    "test, nextest",
    "test, cargo",
    "doctest",
    "audit",
    "manifest",
    "paths",
    "todo",
];

/// How many places of one kind of difference are shown.
const SHOWN: usize = 3;

const HEAD: &str = "\
# The gates against the tools they stand for

Made by `cargo xtask corpus --db DIR`, where DIR is a copy of the RustSec advisory database. It needs
cargo-nextest and cargo-audit, downloads the packages through cargo, and ends with exit code 1 where a
difference has no explanation. Do not edit it by hand.

A cell reads *ours / the tool's*, with the number of explained differences in parentheses; the list
below the tables says what they are. Nothing may be missed; what we say beyond the tool needs one of a
fixed set of reasons, which the scanner's own context gives.

- **no lock**: the verdict before there is a Cargo.lock; it must be exit code 2, and no lock file made.
- **files**: production files, against those that rustc names in its dependency files.
- **fmt**: files that differ, against `cargo fmt --all --check`.
- **panics**: places, against clippy's restriction lints forced on all libraries and programs; with
  clippy beside the scanner, by the scanner alone, and with `indexing = true`.
- **check**, **clippy**: the end of `cargo check --all-targets`; warnings of `cargo clippy --all-targets`.
- **test**, **doctest**: tests that passed (and failed, and ignored), against the runners' own sums.
- **audit**: vulnerabilities + warnings, against `cargo audit` on the same database; the sets are equal.
- **manifest**, **paths**, **todo**: findings; no tool to compare with.

";

/// What one entry gave.
#[derive(Debug)]
pub(super) struct Row {
    name: String,
    versions: String,
    why: &'static str,
    editions: String,
    size: (usize, usize),
    verdict: String,
    comparisons: Vec<Comparison>,
}

impl Row {
    /// Collects an entry's results.
    pub(super) fn new(entry: &Entry, subject: &Subject, run: &Run, comparisons: Vec<Comparison>) -> Self {
        let versions = entry.packages.iter().map(|(name, version)| format!("{name} {version}"));
        Self {
            name: entry.name.to_owned(),
            versions: versions.collect::<Vec<_>>().join(", "),
            why: entry.why,
            editions: subject.editions(),
            size: subject.size(),
            verdict: run.verdict(),
            comparisons,
        }
    }

    /// How many differences have no explanation.
    pub(super) fn unexplained(&self) -> usize {
        self.comparisons.iter().map(Comparison::unexplained).sum()
    }

    fn cell(&self, column: &str) -> String {
        self.comparisons.iter().find(|comparison| comparison.column == column).map(cell).unwrap_or_default()
    }
}

fn cell(comparison: &Comparison) -> String {
    let Comparison { ours, truth, differences, .. } = comparison;
    let sides = truth.as_ref().map_or_else(|| ours.clone(), |truth| format!("{ours} / {truth}"));
    let unexplained = comparison.unexplained();
    let explained = match differences.len() - unexplained {
        0 => String::new(),
        many => format!(" ({many})"),
    };
    let wrong = if unexplained == 0 { String::new() } else { format!(" **{unexplained} unexplained**") };
    format!("{sides}{explained}{wrong}")
}

/// The whole page.
pub(super) fn page(rows: &[Row], tools: &[String]) -> String {
    let unexplained: usize = rows.iter().map(Row::unexplained).sum();
    let mut text = HEAD.to_owned();
    let _ = writeln!(text, "Made with {}. Unexplained differences: {unexplained}.\n", tools.join(", "));
    text.push_str("## The packages\n\n");
    text.push_str("| package | versions | edition | files | lines | verdict | what it is there for |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for row in rows {
        let Row { name, versions, why, editions, size: (files, lines), verdict, .. } = row;
        let _ =
            writeln!(text, "| {name} | {versions} | {editions} | {files} | {lines} | {verdict} | {why} |");
    }
    for (title, columns) in [
        ("## Sources", COLUMNS.get(..6)),
        ("## Compile, tests, audit", COLUMNS.get(6..12)),
        ("## Without a tool to compare with", COLUMNS.get(12..)),
    ] {
        table(&mut text, title, columns.unwrap_or_default(), rows);
    }
    text.push_str("\n## The differences\n");
    for row in rows {
        differences(&mut text, row);
    }
    text
}

fn table(text: &mut String, title: &str, columns: &[&str], rows: &[Row]) {
    let _ = writeln!(text, "\n{title}\n\n| package | {} |", columns.join(" | "));
    let _ = writeln!(text, "| --- |{}", " --- |".repeat(columns.len()));
    for row in rows {
        let cells: Vec<String> = columns.iter().map(|column| row.cell(column)).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(text, "| {} | {} |", row.name, cells.join(" | "));
        }
    }
}

/// The differences of an entry, those of one kind together. Unexplained ones are shown in full.
fn differences(text: &mut String, row: &Row) {
    let mut lines = Vec::new();
    for comparison in &row.comparisons {
        let mut kinds: BTreeMap<(bool, &str), Vec<&Difference>> = BTreeMap::new();
        for difference in &comparison.differences {
            kinds.entry((difference.explained, difference.reason)).or_default().push(difference);
        }
        for ((explained, reason), found) in kinds {
            let shown = if explained { SHOWN } else { found.len() };
            let places: Vec<&str> =
                found.iter().take(shown).map(|difference| difference.what.as_str()).collect();
            let more = if found.len() > shown { ", …" } else { "" };
            let mark = if explained { "" } else { "**unexplained** " };
            let (column, count) = (comparison.column, found.len());
            lines.push(format!("- {column}: {mark}{count} × {reason}: {}{more}", places.join(", ")));
        }
    }
    if !lines.is_empty() {
        let _ = writeln!(text, "\n### {}\n\n{}", row.name, lines.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(differences: Vec<Difference>) -> Row {
        let fmt = Comparison { column: "fmt", ours: "5".into(), truth: Some("1".into()), differences };
        let todo = Comparison { column: "todo", ours: "2".into(), truth: None, differences: Vec::new() };
        Row {
            name: "a".into(),
            versions: "a 1.0.0".into(),
            why: "small",
            editions: "2015".into(),
            size: (2, 30),
            verdict: "failed (1)".into(),
            comparisons: vec![fmt, todo],
        }
    }

    #[test]
    fn a_cell_tells_both_sides_and_how_many_differences_are_explained() {
        let explained = Difference::explained("a stray", "x.rs");
        let row = row(vec![explained, Difference::unexplained("missed", "y.rs")]);
        assert_eq!(row.cell("fmt"), "5 / 1 (1) **1 unexplained**");
        assert_eq!((row.cell("todo").as_str(), row.cell("audit").as_str()), ("2", ""));
    }

    #[test]
    fn explained_differences_are_shortened_and_unexplained_ones_are_not() {
        let fine = (0..5).map(|place| Difference::explained("fine", &place));
        let wrong = (0..5).map(|place| Difference::unexplained("wrong", &place));
        let found = fine.chain(wrong);
        let text = page(&[row(found.collect())], &["rustc 1".into()]);
        assert!(text.contains("- fmt: 5 × fine: 0, 1, 2, …\n"), "{text}");
        assert!(text.contains("- fmt: **unexplained** 5 × wrong: 0, 1, 2, 3, 4\n"), "{text}");
        assert!(text.contains("Made with rustc 1. Unexplained differences: 5."), "{text}");
    }

    #[test]
    fn an_entry_is_left_out_of_a_table_without_its_columns() {
        let text = page(&[row(Vec::new())], &[]);
        let audit = text.split("## Compile, tests, audit").nth(1).unwrap().split("## ").next().unwrap();
        assert!(!audit.contains("| a |"), "{audit}");
    }
}
