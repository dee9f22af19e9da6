//! Every gate has its documentation, a fixture, and a row in the fault table.

use std::collections::BTreeSet;

use cargo_gate::gate::{Info, SECTIONS};

use super::finding::Finding;
use super::source::Source;

/// Where the fault table lies: this file, or the files of a folder of that name.
pub(super) const FAULTS: &str = "tests/tests/end_to_end/faults";

/// The test that runs the fixtures.
pub(super) const FIXTURES_TEST: &str = "tests/tests/end_to_end/fixtures.rs";

/// What the gates have beside their own file.
pub(super) struct Beside {
    /// The texts of all `fixtures/*/expected.json`, and of the test that runs them.
    pub(super) expected: Vec<String>,
    /// The gates of the fault table's rows, `gate: "…"`, with their quotes.
    pub(super) faults: BTreeSet<String>,
}

impl Beside {
    /// Reads them from the paths and texts of files.
    pub(super) fn read<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut beside = Self { expected: Vec::new(), faults: BTreeSet::new() };
        for (path, text) in files {
            // a rule that no fixture can provoke is on the list of the test that runs the fixtures
            let fixture = path.starts_with("fixtures/") && path.ends_with("/expected.json");
            if fixture || path == FIXTURES_TEST {
                beside.expected.push(text.to_owned());
            }
            if is_fault_table(path) {
                let source = Source::new(path, text);
                let rows = (0..source.len()).filter(|at| source.reads(*at, &["gate", ":"]));
                beside.faults.extend(rows.map(|at| source.token(at + 2).to_owned()));
            }
        }
        beside
    }
}

fn is_fault_table(path: &str) -> bool {
    path.strip_prefix(FAULTS).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// What a gate lacks.
pub(super) fn check(gate: &Info, beside: &Beside) -> Vec<Finding> {
    let id = gate.id;
    let file = format!("cargo-gate/src/gates/{}.rs", id.replace('-', "_"));
    let mut findings = Vec::new();
    let mut lacks = |rule, message: String| findings.push(Finding::new(&file, 1, rule, message));
    let places: Vec<Option<usize>> = SECTIONS.iter().map(|section| gate.manual.find(section)).collect();
    if !places.is_sorted() || places.contains(&None) {
        lacks("gate-manual", format!("the manual needs, in this order: {}", SECTIONS.join(", ")));
    }
    if !beside.expected.iter().any(|text| text.contains(&format!("\"{id}/"))) {
        lacks("gate-fixture", format!("no fixtures/*/expected.json names a rule `{id}/…`"));
    }
    if !beside.faults.contains(&format!("\"{id}\"")) {
        lacks("gate-faults", format!("the fault table ({FAULTS}.rs) has no row for `{id}`"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tidy::finding::places;

    const GATE: Info = Info {
        id: "a-b",
        judges: "",
        bar: "",
        stages: &[],
        timeout: Duration::ZERO,
        rules: &[],
        manual: "## What it checks\n\n## Why\n\n## How to fix\n",
    };
    const EXPECTED: (&str, &str) = ("fixtures/x/expected.json", "[{\"rule\": \"a-b/c\"}]");
    const ROW: (&str, &str) = ("tests/tests/end_to_end/faults/rows.rs", "Row { gate: \"a-b\" }");

    #[test]
    fn a_gate_with_all_it_needs_is_fine() {
        assert_eq!(check(&GATE, &Beside::read([EXPECTED, ROW].into_iter())), []);
    }

    #[test]
    fn a_rule_that_no_fixture_can_provoke_is_on_the_list_of_their_test() {
        let list = (FIXTURES_TEST, "(\"a-b/c\", \"it needs two commits\")");
        assert_eq!(check(&GATE, &Beside::read([list, ROW].into_iter())), []);
    }

    #[test]
    fn what_a_gate_lacks_is_named() {
        let other =
            ("tests/tests/end_to_end/faults.rs", "// gate: \"a-b\"\nRow { gate: \"a\", cells: B(\"a-b\") }");
        let beside = Beside::read(std::iter::once(other));
        assert_eq!(places(&check(&GATE, &beside)), [(1, "gate-fixture"), (1, "gate-faults")]);
        let gate = Info { manual: "## Why\n\n## What it checks\n\n## How to fix\n", ..GATE };
        let beside = Beside::read([EXPECTED, ROW].into_iter());
        assert_eq!(places(&check(&gate, &beside)), [(1, "gate-manual")]);
    }
}
