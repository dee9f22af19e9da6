//! All that differs, as it is told.

use serde::Serialize;

use super::dependencies::Dependency;
use super::files::FileChange;

/// What differs between two candidates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The commits that only one of them has.
    pub commits: Known<Commits>,
    /// The packages that differ between their bills of materials.
    pub dependencies: Known<Vec<Dependency>>,
    /// Their files.
    pub files: Vec<FileChange>,
    /// The advisories about what they ship.
    pub advisories: Known<Advisories>,
}

/// Something that is known, or why it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known<T> {
    /// It.
    Known(T),
    /// Why nobody can say: never to be taken for nothing.
    Unknown(String),
}

/// The commits that only one of two candidates has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Commits {
    /// Those of the second, the newest first: hash and title.
    pub new: Vec<(String, String)>,
    /// Those of the first, which the second goes back behind.
    pub gone: Vec<(String, String)>,
}

/// Advisories about what two candidates ship, each as identifier, package and title.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Advisories {
    /// Those of the second only.
    pub new: Vec<(String, String, String)>,
    /// Those of both.
    pub stay: Vec<(String, String, String)>,
    /// Those of the first only.
    pub gone: Vec<(String, String, String)>,
}
