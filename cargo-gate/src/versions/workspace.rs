//! The version that a release of the whole workspace has.

use semver::Version;
use toml_edit::Document;

use crate::facts::Package;

/// The version of a workspace, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceVersion {
    /// The version.
    pub version: Version,
    /// The package that stands for the workspace in tags.
    pub package: String,
    /// Whether it is that of `[workspace.package]`, which members are to share.
    pub shared: bool,
}

/// The version of a workspace: that of `[workspace.package]`, else of the package in the root, else the
/// highest of those that may be published, else of all. None without a package of a readable version.
pub fn workspace_version(root_manifest: &str, packages: &[&Package]) -> Option<WorkspaceVersion> {
    let document = Document::parse(root_manifest).ok()?;
    let shared = || document.get("workspace")?.get("package")?.get("version")?.as_str()?.parse().ok();
    let parsed = |package: &Package| package.version.parse::<Version>().ok();
    let highest = |publish: bool| {
        let candidates = packages.iter().filter(|package| package.publish || !publish);
        candidates.filter_map(|package| Some((parsed(package)?, package))).max_by(|a, b| a.0.cmp(&b.0))
    };
    let root = packages.iter().find(|package| package.folder.is_empty());
    let (own, package) = root
        .and_then(|package| Some((parsed(package)?, package)))
        .or_else(|| highest(true))
        .or_else(|| highest(false))?;
    let name = package.name.clone();
    Some(match shared() {
        Some(version) => WorkspaceVersion { version, package: name, shared: true },
        None => WorkspaceVersion { version: own, package: name, shared: false },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn package(name: &str, folder: &str, version: &str, publish: bool) -> Package {
        Package {
            name: name.into(),
            version: version.into(),
            id: name.into(),
            folder: folder.into(),
            edition: "2024".into(),
            publish,
            registries: Vec::new(),
            passed_by: false,
            licensed: true,
            rust_version: true,
            targets: Vec::new(),
            features: BTreeMap::new(),
            needs: Vec::new(),
        }
    }

    fn version(manifest: &str, packages: &[Package]) -> (String, String) {
        let found = workspace_version(manifest, &packages.iter().collect::<Vec<_>>()).unwrap();
        (found.version.to_string(), found.package)
    }

    #[test]
    fn the_shared_version_comes_first_then_the_root_package_then_the_highest() {
        let root = package("root", "", "1.0.0", true);
        let member = package("member", "member", "2.0.0", true);
        let tool = package("tool", "tool", "9.0.0", false);
        let shared = "[workspace.package]\nversion = \"3.0.0\"\n";
        let all = [root, member.clone(), tool.clone()];
        assert_eq!(version(shared, &all), ("3.0.0".into(), "root".into()));
        assert_eq!(version("", &all), ("1.0.0".into(), "root".into()));
        assert_eq!(version("", &[member, tool.clone()]), ("2.0.0".into(), "member".into()));
        assert_eq!(version("", &[tool]), ("9.0.0".into(), "tool".into()));
    }
}
