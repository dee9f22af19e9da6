//! The tables of a policy, with cargo-deny's defaults.

use serde::Deserialize;

use super::spec::{Entry, Spec};

/// How much something weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Not named.
    Allow,
    /// Named.
    Warn,
    /// An error.
    Deny,
}

/// Which graph is judged.
#[expect(clippy::struct_excessive_bools, reason = "these are the keys of the file")]
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct GraphSection {
    /// Targets; none for all.
    pub targets: Vec<TargetEntry>,
    /// Packages that are taken out.
    pub exclude: Vec<Spec>,
    /// Features of the members.
    pub features: Vec<String>,
    /// All features.
    pub all_features: bool,
    /// Without the default features.
    pub no_default_features: bool,
    /// Without what only tests need.
    pub exclude_dev: bool,
    /// Without members that are not published.
    pub exclude_unpublished: bool,
}

/// A target by its triple, with target features or without.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum TargetEntry {
    /// The triple.
    Triple(String),
    /// The triple, and features that conditions may ask for; here any may be on.
    Table {
        /// The triple.
        triple: String,
    },
}

impl TargetEntry {
    /// The triple.
    pub(super) fn triple(&self) -> &str {
        match self {
            Self::Triple(triple) | Self::Table { triple } => triple,
        }
    }
}

/// Licences.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Licenses {
    /// Licences of the workspace's own packages.
    pub private: Private,
    /// Licences that are allowed.
    pub allow: Vec<String>,
    /// Licences that are allowed for single packages.
    pub exceptions: Vec<Entry>,
    /// Licences of packages that do not say it well themselves.
    pub clarify: Vec<Entry>,
    /// What an allowed licence is that no package has.
    pub unused_allowed_license: Level,
    /// What an exception is that no package needs.
    pub unused_license_exception: Level,
    /// Whether what only tests need is judged.
    pub include_dev: bool,
    /// Whether what only build scripts need is judged.
    pub include_build: bool,
}

impl Default for Licenses {
    fn default() -> Self {
        Self {
            private: Private::default(),
            allow: Vec::new(),
            exceptions: Vec::new(),
            clarify: Vec::new(),
            unused_allowed_license: Level::Warn,
            unused_license_exception: Level::Warn,
            include_dev: false,
            include_build: true,
        }
    }
}

/// Packages that are not for the public.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Private {
    /// Whether they are left out.
    pub ignore: bool,
    /// Registries and repositories whose packages are private.
    pub ignore_sources: Vec<String>,
    /// Registries that do not make a package public.
    pub registries: Vec<String>,
}

/// Banned packages.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Bans {
    /// What more than one version of a package is.
    pub multiple_versions: Level,
    /// Whether versions that only tests need count.
    pub multiple_versions_include_dev: bool,
    /// Packages that are banned.
    pub deny: Vec<Entry>,
    /// The only packages that are allowed, where there are any.
    pub allow: Vec<Entry>,
    /// Whether the members are allowed in any case.
    pub allow_workspace: bool,
    /// Features of single packages.
    pub features: Vec<Entry>,
    /// What default features of packages from elsewhere are.
    pub external_default_features: Option<Level>,
    /// What default features of members are.
    pub workspace_default_features: Option<Level>,
    /// Packages that do not count as further versions.
    pub skip: Vec<Entry>,
    /// Packages that do not, with all that they need.
    pub skip_tree: Vec<Entry>,
    /// What a dependency of any version is.
    pub wildcards: Level,
    /// Whether members that are not published may have path dependencies without a version.
    pub allow_wildcard_paths: bool,
    /// Packages that run at build time.
    pub build: Option<Build>,
    /// The only packages that may have a build script, by the key's former place.
    pub allow_build_scripts: Option<Vec<Entry>>,
}

impl Default for Bans {
    fn default() -> Self {
        Self {
            multiple_versions: Level::Warn,
            multiple_versions_include_dev: false,
            deny: Vec::new(),
            allow: Vec::new(),
            allow_workspace: false,
            features: Vec::new(),
            external_default_features: None,
            workspace_default_features: None,
            skip: Vec::new(),
            skip_tree: Vec::new(),
            wildcards: Level::Allow,
            allow_wildcard_paths: false,
            build: None,
            allow_build_scripts: None,
        }
    }
}

/// What runs at build time.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Build {
    /// The only packages that may have a build script.
    pub allow_build_scripts: Option<Vec<Entry>>,
    /// Whether the members' own build scripts are judged too.
    pub include_workspace: bool,
    /// What a program inside such a package is. Only `allow` can be judged here.
    pub executables: Level,
    /// What a script inside such a package is. Only `allow` can be judged here.
    pub interpreted: Level,
}

impl Default for Build {
    fn default() -> Self {
        Self {
            allow_build_scripts: None,
            include_workspace: false,
            executables: Level::Deny,
            interpreted: Level::Allow,
        }
    }
}

/// Where packages come from.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Sources {
    /// What a registry is that is not listed.
    pub unknown_registry: Level,
    /// What a git repository is that is not listed.
    pub unknown_git: Level,
    /// Registries; none stands for the default registry.
    pub allow_registry: Option<Vec<String>>,
    /// Git repositories.
    pub allow_git: Vec<String>,
    /// Organisations on the well-known hosts.
    pub allow_org: Organisations,
    /// Addresses under which everything is allowed.
    pub private: Vec<String>,
    /// How closely a git dependency must be pinned.
    pub required_git_spec: Option<GitSpec>,
    /// What a listed source is that no package comes from.
    pub unused_allowed_source: Level,
    /// What a listed organisation is that no package comes from.
    pub unused_allowed_org: Level,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            unknown_registry: Level::Warn,
            unknown_git: Level::Warn,
            allow_registry: None,
            allow_git: Vec::new(),
            allow_org: Organisations::default(),
            private: Vec::new(),
            required_git_spec: None,
            unused_allowed_source: Level::Warn,
            unused_allowed_org: Level::Warn,
        }
    }
}

/// Organisations by their host.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Organisations {
    /// On GitHub.
    pub github: Vec<String>,
    /// On GitLab.
    pub gitlab: Vec<String>,
    /// On Bitbucket.
    pub bitbucket: Vec<String>,
}

/// How closely a git dependency is pinned, from the loosest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum GitSpec {
    /// Not at all.
    Any,
    /// To a branch.
    Branch,
    /// To a tag.
    Tag,
    /// To a commit.
    Rev,
}
