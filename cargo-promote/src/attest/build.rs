//! What a candidate was built from, and how: SLSA's provenance, version 1 (<https://slsa.dev/spec/v1.0/provenance>).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::candidate::{Candidate, Manifest};

/// How `cargo promote stage` builds. It is a name and nothing is read from there.
pub const BUILD_TYPE: &str = "https://cargo-promote.dev/stage/v1";
/// Who built, where nobody says.
pub const LOCAL_BUILDER: &str = "https://cargo-promote.dev/builder/local/v1";

/// What is known of a build beside its candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The targets that were built for.
    pub targets: Vec<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it was done.
    pub finished: Timestamp,
    /// The address by which the service is known that built; [`LOCAL_BUILDER`] where none did.
    pub builder: Option<String>,
}

/// The predicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// What was to be built, from what.
    pub build_definition: BuildDefinition,
    /// Who built it, and when.
    pub run_details: RunDetails,
}

/// What was to be built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildDefinition {
    /// How: [`BUILD_TYPE`].
    pub build_type: String,
    /// What was asked for.
    pub external_parameters: Parameters,
    /// What it was built from: git's commit and tree.
    pub resolved_dependencies: Vec<Dependency>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The commit.
    pub commit: String,
    /// The targets.
    pub targets: Vec<String>,
}

/// Something that a build starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// What it is.
    pub name: String,
    /// Its digests: `gitCommit`, `gitTree`.
    pub digest: BTreeMap<String, String>,
}

/// Who built it, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunDetails {
    /// Who.
    pub builder: Builder,
    /// When.
    pub metadata: Metadata,
}

/// Who built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Builder {
    /// An address that stands for everything that has to be trusted.
    pub id: String,
    /// The versions of its parts.
    pub version: BTreeMap<String, String>,
}

/// When something was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// The beginning.
    pub started_on: Timestamp,
    /// The end.
    pub finished_on: Timestamp,
}

impl Provenance {
    /// The provenance of a candidate. Nothing of the environment gets into it.
    pub fn of(candidate: &Candidate, build: &Build) -> Self {
        let Manifest { commit, toolchain, .. } = candidate.manifest();
        let version = [
            ("cargo-promote", env!("CARGO_PKG_VERSION")),
            ("rustc", toolchain.rustc.as_str()),
            ("cargo", toolchain.cargo.as_str()),
        ];
        let version = version.into_iter().map(|(name, version)| (name.to_owned(), version.to_owned()));
        Self {
            build_definition: BuildDefinition {
                build_type: BUILD_TYPE.to_owned(),
                external_parameters: Parameters { commit: commit.clone(), targets: build.targets.clone() },
                resolved_dependencies: sources(candidate.manifest()),
            },
            run_details: RunDetails {
                builder: Builder {
                    id: build.builder.clone().unwrap_or_else(|| LOCAL_BUILDER.to_owned()),
                    version: version.collect(),
                },
                metadata: Metadata { started_on: build.started, finished_on: build.finished },
            },
        }
    }

    /// What it says that this candidate cannot have been built from, if anything.
    pub fn differs(&self, candidate: &Candidate) -> Option<String> {
        let BuildDefinition { build_type, external_parameters, resolved_dependencies } =
            &self.build_definition;
        let manifest = candidate.manifest();
        if build_type != BUILD_TYPE {
            return Some(format!("it is of the build type `{}`", build_type.escape_debug()));
        }
        if external_parameters.commit != manifest.commit || *resolved_dependencies != sources(manifest) {
            return Some("it names another commit or tree than the candidate".to_owned());
        }
        None
    }
}

fn sources(manifest: &Manifest) -> Vec<Dependency> {
    let source = |name: &str, kind: &str, digest: &str| Dependency {
        name: name.to_owned(),
        digest: [(kind.to_owned(), digest.to_owned())].into(),
    };
    vec![source("commit", "gitCommit", &manifest.commit), source("tree", "gitTree", &manifest.tree)]
}
