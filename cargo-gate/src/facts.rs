//! What is known of the workspace before anything runs: plain data, made from recorded bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::step::Tool;

/// The workspace, its toolchain and its revision.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The workspace root, absolute.
    pub root: PathBuf,
    /// Where cargo builds, absolute.
    pub target: PathBuf,
    /// The members, in cargo's order.
    pub packages: Vec<Package>,
    /// The Rust source files of the judged packages, sorted by path.
    pub sources: Vec<Source>,
    /// How many Rust source files lie in the tree but belong to other workspaces.
    pub foreign_sources: usize,
    /// cargo's configuration files in the tree, sorted.
    pub cargo_configs: Vec<String>,
    /// Flags for every rustc, each with where it comes from: a variable or a configuration file.
    pub rustflags: Vec<(String, String)>,
    /// clippy's lints that the manifests set themselves, as `clippy::name`.
    pub own_lints: BTreeSet<String>,
    /// The compiler's version and host.
    pub toolchain: Toolchain,
    /// Where each tool was found.
    pub tools: BTreeMap<Tool, PathBuf>,
    /// The revision, where the workspace is in a git repository with a commit.
    pub revision: Option<Revision>,
}

impl Facts {
    /// Whether a tool was found.
    pub fn has(&self, tool: Tool) -> bool {
        self.tools.contains_key(&tool)
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

/// A member of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// cargo's identity of it, as in cargo's messages.
    pub id: String,
    /// Its folder, relative to the workspace root; empty for the root itself.
    pub folder: String,
    /// Its edition.
    pub edition: String,
    /// Whether it may be published.
    pub publish: bool,
    /// Whether it names a licence or a licence file.
    pub licensed: bool,
    /// Whether it states the oldest Rust version it supports.
    pub rust_version: bool,
    /// Its targets.
    pub targets: Vec<Target>,
}

impl Package {
    /// The path of its manifest, relative to the workspace root.
    pub fn manifest(&self) -> String {
        join(&self.folder, "Cargo.toml")
    }
}

/// A target of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// cargo's names of its kinds: `lib`, `bin`, `proc-macro`, `test`, `bench`, `example`, `custom-build`, …
    pub kinds: Vec<String>,
    /// Its root file, relative to the workspace root.
    pub root: String,
    /// Whether `cargo test` runs its tests.
    pub test: bool,
    /// Whether `cargo test --doc` runs its examples.
    pub doctest: bool,
    /// Whether it brings a test harness of its own (`harness = false`), whose output nobody knows.
    pub own_harness: bool,
    /// Features without which cargo leaves it out.
    pub required_features: Vec<String>,
}

impl Target {
    /// Whether it is of that kind.
    pub fn is(&self, kind: &str) -> bool {
        self.kinds.iter().any(|own| own == kind)
    }

    /// Whether it is code that users run: a library or a program.
    pub fn is_production(&self) -> bool {
        !["test", "bench", "example", "custom-build"].iter().any(|kind| self.is(kind))
    }

    /// Whether it is a library of any kind.
    pub fn is_library(&self) -> bool {
        self.is_production() && !self.is("bin")
    }
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
        target: metadata.target_directory.as_std_path().to_owned(),
        packages,
        ..Facts::default()
    })
}

fn member(root: &Path, package: &cargo_metadata::Package) -> Package {
    let folder =
        package.manifest_path.as_std_path().parent().map(|dir| relative(root, dir)).unwrap_or_default();
    Package {
        name: package.name.to_string(),
        version: package.version.to_string(),
        id: package.id.repr.clone(),
        folder,
        edition: package.edition.to_string(),
        publish: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
        licensed: package.license.is_some() || package.license_file.is_some(),
        rust_version: package.rust_version.is_some(),
        targets: package.targets.iter().map(|target| self::target(root, target)).collect(),
    }
}

fn target(root: &Path, target: &cargo_metadata::Target) -> Target {
    Target {
        name: target.name.clone(),
        kinds: target.kind.iter().map(ToString::to_string).collect(),
        root: relative(root, target.src_path.as_std_path()),
        test: target.test,
        doctest: target.doctest,
        own_harness: false,
        required_features: target.required_features.clone(),
    }
}

/// A path relative to the root, with `/` between its parts; unchanged where it lies elsewhere.
pub fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Joins two relative paths with `/`.
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

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

