//! What lies in the workspace beside the files of the tree, which git ignores, and empty folders, of which it knows
//! nothing: code that is compiled or run may read and write there all the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use rayon::prelude::*;

use super::super::git;
use super::super::process::run;
use super::Asked;
use crate::step::{End, Tool};

/// So many may be read; of more nobody looks at the content, and what runs code is not answered from the cache.
const MOST_FILES: usize = 4096;
/// So many bytes may be read.
const MOST_BYTES: u64 = 64 << 20;
/// The mark of folders whose content can be made anew, as cargo puts it into its own: <https://bford.info/cachedir/>.
const MARK: &str = "CACHEDIR.TAG";

/// Their paths from the workspace root, those of folders with a `/` at their end, but for what lies in folders of caches.
///
/// # Errors
/// Where there are too many of them, or a name cannot be read.
pub(super) fn files(asked: &Asked<'_>) -> Result<Vec<String>, String> {
    let facts = asked.facts;
    let known: BTreeSet<&str> = facts.files.iter().map(String::as_str).collect();
    let mut found =
        Found { root: &facts.root, target: &facts.target, known, names: BTreeSet::new(), bytes: 0 };
    let args = ["ls-files", "-z", "--others", "--directory"];
    let listed = facts
        .tools
        .get(&Tool::Git)
        .map(|program| run(&git(program, &facts.root, Duration::from_mins(1)).args(args), asked.cancel));
    match listed.filter(|listed| listed.end == End::Code(0)) {
        Some(listed) => {
            for name in listed.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
                let name = std::str::from_utf8(name);
                let name = name.map_err(|_| "an ignored file has a name that is not UTF-8")?;
                found.add(Path::new(name.trim_end_matches('/')))?;
            }
        }
        // where no git tells, all that the list of files lacks
        None => found.add(Path::new(""))?,
    }
    found.add_nested()?;
    Ok(found.names.into_iter().collect())
}

struct Found<'a> {
    root: &'a Path,
    target: &'a Path,
    known: BTreeSet<&'a str>,
    names: BTreeSet<String>,
    bytes: u64,
}

impl Found<'_> {
    fn add(&mut self, below: &Path) -> Result<(), String> {
        let path = self.root.join(below);
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { return Ok(()) };
        if metadata.is_dir() {
            return self.add_folder(below, &path);
        }
        if metadata.is_symlink() && path.is_dir() {
            return Err(format!("{} leads to a folder that nobody looks into", below.display()));
        }
        let name = below.to_string_lossy().replace('\\', "/");
        if self.known.contains(name.as_str()) {
            return Ok(());
        }
        if self.names.insert(name) {
            self.bytes += metadata.len();
        }
        let most = self.names.len() <= MOST_FILES && self.bytes <= MOST_BYTES;
        if most { Ok(()) } else { Err(too_many()) }
    }

    /// The ignored files of nested repositories, into which git does not look, and links to folders that are not among
    /// the files of the tree.
    fn add_nested(&mut self) -> Result<(), String> {
        let folders: Vec<&str> = self
            .known
            .par_iter()
            .copied()
            .filter(|name| std::fs::metadata(self.root.join(name)).is_ok_and(|metadata| metadata.is_dir()))
            .collect();
        for folder in folders {
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
        let name = below.to_string_lossy().replace('\\', "/");
        let folder = format!("{name}/");
        // that of a submodule is empty where nobody has checked it out
        if names.is_empty() && !self.known.contains(name.as_str()) && !self.known.contains(folder.as_str()) {
            self.names.insert(folder);
        }
        names.into_iter().try_for_each(|name| self.add(&below.join(name)))
    }
}

/// Whether that is a folder of a cache.
pub(super) fn is_cache(path: &Path) -> bool {
    path.join(MARK).is_file()
}

fn too_many() -> String {
    format!("git ignores more than {MOST_FILES} files, or {} MB, which the code may read", MOST_BYTES >> 20)
}
