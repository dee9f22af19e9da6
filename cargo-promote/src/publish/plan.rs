//! What is to be uploaded, found out for the whole candidate before the first upload: a registry forgets nothing, so
//! that half of a workspace on it stays there.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Version, VersionReq};
use serde::Serialize;

use super::crate_file::CrateFile;
use super::index::IndexEntry;
use super::order::{Cycle, order};
use super::registry::{DEFAULT, Target};
use crate::digest::Digest;

/// What the indexes have: of the target and of the default registry, by package.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The target's.
    pub target: BTreeMap<String, Vec<IndexEntry>>,
    /// The default registry's, where the target is another one.
    pub default: BTreeMap<String, Vec<IndexEntry>>,
}

/// How a package stands on the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is not there: it is uploaded.
    Absent,
    /// It is there, with the same bytes.
    Same,
    /// It is there with the same bytes, and was yanked.
    Yanked,
}

/// One package of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Its bytes.
    pub digest: Digest,
    /// How many they are.
    pub size: u64,
    /// How it stands.
    pub standing: Standing,
}

/// What is to be uploaded, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishPlan {
    /// The registry, by its name or its index.
    pub registry: String,
    /// The packages in their order.
    pub steps: Vec<Step>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

/// Why nothing is uploaded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// The bytes are another commit's.
    #[error("{package} was packaged from {commit}, and the candidate is {candidate}")]
    OtherCommit {
        /// The package.
        package: String,
        /// Its commit, in words where it names none.
        commit: String,
        /// The candidate's.
        candidate: String,
    },
    /// Its manifest keeps it from there.
    #[error("{package} may not go to {registry}: its manifest says `publish = {publish}`")]
    NotForIt {
        /// The package.
        package: String,
        /// The registry.
        registry: String,
        /// What the manifest says.
        publish: String,
    },
    /// Two files are the same package.
    #[error("{0} is there twice")]
    Twice(String),
    /// The registry has other bytes of the same version.
    #[error(
        "{package} is on {registry} with other bytes: theirs sha256:{theirs}, ours {ours}; a version is never uploaded \
         twice, so a new one is needed"
    )]
    Different {
        /// The package.
        package: String,
        /// The registry.
        registry: String,
        /// The checksum on the index.
        theirs: String,
        /// Ours.
        ours: String,
    },
    /// What it depends on is neither there nor in the candidate.
    #[error(
        "{package} needs `{dependency}` {requirement}, which is neither on {registry} nor in the candidate"
    )]
    Missing {
        /// The package.
        package: String,
        /// What it needs.
        dependency: String,
        /// Which versions.
        requirement: String,
        /// Where it was looked for.
        registry: String,
    },
    /// It was packaged for the default registry and goes to another one.
    #[error(
        "{package} needs `{dependency}` of this candidate from {DEFAULT}, and goes to {registry}: where that one stands \
         in for {DEFAULT} (`[source.{DEFAULT}] replace-with`) add `--stand-in`; else package it with a registry for \
         the dependency"
    )]
    Elsewhere {
        /// The package.
        package: String,
        /// What it needs.
        dependency: String,
        /// Where it goes.
        registry: String,
    },
    /// No order is right.
    #[error(transparent)]
    Cycle(#[from] Cycle),
}

/// Finds out what is wrong with the packages themselves. Without a candidate's commit they must be of one commit.
pub fn check(files: &[CrateFile], target: &Target, commit: Option<&str>) -> Vec<Refusal> {
    let first = files.first().and_then(|file| file.commit.as_deref());
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for file in files {
        let package = file.shown();
        if !seen.insert(file.name.to_lowercase().replace('_', "-")) {
            found.push(Refusal::Twice(file.name.clone()));
        }
        let expected = commit.or(first);
        if file.commit.as_deref() != expected || expected.is_none() {
            let commit = file.commit.clone().unwrap_or_else(|| "no commit that it names".to_owned());
            let candidate = expected.unwrap_or("one that is committed").to_owned();
            found.push(Refusal::OtherCommit { package: package.clone(), commit, candidate });
        }
        if let Some(allowed) = &file.publish {
            let name = if target.stands_in { Some(DEFAULT) } else { target.registry.name.as_deref() };
            if !name.is_some_and(|name| allowed.iter().any(|one| one == name)) {
                let publish = if allowed.is_empty() { "false".to_owned() } else { format!("{allowed:?}") };
                found.push(Refusal::NotForIt { package, registry: target.shown(), publish });
            }
        }
    }
    found
}

