//! What a registry is told of a package, from the manifest that cargo wrote into it.
//!
//! The form is that of <https://doc.rust-lang.org/cargo/reference/registry-web-api.html#publish>; which field comes
//! from where is as in cargo's `src/cargo/ops/registry/publish.rs` (1.95).

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use serde::Serialize;
use toml_edit::{DocumentMut, Item, TableLike};

/// What a registry is told of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// Its name.
    pub name: String,
    /// Its version.
    pub vers: Version,
    /// What it depends on.
    pub deps: Vec<Dependency>,
    /// Its features as the manifest has them, `dep:` and `?/` included.
    pub features: BTreeMap<String, Vec<String>>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// What it is.
    pub description: Option<String>,
    /// Where its documentation is.
    pub documentation: Option<String>,
    /// Where its home is.
    pub homepage: Option<String>,
    /// The text of its readme.
    pub readme: Option<String>,
    /// The readme's path in the package.
    pub readme_file: Option<String>,
    /// Words that it is found by.
    pub keywords: Vec<String>,
    /// What kind of package it is.
    pub categories: Vec<String>,
    /// Its licence.
    pub license: Option<String>,
    /// The path of its licence's text.
    pub license_file: Option<String>,
    /// Where its source is.
    pub repository: Option<String>,
    /// Its badges.
    pub badges: BTreeMap<String, BTreeMap<String, String>>,
    /// The native library that it links.
    pub links: Option<String>,
    /// The oldest Rust that it works with.
    pub rust_version: Option<String>,
}

/// What a package depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// Whether a feature turns it on.
    pub optional: bool,
    /// Whether its default features are on.
    pub default_features: bool,
    /// Its own name, whatever the manifest calls it.
    pub name: String,
    /// The features that are turned on.
    pub features: Vec<String>,
    /// The versions that will do.
    pub version_req: VersionReq,
    /// The platforms that it is for.
    pub target: Option<String>,
    /// `normal`, `build` or `dev`.
    pub kind: &'static str,
    /// The index of the registry that it comes from; none for the one that the package goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// What the manifest calls it, where that is another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit_name_in_toml: Option<String>,
}

/// In the order in which cargo lists them.
const KINDS: [(&str, &str); 3] =
    [("dependencies", "normal"), ("dev-dependencies", "dev"), ("build-dependencies", "build")];

/// Reads the manifest of a package; `text` gives the text of a file in it. A dependency's registry is as the manifest
/// has it, so none stands for the default one.
///
/// # Errors
/// In words, where it is not as cargo writes it, or has what no registry takes.
pub fn metadata(manifest: &DocumentMut, text: &dyn Fn(&str) -> Option<String>) -> Result<Metadata, String> {
    let package =
        manifest.get("package").and_then(Item::as_table_like).ok_or("Cargo.toml has no [package]")?;
    let word = |key: &str| package.get(key).and_then(Item::as_str).map(str::to_owned);
    let needed = |key: &str| word(key).ok_or_else(|| format!("Cargo.toml does not state its {key}"));
    let name = needed("name")?;
    let vers = needed("version")?.parse().map_err(|error| format!("Cargo.toml: version: {error}"))?;
    let readme_file = word("readme");
    let readme = match &readme_file {
        Some(file) => {
            Some(text(file).ok_or_else(|| format!("the readme `{file}` is not in it, or is no text"))?)
        }
        None => None,
    };
    let features = manifest.get("features").and_then(Item::as_table_like);
    let features = features.into_iter().flat_map(TableLike::iter);
    let badges = manifest.get("badges").and_then(Item::as_table_like);
    let badges = badges.into_iter().flat_map(TableLike::iter);
    Ok(Metadata {
        name,
        vers,
        deps: dependencies(manifest.as_table())?,
        features: features.map(|(name, turned_on)| (name.to_owned(), words(Some(turned_on)))).collect(),
        authors: words(package.get("authors")),
        description: word("description"),
        documentation: word("documentation"),
        homepage: word("homepage"),
        readme,
        readme_file,
        keywords: words(package.get("keywords")),
        categories: words(package.get("categories")),
        license: word("license"),
        license_file: word("license-file"),
        repository: word("repository"),
        badges: badges.map(|(name, badge)| (name.to_owned(), pairs(badge))).collect(),
        links: word("links"),
        rust_version: word("rust-version"),
    })
}

