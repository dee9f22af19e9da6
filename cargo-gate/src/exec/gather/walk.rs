//! Files that git lists as one entry or not at all: those of nested repositories, and of a workspace without git.

use std::path::{Path, PathBuf};

use crate::facts::{self, FactError, Facts};

/// Adds the files of nested repositories and submodules, which git lists as one entry each.
pub(super) fn with_nested(
    facts: &Facts,
    folders: Vec<PathBuf>,
    mut files: Walked,
) -> Result<Walked, FactError> {
    for folder in folders {
        let Walked { shown, hidden, odd } = walk(&facts.root, &folder, &facts.target)?;
        files.shown.extend(shown);
        files.hidden.extend(hidden);
        files.odd.extend(odd);
    }
    Ok(files)
}

/// The files of a tree that somebody walked.
pub(super) struct Walked {
    /// Those that may be sources.
    pub(super) shown: Vec<String>,
    /// Those that a walk finds in hidden folders, or hidden themselves.
    pub(super) hidden: Vec<String>,
    /// Those whose names are not UTF-8.
    pub(super) odd: Vec<PathBuf>,
}

impl Walked {
    pub(super) fn all(self) -> Vec<String> {
        let mut files = self.shown;
        files.extend(self.hidden);
        files.sort();
        files
    }
}

/// Every file of a folder that no git repository holds.
pub(in crate::exec) fn all_files(root: &Path, target: &Path) -> Result<Vec<String>, FactError> {
    walk(root, root, target).map(Walked::all)
}

/// The files of a workspace that no git repository holds: all but what `.gitignore` names, git's own
/// and the target folder. Hidden folders other than `.cargo` are told apart: they hold no sources.
pub(super) fn walk(root: &Path, start: &Path, target: &Path) -> Result<Walked, FactError> {
    let target = target.to_owned();
    let wanted = move |entry: &ignore::DirEntry| entry.file_name() != ".git" && entry.path() != target;
    let is_hidden = |path: &Path| {
        let below = path.strip_prefix(start).unwrap_or(path).components();
        below
            .into_iter()
            .any(|part| part.as_os_str() != ".cargo" && part.as_os_str().as_encoded_bytes().starts_with(b"."))
    };
    let walk = ignore::WalkBuilder::new(start).hidden(false).require_git(false).filter_entry(wanted).build();
    let mut files = Walked { shown: Vec::new(), hidden: Vec::new(), odd: Vec::new() };
    // a link is listed as git lists it, whatever it leads to; the folder itself may be one
    let is_listed = |entry: &ignore::DirEntry| {
        entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink())
    };
    for entry in walk.flatten().filter(is_listed) {
        let Ok(relative) = entry.path().strip_prefix(root) else { continue };
        let Some(name) = facts::utf8_name(relative.as_os_str().as_encoded_bytes())? else {
            files.odd.push(relative.to_owned());
            continue;
        };
        let list = if is_hidden(entry.path()) { &mut files.hidden } else { &mut files.shown };
        list.push(name.replace('\\', "/"));
    }
    Ok(files)
}
