//! Where the snapshot and everything that is kept lie.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::SnapshotError;
use super::repository::Repository;
use crate::exec::environment::Environment;
use crate::exec::gather::cargo_configs;
use crate::facts::target_of_config;
use crate::finding::digest;
use crate::subject::{Wanted, may_be_workspace, workspace_root};

/// Where things lie.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The workspace root, from the top of the repository; empty at its top.
    pub(super) below: String,
    /// The folder that was asked about, from there.
    pub(super) asked: String,
    /// The workspace root in the user's own tree, or the bare repository.
    pub(super) home: PathBuf,
    /// What outlives a run.
    pub(super) state: PathBuf,
    /// The snapshot: its `tree`, `git`, `target` and `lock`.
    pub(super) folder: PathBuf,
}

/// Files that tools look for in every folder above: what lies in the user's tree would count for the snapshot.
const AMBIENT: [&str; 6] =
    ["rust-toolchain.toml", "rust-toolchain", "rustfmt.toml", ".rustfmt.toml", "clippy.toml", ".clippy.toml"];

impl Place {
    /// The place for what is wanted of the workspace that the folder, or the manifest, belongs to.
    pub(super) fn find(
        repository: &Repository<'_>,
        environment: &Environment,
        manifest: Option<&Path>,
        wanted: &Wanted,
        revision: &str,
    ) -> Result<Self, SnapshotError> {
        let asked = asked(repository, environment, manifest)?;
        let mut folders: Vec<String> = Vec::new();
        let mut folder = Some(asked.as_str());
        while let Some(one) = folder {
            folders.push(one.to_owned());
            folder = (!one.is_empty()).then(|| one.rsplit_once('/').map_or("", |(above, _)| above));
        }
        let within =
            |name: &str| folders.iter().map(|folder| crate::facts::join(folder, name)).collect::<Vec<_>>();
        let manifests = within("Cargo.toml");
        let all: Vec<String> = manifests.into_iter().chain(AMBIENT.into_iter().flat_map(within)).collect();
        let texts = repository.texts(environment, revision, &all)?;
        let listed = folders.iter().cloned().zip(texts.iter().cloned()).collect::<Vec<_>>();
        let Some((below, is_workspace)) = workspace_root(&listed) else {
            return Err(SnapshotError::NoManifest(asked));
        };
        let Some(top) = &repository.top else {
            let home = repository.own.clone();
            let state = cache()?.join("bare").join(digest(&[&home.to_string_lossy()]));
            let folder = state.join(folder_name(wanted));
            return Ok(Self { below, asked, home, state, folder });
        };
        let home = joined(top, &below);
        let target = target(&home, environment);
        let tracked = |path: &str| all.iter().zip(&texts).any(|(one, text)| one == path && text.is_some());
        let leaks = || {
            // what the judged content has itself at the same place lies nearer
            let strange = |folder: &Path, name: &str| {
                let path = folder.strip_prefix(top).map(|path| path.to_string_lossy().replace('\\', "/"));
                folder.join(name).exists()
                    && !(home.starts_with(folder)
                        && path.is_ok_and(|path| tracked(&crate::facts::join(&path, name))))
            };
            let workspace = |folder: &Path| {
                !is_workspace
                    && std::fs::read_to_string(folder.join("Cargo.toml"))
                        .is_ok_and(|text| may_be_workspace(&text))
            };
            target.ancestors().take_while(|folder| folder.starts_with(top)).any(|folder| {
                let configs = ["config.toml", "config"].map(|name| folder.join(".cargo").join(name));
                configs.iter().any(|config| config.is_file())
                    || AMBIENT.iter().any(|name| strange(folder, name))
                    || workspace(folder)
            })
        };
        let folder = if target.starts_with(top) && leaks() {
            let mark = digest(&[&home.to_string_lossy()]);
            cache()?.join("snapshots").join(mark).join(folder_name(wanted))
        } else {
            folder_below(&target, top, &home, wanted)
        };
        Ok(Self { below, asked, home, state: target.join("bulletproof"), folder })
    }
}

/// Where the copy lies most often: that of a workspace which is all of the repository, once it was made.
pub(super) fn likely(top: &Path, environment: &Environment, wanted: &Wanted) -> Option<PathBuf> {
    let folder = folder_below(&target(top, environment), top, top, wanted);
    folder.is_dir().then_some(folder)
}

/// Its place below a target folder. Several workspaces may share one that lies elsewhere.
fn folder_below(target: &Path, top: &Path, home: &Path, wanted: &Wanted) -> PathBuf {
    let name = folder_name(wanted);
    let folder = target.join("bulletproof");
    if target.starts_with(top) {
        folder.join(name)
    } else {
        folder.join(format!("{name}-{}", digest(&[&home.to_string_lossy()])))
    }
}

/// What is staged has a copy of its own: a commit need not wait for the tests of a push, and each copy's builds
/// stay fresh.
fn folder_name(wanted: &Wanted) -> &'static str {
    if *wanted == Wanted::Index { "snapshot-index" } else { "snapshot" }
}

/// The folder of the user's cache that is ours.
fn cache() -> Result<PathBuf, SnapshotError> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| SnapshotError::NoCache)?;
    Ok(strategy.cache_dir().join("bulletproof"))
}

/// The folder that was asked about, from the top of the repository.
fn asked(
    repository: &Repository<'_>,
    environment: &Environment,
    manifest: Option<&Path>,
) -> Result<String, SnapshotError> {
    let Some(top) = &repository.top else { return Ok(String::new()) };
    let folder = manifest.and_then(Path::parent).map_or_else(PathBuf::new, Path::to_owned);
    let folder = environment.directory.join(folder);
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (folder, top) = (real(&folder), real(top));
    match folder.strip_prefix(&top) {
        Ok(below) => Ok(below.to_string_lossy().replace('\\', "/")),
        Err(_) => Err(SnapshotError::Outside(folder)),
    }
}

/// Where cargo builds in the user's own tree.
fn target(home: &Path, environment: &Environment) -> PathBuf {
    let of_files = || {
        cargo_configs(home, environment).into_iter().find_map(|(path, text)| target_of_config(&path, &text))
    };
    let named = environment.target_dir.as_ref().map(|target| environment.directory.join(target));
    named.or_else(of_files).unwrap_or_else(|| home.join("target"))
}

/// A folder below another, by its path with `/` between its parts.
pub(super) fn joined(folder: &Path, below: &str) -> PathBuf {
    below.split('/').filter(|part| !part.is_empty()).fold(folder.to_owned(), |path, part| path.join(part))
}
