//! The members of the workspace, as cargo tells of them.

use std::collections::BTreeMap;
use std::path::Path;

use super::{join, relative};

/// A member of the workspace.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// cargo's identity of it, as in cargo's messages.
    pub id: String,
    /// Its folder, relative to the workspace root; empty for the root itself.
    pub folder: String,
    /// Its edition.
    pub edition: String,
    /// Whether it may be published.
    pub publish: bool,
    /// The registries that it may be published to; empty for any.
    pub registries: Vec<String>,
    /// Whether cargo's options for features pass it by unless they name it: a member beside the root package
    /// under the oldest resolver.
    pub passed_by: bool,
    /// Whether it names a licence or a licence file.
    pub licensed: bool,
    /// Whether it states the oldest Rust version it supports.
    pub rust_version: bool,
    /// Its targets.
    pub targets: Vec<Target>,
    /// Its features, each with what it turns on, as in the manifest; an optional dependency that no `dep:`
    /// hides is a feature that turns on itself.
    pub features: BTreeMap<String, Vec<String>>,
    /// What its manifest asks for, of every kind and for every platform.
    pub needs: Vec<Need>,
}

/// A dependency as a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The package's own name, whatever the manifest calls it.
    pub name: String,
    /// Its folder, relative to the workspace root, where the manifest names one.
    pub folder: Option<String>,
    /// Whether only tests, examples and benches have it.
    pub dev: bool,
    /// Whether the build script has it.
    pub build: bool,
}

impl Package {
    /// The path of its manifest, relative to the workspace root.
    pub fn manifest(&self) -> String {
        join(&self.folder, "Cargo.toml")
    }
}

/// A target of a package.
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the manifest of its own")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// cargo's names of its kinds: `lib`, `bin`, `proc-macro`, `test`, `bench`, `example`, `custom-build`, …
    pub kinds: Vec<String>,
    /// Its root file, relative to the workspace root.
    pub root: String,
    /// Whether `cargo test` runs its tests.
    pub test: bool,
    /// Whether `cargo test --doc` runs its examples.
    pub doctest: bool,
    /// Whether `cargo doc` documents it.
    pub doc: bool,
    /// Whether it brings a test harness of its own (`harness = false`), whose output nobody knows.
    pub own_harness: bool,
    /// Features without which cargo leaves it out.
    pub required_features: Vec<String>,
}

impl Target {
    /// Whether it is of that kind.
    pub fn is(&self, kind: &str) -> bool {
        self.kinds.iter().any(|own| own == kind)
    }

    /// Whether it is code that users run: a library or a program.
    pub fn is_production(&self) -> bool {
        !["test", "bench", "example", "custom-build"].iter().any(|kind| self.is(kind))
    }

    /// Whether it is a library of any kind.
    pub fn is_library(&self) -> bool {
        self.is_production() && !self.is("bin")
    }
}

/// A member, from what cargo tells of it.
pub(super) fn member(root: &Path, package: &cargo_metadata::Package) -> Package {
    let folder =
        package.manifest_path.as_std_path().parent().map(|dir| relative(root, dir)).unwrap_or_default();
    Package {
        name: package.name.to_string(),
        version: package.version.to_string(),
        id: package.id.repr.clone(),
        folder,
        edition: package.edition.to_string(),
        publish: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
        registries: package.publish.clone().unwrap_or_default(),
        passed_by: false,
        licensed: package.license.is_some() || package.license_file.is_some(),
        rust_version: package.rust_version.is_some(),
        targets: package.targets.iter().map(|target| self::target(root, target)).collect(),
        features: package.features.clone(),
        needs: package.dependencies.iter().map(|dependency| need(root, dependency)).collect(),
    }
}

fn need(root: &Path, dependency: &cargo_metadata::Dependency) -> Need {
    Need {
        name: dependency.name.clone(),
        folder: dependency.path.as_ref().map(|path| relative(root, path.as_std_path())),
        dev: dependency.kind == cargo_metadata::DependencyKind::Development,
        build: dependency.kind == cargo_metadata::DependencyKind::Build,
    }
}

fn target(root: &Path, target: &cargo_metadata::Target) -> Target {
    Target {
        name: target.name.clone(),
        kinds: target.kind.iter().map(ToString::to_string).collect(),
        root: relative(root, target.src_path.as_std_path()),
        test: target.test,
        doctest: target.doctest,
        doc: target.doc,
        own_harness: false,
        required_features: target.required_features.clone(),
    }
}
