//! Packages and the edges between them.

use std::collections::{BTreeSet, HashMap};

use cargo_metadata::{DependencyKind, Metadata, Node, NodeDep, Package, PackageId};
use thiserror::Error;

use super::condition::{Condition, Target};
use super::features::Resolver;
use crate::gate::Features;

/// One package's need of another.
#[derive(Debug)]
pub struct Edge {
    /// The package that is needed, as a position in [`Graph::packages`].
    pub to: usize,
    /// What for.
    pub kind: DependencyKind,
    pub(super) condition: Option<Condition>,
}

impl Edge {
    /// Whether it may hold on one of the targets; no targets stand for all.
    pub fn holds(&self, targets: &[Target]) -> bool {
        let Some(condition) = &self.condition else { return true };
        targets.is_empty() || targets.iter().any(|target| condition.may_hold(target))
    }
}

/// Metadata without a usable graph.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GraphError {
    /// Asked for with `--no-deps`.
    #[error("`cargo metadata` gave no dependency graph")]
    NoGraph,
    /// A package that is named and not described.
    #[error("`cargo metadata` names the package `{0}` and does not describe it")]
    Unknown(String),
    /// A package without its place in the graph.
    #[error("`cargo metadata` does not say what the package `{0}` depends on")]
    NoNode(String),
    /// A workspace without a package.
    #[error("`cargo metadata` names no member of the workspace")]
    NoMember,
}

/// The resolved dependency graph of a workspace.
///
/// `cargo metadata` lists more than can ever be built: an optional dependency that only a weak feature
/// (`name?/feature`) asks for is in the lock file, and in its answer, without anything that turns it on. Such edges, and
/// those under a condition that never holds, are not here; what only they lead to is not reachable.
#[derive(Debug)]
pub struct Graph<'a> {
    packages: Vec<&'a Package>,
    positions: HashMap<&'a PackageId, usize>,
    members: Vec<usize>,
    edges: Vec<Vec<Edge>>,
    features: Vec<BTreeSet<&'a str>>,
    reachable: Vec<bool>,
}

impl<'a> Graph<'a> {
    /// The graph of what `cargo metadata` answered; without `--filter-platform` it holds the dependencies of all
    /// targets.
    ///
    /// # Errors
    /// When the answer has no graph, or the graph names packages that it does not describe.
    pub fn new(metadata: &'a Metadata) -> Result<Self, GraphError> {
        Self::build(metadata, None)
    }

    /// The same, with other features of the members than `cargo metadata` was asked for: fewer, that is, since what it
    /// did not resolve is not there.
    ///
    /// # Errors
    /// When the answer has no graph, or the graph names packages that it does not describe.
    pub fn with_features(metadata: &'a Metadata, features: &Features) -> Result<Self, GraphError> {
        Self::build(metadata, Some(features))
    }

    fn build(metadata: &'a Metadata, features: Option<&Features>) -> Result<Self, GraphError> {
        let resolve = metadata.resolve.as_ref().ok_or(GraphError::NoGraph)?;
        let packages: Vec<&Package> = metadata.packages.iter().collect();
        let positions: HashMap<&PackageId, usize> =
            packages.iter().enumerate().map(|(at, package)| (&package.id, at)).collect();
        let position =
            |id: &PackageId| positions.get(id).copied().ok_or_else(|| GraphError::Unknown(id.repr.clone()));
        let members =
            metadata.workspace_members.iter().map(position).collect::<Result<Vec<usize>, GraphError>>()?;
        if members.is_empty() {
            return Err(GraphError::NoMember);
        }
        let mut nodes: Vec<Option<&Node>> = vec![None; packages.len()];
        for node in &resolve.nodes {
            if let Some(place) = nodes.get_mut(position(&node.id)?) {
                *place = Some(node);
            }
        }
        let mut dependencies = Vec::with_capacity(packages.len());
        for (package, node) in packages.iter().zip(&nodes) {
            let node = node.ok_or_else(|| GraphError::NoNode(package.id.repr.clone()))?;
            let of_node = node.deps.iter().map(|dependency| Ok((position(&dependency.pkg)?, dependency)));
            dependencies.push(of_node.collect::<Result<Vec<(usize, &NodeDep)>, GraphError>>()?);
        }
        let given: Vec<&Node> = nodes.into_iter().flatten().collect();
        let resolver = Resolver::run(&packages, &members, &dependencies, &given, features);
        let edges =
            dependencies.iter().enumerate().map(|(from, list)| live_edges(&resolver, from, list)).collect();
        let features = resolver.into_features();
        let mut graph = Self { packages, positions, members, edges, features, reachable: Vec::new() };
        graph.reachable = graph.needed_by_members();
        Ok(graph)
    }

    /// Every package that `cargo metadata` lists, in its order; those that are not reachable too.
    pub fn packages(&self) -> &[&'a Package] {
        &self.packages
    }

    /// The package at a position.
    pub fn package(&self, at: usize) -> Option<&'a Package> {
        self.packages.get(at).copied()
    }

    /// The position of a package.
    pub fn position(&self, id: &PackageId) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// The members of the workspace.
    pub fn members(&self) -> &[usize] {
        &self.members
    }

    /// Whether the package is a member of the workspace.
    pub fn is_member(&self, at: usize) -> bool {
        self.members.contains(&at)
    }

    /// What the package needs.
    pub fn edges(&self, at: usize) -> &[Edge] {
        self.edges.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    /// The features of the package that are on when everything reachable is built with the features that
    /// `cargo metadata` was asked for, on whatever target.
    pub fn features(&self, at: usize) -> impl Iterator<Item = &'a str> + '_ {
        self.features.get(at).into_iter().flatten().copied()
    }

    /// Whether a member needs the package, for whatever purpose and on whatever target.
    pub fn is_reachable(&self, at: usize) -> bool {
        self.reachable.get(at).copied().unwrap_or_default()
    }
}

/// The edges of a package that some feature turns on.
fn live_edges(resolver: &Resolver<'_, '_>, from: usize, dependencies: &[(usize, &NodeDep)]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (to, dependency) in dependencies {
        for kind in &dependency.dep_kinds {
            if resolver.is_live(from, *to, kind) {
                let condition = kind.target.as_ref().map(Condition::new);
                if condition.as_ref().is_some_and(|condition| !condition.is_possible()) {
                    continue;
                }
                edges.push(Edge { to: *to, kind: kind.kind, condition });
            }
        }
    }
    edges
}
