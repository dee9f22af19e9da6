//! What keys hold of the tree's files: looked at once for all gates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;

use super::Asked;
use super::contents::Contents;
use crate::cache::{Part, digest};
use crate::facts::{Facts, relative};
use crate::step::{Files, Inputs};

/// What was found in the tree, and the parts of keys that are made of it, each once.
pub(super) struct Tree {
    /// Digests of files by their names in keys.
    files: BTreeMap<String, String>,
    /// Which of them are files of the tree.
    listed: BTreeSet<String>,
    manifests: BTreeSet<String>,
    /// Those that may change in the run, with their digests.
    unsteady: Vec<(PathBuf, String)>,
    parts: Parts,
}

/// Parts that the keys of several gates share.
#[derive(Default)]
struct Parts {
    sources: OnceLock<Part>,
    files: OnceLock<Part>,
    manifests: OnceLock<Part>,
}

impl Tree {
    pub(super) fn look(asked: &Asked<'_>, inputs: &Inputs, contents: &mut Contents) -> Self {
        let facts = asked.facts;
        let manifests = manifests(asked);
        let listed = facts.files.iter().filter(|_| inputs.files == Files::Tree);
        let sources = facts.sources.iter().map(|source| &source.path).filter(|_| inputs.files != Files::None);
        let mut listed: BTreeSet<String> = listed.chain(sources).cloned().collect();
        let names: BTreeSet<String> = listed.iter().chain(&manifests).chain(&inputs.paths).cloned().collect();
        let mut paths: Vec<PathBuf> = names.iter().map(|name| facts.root.join(name)).collect();
        let mut names: Vec<String> = names.into_iter().collect();
        if inputs.files == Files::Tree {
            let odd: Vec<PathBuf> = facts.odd_names.iter().map(|name| facts.root.join(name)).collect();
            let shown = |name: &PathBuf| {
                let bytes = name.as_os_str().as_encoded_bytes();
                format!("{} {}", name.display(), digest([bytes]))
            };
            let shown: Vec<String> = facts.odd_names.iter().map(shown).collect();
            listed.extend(shown.iter().cloned());
            names.extend(shown);
            paths.extend(odd);
        }
        let digests = contents.of(&paths);
        let unsteady = paths.iter().zip(&digests).filter(|(path, _)| !contents.has_seen(path));
        let unsteady = unsteady.map(|(path, digest)| (path.clone(), digest.clone())).collect();
        let files = names.into_iter().zip(digests).collect();
        Self { files, listed, manifests, unsteady, parts: Parts::default() }
    }

    /// Whether another look would find the same.
    pub(super) fn holds(&self, asked: &Asked<'_>, contents: &mut Contents) -> bool {
        let (paths, before): (Vec<PathBuf>, Vec<&String>) =
            self.unsteady.iter().map(|(path, digest)| (path.clone(), digest)).unzip();
        contents.of(&paths).iter().eq(before) && manifests(asked) == self.manifests
    }

    pub(super) fn sources(&self, facts: &Facts) -> &Part {
        self.parts.sources.get_or_init(|| {
            let foreign = facts.foreign_sources.to_string();
            let sources = self.some(facts.sources.iter().map(|source| &source.path));
            Part::digests(sources.chain([("(of other workspaces)", foreign.as_str())]))
        })
    }

    pub(super) fn files(&self) -> &Part {
        self.parts.files.get_or_init(|| Part::digests(self.some(self.listed.iter())))
    }

    pub(super) fn manifests(&self) -> &Part {
        self.parts.manifests.get_or_init(|| Part::digests(self.some(self.manifests.iter())))
    }

    /// Those files, each with its digest.
    pub(super) fn some<'a>(
        &'a self,
        names: impl Iterator<Item = &'a String>,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let of = |name: &String| self.files.get_key_value(name);
        names.filter_map(of).map(|(name, digest)| (name.as_str(), digest.as_str()))
    }
}

/// The manifests, the lock file and all that tells cargo and rustup how to work here, by their names in keys.
fn manifests(asked: &Asked<'_>) -> BTreeSet<String> {
    let facts = asked.facts;
    // a patch that is not used now may be, by what its manifest says
    let others = facts.files.iter().filter(|file| file.ends_with("/Cargo.toml")).cloned();
    let fixed = ["Cargo.lock", "rust-toolchain", "rust-toolchain.toml"].map(str::to_owned);
    let configs = super::super::gather::cargo_configs(&facts.root, asked.environment);
    let configs = configs.iter().map(|(path, _)| relative(&facts.root, path));
    facts
        .manifests()
        .chain(others)
        .chain(fixed)
        .chain(facts.cargo_configs.iter().cloned())
        .chain(configs)
        .collect()
}
