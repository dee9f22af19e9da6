//! What packages need in the end.

use std::collections::{BTreeSet, VecDeque};

use cargo_metadata::{DependencyKind, TargetKind};

use super::condition::Target;
use super::graph::{Edge, Graph};

/// The kinds of dependencies that are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// Dependencies of the code itself.
    pub normal: bool,
    /// Dependencies of build scripts.
    pub build: bool,
    /// Dependencies of tests, benches and examples; cargo builds those of the roots only.
    pub dev: bool,
}

impl Kinds {
    /// All of them.
    pub const ALL: Self = Self { normal: true, build: true, dev: true };
    /// What a build of the roots needs.
    pub const BUILD: Self = Self { normal: true, build: true, dev: false };
    /// What the code of the roots calls.
    pub const NORMAL: Self = Self { normal: true, build: false, dev: false };

    /// Whether that kind is among them.
    pub fn has(self, kind: DependencyKind) -> bool {
        match kind {
            DependencyKind::Normal => self.normal,
            DependencyKind::Build => self.build,
            DependencyKind::Development => self.dev,
            // a kind of a newer cargo's: rather one package too many
            _ => true,
        }
    }
}

/// A way from a root to a package, both included, as positions in [`Graph::packages`].
pub type Path = Vec<usize>;

impl Graph<'_> {
    /// The roots and all that they need by those kinds of dependencies on one of the targets (none stand for all).
    pub fn closure(&self, roots: &[usize], kinds: Kinds, targets: &[Target]) -> BTreeSet<usize> {
        self.follow(roots, |root, _, edge| {
            let followed = if root { kinds } else { Kinds { dev: false, ..kinds } };
            followed.has(edge.kind) && edge.holds(targets)
        })
    }

    /// Whether the package is a procedural macro.
    pub fn is_proc_macro(&self, at: usize) -> bool {
        self.package(at)
            .is_some_and(|package| package.targets.iter().any(|one| one.is_kind(TargetKind::ProcMacro)))
    }

    /// Whether the package has a build script.
    pub fn has_build_script(&self, at: usize) -> bool {
        self.package(at)
            .is_some_and(|package| package.targets.iter().any(|one| one.is_kind(TargetKind::CustomBuild)))
    }

    /// The shortest ways from the roots to each package, by edges that `follow` lets through.
    fn ways(&self, roots: &[usize], follow: impl Fn(bool, usize, &Edge) -> bool) -> Vec<Option<usize>> {
        let mut from: Vec<Option<usize>> = vec![None; self.packages().len()];
        let mut queue: VecDeque<usize> = VecDeque::new();
        for root in roots {
            if let Some(place @ None) = from.get_mut(*root) {
                *place = Some(*root);
                queue.push_back(*root);
            }
        }
        while let Some(at) = queue.pop_front() {
            let is_root = from.get(at).copied().flatten() == Some(at);
            for edge in self.edges(at).iter().filter(|edge| follow(is_root, at, edge)) {
                if let Some(place @ None) = from.get_mut(edge.to) {
                    *place = Some(at);
                    queue.push_back(edge.to);
                }
            }
        }
        from
    }

    /// The roots and all that edges lead to which `follow` lets through: it is told whether the edge begins at a root,
    /// and where it begins.
    pub fn follow(&self, roots: &[usize], follow: impl Fn(bool, usize, &Edge) -> bool) -> BTreeSet<usize> {
        let ways = self.ways(roots, follow);
        ways.iter().enumerate().filter_map(|(at, from)| from.map(|_| at)).collect()
    }

    /// Whether each package is needed by a member, whatever for.
    pub(super) fn needed_by_members(&self) -> Vec<bool> {
        self.ways(self.members(), |_, _, _| true).iter().map(Option::is_some).collect()
    }

    /// The shortest way from a member to each package, for whatever purpose; none to what nobody needs.
    pub fn paths(&self) -> Vec<Option<Path>> {
        let from = self.ways(self.members(), |_, _, _| true);
        let way = |at: usize| {
            let mut path = vec![at];
            loop {
                let last = *path.last()?;
                let before = from.get(last).copied().flatten()?;
                if before == last {
                    path.reverse();
                    return Some(path);
                }
                path.push(before);
            }
        };
        (0..from.len()).map(way).collect()
    }

    /// A way in words: `app 0.1.0 > b 1.0.0`.
    pub fn words(&self, path: &[usize]) -> String {
        let names = path.iter().filter_map(|at| self.package(*at));
        names.map(|package| format!("{} {}", package.name, package.version)).collect::<Vec<_>>().join(" > ")
    }
}
