//! The dependencies that a member declares, each with its name in code.

use cargo_metadata::{Dependency, Metadata, Package, TargetKind};

/// A dependency as a member declares it.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// What the manifest says.
    pub declared: &'a Dependency,
    /// Its key in the manifest.
    pub key: &'a str,
    /// Its name in code.
    pub name: String,
    /// The package that it was resolved to; none where no build needs it.
    pub package: Option<&'a Package>,
    /// Whether other packages of the graph need that package too.
    pub shared: bool,
}

impl Entry<'_> {
    /// The name of its table in the manifest: `dependencies`, `dev-dependencies`, `build-dependencies`.
    pub fn table(&self) -> &'static str {
        match self.declared.kind {
            cargo_metadata::DependencyKind::Development => "dev-dependencies",
            cargo_metadata::DependencyKind::Build => "build-dependencies",
            _ => "dependencies",
        }
    }
}

/// The dependencies of a member, in the order of the manifest's tables.
pub fn entries<'a>(metadata: &'a Metadata, member: &'a Package) -> Vec<Entry<'a>> {
    let nodes = metadata.resolve.as_ref().map(|resolve| resolve.nodes.as_slice()).unwrap_or_default();
    let node = nodes.iter().find(|node| node.id == member.id);
    let resolved = |declared: &Dependency| {
        let mut ids = node.into_iter().flat_map(|node| &node.deps).map(|dep| &dep.pkg);
        ids.find_map(|id| {
            let package = metadata.packages.iter().find(|package| package.id == *id)?;
            let fits = package.name.as_str() == declared.name && declared.req.matches(&package.version);
            // a path says all: its version need not be named
            (fits || (package.name.as_str() == declared.name && declared.path.is_some())).then_some(package)
        })
    };
    let shared = |package: &Package| {
        let others = nodes.iter().filter(|node| node.id != member.id);
        others.flat_map(|node| &node.deps).any(|dep| dep.pkg == package.id)
    };
    let entry = |declared: &'a Dependency| {
        let package = resolved(declared);
        let key = declared.rename.as_deref().unwrap_or(&declared.name);
        let library = package.filter(|_| declared.rename.is_none()).and_then(library);
        Entry {
            declared,
            key,
            name: library.unwrap_or_else(|| key.replace('-', "_")),
            shared: package.is_some_and(shared),
            package,
        }
    };
    member.dependencies.iter().map(entry).collect()
}

/// The name in code of a package's library.
pub(super) fn library(package: &Package) -> Option<String> {
    let is_library = |kind: &TargetKind| {
        matches!(kind, TargetKind::Lib | TargetKind::RLib | TargetKind::DyLib | TargetKind::ProcMacro)
    };
    let target = package.targets.iter().find(|target| target.kind.iter().any(is_library))?;
    Some(target.name.replace('-', "_"))
}