fn is_rust(file: &str) -> bool {
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

/// clippy's lints that a manifest sets, for the workspace or for its own package.
pub fn lints_of_manifest(text: &str) -> BTreeSet<String> {
    let Ok(document) = toml_edit::Document::parse(text) else { return BTreeSet::new() };
    let root = document.as_table();
    let lints = [root.get("lints"), root.get("workspace").and_then(|workspace| workspace.get("lints"))];
    let clippy = lints.into_iter().flatten().filter_map(|lints| lints.get("clippy")?.as_table_like());
    clippy.flat_map(|table| table.iter().map(|(name, _)| format!("clippy::{name}"))).collect()
}

/// Marks the targets that the manifest gives a harness of their own, which `cargo metadata` does not tell.
pub fn mark_own_harnesses(package: &mut Package, manifest: &str) {
    let Ok(document) = toml_edit::Document::parse(manifest) else { return };
    let root = document.as_table();
    let own = |table: &dyn toml_edit::TableLike| {
        table.get("harness").and_then(toml_edit::Item::as_bool) == Some(false)
    };
    let library = root.get("lib").and_then(toml_edit::Item::as_table_like).is_some_and(own);
    for target in &mut package.targets {
        target.own_harness = if target.is_library() {
            library
        } else {
            let kind = target.kinds.first().map(String::as_str).unwrap_or_default();
            let tables = root.get(kind).and_then(toml_edit::Item::as_array_of_tables).into_iter().flatten();
            let named = |table: &toml_edit::Table| {
                table.get("name").and_then(toml_edit::Item::as_str) == Some(&target.name)
            };
            tables.into_iter().any(|table| named(table) && own(table))
        };
    }
}

/// The flags that a configuration file of cargo gives to rustc.
pub fn rustflags_of_config(text: &str) -> Vec<String> {
    let Ok(document) = toml_edit::Document::parse(text) else { return Vec::new() };
    let root = document.as_table();
    let targets = root.get("target").and_then(toml_edit::Item::as_table_like);
    let of_targets = targets.into_iter().flat_map(|targets| targets.iter().map(|(_, target)| target));
    let tables = root.get("build").into_iter().chain(of_targets);
    let flags = tables.filter_map(|table| table.get("rustflags"));
    flags
        .flat_map(|flags| match flags.as_array() {
            Some(array) => array.iter().filter_map(|flag| flag.as_str()).map(str::to_owned).collect(),
            None => split_flags(flags.as_str().unwrap_or_default()),
        })
        .collect()
}

/// Flags as a variable holds them: between spaces, or between unit separators where cargo encodes them.
pub fn split_flags(text: &str) -> Vec<String> {
    text.split([' ', '\u{1f}']).filter(|flag| !flag.is_empty()).map(str::to_owned).collect()
}

/// The compiler's version and host from `rustc -vV`; none where they are not there.
pub fn from_rustc(stdout: &[u8]) -> Option<Toolchain> {
    let text = std::str::from_utf8(stdout).ok()?;
    let rustc = text.lines().next().filter(|line| line.starts_with("rustc "))?.to_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned();
    Some(Toolchain { rustc, host })
}

/// Commit and tree from `git rev-parse HEAD HEAD^{tree}`, dirtiness from `git status --porcelain`.
pub fn from_git(rev_parse: &[u8], status: &[u8]) -> Option<Revision> {
    let text = std::str::from_utf8(rev_parse).ok()?;
    let mut lines =
        text.lines().filter(|line| line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let (commit, tree) = (lines.next()?.to_owned(), lines.next()?.to_owned());
    Some(Revision { commit, tree, dirty: !status.is_empty() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str) -> Package {
        Package {
            name: name.into(),
            version: "0.1.0".into(),
            id: format!("path+file:///ws/{folder}#{name}@0.1.0"),
            folder: folder.into(),
            edition: "2024".into(),
            publish: true,
            licensed: true,
            rust_version: true,
            targets: Vec::new(),
        }
    }

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
    }

    #[test]
    fn metadata_that_is_cut_short_or_empty_is_an_error() {
        assert!(from_metadata(b"").is_err());
        assert!(from_metadata(b"{\"packages\":[").is_err());
        assert!(from_metadata(b"\xff\xfe").is_err());
    }

    #[test]
    fn lints_are_read_from_the_workspace_and_from_the_package() {
        let text = "[workspace.lints.clippy]\nunwrap_used = \"deny\"\n[lints.clippy]\npanic = { level = \"warn\" }\n";
        let lints: Vec<String> = lints_of_manifest(text).into_iter().collect();
        assert_eq!(lints, ["clippy::panic", "clippy::unwrap_used"]);
        assert!(lints_of_manifest("[lints]\nworkspace = true\n").is_empty());
    }

    #[test]
    fn a_harness_of_its_own_is_read_from_the_manifest() {
        let target = |name: &str, kind: &str| Target {
            name: name.into(),
            kinds: vec![kind.into()],
            root: String::new(),
            test: true,
            doctest: false,
            own_harness: false,
            required_features: Vec::new(),
        };
        let mut package = package("a", "");
        package.targets = vec![target("a", "lib"), target("one", "test"), target("two", "test")];
        mark_own_harnesses(
            &mut package,
            "[[test]]\nname = \"two\"\nharness = false\n[[test]]\nname = \"one\"\n",
        );
        let own: Vec<bool> = package.targets.iter().map(|target| target.own_harness).collect();
        assert_eq!(own, [false, false, true]);
    }

    #[test]
    fn flags_are_read_from_every_place_that_cargo_knows() {
        let text = "[build]\nrustflags = [\"--cap-lints\", \"allow\"]\n[target.'cfg(unix)']\nrustflags = \"-A warnings\"\n";
        assert_eq!(rustflags_of_config(text), ["--cap-lints", "allow", "-A", "warnings"]);
        assert_eq!(split_flags("-Cdebuginfo=1\u{1f}-Awarnings"), ["-Cdebuginfo=1", "-Awarnings"]);
    }

    #[test]
    fn the_compilers_version_and_host_are_read_from_its_verbose_version() {
        let text = b"rustc 1.95.0 (5980 2026-04-14)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";
        let toolchain = from_rustc(text).unwrap();
        assert_eq!(toolchain.rustc, "rustc 1.95.0 (5980 2026-04-14)");
        assert_eq!(toolchain.host, "x86_64-unknown-linux-gnu");
        assert_eq!(from_rustc(b"error: toolchain is not installed"), None);
    }

    #[test]
    fn a_repository_without_a_commit_has_no_revision() {
        assert_eq!(from_git(b"HEAD\nHEAD^{tree}\n", b""), None);
        let hash = "0123456789012345678901234567890123456789";
        let both = format!("{hash}\n{hash}\n");
        assert!(from_git(both.as_bytes(), b" M a.rs\0").unwrap().dirty);
        assert!(!from_git(both.as_bytes(), b"").unwrap().dirty);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_facts_or_an_error(bytes: Vec<u8>) {
            let _ = (from_metadata(&bytes), from_file_list(&bytes), from_rustc(&bytes), from_git(&bytes, &bytes));
        }
    }
}
