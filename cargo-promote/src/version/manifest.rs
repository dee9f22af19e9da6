//! A new version in a manifest: nothing but the numbers changes, byte for byte.

use std::collections::BTreeSet;
use std::ops::Range;

use semver::{Comparator, Op, Version, VersionReq};
use toml_edit::{Document, Item, TableLike};

/// A manifest with the new version, and what was changed, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text.
    pub text: String,
    /// Each change: the key, what it was, what it is.
    pub changes: Vec<(String, String, String)>,
}

/// A manifest that cannot be given the version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is no TOML.
    #[error("{0}")]
    Toml(String),
    /// A requirement of several parts, or with an operator that is no pin, that the version does not meet.
    #[error("{key}: `{requirement}` does not accept {version}; change it by hand")]
    Requirement {
        /// Where it stands.
        key: String,
        /// As written.
        requirement: String,
        /// The version.
        version: String,
    },
}

/// Those with `_` are as cargo wrote them once; before edition 2024 it still reads them.
const KINDS: [&str; 5] =
    ["dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies", "build_dependencies"];

/// The manifest after the members of those names went from one version to another. A version of the manifest's own is
/// changed where it is the old one, and that of `[workspace.package]` always.
///
/// # Errors
/// Where it cannot be read, or asks for something that only a person can change.
pub fn edit(
    text: &str,
    old: &Version,
    new: &Version,
    members: &BTreeSet<String>,
) -> Result<Edited, ManifestError> {
    let document =
        Document::parse(text).map_err(|error| ManifestError::Toml(error.message().trim_end().to_owned()))?;
    let root = document.as_table();
    let mut edits: Vec<(Range<usize>, String, String, String)> = Vec::new();
    for (key, item) in own_versions(root) {
        let stated = item.as_str().and_then(|version| version.parse::<Version>().ok());
        if let Some(stated) = stated.filter(|stated| stated == old)
            && let Some(span) = item.span()
        {
            edits.push((span, key, stated.to_string(), new.to_string()));
        }
    }
    for (key, table) in tables(root) {
        for (name, item) in table.iter() {
            let Some((package, requirement)) = requirement(name, item) else { continue };
            let (Some(written), Some(span)) = (requirement.as_str(), requirement.span()) else { continue };
            if !members.contains(package) {
                continue;
            }
            let key = format!("{key}.{name}");
            if let Some(changed) = required(written, new).map_err(|requirement| {
                ManifestError::Requirement { key: key.clone(), requirement, version: new.to_string() }
            })? {
                edits.push((span, key, written.to_owned(), changed));
            }
        }
    }
    Ok(apply(text, edits))
}

/// Replaces the values at their places, each within its own quotes.
fn apply(text: &str, mut edits: Vec<(Range<usize>, String, String, String)>) -> Edited {
    edits.sort_by_key(|(span, ..)| span.start);
    edits.dedup_by_key(|(span, ..)| span.start);
    let (mut done, mut from) = (String::with_capacity(text.len()), 0);
    let mut changes = Vec::new();
    for (span, key, before, after) in edits {
        let raw = text.get(span.clone()).unwrap_or_default();
        done.push_str(text.get(from..span.start).unwrap_or_default());
        // a text with escapes has no plain inside: it is written anew
        let inside = raw.strip_prefix(['"', '\'']).and_then(|raw| raw.strip_suffix(['"', '\'']));
        match inside.filter(|inside| *inside == before) {
            Some(_) => done.push_str(&raw.replacen(&before, &after, 1)),
            None => done.extend(["\"", &after, "\""]),
        }
        from = span.end;
        changes.push((key, before, after));
    }
    done.push_str(text.get(from..).unwrap_or_default());
    Edited { text: done, changes }
}

/// The versions that a manifest states of its package and of its workspace.
fn own_versions(root: &dyn TableLike) -> impl Iterator<Item = (String, &Item)> {
    let within = |path: &[&str]| {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(root.get(first)?, |item, key| item.as_table_like()?.get(key))
    };
    [["package", "version"].as_slice(), &["project", "version"], &["workspace", "package", "version"]]
        .into_iter()
        .filter_map(move |path| Some((path.join("."), within(path)?)))
}

/// Every table of dependencies, with its key.
fn tables(root: &dyn TableLike) -> Vec<(String, &dyn TableLike)> {
    let mut found = Vec::new();
    collect("", root, &mut found);
    if let Some(workspace) = root.get("workspace").and_then(Item::as_table_like) {
        collect("workspace.", workspace, &mut found);
    }
    let targets = root.get("target").and_then(Item::as_table_like);
    for (name, target) in targets.into_iter().flat_map(TableLike::iter) {
        if let Some(target) = target.as_table_like() {
            collect(&format!("target.{name}."), target, &mut found);
        }
    }
    found
}

