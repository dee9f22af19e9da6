//! Compares a package's public API with its last release.

use std::time::Duration;

use semver::Version;

use super::base::Git;
use super::steps::Bench;
use crate::gate::Unreadable;
use crate::last_release::{Release, TAGS, last_release, read_tags};
use crate::step::{Against, LastTag, SemverCall, SemverRun};

impl Bench<'_> {
    /// Finds what to compare with, and compares.
    pub(super) fn semver_checks(
        &self,
        call: &SemverCall,
        timeout: Duration,
    ) -> Result<SemverRun, Unreadable> {
        let against = match &call.baseline {
            Some(named) => Against::Named(named.clone()),
            None => against(&self.git(timeout), call)?,
        };
        let captured = call.call(&against).map(|call| self.call(&call, timeout));
        Ok(SemverRun { against, captured })
    }
}

/// What the package is compared with, by its tags.
fn against(git: &Git<'_>, call: &SemverCall) -> Result<Against, Unreadable> {
    // without a commit there is no tag either
    let Some(head) = git.head()? else { return call.against(LastTag::Never) };
    let version = Version::parse(&call.version)
        .map_err(|error| Unreadable::garbage(format!("{}: {error}", call.package)))?;
    let tags = read_tags(&git.stdout(&TAGS)?).map_err(Unreadable::garbage)?;
    match last_release(&tags, &call.tags, &call.package, &version, &head) {
        Some(release) if has_package(git, release, &call.package)? => {
            call.against(LastTag::Release(release.tag.clone()))
        }
        Some(release) => call.against(LastTag::Without(release.tag.clone())),
        None if git.is_shallow()? => call.against(LastTag::Unknown),
        None => call.against(LastTag::Never),
    }
}

/// Whether the release may have the package: its tag names it, or a manifest in its tree does anywhere.
fn has_package(git: &Git<'_>, release: Release<'_>, package: &str) -> Result<bool, Unreadable> {
    let names = [format!("\"{package}\""), format!("'{package}'")];
    let [basic, literal] = names.each_ref().map(String::as_str);
    let commit = release.tag.commit.as_str();
    let asked =
        ["grep", "--quiet", "--fixed-strings", "-e", basic, "-e", literal, commit, "--", ":(top)*Cargo.toml"];
    Ok(release.names_package || git.holds(&asked)?)
}
