//! Every key of `deny.toml` and what becomes of it, so that none is passed over in silence.

use toml_edit::{Item, Table, TableLike, Value};

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is judged, or has nothing that needs judging.
    Known,
    /// cargo-deny judges it; this engine cannot.
    Unjudged,
    /// cargo-deny itself passes it over.
    Old,
    /// Another gate's.
    Elsewhere,
    /// Nobody knows it.
    Unknown,
}

use Standing::{Elsewhere, Known, Old, Unjudged};

/// What stands for the root of a file with further exceptions.
const EXCEPTIONS_FILE: &str = "further";

/// The keys of each table; an array of tables is written like the table.
const KEYS: &[(&str, Standing, &[&str])] = &[
    ("", Known, &["graph", "licenses", "bans", "sources", "output"]),
    ("", Elsewhere, &["advisories"]),
    // moved to [graph], where they are read
    ("", Known, &["targets", "exclude", "features", "all-features", "no-default-features", "exclude-dev"]),
    ("", Known, &["feature-depth"]),
    ("output", Known, &["feature-depth"]),
    ("graph", Known, &["targets", "exclude", "features", "all-features", "no-default-features"]),
    ("graph", Known, &["exclude-dev", "exclude-unpublished"]),
    ("graph.targets", Known, &["triple", "features"]),
    ("targets", Known, &["triple", "features"]),
    // the confidence is about texts, which are not read for their meaning
    ("licenses", Known, &["version", "private", "allow", "exceptions", "clarify", "confidence-threshold"]),
    (
        "licenses",
        Known,
        &["unused-allowed-license", "unused-license-exception", "include-dev", "include-build"],
    ),
    ("licenses", Old, &["unlicensed", "allow-osi-fsf-free", "copyleft", "default", "deny"]),
    ("licenses.private", Known, &["ignore", "ignore-sources", "registries"]),
    ("licenses.exceptions", Known, &["crate", "name", "version", "allow"]),
    ("licenses.clarify", Known, &["crate", "name", "version", "expression", "license-files"]),
    ("licenses.clarify.license-files", Known, &["path", "hash"]),
    ("bans", Known, &["multiple-versions", "multiple-versions-include-dev", "highlight", "deny", "allow"]),
    (
        "bans",
        Known,
        &["allow-workspace", "features", "external-default-features", "workspace-default-features"],
    ),
    (
        "bans",
        Known,
        &["skip", "skip-tree", "wildcards", "allow-wildcard-paths", "allow-build-scripts", "build"],
    ),
    ("bans", Unjudged, &["workspace-dependencies", "std-replacements"]),
    ("bans.deny", Known, &["crate", "name", "version", "reason", "use-instead", "wrappers"]),
    ("bans.deny", Known, &["deny-multiple-versions"]),
    ("bans.allow", Known, &["crate", "name", "version", "reason"]),
    ("bans.features", Known, &["crate", "name", "version", "reason", "allow", "deny", "exact"]),
    ("bans.skip", Known, &["crate", "name", "version", "reason"]),
    ("bans.skip-tree", Known, &["crate", "name", "version", "reason", "depth"]),
    ("bans.allow-build-scripts", Known, &["crate", "name", "version"]),
    ("bans.build", Known, &["allow-build-scripts"]),
    // judged by their value: see `unjudged_levels`
    ("bans.build", Known, &["executables", "interpreted"]),
    // these shape the search for programs, and say nothing without it
    ("bans.build", Known, &["script-extensions", "bypass", "enable-builtin-globs", "include-dependencies"]),
    ("bans.build", Known, &["include-workspace", "include-archives"]),
    ("bans.build.allow-build-scripts", Known, &["crate", "name", "version"]),
    ("sources", Known, &["unknown-registry", "unknown-git", "allow-registry", "allow-git", "allow-org"]),
    ("sources", Known, &["private", "required-git-spec", "unused-allowed-source", "unused-allowed-org"]),
    ("sources.allow-org", Known, &["github", "gitlab", "bitbucket"]),
    (EXCEPTIONS_FILE, Known, &["exceptions"]),
    ("further.exceptions", Known, &["crate", "name", "version", "allow"]),
];

/// A key that is not simply known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Odd {
    /// With the tables it stands in: `bans.build.executables`.
    pub path: String,
    pub standing: Standing,
    /// The nearest known name.
    pub nearest: Option<&'static str>,
    /// The byte in the file where it stands.
    pub at: usize,
}

/// All keys of a policy that are not simply known, in the order of the file.
pub(super) fn odd_keys(root: &Table) -> Vec<Odd> {
    let mut odd = Vec::new();
    walk("", root, &mut odd);
    odd.extend(unjudged_levels(root));
    odd.sort_by_key(|one| one.at);
    odd
}

/// The same of a file with further exceptions.
pub(super) fn odd_keys_of_exceptions(root: &Table) -> Vec<Odd> {
    let mut odd = Vec::new();
    walk(EXCEPTIONS_FILE, root, &mut odd);
    odd
}

fn walk(prefix: &str, table: &dyn TableLike, odd: &mut Vec<Odd>) {
    for (name, item) in table.iter() {
        let standing = standing(prefix, name);
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        if standing != Known {
            let nearest = crate::config::nearest(name, names(prefix));
            odd.push(Odd { path, standing, nearest, at: place(table, name) });
        } else if KEYS.iter().any(|(known, _, _)| *known == path) {
            for inner in inner_tables(item) {
                walk(&path, inner, odd);
            }
        }
    }
}

fn names(prefix: &str) -> impl Iterator<Item = &'static str> {
    let of_table = KEYS.iter().filter(move |(known, _, _)| *known == prefix);
    of_table.flat_map(|(_, _, names)| names.iter().copied()).collect::<Vec<_>>().into_iter()
}

fn standing(prefix: &str, name: &str) -> Standing {
    let of_table = KEYS.iter().filter(|(known, _, names)| *known == prefix && names.contains(&name));
    of_table.map(|(_, standing, _)| *standing).next().unwrap_or(Standing::Unknown)
}

fn place(table: &dyn TableLike, name: &str) -> usize {
    let (key, item) = table.get_key_value(name).unzip();
    let span = key.and_then(toml_edit::Key::span).or_else(|| item.and_then(Item::span));
    span.map_or(0, |span| span.start)
}

/// The tables in an item: itself, those of an array of tables, inline ones.
fn inner_tables(item: &Item) -> Vec<&dyn TableLike> {
    if let Some(table) = item.as_table_like() {
        return vec![table];
    }
    if let Some(tables) = item.as_array_of_tables() {
        return tables.iter().map(|table| table as &dyn TableLike).collect();
    }
    let values = item.as_array().into_iter().flatten();
    values.filter_map(Value::as_inline_table).map(|table| table as &dyn TableLike).collect()
}

/// Levels under [bans.build] that ask for a search through the files of packages; `executables` does so unless it is
/// turned off.
fn unjudged_levels(root: &Table) -> Vec<Odd> {
    let Some(bans) = root.get("bans").and_then(Item::as_table_like) else { return Vec::new() };
    let Some(build) = bans.get("build").and_then(Item::as_table_like) else { return Vec::new() };
    let level = |name: &str| build.get(name).and_then(Item::as_str);
    let asks = [("executables", "deny"), ("interpreted", "allow")];
    asks.into_iter()
        .filter(|(name, default)| level(name).unwrap_or(default) != "allow")
        .map(|(name, _)| {
            let at = if build.contains_key(name) { place(build, name) } else { place(bans, "build") };
            Odd { path: format!("bans.build.{name}"), standing: Unjudged, nearest: None, at }
        })
        .collect()
}