fn collect<'a>(prefix: &str, table: &'a dyn TableLike, found: &mut Vec<(String, &'a dyn TableLike)>) {
    for kind in KINDS {
        if let Some(dependencies) = table.get(kind).and_then(Item::as_table_like) {
            found.push((format!("{prefix}{kind}"), dependencies));
        }
    }
}

/// The package that a dependency is, and the version that it asks for, where both a path and a version are named.
fn requirement<'a>(name: &'a str, item: &'a Item) -> Option<(&'a str, &'a Item)> {
    let table = item.as_table_like()?;
    table.get("path")?;
    let package = table.get("package").and_then(Item::as_str).unwrap_or(name);
    Some((package, table.get("version")?))
}

/// The requirement on the new version, where it changes: a pin stays a pin, `^`, `~` and none stay, and so does the
/// number of parts. Bounds (`>=`, `<`, …) and `*` stay as they are where they accept it.
///
/// # Errors
/// The requirement, where it does not accept the version and is none of these.
fn required(written: &str, new: &Version) -> Result<Option<String>, String> {
    let refused = || Err(written.to_owned());
    let Ok(parsed) = VersionReq::parse(written) else { return refused() };
    let bare = Version { build: semver::BuildMetadata::EMPTY, ..new.clone() };
    let [comparator] = parsed.comparators.as_slice() else {
        return if parsed.matches(&bare) { Ok(None) } else { refused() };
    };
    if !matches!(comparator.op, Op::Exact | Op::Caret | Op::Tilde) {
        return if parsed.matches(&bare) { Ok(None) } else { refused() };
    }
    let start = written.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let end = written.trim_end().len();
    let (operator, rest) = (written.get(..start).unwrap_or_default(), written.get(end..).unwrap_or_default());
    let changed = format!("{operator}{}{rest}", as_long(comparator, &bare));
    let accepts = VersionReq::parse(&changed).is_ok_and(|changed| changed.matches(&bare));
    match changed == written {
        _ if !accepts => refused(),
        true => Ok(None),
        false => Ok(Some(changed)),
    }
}

