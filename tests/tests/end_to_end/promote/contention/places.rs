//! The ledgers that are written to, and what is in them at the end.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use cargo_promote::digest::Digest;
use cargo_promote::ledger::{Action, Entry, Ledger, Told};
use cargo_promote::ops::history::history;
use serde_json::Value;

use super::super::Project;
use super::readers::Seen;
use crate::support::git;

/// A ledger with two staged candidates, the project that it belongs to, and the workspaces of those who write to it.
pub(super) struct Place {
    pub(super) project: Project,
    pub(super) roots: Vec<PathBuf>,
    /// The repository that holds the ledger, where it is one.
    pub(super) bare: PathBuf,
    _folder: tempfile::TempDir,
}

/// Files that are synced cost nothing in memory: what is tested here is who is first.
pub(super) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Two candidates, to be moved to in turn.
pub(super) fn stage_two(project: &Project) {
    project.stage("1.0.0", &[("tool", b"one")]);
    project.stage("1.1.0", &[("tool", b"two")]);
}

impl Place {
    /// In a folder that all share.
    pub(super) fn folder(promoters: usize) -> Self {
        let folder = folder();
        let config =
            format!("[stores.local]\nkind = \"local\"\npath = '{}'\n", folder.path().join("store").display());
        let project = Project::new(&config);
        stage_two(&project);
        let roots = vec![project.root(); promoters];
        Self { project, roots, bare: PathBuf::new(), _folder: folder }
    }

    /// In a bare repository; each promoter has a repository of its own. `format` is how references are kept.
    pub(super) fn git(promoters: usize, format: &str) -> Self {
        let folder = folder();
        let bare = folder.path().join("remote.git");
        git(folder.path(), &["init", "--quiet", "--bare", format, bare.to_str().unwrap()]);
        let config = format!("[ledger]\nkind = \"git\"\nremote = '{}'\n", bare.display());
        let project = Project::new(&config);
        stage_two(&project);
        let clone = |number: usize| {
            let root = folder.path().join(number.to_string());
            git(folder.path(), &["init", "--quiet", format, root.to_str().unwrap()]);
            std::fs::write(root.join("promote.toml"), &config).unwrap();
            let settings = "[user]\n\tname = Ada\n\temail = ada@example.invalid\n";
            let mut file = File::options().append(true).open(root.join(".git/config")).unwrap();
            file.write_all(settings.as_bytes()).unwrap();
            root
        };
        let roots = (0..promoters).map(clone).collect();
        Self { project, roots, bare, _folder: folder }
    }

    /// Every entry, each checked against the one before.
    pub(super) fn history(&self) -> Vec<Told> {
        let ledger = self.project.session().ledger().unwrap();
        checked_history(ledger.as_ref())
    }

    /// Every move that was told is there once, of those who were killed at most one more each, and readers saw nothing
    /// else.
    pub(super) fn check(&self, told: &[String], killed: usize, seen: &[Seen]) {
        let all = self.history();
        for (sequence, digest) in seen.iter().flat_map(|seen| &seen.entries) {
            assert_eq!(all[usize::try_from(*sequence).unwrap() - 1].digest, *digest);
        }
        let moves: Vec<&str> = all.iter().filter_map(moved).collect();
        let once: BTreeSet<&str> = moves.iter().copied().collect();
        assert_eq!(once.len(), moves.len(), "a move is there twice");
        let lost: Vec<_> = told.iter().filter(|line| !once.contains(line.as_str())).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        assert!(moves.len() - told.len() <= killed, "{} moves, {} told", moves.len(), told.len());
    }

    /// What the command says of staging: how many entries there are, and which candidate it runs.
    pub(super) fn status(&self) -> (u64, Option<Digest>) {
        status(&self.project)
    }

    /// Moves staging with the command to what it does not run; the command then says so.
    pub(super) fn promotes(&self) {
        let (entries, now) = self.status();
        let state = self.project.session().ledger().unwrap().head().unwrap().state();
        let next = state.candidates.iter().find(|(digest, _)| Some(**digest) != now);
        let (digest, staged) = next.unwrap();
        self.project.told(&["to", "staging", &staged.version.to_string(), "--execute"], 0);
        assert_eq!(self.status(), (entries + 1, Some(*digest)));
    }
}

/// Why an environment was moved, where an entry moved one.
fn moved(one: &Told) -> Option<&str> {
    matches!(one.entry.action, Action::Promote { .. }).then_some(one.entry.reason.as_str())
}

/// Every entry of a ledger, each checked against the one before.
pub(super) fn checked_history(ledger: &dyn Ledger) -> Vec<Told> {
    let all = history(ledger, &ledger.head().unwrap()).unwrap();
    let mut before: Option<(Digest, Entry)> = None;
    for one in &all {
        one.entry.check_follows(before.as_ref()).unwrap();
        before = Some((one.digest, one.entry.clone()));
    }
    all
}

/// As [`Place::status`], of any project.
pub(super) fn status(project: &Project) -> (u64, Option<Digest>) {
    let told = project.promote(&["status", "--format", "json"]);
    assert_eq!(told.code, Some(0), "{told:#?}");
    let status: Value = serde_json::from_str(&told.stdout).unwrap();
    let environments = status["environments"].as_array().unwrap();
    let staging = environments.iter().find(|place| place["name"] == "staging").unwrap();
    let runs = staging["runs"]["candidate"].as_str().map(|digest| digest.parse().unwrap());
    (status["entries"].as_u64().unwrap(), runs)
}
