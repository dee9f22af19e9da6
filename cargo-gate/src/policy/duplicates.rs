//! Packages in more than one version.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::DependencyKind;

use super::ground::{Found, Ground, at_level};
use super::sections::{Bans, Level};
use super::spec::Entry;
use crate::finding::{Finding, Worse};
use crate::text::exact;

/// The versions of each package that is there in several, as positions in the graph.
pub(super) fn several(ground: &Ground<'_>, include_dev: bool) -> BTreeMap<String, Vec<usize>> {
    let dependents = ground.dependents();
    let counted = ground.follow(|kind| include_dev || kind != DependencyKind::Development);
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, package) in ground.packages().filter(|(at, _)| counted.contains(at)) {
        by_name.entry(package.name.to_string()).or_default().push(at);
    }
    by_name.retain(|_, versions| versions.len() > 1);
    for (name, versions) in &mut by_name {
        // a version that only another version of the same package uses, to be compatible with it
        let is_bridged = |at: &usize| {
            let parents = dependents.get(at);
            let same =
                |parent: &usize| ground.graph.package(*parent).is_some_and(|one| one.name.as_str() == name);
            parents.is_some_and(|parents| parents.iter().all(same))
        };
        versions.retain(|at| !is_bridged(at));
    }
    by_name.retain(|_, versions| versions.len() > 1);
    by_name
}

/// What is wrong with versions, and the entries about them that nothing needs.
pub(super) fn judge(ground: &Ground<'_>, bans: &Bans) -> Vec<Found> {
    let mut findings = Vec::new();
    let several = several(ground, bans.multiple_versions_include_dev);
    let trees = skipped_trees(ground, &bans.skip_tree);
    for (name, versions) in &several {
        let is_skipped = |at: &usize| {
            let package = ground.graph.package(*at);
            trees.contains(at)
                || package.is_some_and(|package| bans.skip.iter().any(|entry| entry.spec.matches(package)))
        };
        let counted: Vec<usize> = versions.iter().copied().filter(|at| !is_skipped(at)).collect();
        if counted.len() < 2 {
            continue;
        }
        let denied = |at: &usize| {
            let denies =
                |entry: &Entry, package| entry.more.deny_multiple_versions && entry.spec.matches(package);
            ground
                .graph
                .package(*at)
                .is_some_and(|package| bans.deny.iter().any(|entry| denies(entry, package)))
        };
        let level = if counted.iter().any(denied) { Level::Deny } else { bans.multiple_versions };
        let finding = at_level(level, "deny/duplicate", message(ground, name, &counted));
        let help = format!(
            "cargo tree --all-features --target all --invert {name}@VERSION, and update what keeps it back"
        );
        let first = counted.first().copied().unwrap_or_default();
        let versions = exact(counted.len());
        let measured = |one: Finding| one.help(help).anchor(name.as_str()).measure(versions, Worse::Higher);
        findings.extend(finding.map(|one| ground.at(measured(one), first)));
    }
    findings.extend(unused(ground, bans, &several));
    findings
}

fn message(ground: &Ground<'_>, name: &str, versions: &[usize]) -> String {
    let mut versions: Vec<_> =
        versions.iter().filter_map(|at| ground.graph.package(*at)).map(|package| &package.version).collect();
    versions.sort();
    let words: Vec<String> = versions.iter().map(ToString::to_string).collect();
    format!("{name} is there in {} versions: {}", words.len(), words.join(", "))
}

/// The packages within the depth of a skipped tree.
fn skipped_trees(ground: &Ground<'_>, trees: &[Entry]) -> BTreeSet<usize> {
    let mut skipped = BTreeSet::new();
    for entry in trees {
        let depth = entry.more.depth.unwrap_or(usize::MAX);
        let roots = ground.packages().filter(|(_, package)| entry.spec.matches(package)).map(|(at, _)| at);
        let mut layer: BTreeSet<usize> = roots.collect();
        let mut seen = layer.clone();
        let mut steps = 0;
        while !layer.is_empty() && steps < depth {
            let edges =
                layer.iter().flat_map(|at| ground.graph.edges(*at)).filter(|edge| ground.counts_edge(edge));
            let next: BTreeSet<usize> = edges.map(|edge| edge.to).filter(|to| !seen.contains(to)).collect();
            seen.extend(&next);
            layer = next;
            steps += 1;
        }
        skipped.extend(seen);
    }
    skipped
}

fn unused(ground: &Ground<'_>, bans: &Bans, several: &BTreeMap<String, Vec<usize>>) -> Vec<Found> {
    let there = |entry: &Entry| ground.packages().any(|(_, package)| entry.spec.matches(package));
    let mut findings = Vec::new();
    for (index, entry) in bans.skip.iter().enumerate() {
        let message = if !there(entry) {
            format!("{} is skipped and is not there", entry.spec)
        } else if !several.contains_key(&entry.spec.name) {
            format!("{} is skipped and is there in one version only", entry.spec)
        } else {
            continue;
        };
        let finding = Finding::warning("deny/unused-entry", message).help("remove it from `skip`");
        findings.push(ground.at_entry(finding, &["bans", "skip"], Some(index)));
    }
    for (index, entry) in bans.skip_tree.iter().enumerate().filter(|(_, entry)| !there(entry)) {
        let message = format!("the tree of {} is skipped and is not there", entry.spec);
        let finding = Finding::warning("deny/unused-entry", message).help("remove it from `skip-tree`");
        findings.push(ground.at_entry(finding, &["bans", "skip-tree"], Some(index)));
    }
    findings
}

/// The names of the packages in several versions.
pub(super) fn names(ground: &Ground<'_>) -> Vec<String> {
    several(ground, false).into_keys().collect()
}
