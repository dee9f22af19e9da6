//! Where dependencies stand in the manifests.

use std::collections::BTreeSet;
use std::ops::Range;

use toml_edit::{Item, TableLike};

const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// A dependency that the workspace offers its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its key in `[workspace.dependencies]`.
    pub key: String,
    /// Where it stands.
    pub span: Option<Range<usize>>,
}

/// The entries of `[workspace.dependencies]`.
pub fn workspace_dependencies(root: &dyn TableLike) -> Vec<Declared> {
    let table = root.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let Some(table) = table.and_then(Item::as_table_like) else { return Vec::new() };
    table.iter().map(|(key, _)| Declared { key: key.to_owned(), span: key_span(table, key) }).collect()
}

/// The keys that a manifest inherits from the workspace.
pub fn inherited(root: &dyn TableLike) -> BTreeSet<String> {
    let inherits = |item: &Item| item.get("workspace").and_then(Item::as_bool) == Some(true);
    let entries = tables(root).into_iter().flat_map(|(_, _, table)| table.iter());
    entries.filter(|(_, item)| inherits(item)).map(|(key, _)| key.to_owned()).collect()
}

/// Where a dependency stands: its key in that table, of that target where it is for one only.
pub fn place(root: &dyn TableLike, table: &str, target: Option<&str>, key: &str) -> Option<Range<usize>> {
    let fits = |of: Option<&str>| match (of, target) {
        (None, None) => true,
        // cargo writes a `cfg` anew, with spaces of its own
        (Some(of), Some(target)) => without_spaces(of) == without_spaces(target),
        _ => false,
    };
    let found = tables(root).into_iter().filter(|(name, of, _)| *name == table && fits(*of));
    found
        .filter(|(_, _, entries)| entries.contains_key(key))
        .find_map(|(_, _, entries)| key_span(entries, key))
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

fn key_span(table: &dyn TableLike, key: &str) -> Option<Range<usize>> {
    let (key, item) = table.get_key_value(key)?;
    key.span().or_else(|| item.span())
}

/// Every table of dependencies: its plain name, its target, its entries.
fn tables(root: &dyn TableLike) -> Vec<(&'static str, Option<&str>, &dyn TableLike)> {
    let mut found = of_kinds(root, None);
    let targets = root.get("target").and_then(Item::as_table_like);
    for (target, item) in targets.into_iter().flat_map(TableLike::iter) {
        if let Some(table) = item.as_table_like() {
            found.extend(of_kinds(table, Some(target)));
        }
    }
    found
}

fn of_kinds<'a>(
    table: &'a dyn TableLike,
    target: Option<&'a str>,
) -> Vec<(&'static str, Option<&'a str>, &'a dyn TableLike)> {
    let entries = |name: &'static str| {
        // cargo still reads the spelling with a low line
        let item = table.get(name).or_else(|| table.get(&name.replace('-', "_")))?;
        Some((name, target, item.as_table_like()?))
    };
    TABLES.into_iter().filter_map(entries).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml_edit::Document;

    const TEXT: &str = "[dependencies]\na = \"1\"\nb.workspace = true\n[dev_dependencies]\na = \"1\"\n\
                        [target.'cfg( any(unix, windows) )'.build-dependencies.c]\nworkspace = true\n\
                        [workspace.dependencies]\nb = \"1\"\nc = { version = \"1\" }\nd = \"1\"\n";

    #[test]
    fn a_dependency_is_found_in_its_table() {
        let document = Document::parse(TEXT).unwrap();
        let text = |table, target, key| {
            let span = place(document.as_table(), table, target, key)?;
            Some(TEXT.get(..span.start)?.matches('\n').count() + 1)
        };
        assert_eq!(text("dependencies", None, "a"), Some(2));
        assert_eq!(text("dev-dependencies", None, "a"), Some(5));
        assert_eq!(text("build-dependencies", Some("cfg(any(unix, windows))"), "c"), Some(6));
        assert_eq!(text("build-dependencies", None, "c"), None);
    }

    #[test]
    fn what_members_inherit_is_told_from_what_the_workspace_offers() {
        let document = Document::parse(TEXT).unwrap();
        let keys: Vec<String> =
            workspace_dependencies(document.as_table()).into_iter().map(|one| one.key).collect();
        assert_eq!(keys, ["b", "c", "d"]);
        assert_eq!(inherited(document.as_table()), ["b", "c"].map(str::to_owned).into());
    }
}
