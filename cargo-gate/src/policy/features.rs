//! Features of packages that are asked for or banned.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::Package;

use super::ground::{Found, Ground, at_level, label};
use super::sections::{Bans, Level};
use super::spec::Entry;
use crate::finding::Finding;

/// What is wrong with the features that are on.
pub(super) fn judge(ground: &Ground<'_>, bans: &Bans) -> Vec<Found> {
    let mut findings = Vec::new();
    for (at, package) in ground.packages() {
        let on: BTreeSet<&str> = ground.graph.features(at).collect();
        let own = ground.graph.is_member(at);
        let level = if own { bans.workspace_default_features } else { bans.external_default_features };
        let level = level.filter(|_| on.contains("default")).unwrap_or(Level::Allow);
        let entries: Vec<&Entry> = bans.features.iter().filter(|entry| entry.spec.matches(package)).collect();
        let decided = |entry: &&Entry| {
            entry.more.exact
                || [&entry.more.allow, &entry.more.deny]
                    .iter()
                    .any(|list| list.iter().any(|one| one == "default"))
        };
        let mut found: Vec<Finding> = Vec::new();
        // what an entry says of `default` comes before what all packages are asked for
        if level == Level::Warn
            || (level == Level::Deny && (entries.is_empty() || !entries.iter().any(decided)))
        {
            let message = format!("{} has its default features on", label(package));
            found.extend(at_level(level, "deny/feature", message));
        }
        for entry in entries {
            let asked = bans_default(level);
            found.extend(of_entry(package, entry, &on, asked));
        }
        findings.extend(found.into_iter().map(|finding| {
            let help = format!("see what turns it on: cargo tree --edges features --invert {}", package.name);
            let anchor = format!("{} {}", package.name, finding.message);
            ground.at(finding.help(help).anchor(anchor), at)
        }));
    }
    findings.extend(unknown(ground, bans));
    findings
}

fn bans_default(level: Level) -> bool {
    level == Level::Deny
}

fn of_entry(package: &Package, entry: &Entry, on: &BTreeSet<&str>, default_is_banned: bool) -> Vec<Finding> {
    let more = &entry.more;
    let because = more.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let error = |message: String| Finding::error("deny/feature", format!("{message}{because}"));
    let listed = |name: &str| more.allow.iter().any(|one| one == name);
    let mut findings = Vec::new();
    if more.exact {
        let missing = more.allow.iter().filter(|name| !on.contains(name.as_str()));
        let missing = missing.map(|name| error(format!("{} has its feature `{name}` off", label(package))));
        let extra = on.iter().filter(|name| !listed(name));
        let extra = extra.map(|name| error(format!("{} has its feature `{name}` on", label(package))));
        findings.extend(missing.chain(extra));
        return findings;
    }
    if !more.allow.is_empty() {
        let covered = |name: &str| more.allow.iter().any(|parent| brings(&package.features, parent, name));
        let is_extra = |name: &&&str| {
            let default = **name == "default" && !default_is_banned;
            !listed(name) && !covered(name) && !default
        };
        let extra = on.iter().filter(is_extra);
        findings.extend(extra.map(|name| {
            error(format!("{} has its feature `{name}` on, which is not allowed", label(package)))
        }));
    }
    let banned = more.deny.iter().filter(|name| on.contains(name.as_str()));
    findings.extend(
        banned.map(|name| error(format!("{} has its feature `{name}` on, which is banned", label(package)))),
    );
    findings
}

/// Whether a feature turns another one on.
fn brings(features: &BTreeMap<String, Vec<String>>, parent: &str, feature: &str) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut open = vec![parent];
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        for inner in features.get(name).into_iter().flatten() {
            if inner == feature {
                return true;
            }
            open.push(inner);
        }
    }
    false
}

/// Entries about features that their packages do not have, or about packages that are not there.
fn unknown(ground: &Ground<'_>, bans: &Bans) -> Vec<Found> {
    let mut findings = Vec::new();
    for (index, entry) in bans.features.iter().enumerate() {
        let meant: Vec<&Package> = ground
            .packages()
            .map(|(_, package)| package)
            .filter(|package| entry.spec.matches(package))
            .collect();
        let names = entry.more.allow.iter().chain(&entry.more.deny);
        let gone = names.filter(|name| !meant.iter().any(|package| package.features.contains_key(*name)));
        let message = if meant.is_empty() {
            format!("{} has an entry for its features and is not there", entry.spec)
        } else {
            let gone: Vec<&str> = gone.map(String::as_str).collect();
            if gone.is_empty() {
                continue;
            }
            format!("{} has no feature `{}`", entry.spec, gone.join("`, `"))
        };
        let finding = Finding::warning("deny/unused-entry", message).help("remove it from `features`");
        findings.push(ground.at_entry(finding, &["bans", "features"], Some(index)));
    }
    findings
}
