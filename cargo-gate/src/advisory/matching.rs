//! Which packages of the lock file have an advisory, by the rules of `cargo audit`.
//!
//! The rules are those of `rustsec::Report::generate`: advisories that were withdrawn do not count, only packages of
//! the default registry are judged, an advisory for some platforms counts on all of them, and a version is affected by
//! the intervals of [`rustsec::advisory::Versions::is_vulnerable`]. Testing `patched` as a plain version requirement
//! instead accuses pre-releases.

use std::collections::BTreeMap;
use std::fmt;

use rustsec::advisory::{Advisory, Informational};

use super::dependency_path::DependencyPaths;
use super::file::{AdvisoryError, AdvisoryFile, parse};
use super::lock::LockedPackage;

/// What an advisory tells of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A vulnerability.
    Vulnerability,
    /// Safe code can reach undefined behaviour through it.
    Unsound,
    /// Nobody looks after it.
    Unmaintained,
    /// A security notice.
    Notice,
    /// An informational advisory of a kind that is newer than this program; `cargo audit` leaves these out.
    Other,
}

/// The severity of a vulnerability: the qualitative scale of its CVSS score. The order is by weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A score of 0.0.
    None,
    /// A score of 0.1 to 3.9.
    Low,
    /// A score of 4.0 to 6.9.
    Medium,
    /// A score of 7.0 to 8.9.
    High,
    /// A score of 9.0 to 10.0.
    Critical,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Vulnerability => "vulnerability",
            Self::Unsound => "unsound",
            Self::Unmaintained => "unmaintained",
            Self::Notice => "notice",
            Self::Other => "other",
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// An advisory that affects a package of the lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The advisory's identifier, `RUSTSEC-2026-0001`.
    pub id: String,
    /// The package's name.
    pub package: String,
    /// The package's version.
    pub version: String,
    /// What the advisory tells.
    pub kind: Kind,
    /// How bad it is; `None` where nobody gave it a CVSS score, which is no sign of harmlessness.
    pub severity: Option<Severity>,
    /// The advisory in one line.
    pub title: String,
    /// Where to read more: the advisory's page, or else what it refers to.
    pub url: Option<String>,
    /// The version requirements that are free of it; empty where there is no fix.
    pub patched: Vec<String>,
    /// The line of `Cargo.lock` with the package's name, from 1.
    pub line: u32,
    /// What other databases call it (CVE, GHSA).
    pub aliases: Vec<String>,
    /// The day it was reported, `2026-01-31`.
    pub date: String,
    /// The shortest way from a package of the workspace to this one, both included: `app 0.1.0`, `b 1.0.0`, ….
    pub path: Vec<String>,
}

/// Matches the packages of a lock file against advisories, in the order of the lock file and then of the identifiers.
///
/// # Errors
///
/// [`AdvisoryError`] for the first file that is no sound advisory, whether or not the lock file has its package.
pub fn match_advisories(lock: &[LockedPackage], files: &[AdvisoryFile]) -> Result<Vec<Match>, AdvisoryError> {
    let advisories = advisories_by_package(files)?;
    let paths = DependencyPaths::new(lock);
    let mut matches = Vec::new();
    for (position, package) in lock.iter().enumerate().filter(|(_, package)| package.from_registry) {
        let of_package = advisories.get(package.name.as_str()).into_iter().flatten();
        for advisory in of_package.filter(|advisory| affects(advisory, package)) {
            matches.push(describe(advisory, package, paths.to(position)));
        }
    }
    Ok(matches)
}

/// Every advisory under its package's name, in the order of the identifiers.
fn advisories_by_package(files: &[AdvisoryFile]) -> Result<BTreeMap<String, Vec<Advisory>>, AdvisoryError> {
    let mut by_id = BTreeMap::new();
    for file in files {
        let Some(advisory) = parse(file)? else {
            continue;
        };
        let id = advisory.metadata.id.to_string();
        if let Some((_, first)) = by_id.insert(id.clone(), (advisory, file.path.clone())) {
            return Err(AdvisoryError::Duplicate { id, first, second: file.path.clone() });
        }
    }
    let mut by_package: BTreeMap<String, Vec<Advisory>> = BTreeMap::new();
    for (advisory, _) in by_id.into_values() {
        by_package.entry(advisory.metadata.package.to_string()).or_default().push(advisory);
    }
    Ok(by_package)
}

/// Whether an advisory of a package's name affects the package. An advisory without a source is about the default
/// registry, whichever of its two indexes the lock file names.
fn affects(advisory: &Advisory, package: &LockedPackage) -> bool {
    let source = advisory.metadata.source.as_ref();
    !advisory.withdrawn()
        && source.is_none_or(rustsec::SourceId::is_default_registry)
        && advisory.versions.is_vulnerable(&package.version)
}

fn describe(advisory: &Advisory, package: &LockedPackage, path: Vec<String>) -> Match {
    let metadata = &advisory.metadata;
    Match {
        id: metadata.id.to_string(),
        package: package.name.clone(),
        version: package.version.to_string(),
        kind: kind(metadata.informational.as_ref()),
        severity: advisory.severity().map(severity),
        title: metadata.title.clone(),
        url: metadata.id.url().or_else(|| metadata.url.as_ref().map(ToString::to_string)),
        patched: advisory.versions.patched().iter().map(ToString::to_string).collect(),
        line: package.line,
        aliases: metadata.aliases.iter().map(ToString::to_string).collect(),
        date: metadata.date.to_string(),
        path,
    }
}

fn kind(informational: Option<&Informational>) -> Kind {
    match informational {
        None => Kind::Vulnerability,
        Some(Informational::Unsound) => Kind::Unsound,
        Some(Informational::Unmaintained) => Kind::Unmaintained,
        Some(Informational::Notice) => Kind::Notice,
        Some(_) => Kind::Other,
    }
}

fn severity(severity: rustsec::advisory::Severity) -> Severity {
    match severity {
        rustsec::advisory::Severity::None => Severity::None,
        rustsec::advisory::Severity::Low => Severity::Low,
        rustsec::advisory::Severity::Medium => Severity::Medium,
        rustsec::advisory::Severity::High => Severity::High,
        rustsec::advisory::Severity::Critical => Severity::Critical,
    }
}

#[cfg(test)]
mod tests;
