//! How a policy names packages: a name, and the versions that are meant.

use cargo_metadata::Package;
use semver::{Op, Version, VersionReq};
use serde::Deserialize;

/// A package by name and, where given, by version: `name`, `name@1.2.3` (exactly), `name:^1` (any requirement).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Spec {
    /// The name.
    pub name: String,
    /// The versions; none for all.
    pub version: Option<VersionReq>,
}

impl TryFrom<String> for Spec {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (name, version, exact) = match (text.split_once('@'), text.split_once(':')) {
            (Some((name, version)), _) => (name, Some(version), true),
            (None, Some((name, version))) => (name, Some(version), false),
            (None, None) => (text.as_str(), None, false),
        };
        let requirement = |version: &str| {
            let mut requirement: VersionReq =
                version.parse().map_err(|error| format!("`{text}`: {error}"))?;
            if let Some(first) = requirement.comparators.first_mut().filter(|_| exact) {
                first.op = Op::Exact;
            }
            Ok::<_, String>(requirement)
        };
        if name.is_empty() {
            return Err("the name of a package may not be empty".to_owned());
        }
        Ok(Self { name: name.to_owned(), version: version.map(requirement).transpose()? })
    }
}

impl Spec {
    /// Whether the package is meant.
    pub fn matches(&self, package: &Package) -> bool {
        self.is_about(package.name.as_str(), &package.version)
    }

    /// Whether the package of that name and version is meant. A requirement that names no pre-release means none,
    /// except by its numbers.
    pub fn is_about(&self, name: &str, version: &Version) -> bool {
        let fits = |requirement: &VersionReq| {
            let plain = Version { pre: semver::Prerelease::EMPTY, ..version.clone() };
            let names_one = requirement.comparators.iter().any(|one| !one.pre.is_empty());
            requirement.matches(version) || (!names_one && requirement.matches(&plain))
        };
        self.name == name && self.version.as_ref().is_none_or(fits)
    }
}

impl std::fmt::Display for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.version {
            None => f.write_str(&self.name),
            Some(version) => write!(f, "{} {version}", self.name),
        }
    }
}

/// An entry of a list: a package alone, or a table with more about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Entry {
    /// The package.
    pub spec: Spec,
    /// What the table says beyond the package.
    pub more: More,
}

/// What entries of the various lists may say beyond the package.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct More {
    /// Why.
    pub reason: Option<String>,
    /// What takes the place of a banned package.
    pub use_instead: Option<String>,
    /// Packages that alone may depend on a banned one.
    pub wrappers: Vec<String>,
    /// Only more than one version is banned.
    pub deny_multiple_versions: bool,
    /// How many steps down a skipped tree reaches; none for all.
    pub depth: Option<usize>,
    /// Features, or licences, that are allowed.
    pub allow: Vec<String>,
    /// Features that are denied.
    pub deny: Vec<String>,
    /// Whether the allowed features must be just those that are on.
    pub exact: bool,
    /// The licence that a clarification states.
    pub expression: Option<String>,
    /// The texts that a clarification rests on.
    pub license_files: Vec<LicenseFile>,
}

/// A licence text that a clarification rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct LicenseFile {
    /// Relative to the package's folder.
    pub path: String,
    /// The 32-bit xxHash of its bytes.
    pub hash: u32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    Table {
        #[serde(rename = "crate")]
        package: Option<String>,
        name: Option<String>,
        version: Option<String>,
        #[serde(flatten)]
        more: Box<More>,
    },
}

impl TryFrom<Written> for Entry {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Name(name) => Ok(Self { spec: name.try_into()?, more: More::default() }),
            Written::Table { package: Some(package), more, .. } => {
                Ok(Self { spec: package.try_into()?, more: *more })
            }
            Written::Table { name: Some(name), version, more, .. } => {
                let version = version.map(|text| text.parse().map_err(|error| format!("`{text}`: {error}")));
                Ok(Self { spec: Spec { name, version: version.transpose()? }, more: *more })
            }
            Written::Table { .. } => Err("an entry needs the name of a package under `crate`".to_owned()),
        }
    }
}