/// The registries that a manifest lets its package go to; none for any.
pub(super) fn publish(manifest: &DocumentMut) -> Option<Vec<String>> {
    let publish = manifest.get("package")?.get("publish")?;
    match publish.as_bool() {
        Some(true) => None,
        Some(false) => Some(Vec::new()),
        None => Some(words(Some(publish))),
    }
}

fn words(item: Option<&Item>) -> Vec<String> {
    let words = item.and_then(Item::as_array).into_iter().flatten();
    words.filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

fn pairs(item: &Item) -> BTreeMap<String, String> {
    let pairs = item.as_table_like().into_iter().flat_map(TableLike::iter);
    pairs
        .filter_map(|(key, value)| {
            let value = value.as_value()?;
            let text = value.as_str().map(str::to_owned);
            Some((key.to_owned(), text.unwrap_or_else(|| value.to_string().trim().to_owned())))
        })
        .collect()
}

fn dependencies(root: &dyn TableLike) -> Result<Vec<Dependency>, String> {
    let mut found = Vec::new();
    let mut of = |table: &dyn TableLike, target: Option<&str>| {
        for (key, kind) in KINDS {
            let table = table.get(key).and_then(Item::as_table_like);
            for (name, item) in table.into_iter().flat_map(TableLike::iter) {
                found.push(dependency(name, item, kind, target)?);
            }
        }
        Ok::<_, String>(())
    };
    of(root, None)?;
    let targets = root.get("target").and_then(Item::as_table_like);
    for (target, table) in targets.into_iter().flat_map(TableLike::iter) {
        if let Some(table) = table.as_table_like() {
            of(table, Some(target))?;
        }
    }
    Ok(found)
}

fn dependency(
    name: &str,
    item: &Item,
    kind: &'static str,
    target: Option<&str>,
) -> Result<Dependency, String> {
    let bad = |why: &str| format!("Cargo.toml: the dependency `{name}` {why}");
    let table = item.as_table_like();
    let get = |key: &str| table.and_then(|table| table.get(key));
    if ["path", "git", "artifact", "workspace"].iter().any(|key| get(key).is_some()) {
        return Err(bad("is no package of a registry; package it with a version"));
    }
    let requirement =
        item.as_str().or_else(|| get("version")?.as_str()).ok_or_else(|| bad("has no version"))?;
    let package = get("package").and_then(Item::as_str);
    if get("registry").is_some() {
        return Err(bad("names its registry, and cargo writes the address of its index"));
    }
    let registry = get("registry-index").and_then(Item::as_str).map(str::to_owned);
    let yes = |key: &str, default: bool| get(key).and_then(Item::as_bool).unwrap_or(default);
    Ok(Dependency {
        optional: yes("optional", false),
        default_features: yes("default-features", true),
        name: package.unwrap_or(name).to_owned(),
        features: words(get("features")),
        version_req: requirement
            .parse()
            .map_err(|error| bad(&format!("asks for `{requirement}`: {error}")))?,
        target: target.map(str::to_owned),
        kind,
        registry,
        explicit_name_in_toml: package.map(|_| name.to_owned()),
    })
}

/// The body of an upload: the length of what the registry is told and that itself, the length of the package and that
/// itself; lengths are of four bytes, the lowest first.
///
/// # Errors
/// Where one of them is longer than four bytes can say.
pub fn upload(metadata: &Metadata, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let json = serde_json::to_vec(metadata).map_err(|error| error.to_string())?;
    let length =
        |part: &[u8]| u32::try_from(part.len()).map_err(|_| "it is too large for a registry".to_owned());
    let mut body = Vec::with_capacity(json.len() + bytes.len() + 8);
    for part in [json.as_slice(), bytes] {
        body.extend(length(part)?.to_le_bytes());
        body.extend(part);
    }
    Ok(body)
}