/// The version with as many numbers as the comparator has; all of it where it is a pre-release.
fn as_long(comparator: &Comparator, version: &Version) -> String {
    let Version { major, minor, .. } = version;
    match (comparator.minor, comparator.patch) {
        _ if !version.pre.is_empty() => version.to_string(),
        (None, _) => major.to_string(),
        (_, None) => format!("{major}.{minor}"),
        _ => version.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edited(text: &str, old: &str, new: &str) -> Result<Edited, ManifestError> {
        let members = ["core", "cli"].map(str::to_owned).into();
        edit(text, &old.parse().unwrap(), &new.parse().unwrap(), &members)
    }

    fn text(text: &str, old: &str, new: &str) -> String {
        edited(text, old, new).unwrap().text
    }

    const ROOT: &str = "# the workspace\r\n[workspace]\nmembers = [ \"a\",\"b\" ]   # two\n\n[workspace.package]\n\
                        version    =  '0.1.0'   # kept\nedition=\"2024\"\n[workspace.dependencies]\n\
                        core = {path=\"core\",version = \"=0.1.0\", default-features=false} # pinned\n\
                        cli.version = \"~0.1\"\ncli.path = \"cli\"\nserde = { version = \"0.1.0\" }\n\
                        [workspace.dependencies.renamed]\npath = \"core\"\npackage = \"core\"\nversion = \"^ 0.1.0\"\n\
                        \n\n[profile.release]\nlto=true";

    #[test]
    fn nothing_but_the_numbers_changes() {
        let expected = ROOT
            .replacen("'0.1.0'", "'0.2.0'", 1)
            .replacen("=0.1.0", "=0.2.0", 1)
            .replacen("~0.1", "~0.2", 1)
            .replacen("^ 0.1.0", "^ 0.2.0", 1);
        let done = edited(ROOT, "0.1.0", "0.2.0").unwrap();
        assert_eq!(done.text, expected);
        assert!(done.text.contains("serde = { version = \"0.1.0\" }"), "of another registry");
        let keys: Vec<_> = done.changes.iter().map(|(key, ..)| key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "workspace.package.version",
                "workspace.dependencies.core",
                "workspace.dependencies.cli",
                "workspace.dependencies.renamed"
            ]
        );
    }

    #[test]
    fn a_member_with_another_version_or_none_of_its_own_keeps_it() {
        let other = "[package]\nname = \"a\"\nversion = \"3.0.0\"\n";
        assert_eq!(text(other, "0.1.0", "0.2.0"), other);
        for inherited in
            ["[package]\nversion.workspace = true\n", "[package]\nversion = { workspace = true }\n"]
        {
            assert_eq!(text(inherited, "0.1.0", "0.2.0"), inherited);
        }
        assert_eq!(text("package.version = \"0.1.0\"", "0.1.0", "0.2.0"), "package.version = \"0.2.0\"");
        assert_eq!(text("package = {version=\"0.1.0\"}", "0.1.0", "0.2.0"), "package = {version=\"0.2.0\"}");
        assert_eq!(
            text("[package]\nversion = \"\"\"0.1.0\"\"\"", "0.1.0", "0.2.0"),
            "[package]\nversion = \"0.2.0\""
        );
    }

    #[test]
    fn requirements_of_every_table_are_changed() {
        for table in [
            "dependencies",
            "dev-dependencies",
            "build-dependencies",
            "target.'cfg(unix)'.dependencies",
            "target.x86_64-unknown-linux-gnu.dev-dependencies",
        ] {
            let of =
                |version: &str| format!("[{table}]\ncore = {{ path = \"..\", version = \"{version}\" }}\n");
            assert_eq!(text(&of("0.1.0"), "0.1.0", "0.2.0"), of("0.2.0"), "{table}");
            let of = |version: &str| format!("[{table}.core]\nversion = \"{version}\"\npath = \"..\"\n");
            assert_eq!(text(&of("0.1.0"), "0.1.0", "0.2.0"), of("0.2.0"), "{table}");
        }
    }

    fn requirement(written: &str, new: &str) -> Result<Option<String>, String> {
        required(written, &new.parse().unwrap())
    }

    #[test]
    fn a_requirement_keeps_its_operator_and_its_length() {
        let changed = |written: &str, new: &str| requirement(written, new).unwrap().unwrap();
        assert_eq!(changed("=1.2.0", "1.3.0"), "=1.3.0");
        assert_eq!(changed("= 1.2.0", "1.3.0"), "= 1.3.0");
        assert_eq!(changed("=1.2.0", "2.0.0-rc.1"), "=2.0.0-rc.1");
        assert_eq!(changed("1.2", "1.3.0"), "1.3");
        assert_eq!(changed("1", "2.0.0"), "2");
        assert_eq!(changed(" ^1.2.0 ", "1.3.0+build"), " ^1.3.0 ");
        assert_eq!(changed("~1.2.0", "1.3.0"), "~1.3.0");
        assert_eq!(changed("1", "2.0.0-rc.1"), "2.0.0-rc.1");
        for kept in ["1", "*", ">=1.0, <2", ">= 1.0", "1.*"] {
            assert_eq!(requirement(kept, "1.3.0"), Ok(None), "{kept}");
        }
        for refused in [">=1.0, <2", "<2", "1.*", "?", "*"] {
            let new = if refused == "*" { "2.0.0-rc.1" } else { "2.0.0" };
            assert_eq!(requirement(refused, new), Err(refused.to_owned()), "{refused}");
        }
    }

    #[test]
    fn what_only_a_person_can_change_is_told_with_its_place() {
        let text = "[dependencies]\ncore = { path = \"core\", version = \">=0.1, <0.2\" }\n";
        let error = edited(text, "0.1.0", "0.2.0").unwrap_err().to_string();
        assert_eq!(error, "dependencies.core: `>=0.1, <0.2` does not accept 0.2.0; change it by hand");
        assert!(matches!(edited("[package", "0.1.0", "0.2.0"), Err(ManifestError::Toml(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_edited_or_refused(text: String) {
            let _ = edited(&text, "0.1.0", "0.2.0");
        }

        #[test]
        fn a_changed_requirement_accepts_the_version(
            operator in prop::sample::select(vec!["", "=", "^", "~", "^ ", ">=", "<"]),
            old in prop::collection::vec(0_u64..4, 1..4), new in [0_u64..4, 0..4, 0..4],
        ) {
            let old: Vec<String> = old.iter().map(ToString::to_string).collect();
            let written = format!("{operator}{}", old.join("."));
            let version = Version::new(new[0], new[1], new[2]);
            if let Ok(changed) = required(&written, &version) {
                let now = changed.unwrap_or(written);
                prop_assert!(VersionReq::parse(&now).unwrap().matches(&version), "{}", now);
            }
        }
    }
}
