//! Banned packages, the only allowed ones, and dependencies of any version.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Package};
use semver::VersionReq;

use super::ground::{Found, Ground, at_level, is_private, label};
use super::sections::Bans;
use super::spec::Entry;
use crate::finding::Finding;

/// Packages that are banned or not allowed, and entries about them that nothing needs.
pub(super) fn judge(ground: &Ground<'_>, bans: &Bans) -> Vec<Found> {
    let dependents = ground.dependents();
    let mut findings = Vec::new();
    let mut used_wrappers: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (at, package) in ground.packages() {
        let allowed_anyway = bans.allow_workspace && ground.graph.is_member(at);
        if allowed_anyway {
            continue;
        }
        for (index, entry) in bans.deny.iter().enumerate() {
            if entry.more.deny_multiple_versions || !entry.spec.matches(package) {
                continue;
            }
            let parents: Vec<&Package> = dependents
                .get(&at)
                .into_iter()
                .flatten()
                .filter_map(|at| ground.graph.package(*at))
                .collect();
            let wrapper =
                |parent: &&Package| entry.more.wrappers.iter().position(|name| name == parent.name.as_str());
            used_wrappers.extend(parents.iter().filter_map(wrapper).map(|wrapper| (index, wrapper)));
            let excused =
                !entry.more.wrappers.is_empty() && parents.iter().all(|parent| wrapper(parent).is_some());
            if !excused {
                findings.push(ground.at(banned(package, entry, &parents), at));
            }
        }
        if !bans.allow.is_empty() && !bans.allow.iter().any(|entry| entry.spec.matches(package)) {
            let message = format!("{} is not among the allowed packages", label(package));
            let help = "take it out, or list it in deny.toml under [bans] in `allow`";
            let finding =
                Finding::error("deny/not-allowed", message).help(help).anchor(package.name.as_str());
            findings.push(ground.at(finding, at));
        }
    }
    for (index, entry) in bans.deny.iter().enumerate() {
        for (number, name) in entry.more.wrappers.iter().enumerate() {
            if !used_wrappers.contains(&(index, number)) {
                let message = format!("{name} is allowed to depend on {}, and does not", entry.spec);
                let finding =
                    Finding::warning("deny/unused-entry", message).help("remove it from `wrappers`");
                findings.push(ground.at_entry(finding, &["bans", "deny"], Some(index)));
            }
        }
    }
    findings.extend(wildcards(ground, bans));
    findings
}

fn banned(package: &Package, entry: &Entry, parents: &[&Package]) -> Finding {
    let because = entry.more.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let message = format!("{} is banned{because}", label(package));
    let instead = entry.more.use_instead.as_ref().map(|name| format!("use {name} instead; "));
    let help = format!(
        "{}see what needs it: cargo tree --all-features --target all --invert {}",
        instead.unwrap_or_default(),
        package.name
    );
    let by: Vec<String> = parents.iter().map(|parent| label(parent)).collect();
    let finding = Finding::error("deny/banned", message).help(help).anchor(package.name.as_str());
    if by.is_empty() { finding } else { finding.detail(format!("needed by {}", by.join(", "))) }
}

/// Dependencies with the version `*`, or without any.
fn wildcards(ground: &Ground<'_>, bans: &Bans) -> Vec<Found> {
    let mut findings = Vec::new();
    for (at, package) in ground.packages() {
        let from_git = package.source.as_ref().is_some_and(|source| source.repr.starts_with("git+"));
        if from_git || bans.skip.iter().any(|entry| entry.spec.matches(package)) {
            continue;
        }
        let private = is_private(package, &[]);
        for dependency in &package.dependencies {
            let path_or_git = dependency.source.as_ref().is_none_or(|source| source.repr.starts_with("git+"));
            let passes = private || dependency.kind == DependencyKind::Development;
            let of_any_version = dependency.req == VersionReq::STAR;
            let itself = dependency.name == package.name.as_str();
            if !of_any_version || itself || (bans.allow_wildcard_paths && path_or_git && passes) {
                continue;
            }
            let message = format!("{} depends on any version of {}", label(package), dependency.name);
            let finding = at_level(bans.wildcards, "deny/wildcard", message);
            findings.extend(finding.map(|one| {
                let one = one.help("name the version that it is built with");
                ground.at(one.anchor(format!("{} {}", package.name, dependency.name)), at)
            }));
        }
    }
    findings
}
