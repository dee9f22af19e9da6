//! What a policy is judged on: the packages and edges that it counts, with their places.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Package};
use semver::Version;

use super::file::Policy;
use crate::advisory::LockedPackage;
use crate::facts::relative;
use crate::finding::{Finding, Place};
use crate::graph::{Edge, Graph, Path, Target};

/// A finding, and the package that it is about where it is about one.
#[derive(Debug, Clone)]
pub struct Found {
    /// The finding.
    pub finding: Finding,
    /// The package's name and version.
    pub package: Option<(String, Version)>,
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Self {
        Self { finding, package: None }
    }
}

/// The graph that a policy counts: without excluded packages, on its targets, without dev-dependencies where it says so.
#[derive(Debug)]
pub struct Ground<'a> {
    /// The whole graph.
    pub graph: &'a Graph<'a>,
    /// The policy.
    pub policy: &'a Policy,
    packages: BTreeSet<usize>,
    targets: Vec<Target>,
    lines: BTreeMap<(&'a str, &'a Version), u32>,
    root: &'a std::path::Path,
    paths: OnceCell<Vec<Option<Path>>>,
}

impl<'a> Ground<'a> {
    /// The ground of a policy, with the lock file's lines as the places of packages.
    pub fn new(
        graph: &'a Graph<'a>,
        policy: &'a Policy,
        lock: &'a [LockedPackage],
        root: &'a std::path::Path,
    ) -> Self {
        let lines = lock.iter().map(|one| ((one.name.as_str(), &one.version), one.line)).collect();
        let targets = policy.targets();
        let mut ground =
            Self { graph, policy, packages: BTreeSet::new(), targets, lines, root, paths: OnceCell::new() };
        ground.packages = ground.follow(|_| true);
        ground
    }

    /// The packages that count, as positions in the graph.
    pub fn packages(&self) -> impl Iterator<Item = (usize, &'a Package)> + '_ {
        self.packages.iter().filter_map(|at| Some((*at, self.graph.package(*at)?)))
    }

    /// Whether the package counts.
    pub fn counts(&self, at: usize) -> bool {
        self.packages.contains(&at)
    }

    /// The packages that count by the edges that `kind` lets through.
    pub(super) fn follow(&self, kind: impl Fn(DependencyKind) -> bool) -> BTreeSet<usize> {
        let roots: Vec<usize> = self.graph.members().iter().copied().filter(|at| self.is_root(*at)).collect();
        self.graph.follow(&roots, |_, _, edge| kind(edge.kind) && self.counts_edge(edge))
    }

    fn is_root(&self, at: usize) -> bool {
        let Some(package) = self.graph.package(at) else { return false };
        let unpublished = self.policy.graph.exclude_unpublished && is_private(package, &[]);
        !unpublished && !self.is_excluded(package)
    }

    fn is_excluded(&self, package: &Package) -> bool {
        self.policy.graph.exclude.iter().any(|spec| spec.matches(package))
    }

    /// Whether an edge of a package that counts is part of the ground.
    pub(super) fn counts_edge(&self, edge: &Edge) -> bool {
        let dev = edge.kind == DependencyKind::Development && self.policy.graph.exclude_dev;
        !dev && edge.holds(&self.targets)
            && !self.graph.package(edge.to).is_some_and(|package| self.is_excluded(package))
    }

    /// The packages that depend on each package directly, among those that count.
    pub(super) fn dependents(&self) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut dependents: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for at in &self.packages {
            for edge in self.graph.edges(*at).iter().filter(|edge| self.counts_edge(edge)) {
                dependents.entry(edge.to).or_default().insert(*at);
            }
        }
        dependents
    }

    /// The finding about a package, with its place: its manifest if it is a member, else its line of the lock file.
    pub(super) fn at(&self, finding: Finding, at: usize) -> Found {
        let Some(package) = self.graph.package(at) else { return Found::from(finding) };
        let about = Some((package.name.to_string(), package.version.clone()));
        let finding = finding.at(self.place(at, package));
        let paths = self.paths.get_or_init(|| self.graph.paths());
        let finding = match paths.get(at) {
            Some(Some(path)) if finding.detail.is_none() && path.len() > 1 => {
                finding.detail(format!("by way of {}", self.graph.words(path)))
            }
            _ => finding,
        };
        Found { finding, package: about }
    }

    fn place(&self, at: usize, package: &Package) -> Place {
        if self.graph.is_member(at) {
            return Place::file(relative(self.root, package.manifest_path.as_std_path()));
        }
        let line = self.lines.get(&(package.name.as_str(), &package.version));
        line.map_or_else(|| Place::file("Cargo.lock"), |line| Place::line("Cargo.lock", *line))
    }

    /// The same for an entry of the policy's file.
    pub(super) fn at_entry(&self, finding: Finding, path: &[&str], index: Option<usize>) -> Found {
        Found::from(match self.policy.place(path, index) {
            Some(place) => finding.at(place),
            None => finding,
        })
    }
}

/// Whether a package is published nowhere, or to private registries only.
pub(super) fn is_private(package: &Package, private_registries: &[String]) -> bool {
    let private = |registries: &Vec<String>| registries.iter().all(|one| private_registries.contains(one));
    package.publish.as_ref().is_some_and(private)
}

/// `name version`.
pub(super) fn label(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

/// A finding of that level; none where the policy allows it.
pub(super) fn at_level(level: super::Level, rule: &str, message: String) -> Option<Finding> {
    match level {
        super::Level::Allow => None,
        super::Level::Warn => Some(Finding::warning(rule, message)),
        super::Level::Deny => Some(Finding::error(rule, message)),
    }
}
