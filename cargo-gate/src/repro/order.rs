//! The order in which packages are built, and those that no copy of the workspace has.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata};

use crate::facts::relative;
use crate::graph::Graph;

/// The packages that a build of the members needs, each after what it needs itself; positions of the graph.
pub fn build_order(graph: &Graph<'_>) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<(usize, bool)> = graph.members().iter().rev().map(|member| (*member, false)).collect();
    while let Some((at, done)) = open.pop() {
        if done {
            order.push(at);
        } else if seen.insert(at) {
            open.push((at, true));
            let needs = graph.edges(at).iter().filter(|edge| edge.kind != DependencyKind::Development);
            open.extend(needs.rev().filter(|edge| !seen.contains(&edge.to)).map(|edge| (edge.to, false)));
        }
    }
    order
}

/// The packages on disk that a build compiled, by cargo's ids of them, and that lie outside of the workspace, with
/// their folders.
pub fn outside_packages(metadata: &Metadata, root: &Path, built: &BTreeSet<&str>) -> Vec<(String, String)> {
    let local = metadata.packages.iter().filter(|package| package.source.is_none());
    let folders = local.filter(|package| built.contains(package.id.repr.as_str())).filter_map(|package| {
        Some((package.name.to_string(), package.manifest_path.as_std_path().parent()?))
    });
    folders
        .filter(|(_, folder)| !folder.starts_with(root))
        .map(|(name, folder)| (name, relative(root, folder)))
        .collect()
}
