//! What is known of the workspace before anything runs: plain data, made from recorded bytes.

mod files;
mod manifests;
mod packages;
mod rustflags;
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::step::Tool;
use crate::subject::Subject;

pub use files::{from_file_list, is_rust, odd_names, utf8_name, with_files};
pub use manifests::{
    build_targets_of_config, flags_of_config, includes_of_config, lints_of_manifest, mark_own_harnesses,
    split_flags, target_of_config, wrapper_of_config,
};
use packages::member;
pub use packages::{Need, Package, Target};
pub use rustflags::{FlagsOf, RustFlags};
pub use tools::{from_git, from_rustc};

/// The workspace, its toolchain and its revision.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The workspace root, absolute: where the judged files lie.
    pub root: PathBuf,
    /// The workspace root in the user's own tree, absolute: the same, unless what is judged is a private copy.
    pub home: PathBuf,
    /// Where cargo builds, absolute.
    pub target: PathBuf,
    /// Where everything lies that outlives a run, absolute: one folder for whatever is judged of this workspace.
    pub state: PathBuf,
    /// What is judged.
    pub subject: Subject,
    /// Variables for every program that runs on the judged files, beyond the clean environment.
    pub variables: Vec<(OsString, OsString)>,
    /// The members, in cargo's order.
    pub packages: Vec<Package>,
    /// Every file of the tree that git tracks or would, sorted: sources of other workspaces, hidden files
    /// and what is no source included. Folders of nested repositories are among them.
    pub files: Vec<String>,
    /// Those whose names are not UTF-8, relative to the root; none is a source.
    pub odd_names: Vec<PathBuf>,
    /// The Rust source files of the judged packages, sorted by path.
    pub sources: Vec<Source>,
    /// How many Rust source files lie in the tree but belong to other workspaces.
    pub foreign_sources: usize,
    /// cargo's configuration files in the tree, sorted.
    pub cargo_configs: Vec<String>,
    /// Flags for every rustc, each with where it comes from: a variable or a configuration file.
    pub rustflags: Vec<(String, String)>,
    /// The same for every rustdoc.
    pub rustdocflags: Vec<(String, String)>,
    /// The flags for rustc by their sources, of which cargo takes one.
    pub flag_sources: RustFlags,
    /// What cargo calls in the place of every rustc; none where that is a well-known cache.
    pub rustc_wrapper: Option<Wrapper>,
    /// The targets that cargo's configuration builds for; empty for the host's.
    pub build_targets: Vec<String>,
    /// clippy's lints that the manifests set themselves, as `clippy::name`.
    pub own_lints: BTreeSet<String>,
    /// The compiler's version and host.
    pub toolchain: Toolchain,
    /// The folder of the toolchain; none where rustc does not tell.
    pub sysroot: Option<PathBuf>,
    /// Where each tool was found.
    pub tools: BTreeMap<Tool, PathBuf>,
    /// The revision, where the workspace is in a git repository with a commit.
    pub revision: Option<Revision>,
    /// What is known of the repository of a private copy; none where the user's own files are judged.
    pub copied: Option<Copied>,
    /// When all this was found out.
    pub now: jiff::Timestamp,
}

/// What is known of the repository of a private copy, which was written for the run, without asking git.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// Whether all its files are plain: neither links nor submodules.
    pub is_plain: bool,
    /// A submodule that is checked out.
    pub submodule: Option<String>,
    /// The folder of the repository that the workspace lies in, with a `/` at its end; empty at its top.
    pub prefix: String,
    /// Whether there are remote-tracking branches.
    pub has_remotes: bool,
    /// How what is judged differs from `HEAD`, as `git diff --raw -z` tells it; none where git has to be asked.
    pub staged: Option<Vec<u8>>,
    /// Some of the contents that are staged, by their hashes.
    pub contents: BTreeMap<String, Vec<u8>>,
    /// What names the settings and attributes of the clone by which its files were written.
    pub conversion: String,
    /// The clone that people work in; none for a bare repository, and where git has to be asked.
    pub clone: Option<UsersClone>,
}

/// The clone of which a private copy was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsersClone {
    /// The top of its work tree.
    pub top: PathBuf,
    /// Its git folder that all its work trees share.
    pub common: PathBuf,
    /// Its settings of hooks, as `git config --null --show-scope --show-origin` tells them.
    pub hooks: Vec<u8>,
}

impl Facts {
    /// Whether a tool was found.
    pub fn has(&self, tool: Tool) -> bool {
        self.tools.contains_key(&tool)
    }

    /// The root manifest and those of the members, each once, relative to the workspace root.
    pub fn manifests(&self) -> impl Iterator<Item = String> + '_ {
        let members = self.packages.iter().map(Package::manifest).filter(|path| path != "Cargo.toml");
        std::iter::once("Cargo.toml".to_owned()).chain(members)
    }

    /// The day of the run, in UTC: what has a last day is held against it.
    pub fn today(&self) -> jiff::civil::Date {
        jiff::tz::Offset::UTC.to_datetime(self.now).date()
    }

    /// The package in whose folder a path lies.
    pub fn owner(&self, path: &str) -> Option<usize> {
        let within = |folder: &str| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        let owners = self.packages.iter().enumerate().filter(|(_, package)| within(&package.folder));
        owners.max_by_key(|(_, package)| package.folder.len()).map(|(index, _)| index)
    }

    /// The packages that the request judges.
    pub fn judged<'a>(&'a self, options: &'a crate::gate::Options) -> impl Iterator<Item = &'a Package> {
        self.packages.iter().filter(move |package| selects(options, &package.name))
    }
}

