//! Figures that gates gave for a tree, kept for later comparisons: one file a tree and gate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Cancel;
use super::gather::steady_tree;
use super::store::write_artifact;
use crate::facts::Facts;
use crate::finding::digest;
use crate::gate::{Features, Metric, Options, Unreadable};
use crate::report::GateReport;
use crate::step::{AgainstBase, Base};

type Figures = BTreeMap<String, Metric>;

fn place(state: &Path, tree: &str, gate: &str, options: &Options) -> PathBuf {
    let file = format!("{gate}{}.json", scope(options));
    state.join("figures").join(tree).join(file)
}

/// A mark of what a run is about: a part of the workspace, or other features, give figures of their own.
fn scope(options: &Options) -> String {
    let Options { packages, exclude, features, .. } = options;
    if packages.is_empty() && exclude.is_empty() && *features == Features::default() {
        return String::new();
    }
    let sorted = |names: &[String]| {
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.sort_unstable();
        names.join(",")
    };
    let flags = format!("{} {}", features.all, features.no_default);
    let parts = [&sorted(packages), &sorted(exclude), &sorted(&features.names), &flags];
    format!("-{}", digest(&parts.map(String::as_str)))
}

/// Keeps the figures of a run whose files are exactly those of a commit, from its beginning to its end. A figure
/// that cannot be kept costs a later comparison, no more.
pub(super) fn record(facts: &Facts, options: &Options, gates: &[GateReport], cancel: &Cancel) {
    let Some(before) = facts.revision.as_ref().filter(|_| options.lcov.is_none()) else { return };
    let judged = gates.iter().filter(|gate| gate.judged && !gate.metrics.is_empty());
    let files = judged.map(|gate| {
        let text = serde_json::to_string_pretty(&gate.metrics).unwrap_or_default() + "\n";
        (place(&facts.state, &before.tree, &gate.id, options), text)
    });
    let is_new =
        |(path, text): &(PathBuf, String)| std::fs::read(path).map_or(true, |known| known != text.as_bytes());
    let new: Vec<_> = files.filter(is_new).collect();
    if new.is_empty() || steady_tree(facts, cancel).is_none() {
        return;
    }
    for (path, text) in new {
        let _ = write_artifact(&path, text.as_bytes());
    }
}

/// The figures that a run about the same recorded for the base's tree.
pub(super) fn read(state: &Path, base: &Base, gate: &str, options: &Options) -> AgainstBase<Figures> {
    let path = place(state, &base.tree, gate, options);
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
    use crate::step::Tool;

    /// A repository with a commit, its target folder beside it.
    struct Repository {
        folder: tempfile::TempDir,
        git: PathBuf,
    }

    impl Repository {
        /// None without git, where there is nothing to see.
        fn new() -> Option<Self> {
            let git = which::which_in_global("git", std::env::var_os("PATH")).ok()?.next()?;
            let repository = Self { folder: tempfile::tempdir().unwrap(), git };
            std::fs::create_dir(repository.root()).unwrap();
            std::fs::write(repository.root().join("a.rs"), "").unwrap();
            repository.call(&["init", "--quiet"]);
            repository.call(&["add", "a.rs"]);
            let who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
            repository.call(&[&who[..], &["commit", "--quiet", "--message=a"]].concat());
            Some(repository)
        }

        fn root(&self) -> PathBuf {
            self.folder.path().join("tree")
        }

        fn call(&self, args: &[&str]) -> String {
            let command = super::super::process::Command::new(&self.git, self.root(), Duration::from_mins(1));
            let captured = super::super::process::run(&command.args(args), &Cancel::default());
            assert_eq!(captured.exit_code(), Ok(0), "{args:?}");
            String::from_utf8(captured.stdout).unwrap().trim().to_owned()
        }

        fn state(&self) -> PathBuf {
            self.folder.path().join("state")
        }

        fn facts(&self) -> Facts {
            let commit = self.call(&["rev-parse", "HEAD"]);
            let revision = Revision { commit, tree: self.base().tree, dirty: false };
            Facts {
                root: self.root(),
                state: self.state(),
                tools: [(Tool::Git, self.git.clone())].into(),
                revision: Some(revision),
                ..Facts::default()
            }
        }

        fn base(&self) -> Base {
            Base { commit: String::new(), tree: self.call(&["rev-parse", "HEAD^{tree}"]), how: String::new() }
        }

        fn read(&self, gate: &str, options: &Options) -> Option<Figures> {
            read(&self.state(), &self.base(), gate, options).unwrap()
        }
    }

    fn report() -> GateReport {
        let metrics = [("line_percent".to_owned(), Metric::Number(84.5))].into();
        GateReport { metrics, ..GateReport::new("coverage", Duration::ZERO) }
    }

    fn keep(facts: &Facts, options: &Options) {
        record(facts, options, &[report()], &Cancel::default());
    }

    fn with_features(names: &[&str]) -> Options {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Options { features: Features { names, ..Features::default() }, ..Options::default() }
    }

    #[test]
    fn figures_of_a_clean_tree_are_found_again_by_that_tree() {
        let Some(repository) = Repository::new() else { return };
        keep(&repository.facts(), &Options::default());
        let found = repository.read("coverage", &Options::default()).unwrap();
        assert_eq!(found["line_percent"], Metric::Number(84.5));
        assert_eq!(repository.read("size", &Options::default()), None);
    }

    #[test]
    fn figures_of_some_packages_or_of_other_features_are_told_apart() {
        let Some(repository) = Repository::new() else { return };
        let some = Options { packages: vec!["a".to_owned()], ..Options::default() };
        let others = Options { exclude: vec!["a".to_owned()], ..Options::default() };
        let all = Options { features: Features { all: true, ..Features::default() }, ..Options::default() };
        let features = with_features(&["a", "b"]);
        let each = [Options::default(), some, others, all, features];
        for options in &each {
            assert_eq!(repository.read("coverage", options), None, "{options:?}");
            keep(&repository.facts(), options);
            assert!(repository.read("coverage", options).is_some(), "{options:?}");
        }
        assert!(repository.read("coverage", &with_features(&["b", "a"])).is_some());
        let fewer = Features { no_default: true, ..Features::default() };
        assert_eq!(repository.read("coverage", &Options { features: fewer, ..Options::default() }), None);
    }

    #[test]
    fn figures_of_files_that_were_changed_before_or_during_the_run_are_not_kept() {
        let Some(repository) = Repository::new() else { return };
        let mut dirty = repository.facts();
        dirty.revision.as_mut().unwrap().dirty = true;
        keep(&dirty, &Options::default());
        let facts = repository.facts();
        std::fs::write(repository.root().join("a.rs"), "// an edit\n").unwrap();
        keep(&facts, &Options::default());
        assert_eq!(repository.read("coverage", &Options::default()), None);
        repository.call(&["checkout", "--quiet", "a.rs"]);
        let elsewhere = Revision { commit: "c".repeat(40), tree: "t".repeat(40), dirty: false };
        keep(&Facts { revision: Some(elsewhere), ..facts }, &Options::default());
        assert!(!repository.state().exists());
    }

    #[test]
    fn a_damaged_record_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let base = Base { commit: String::new(), tree: "t".repeat(40), how: String::new() };
        let path = place(folder.path(), &base.tree, "coverage", &Options::default());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "{\"line_percent\":").unwrap();
        let error = read(folder.path(), &base, "coverage", &Options::default()).unwrap_err();
        assert!(error.reason.contains("coverage.json"), "{error}");
    }
}
