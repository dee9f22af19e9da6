//! Figures that gates gave for a tree, kept for later comparisons: one file a tree and gate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::store::write_output;
use crate::facts::Facts;
use crate::gate::{Features, Metric, Options, Unreadable};
use crate::report::GateReport;
use crate::step::{AgainstBase, Base};

type Figures = BTreeMap<String, Metric>;

fn place(target: &Path, tree: &str, gate: &str) -> PathBuf {
    target.join("bulletproof").join("figures").join(tree).join(format!("{gate}.json"))
}

/// Keeps the figures of a run over a whole workspace, with the features that it has by itself, whose files are
/// exactly those of a commit. A figure that cannot be kept costs a later comparison, no more.
pub(super) fn record(facts: &Facts, options: &Options, gates: &[GateReport]) {
    let all = options.packages.is_empty() && options.exclude.is_empty();
    let whole = all && options.features == Features::default() && options.lcov.is_none();
    let Some(revision) = facts.revision.as_ref().filter(|revision| whole && !revision.dirty) else { return };
    for gate in gates.iter().filter(|gate| gate.judged && !gate.metrics.is_empty()) {
        let path = place(&facts.target, &revision.tree, &gate.id);
        let text = serde_json::to_string_pretty(&gate.metrics).unwrap_or_default();
        let folder = path.parent().unwrap_or(&facts.target);
        let _ = std::fs::create_dir_all(folder).is_ok() && write_output(&path, &(text + "\n")).is_ok();
    }
}

/// The recorded figures of the base's tree.
pub(super) fn read(target: &Path, base: &Base, gate: &str) -> AgainstBase<Figures> {
    let path = place(target, &base.tree, gate);
    let unreadable = |error: &dyn std::fmt::Display| {
        Unreadable::garbage(format!("{}: the recorded figures cannot be read: {error}", path.display()))
            .help("remove the file; the figures are recorded anew by a run on that revision")
    };
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::facts::Revision;

    fn facts(target: &Path, dirty: bool) -> Facts {
        let revision = Revision { commit: "c".repeat(40), tree: "t".repeat(40), dirty };
        Facts { target: target.to_owned(), revision: Some(revision), ..Facts::default() }
    }

    fn report() -> GateReport {
        let metrics = [("line_percent".to_owned(), Metric::Number(84.5))].into();
        GateReport { metrics, ..GateReport::new("coverage", Duration::ZERO) }
    }

    fn base() -> Base {
        Base { commit: String::new(), tree: "t".repeat(40), how: String::new() }
    }

    #[test]
    fn figures_of_a_clean_tree_are_found_again_by_that_tree() {
        let folder = tempfile::tempdir().unwrap();
        record(&facts(folder.path(), false), &Options::default(), &[report()]);
        let found = read(folder.path(), &base(), "coverage").unwrap().unwrap();
        assert_eq!(found["line_percent"], Metric::Number(84.5));
        assert_eq!(read(folder.path(), &base(), "size").unwrap(), None);
    }

    #[test]
    fn figures_of_changed_files_of_some_packages_or_of_other_features_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        record(&facts(folder.path(), true), &Options::default(), &[report()]);
        let some = Options { packages: vec!["a".to_owned()], ..Options::default() };
        record(&facts(folder.path(), false), &some, &[report()]);
        let features = Features { no_default: true, ..Features::default() };
        let fewer = Options { features, ..Options::default() };
        record(&facts(folder.path(), false), &fewer, &[report()]);
        assert_eq!(read(folder.path(), &base(), "coverage").unwrap(), None);
    }

    #[test]
    fn a_damaged_record_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = place(folder.path(), &base().tree, "coverage");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "{\"line_percent\":").unwrap();
        let error = read(folder.path(), &base(), "coverage").unwrap_err();
        assert!(error.reason.contains("coverage.json"), "{error}");
    }
}