/// Whether the request judges the package of that name.
pub fn selects(options: &crate::gate::Options, name: &str) -> bool {
    let named = options.packages.is_empty() || options.packages.iter().any(|package| package == name);
    named && !options.exclude.iter().any(|package| package == name)
}

/// A Rust source file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Source {
    /// Relative to the workspace root.
    pub path: String,
    /// The index of the owning package; none where it lies beside all packages.
    pub package: Option<usize>,
}

/// The compiler.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toolchain {
    /// The first line of `rustc -vV`.
    pub rustc: String,
    /// The host's target triple.
    pub host: String,
}

/// A program that cargo calls in the place of rustc, and that may add flags of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapper {
    /// Where it is named: a variable or a configuration file.
    pub place: String,
    /// Its path from the workspace root, or its name on the search path.
    pub program: String,
    /// A digest of its path and file.
    pub mark: String,
}

/// Programs in the place of rustc that add no flags: caches of what it makes.
const CACHES: [&str; 3] = ["sccache", "ccache", "cachepot"];

/// Whether that program is a well-known cache.
pub fn is_cache(program: &Path) -> bool {
    program.file_stem().is_some_and(|name| CACHES.iter().any(|cache| name == *cache))
}

/// A git revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The commit's hash.
    pub commit: String,
    /// Its tree's hash.
    pub tree: String,
    /// Whether tracked files differ from it.
    pub dirty: bool,
}

/// A tool's answer about the workspace that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// Not the JSON that `cargo metadata` documents.
    #[error("`cargo metadata` gave an answer that cannot be read: {0}")]
    Metadata(String),
    /// git's list of files does not end as git ends it.
    #[error("`git ls-files` gave a list of files that is cut short")]
    FileListCut,
    /// A file of the workspace has a name that is not UTF-8.
    #[error("the file name `{0}` is not UTF-8; rename it, or leave it out with .gitignore")]
    NotUtf8(String),
}

/// The members and folders from `cargo metadata --no-deps`.
///
/// # Errors
/// When the bytes are not what `cargo metadata` documents.
pub fn from_metadata(stdout: &[u8]) -> Result<Facts, FactError> {
    let unreadable = |error: &dyn std::fmt::Display| FactError::Metadata(error.to_string());
    let text = std::str::from_utf8(stdout).map_err(|error| unreadable(&error))?;
    let metadata = cargo_metadata::MetadataCommand::parse(text).map_err(|error| unreadable(&error))?;
    let root = metadata.workspace_root.as_std_path();
    let members: BTreeSet<_> = metadata.workspace_members.iter().collect();
    let packages: Vec<Package> = metadata
        .packages
        .iter()
        .filter(|package| members.contains(&package.id))
        .map(|p| member(root, p))
        .collect();
    if packages.is_empty() {
        return Err(FactError::Metadata("it names no member of the workspace".to_owned()));
    }
    Ok(Facts {
        root: root.to_owned(),
        home: root.to_owned(),
        target: metadata.target_directory.as_std_path().to_owned(),
        state: metadata.target_directory.as_std_path().join("bulletproof"),
        packages,
        ..Facts::default()
    })
}

/// A path relative to the root, with `/` between its parts; unchanged where it lies elsewhere.
pub fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Joins two relative paths with `/`.
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A member of that name in that folder.
    pub(crate) fn package(name: &str, folder: &str) -> Package {
        Package {
            name: name.into(),
            version: "0.1.0".into(),
            id: format!("path+file:///ws/{folder}#{name}@0.1.0"),
            folder: folder.into(),
            edition: "2024".into(),
            publish: true,
            registries: Vec::new(),
            passed_by: false,
            licensed: true,
            rust_version: true,
            targets: Vec::new(),
            features: BTreeMap::new(),
            needs: Vec::new(),
        }
    }

    /// A target of a member, as cargo makes it where the manifest says nothing.
    pub(crate) fn target(name: &str, kind: &str, root: &str) -> Target {
        Target {
            name: name.into(),
            kinds: vec![kind.into()],
            root: root.into(),
            test: true,
            doctest: kind == "lib",
            doc: true,
            own_harness: false,
            required_features: Vec::new(),
        }
    }

    #[test]
    fn metadata_that_is_cut_short_or_empty_is_an_error() {
        assert!(from_metadata(b"").is_err());
        assert!(from_metadata(b"{\"packages\":[").is_err());
        assert!(from_metadata(b"\xff\xfe").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_facts_or_an_error(bytes: Vec<u8>) {
            let _ = from_metadata(&bytes);
        }
    }
}
