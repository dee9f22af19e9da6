//! The tree's files: which Rust sources the workspace owns, and where cargo's configuration lies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{FactError, Facts, Source};

/// Sorts the tree's files: which Rust sources the workspace's packages own, which belong to other
/// workspaces, where cargo's configuration lies. A file belongs to the package of the nearest
/// `Cargo.toml` above it.
pub fn with_files(mut facts: Facts, files: &[String]) -> Facts {
    let owners: BTreeMap<&str, usize> =
        facts.packages.iter().enumerate().map(|(index, package)| (package.folder.as_str(), index)).collect();
    let manifests: BTreeSet<&str> =
        files.iter().filter_map(|file| folder_of(file, "Cargo.toml")).chain(owners.keys().copied()).collect();
    let mut sources = Vec::new();
    let mut foreign = 0;
    let owner = |file: &str| match ancestors(file).find(|folder| manifests.contains(folder)) {
        Some(folder) if owners.contains_key(folder) => Owner::Package(owners.get(folder).copied()),
        Some("") | None => Owner::Package(None),
        Some(_) => Owner::Foreign,
    };
    // what cargo compiles is judged, whatever the list says
    let targets = facts.packages.iter().flat_map(|package| &package.targets).map(|target| &target.root);
    let roots = targets.filter(|root| Path::new(root.as_str()).is_relative());
    for file in files.iter().chain(roots).filter(|file| is_rust(file)) {
        match owner(file) {
            Owner::Package(package) => sources.push(Source { path: file.clone(), package }),
            Owner::Foreign => foreign += 1,
        }
    }
    sources.sort();
    sources.dedup();
    let mut configs: Vec<String> = files
        .iter()
        .filter(|file| is_cargo_config(file) && !matches!(owner(file), Owner::Foreign))
        .cloned()
        .collect();
    configs.sort();
    facts.sources = sources;
    facts.foreign_sources = foreign;
    facts.cargo_configs = configs;
    facts
}

/// Whose a file is: a package's (none where it lies beside all packages), or another workspace's.
enum Owner {
    Package(Option<usize>),
    Foreign,
}

/// Whether a file is a source by its name.
pub fn is_rust(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == "rs")
}

fn is_cargo_config(file: &str) -> bool {
    [".cargo/config.toml", ".cargo/config"].iter().any(|name| folder_of(file, name).is_some())
}

/// The folder of a path that ends in that name.
fn folder_of<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    let folder = file.strip_suffix(name)?;
    if folder.is_empty() { Some(folder) } else { folder.strip_suffix('/') }
}

/// The folders above a file, nearest first, ending with the root ("").
fn ancestors(file: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(file);
    std::iter::from_fn(move || {
        let path = rest?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        rest = (!folder.is_empty()).then_some(folder);
        Some(folder)
    })
}

/// The file names of `git ls-files -z`.
///
/// # Errors
/// When the list is cut short, or a Rust source or a manifest has a name that is not UTF-8.
pub fn from_file_list(stdout: &[u8]) -> Result<Vec<String>, FactError> {
    // with `-z` each name ends with a NUL, the last one too
    if stdout.last().is_some_and(|byte| *byte != 0) {
        return Err(FactError::FileListCut);
    }
    let names = stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.filter_map(|name| utf8_name(name).transpose()).collect()
}

/// The names in `git ls-files -z` that are not UTF-8.
pub fn odd_names(stdout: &[u8]) -> impl Iterator<Item = &[u8]> {
    stdout.split(|byte| *byte == 0).filter(|name| std::str::from_utf8(name).is_err())
}

/// A file name; none where it is not UTF-8 and no gate would read it anyway.
///
/// # Errors
/// When a Rust source or a manifest has a name that is not UTF-8.
pub fn utf8_name(name: &[u8]) -> Result<Option<String>, FactError> {
    match std::str::from_utf8(name) {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) if name.ends_with(b".rs") || name.ends_with(b".toml") => {
            Err(FactError::NotUtf8(String::from_utf8_lossy(name).into_owned()))
        }
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::tests::package;

    fn files(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }
    #[test]
    fn a_source_belongs_to_the_package_of_the_nearest_manifest() {
        let facts =
            Facts { packages: vec![package("root", ""), package("a", "crates/a")], ..Facts::default() };
        let list = ["src/lib.rs", "crates/a/src/lib.rs", "crates/a/tests/it.rs", "crates/a/Cargo.toml"];
        let facts = with_files(facts, &files(&list));
        let owners: Vec<_> =
            facts.sources.iter().map(|source| (source.path.as_str(), source.package)).collect();
        let expected =
            [("crates/a/src/lib.rs", Some(1)), ("crates/a/tests/it.rs", Some(1)), ("src/lib.rs", Some(0))];
        assert_eq!(owners, expected);
    }

    #[test]
    fn sources_of_another_workspace_are_counted_and_left_out() {
        let facts = Facts { packages: vec![package("root", "")], ..Facts::default() };
        let facts =
            with_files(facts, &files(&["src/lib.rs", "fixtures/x/Cargo.toml", "fixtures/x/src/lib.rs"]));
        assert_eq!((facts.sources.len(), facts.foreign_sources), (1, 1));
    }

    #[test]
    fn a_source_beside_all_packages_of_a_virtual_workspace_has_no_owner() {
        let facts = Facts { packages: vec![package("a", "a")], ..Facts::default() };
        let facts = with_files(facts, &files(&["Cargo.toml", "scripts/x.rs", "a/src/lib.rs"]));
        assert_eq!(facts.sources.iter().filter(|source| source.package.is_none()).count(), 1);
        assert_eq!(facts.foreign_sources, 0);
    }

    #[test]
    fn cargo_configuration_is_found_in_every_folder() {
        let facts = Facts { packages: vec![package("root", "")], ..Facts::default() };
        let facts =
            with_files(facts, &files(&[".cargo/config.toml", "a/.cargo/config", "x.cargo/config.toml"]));
        assert_eq!(facts.cargo_configs, [".cargo/config.toml", "a/.cargo/config"]);
    }

    #[test]
    fn a_list_of_files_that_is_cut_short_is_an_error() {
        assert_eq!(from_file_list(b"src/lib.rs\0src/ma"), Err(FactError::FileListCut));
        assert_eq!(from_file_list(b"").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn the_configuration_of_another_workspace_is_left_out() {
        let facts = Facts { packages: vec![package("root", "")], ..Facts::default() };
        let facts = with_files(facts, &files(&["fixtures/x/Cargo.toml", "fixtures/x/.cargo/config.toml"]));
        assert!(facts.cargo_configs.is_empty());
    }

    #[test]
    fn a_source_whose_name_is_not_utf8_is_an_error_that_shows_it() {
        let error = from_file_list(b"src/lib.rs\0src/b\xffd.rs\0").unwrap_err();
        assert!(error.to_string().contains("src/b\u{fffd}d.rs"), "{error}");
        assert_eq!(from_file_list(b"a.rs\0img\xff.png\0").unwrap(), ["a.rs"]);
        assert_eq!(odd_names(b"a.rs\0img\xff.png\0").collect::<Vec<_>>(), [b"img\xff.png"]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_list_or_an_error(bytes: Vec<u8>) {
            let _ = (from_file_list(&bytes), odd_names(&bytes).count());
        }
    }
}
