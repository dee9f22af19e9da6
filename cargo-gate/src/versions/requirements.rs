//! What a manifest asks of other packages of its workspace.

use std::ops::Range;

use semver::{Version, VersionReq};
use toml_edit::{Item, TableLike};

/// A version that a manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The package.
    pub package: String,
    /// As written.
    pub text: String,
    /// Where it stands in the manifest.
    pub span: Option<Range<usize>>,
}

impl Requirement {
    /// Whether it accepts the version; a text that is no requirement accepts none.
    pub fn accepts(&self, version: &Version) -> bool {
        VersionReq::parse(&self.text).is_ok_and(|requirement| requirement.matches(version))
    }
}

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The requirements on packages that are taken by `path`.
pub fn of_paths(root: &dyn TableLike) -> Vec<Requirement> {
    let nested = |table: &'_ str| root.get(table).and_then(Item::as_table_like);
    let own = KINDS.iter().filter_map(|kind| nested(kind));
    let targets = nested("target").into_iter().flat_map(TableLike::iter);
    let of_targets =
        targets.flat_map(|(_, item)| KINDS.iter().filter_map(|kind| item.get(kind)?.as_table_like()));
    let of_workspace = nested("workspace").and_then(|table| table.get("dependencies")?.as_table_like());
    let tables = own.chain(of_targets).chain(of_workspace);
    tables.flat_map(|table| table.iter()).filter_map(|(name, item)| requirement(name, item)).collect()
}

fn requirement(name: &str, item: &Item) -> Option<Requirement> {
    let table = item.as_table_like()?;
    table.get("path")?;
    let version = table.get("version")?;
    let package = table.get("package").and_then(Item::as_str).unwrap_or(name);
    Some(Requirement {
        package: package.to_owned(),
        text: version.as_str()?.to_owned(),
        span: version.span(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml_edit::Document;

    fn read(text: &str) -> Vec<(String, String)> {
        let document = Document::parse(text).unwrap();
        of_paths(document.as_table()).into_iter().map(|one| (one.package, one.text)).collect()
    }

    #[test]
    fn requirements_of_every_table_are_read() {
        let text = "[dependencies]\na = { path = \"a\", version = \"=1.0.0\" }\nb = { path = \"b\" }\nc = \"1\"\n\
                    [target.'cfg(unix)'.build-dependencies]\nd = { path = \"d\", version = \"1\", package = \"real\" }\n\
                    [workspace.dependencies.e]\npath = \"e\"\nversion = \"2.1\"\n";
        let found = read(text);
        let expected = [("a", "=1.0.0"), ("real", "1"), ("e", "2.1")];
        assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_pin_accepts_its_own_version_only() {
        let requirement = |text: &str| Requirement { package: "a".into(), text: text.into(), span: None };
        assert!(requirement("=1.2.0").accepts(&Version::new(1, 2, 0)));
        assert!(!requirement("=1.2.0").accepts(&Version::new(1, 2, 1)));
        assert!(requirement("1.1").accepts(&Version::new(1, 2, 1)));
        assert!(!requirement("0.1").accepts(&Version::new(0, 2, 0)));
        assert!(!requirement("?").accepts(&Version::new(0, 2, 0)));
    }
}