/// Plans the uploads.
///
/// # Errors
/// Everything that stands against any of them.
pub fn plan(files: &[CrateFile], target: &Target, known: &Known) -> Result<PublishPlan, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut notes = Vec::new();
    let mut steps = Vec::new();
    let places = order(files).map_err(|cycle| vec![Refusal::Cycle(cycle)])?;
    for file in places.iter().filter_map(|place| files.get(*place)) {
        match standing(file, target, known) {
            Ok(standing) => {
                if standing == Standing::Yanked {
                    notes.push(format!("{} is on {} and was yanked", file.shown(), target.shown()));
                }
                let (name, version) = (file.name.clone(), file.version.clone());
                steps.push(Step {
                    name,
                    version,
                    digest: file.digest,
                    size: file.bytes.len() as u64,
                    standing,
                });
            }
            Err(refusal) => refusals.push(refusal),
        }
        needs(file, files, target, known, &mut refusals, &mut notes);
    }
    refusals.sort();
    refusals.dedup();
    notes.sort();
    notes.dedup();
    if refusals.is_empty() {
        Ok(PublishPlan { registry: target.shown(), steps, notes })
    } else {
        Err(refusals)
    }
}

/// How a package stands: an index knows one version whatever is said of its build (`+…`).
fn standing(file: &CrateFile, target: &Target, known: &Known) -> Result<Standing, Refusal> {
    let entries = known.target.get(&file.name).map(Vec::as_slice).unwrap_or_default();
    let Some(entry) = entries.iter().find(|entry| entry.vers.cmp_precedence(&file.version).is_eq()) else {
        return Ok(Standing::Absent);
    };
    if entry.cksum.eq_ignore_ascii_case(&file.digest.hex()) && entry.vers == file.version {
        return Ok(if entry.yanked { Standing::Yanked } else { Standing::Same });
    }
    Err(different(file, target, &entry.cksum))
}

/// The refusal where an index has other bytes.
pub fn different(file: &CrateFile, target: &Target, theirs: &str) -> Refusal {
    Refusal::Different {
        package: file.shown(),
        registry: target.shown(),
        theirs: theirs.chars().filter(char::is_ascii_hexdigit).collect(),
        ours: file.digest.to_string(),
    }
}

/// Whether everything that a package needs is there, or comes with it.
fn needs(
    file: &CrateFile,
    files: &[CrateFile],
    target: &Target,
    known: &Known,
    refusals: &mut Vec<Refusal>,
    notes: &mut Vec<String>,
) {
    let has = |entries: &BTreeMap<String, Vec<IndexEntry>>, name: &str, requirement: &VersionReq| {
        let entries = entries.get(name).map(Vec::as_slice).unwrap_or_default();
        entries.iter().any(|entry| !entry.yanked && requirement.matches(&entry.vers))
    };
    for dependency in &file.metadata.deps {
        let (name, requirement) = (dependency.name.as_str(), &dependency.version_req);
        let comes_along = files.iter().any(|other| other.name == name && requirement.matches(&other.version));
        let registry = target.registry_of(dependency.registry.as_deref());
        let (is_there, place) = match registry.as_deref() {
            None => (comes_along || has(&known.target, name, requirement), target.shown()),
            Some(other) if other == target.default_registry => {
                if comes_along {
                    refusals.push(Refusal::Elsewhere {
                        package: file.shown(),
                        dependency: name.to_owned(),
                        registry: target.shown(),
                    });
                    continue;
                }
                (has(&known.default, name, requirement), DEFAULT.to_owned())
            }
            Some(other) => {
                notes.push(format!(
                    "`{name}` is of another registry, which was not asked: {}",
                    other.escape_debug()
                ));
                continue;
            }
        };
        if !is_there {
            refusals.push(Refusal::Missing {
                package: file.shown(),
                dependency: name.to_owned(),
                requirement: requirement.to_string(),
                registry: place,
            });
        }
    }
}
