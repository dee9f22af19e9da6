//! Packages that run their own code when they are built.

use super::ground::{Found, Ground, label};
use super::sections::Bans;
use super::spec::Entry;
use crate::finding::Finding;

/// Packages with a build script that may have none.
pub(super) fn judge(ground: &Ground<'_>, bans: &Bans) -> Vec<Found> {
    let listed = bans.build.as_ref().and_then(|build| build.allow_build_scripts.as_ref());
    let (path, listed): (&[&str], &[Entry]) = match (listed, &bans.allow_build_scripts) {
        (Some(listed), _) => (&["bans", "build", "allow-build-scripts"], listed),
        (None, Some(listed)) => (&["bans", "allow-build-scripts"], listed),
        (None, None) => return Vec::new(),
    };
    let scripted = || ground.packages().filter(|(at, _)| ground.graph.has_build_script(*at));
    let own = bans.build.as_ref().is_some_and(|build| build.include_workspace);
    let judged = scripted().filter(|(at, _)| own || !ground.graph.is_member(*at));
    let refused = judged.filter(|(_, package)| !listed.iter().any(|entry| entry.spec.matches(package)));
    let mut findings: Vec<Found> = refused
        .map(|(at, package)| {
            let message = format!("{} has a build script and is not allowed to", label(package));
            let help = format!("read it; then list the package in deny.toml under {}", path.join("."));
            ground
                .at(Finding::error("deny/build-script", message).help(help).anchor(package.name.as_str()), at)
        })
        .collect();
    for (index, entry) in listed.iter().enumerate() {
        if !scripted().any(|(_, package)| entry.spec.matches(package)) {
            let message = format!("{} may have a build script, and has none or is not there", entry.spec);
            let finding = Finding::warning("deny/unused-entry", message).help("remove it");
            findings.push(ground.at_entry(finding, path, Some(index)));
        }
    }
    findings
}
