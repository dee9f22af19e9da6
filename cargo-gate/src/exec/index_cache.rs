//! Which packages were yanked, as far as cargo's own cache of the registry's index knows. No network.
//!
//! Cargo keeps what it read of the default registry's sparse index in
//! `$CARGO_HOME/registry/index/index.crates.io-<hash>/.cache/<folders>/<name>`, a file a crate. The format is that of
//! `SummariesCache` in cargo's `src/cargo/sources/registry/index/cache.rs` (cargo 1.54 to 1.95):
//!
//! ```text
//! cache version: u8 = 3 | index schema version: u32, little endian = 2 | revision | 0
//! then, for each version:  version | 0 | the index' JSON line | 0
//! ```
//!
//! The JSON is described in <https://doc.rust-lang.org/cargo/reference/registry-index.html#json-schema>.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use rayon::prelude::*;
use semver::Version;
use serde::Deserialize;

/// cargo's `CURRENT_CACHE_VERSION` and `INDEX_V_MAX`, as the first five bytes of a file.
const HEADER: [u8; 5] = [3, 2, 0, 0, 0];

/// How cargo's folder for the default registry's sparse index starts; a hash follows, one for each way cargo has of
/// hashing an address.
const INDEX_FOLDER: &str = "index.crates.io-";

/// Where the default registry's sparse index is: on the host that cargo's folder for it is named after.
pub fn default_index() -> String {
    format!("sparse+https://{}/", INDEX_FOLDER.trim_end_matches('-'))
}

/// The default registry as entries of other registries name it: cargo's own name of it, by the library that reads
/// lock files.
pub fn default_registry() -> String {
    rustsec::SourceId::default().url().to_string()
}

/// What the cache knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Yanked {
    /// Packages that were yanked, by name and version.
    pub yanked: BTreeSet<(String, Version)>,
    /// Packages of which the cache cannot tell. Not clean: unknown.
    pub unknown: BTreeSet<(String, Version)>,
    /// When cargo last wrote one of the entries that were asked for. Cargo does not write an entry that it found
    /// unchanged, so the knowledge may be younger than this.
    pub newest_entry: Option<Timestamp>,
}

/// Looks up packages of the default registry in the cache under `cargo_home`.
///
/// A crate without an entry, an entry without the version, and an entry that cannot be read or is of an unknown
/// version of the format make the package unknown. Where two folders have an entry, the newer one counts.
pub(super) fn yanked(cargo_home: &Path, packages: &[(String, Version)]) -> Yanked {
    let folders = index_folders(cargo_home);
    let mut versions_of: BTreeMap<&str, Vec<&Version>> = BTreeMap::new();
    for (name, version) in packages {
        versions_of.entry(name).or_default().push(version);
    }

    let look_up = |(name, versions): (&str, Vec<&Version>)| look_up(&folders, name, &versions);
    versions_of.into_par_iter().map(look_up).reduce(Yanked::default, |mut all, one| {
        all.yanked.extend(one.yanked);
        all.unknown.extend(one.unknown);
        all.newest_entry = all.newest_entry.max(one.newest_entry);
        all
    })
}

/// What the folders know of those versions of a crate.
fn look_up(folders: &[PathBuf], name: &str, versions: &[&Version]) -> Yanked {
    let mut result = Yanked::default();
    let newest = newest_entry(folders, name);
    let bytes = newest.as_ref().and_then(|(_, path)| fs::read(path).ok()).unwrap_or_default();
    let entry = parse_entry(&bytes);
    for version in versions {
        let set = match entry.as_deref().and_then(|entry| is_yanked(entry, version)) {
            Some(true) => &mut result.yanked,
            Some(false) => continue,
            None => &mut result.unknown,
        };
        set.insert((name.to_owned(), (*version).clone()));
    }
    result.newest_entry = newest.and_then(|(time, _)| Timestamp::try_from(time).ok());
    result
}

/// The cache folders of the default registry's sparse index.
fn index_folders(cargo_home: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(cargo_home.join("registry").join("index")) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(INDEX_FOLDER)))
        .map(|entry| entry.path().join(".cache"))
        .collect()
}

/// The crate's newest entry, with the time it was written.
fn newest_entry(folders: &[PathBuf], name: &str) -> Option<(SystemTime, PathBuf)> {
    let place = entry_place(name)?;
    folders
        .iter()
        .map(|folder| folder.join(&place))
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .max()
}

/// Where a crate's entry stands, by the rules of cargo's `make_dep_path`:
/// <https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files>. `None` where the name cannot be a
/// crate's.
fn entry_place(name: &str) -> Option<PathBuf> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.bytes().all(allowed) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    Some(match name.len() {
        0 => return None,
        1 => PathBuf::from("1").join(name),
        2 => PathBuf::from("2").join(name),
        3 => PathBuf::from("3").join(name.get(..1)?).join(name),
        _ => PathBuf::from(name.get(..2)?).join(name.get(2..4)?).join(name),
    })
}

/// Each version with its JSON line. `None` where the bytes are no whole entry of the known format.
fn parse_entry(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut rest = bytes.strip_prefix(&HEADER)?;
    let mut next = || {
        let (field, after) = rest.split_at_checked(memchr::memchr(0, rest)?)?;
        rest = after.get(1..)?;
        Some(field)
    };
    let _revision = next()?;
    let mut versions = Vec::new();
    while let Some(version) = next() {
        versions.push((version, next()?));
    }
    rest.is_empty().then_some(versions)
}

/// A line of the index, as far as it matters here.
#[derive(Deserialize)]
struct IndexLine {
    vers: Version,
    yanked: bool,
}

/// Whether a version was yanked, if the entry has it.
fn is_yanked(entry: &[(&[u8], &[u8])], version: &Version) -> Option<bool> {
    let wanted = version.to_string();
    // where it is there twice, the later line counts
    let (_, json) = entry.iter().rfind(|(version, _)| *version == wanted.as_bytes())?;
    let line: IndexLine = serde_json::from_slice(json).ok()?;
    (line.vers == *version).then_some(line.yanked)
}

#[cfg(test)]
mod tests;
