//! What lies in the workspace beside the files of the tree, which git ignores, and empty folders, of which it knows
//! nothing: code that is compiled or run may read and write there all the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use rayon::prelude::*;

use super::super::git;
use super::super::process::run;
use super::Asked;
use crate::facts::Facts;
use crate::step::{End, Tool};

/// So many may be read; of more nobody looks at the content, and what runs code is not answered from the cache.
const MOST_FILES: usize = 4096;
/// So many bytes may be read.
const MOST_BYTES: u64 = 64 << 20;
const UNREADABLE: &str = "an ignored file has a name that is not UTF-8";
/// The mark of folders whose content can be made anew, as cargo puts it into its own: <https://bford.info/cachedir/>.
const MARK: &str = "CACHEDIR.TAG";

/// Their paths from the workspace root, those of folders with a `/` at their end, but for what lies in folders of caches.
///
/// # Errors
/// Where there are too many of them, or a name cannot be read.
pub(super) fn files(asked: &Asked<'_>) -> Result<Vec<String>, String> {
    let facts = asked.facts;
    let known = facts.files.iter().map(String::as_str).collect();
    let mut found = Found { known, ..Found::below(&facts.root, facts) };
    let args = ["ls-files", "-z", "--others", "--directory"];
    let listed = facts
        .tools
        .get(&Tool::Git)
        .map(|program| run(&git(program, &facts.root, Duration::from_mins(1)).args(args), asked.cancel));
    match listed.filter(|listed| listed.end == End::Code(0)) {
        Some(listed) => {
            for name in listed.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
                found.add_listed(name)?;
            }
        }
        // where no git tells, all that the list of files lacks
        None => found.add(Path::new(""))?,
    }
    found.add_nested()?;
    Ok(found.names())
}

/// What is found below a folder.
pub(super) struct Found<'a> {
    root: &'a Path,
    target: &'a Path,
    /// What is known otherwise.
    known: BTreeSet<&'a str>,
    /// Whether folders without a file count. Of a copy they are gone when a run begins, and what is there afterwards the
    /// run has made.
    empty: bool,
    names: BTreeSet<String>,
    bytes: u64,
}

impl<'a> Found<'a> {
    /// Nothing yet.
    pub(super) fn below(root: &'a Path, facts: &'a Facts) -> Self {
        let (known, names) = (BTreeSet::new(), BTreeSet::new());
        Self { root, target: &facts.target, known, empty: facts.copied.is_none(), names, bytes: 0 }
    }

    /// What was found.
    pub(super) fn names(self) -> Vec<String> {
        self.names.into_iter().collect()
    }

    /// Adds what git names so, with all that lies in it.
    ///
    /// # Errors
    /// Where that is too much, or a name cannot be read.
    pub(super) fn add_listed(&mut self, name: &[u8]) -> Result<(), String> {
        let name = std::str::from_utf8(name).map_err(|_| UNREADABLE)?.trim_end_matches('/');
        // the whole of a folder that git does not know
        self.add(Path::new(if name == "." { "" } else { name }))
    }

    fn add(&mut self, below: &Path) -> Result<(), String> {
        let path = self.root.join(below);
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { return Ok(()) };
        if metadata.is_dir() {
            return self.add_folder(below, &path);
        }
        let name = named(below)?;
        if self.known.contains(name.as_str()) {
            return Ok(());
        }
        if metadata.is_symlink() && path.is_dir() {
            return Err(format!("{name} leads to a folder that nobody looks into"));
        }
        if self.names.insert(name) {
            self.bytes += metadata.len();
        }
        let most = self.names.len() <= MOST_FILES && self.bytes <= MOST_BYTES;
        if most { Ok(()) } else { Err(too_many()) }
    }

    /// The ignored files of nested repositories, into which git does not look, links to folders that are not among the
    /// files of the tree, and the folders of files that are gone.
    fn add_nested(&mut self) -> Result<(), String> {
        let is_folder = |name: &str| std::fs::metadata(self.root.join(name)).map(|there| there.is_dir());
        let looked: Vec<(&str, std::io::Result<bool>)> =
            self.known.par_iter().map(|name| (*name, is_folder(name))).collect();
        let (folders, others): (Vec<_>, Vec<_>) =
            looked.into_iter().partition(|(_, is_folder)| matches!(is_folder, Ok(true)));
        let gone = others.into_iter().filter(|(_, there)| there.is_err());
        let left = gone.filter_map(|(name, _)| name.rsplit_once('/'));
        let left: BTreeSet<&str> = left.map(|(folder, _)| folder).collect();
        let left = left.into_iter().filter(|folder| self.empty && self.root.join(folder).is_dir());
        self.names.extend(left.map(|folder| format!("{folder}/")).collect::<Vec<_>>());
        for (folder, _) in folders {
            let name = folder.trim_end_matches('/');
            let path = self.root.join(name);
            if !path.is_symlink() {
                self.add_folder(Path::new(name), &path)?;
            } else if !self
                .known
                .range(format!("{name}/").as_str()..)
                .next()
                .is_some_and(|file| file.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
            {
                return Err(format!("{name} leads to a folder that nobody looks into"));
            }
        }
        Ok(())
    }

    fn add_folder(&mut self, below: &Path, path: &Path) -> Result<(), String> {
        let is_git = path.file_name().is_some_and(|name| name == ".git");
        if is_git || path == self.target || is_cache(path) {
            return Ok(());
        }
        let entries = std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        if names.is_empty() && self.empty {
            let name = named(below)?;
            let folder = format!("{name}/");
            // that of a submodule is empty where nobody has checked it out
            if !self.known.contains(name.as_str()) && !self.known.contains(folder.as_str()) {
                self.names.insert(folder);
            }
        }
        names.into_iter().try_for_each(|name| self.add(&below.join(name)))
    }
}

/// A path as keys name it.
fn named(below: &Path) -> Result<String, String> {
    Ok(below.to_str().ok_or(UNREADABLE)?.replace('\\', "/"))
}

/// Whether that is a folder of a cache.
pub(super) fn is_cache(path: &Path) -> bool {
    path.join(MARK).is_file()
}

fn too_many() -> String {
    format!("git ignores more than {MOST_FILES} files, or {} MB, which the code may read", MOST_BYTES >> 20)
}
