//! A workspace of the corpus as our own library reads it: it explains differences, and decides none.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_gate::exec::{Cancel, Environment, gather};
use cargo_gate::facts::Facts;
use cargo_gate::reach::Reached;
use cargo_gate::scan::PanicSite;
use cargo_gate::step::{SourceFile, Sources, Unread};

use super::Error;

/// The workspace.
pub(super) struct Subject {
    /// Its root.
    pub(super) root: PathBuf,
    /// What is known of it.
    pub(super) facts: Facts,
    /// Its sources.
    pub(super) sources: Sources,
}

impl Subject {
    /// Reads it.
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let root = root.canonicalize().map_err(Error::io(root.display()))?;
        let what = || format!("the facts of {}", root.display());
        let mut environment = Environment::read().map_err(Error::io("the current folder"))?;
        environment.directory.clone_from(&root);
        let facts = gather(&environment, None, true, &Cancel::default())
            .map_err(|cause| Error::Unreadable { what: what(), cause: cause.to_string() })?;
        let files = facts.sources.iter().map(|source| {
            let text = std::fs::read_to_string(root.join(&source.path))
                .map_err(|error| Unread { line: 1, cause: error.to_string() });
            SourceFile::new(source.path.clone(), source.package, text)
        });
        let sources = Sources::new(files.collect());
        Ok(Self { root, facts, sources })
    }

    /// How its sources are reached.
    pub(super) fn reached(&self) -> &Reached {
        self.sources.reached(&self.facts)
    }

    /// Whether a member has a target for which that holds.
    pub(super) fn has_target(&self, holds: impl Fn(&cargo_gate::facts::Target) -> bool) -> bool {
        self.facts.packages.iter().flat_map(|package| &package.targets).any(holds)
    }

    /// The scanner's site in a file that ends there.
    pub(super) fn site_ending_at(&self, file: &str, end: (u32, u32)) -> Option<&PanicSite> {
        let source = self.sources.get(file)?;
        source.scan().panics.iter().find(|site| {
            let place = source.lines().position(site.span.end);
            (place.line, place.column) == end
        })
    }

    /// Whether the source between two places (line and column) holds that word.
    pub(super) fn says(&self, file: &str, (start, end): ((u32, u32), (u32, u32)), word: &str) -> bool {
        let Some(source) = self.sources.get(file) else { return false };
        let lines = (start.0..=end.0).map(|number| {
            let line: Vec<char> = source.lines().line_text(source.text(), number).chars().collect();
            let from = if number == start.0 { start.1 as usize - 1 } else { 0 };
            let to = if number == end.0 { end.1 as usize - 1 } else { line.len() };
            line.get(from..to).unwrap_or_default().iter().collect::<String>()
        });
        lines.collect::<Vec<_>>().join("\n").contains(word)
    }

    /// The editions of its members.
    pub(super) fn editions(&self) -> String {
        let editions: BTreeSet<&str> = self.facts.packages.iter().map(|p| p.edition.as_str()).collect();
        editions.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// How many files and lines it has.
    pub(super) fn size(&self) -> (usize, usize) {
        let lines = self.sources.files.iter().map(|file| file.text().lines().count()).sum();
        (self.sources.files.len(), lines)
    }
}
