//! What differs from the base, and what git does not tell of it.

use std::collections::BTreeSet;
use std::thread;

use super::Git;
use crate::facts::{is_rust, utf8_name};
use crate::gate::Unreadable;
use crate::parse::git_diff::{self, Changes};
use crate::step::Base;

impl Git<'_> {
    /// The lines of the files on disk that differ from the base; a file that git does not know is new.
    pub(in crate::exec) fn changes(&self, base: &Base) -> Result<Changes, Unreadable> {
        let form = ["--no-color", "--no-ext-diff", "--no-textconv", "--unified=0", "--find-renames"];
        // settings of the user's that would change the form, or hide a change
        let plain = ["--inter-hunk-context=0", "--submodule=short", "--ignore-submodules=none"];
        let parts = ["--numstat", "-z", "--patch", "--relative", "--src-prefix=a/", "--dst-prefix=b/"];
        let args = [&["diff"], &form[..], &plain[..], &parts[..], &[base.commit.as_str(), "--"]].concat();
        let (differ, untracked) = thread::scope(|scope| {
            let untracked =
                scope.spawn(|| self.stdout(&["ls-files", "-z", "--others", "--exclude-standard"]));
            (self.stdout(&args), untracked.join())
        });
        let mut changes =
            git_diff::parse(&differ?).map_err(|error| Unreadable::garbage(error.to_string()))?;
        let untracked = untracked.map_err(|_| Unreadable::crashed("git could not be asked"))??;
        let names = match untracked.split_last() {
            None => &[],
            Some((0, names)) => names,
            Some(_) => return Err(Unreadable::garbage("`git ls-files` gave a list that is cut short")),
        };
        for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            if let Some(name) = utf8_name(name).map_err(|error| Unreadable::garbage(error.to_string()))? {
                changes.add_whole(name);
            }
        }
        self.open_nested(&mut changes);
        Ok(changes)
    }

    /// The files on disk that differ from the base, those that are gone and those that git does not know included:
    /// relative to the workspace root, and with `../` before one that lies elsewhere in the repository.
    pub(in crate::exec) fn changed_files(&self, base: &Base) -> Result<Vec<String>, Unreadable> {
        let form = ["diff", "--name-only", "-z", "--no-renames", "--no-relative", "--no-ext-diff"];
        let differ = self.stdout(&[&form[..], &["--ignore-submodules=none", &base.commit, "--"]].concat())?;
        self.with_untracked(&differ)
    }

    /// The files on disk that differ from the index, and those that git does not know, in the same form.
    pub(in crate::exec) fn unstaged_files(&self) -> Result<BTreeSet<String>, Unreadable> {
        let form = ["diff", "--name-only", "-z", "--no-renames", "--no-relative", "--no-ext-diff"];
        let differ = self.stdout(&[&form[..], &["--ignore-submodules=none", "--"]].concat())?;
        self.with_untracked(&differ).map(|files| files.into_iter().collect())
    }

    /// Files on disk whose changes git does not tell: those that it was told not to look at (`git update-index
    /// --assume-unchanged`, `--skip-worktree`), and what may be compiled though it is ignored: Rust sources, and
    /// folders where a package has its sources.
    pub(in crate::exec) fn unseen_files(&self) -> Result<Vec<String>, Unreadable> {
        let flagged = self.stdout(&["ls-files", "-v", "-z", "--full-name", "--", ":/"])?;
        let flagged: Vec<u8> = flagged
            .split_inclusive(|byte| *byte == 0)
            .filter(|entry| entry.first().is_some_and(|tag| tag.is_ascii_lowercase() || *tag == b'S'))
            .flat_map(|entry| entry.get(2..).unwrap_or_default().to_owned())
            .collect();
        let ignored = ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"];
        let ignored = self.stdout(&[&ignored[..], &["--full-name", "--", ":/"]].concat())?;
        let prefix = self.prefix()?;
        let is_code = |path: &String| {
            let folder = self.facts.owner(path).and_then(|owner| self.facts.packages.get(owner));
            let inner = folder.and_then(|package| path.strip_prefix(&package.folder));
            let part = inner.and_then(|inner| inner.trim_start_matches('/').split('/').next());
            is_rust(path) || part.is_some_and(|part| ["src", "tests", "examples", "benches"].contains(&part))
        };
        let ignored = from_root(&prefix, &ignored)?.into_iter().filter(is_code);
        let on_disk = |path: &String| std::fs::symlink_metadata(self.facts.root.join(path)).is_ok();
        Ok(from_root(&prefix, &flagged)?.into_iter().filter(on_disk).chain(ignored).collect())
    }

    /// The names that git gave, and those of files that it does not know.
    fn with_untracked(&self, names: &[u8]) -> Result<Vec<String>, Unreadable> {
        let others = ["ls-files", "-z", "--others", "--exclude-standard", "--full-name", "--", ":/"];
        let prefix = self.prefix()?;
        let mut files = from_root(&prefix, names)?;
        files.extend(from_root(&prefix, &self.stdout(&others)?)?);
        Ok(files.into_iter().collect())
    }

    /// Of a nested repository or submodule git tells only that it changed: each of its files counts as new.
    fn open_nested(&self, changes: &mut Changes) {
        let is_folder = |path: &&String| self.facts.root.join(path).is_dir();
        let nested: Vec<String> = changes.files.keys().filter(is_folder).cloned().collect();
        for folder in nested {
            changes.files.remove(&folder);
            let within = |file: &&String| {
                file.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
            };
            self.facts.files.iter().filter(within).for_each(|file| changes.add_whole(file.clone()));
        }
    }
}

/// The names of a list, relative to the folder of that prefix: with `../` before one that lies elsewhere.
fn from_root(prefix: &str, names: &[u8]) -> Result<BTreeSet<String>, Unreadable> {
    if names.last().is_some_and(|last| *last != 0) {
        return Err(Unreadable::garbage("git gave a list of files that is cut short"));
    }
    let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(String::from_utf8_lossy);
    let relative = |name: std::borrow::Cow<'_, str>| match name.strip_prefix(prefix) {
        Some(below) => below.to_owned(),
        None => format!("../{name}"),
    };
    Ok(names.map(relative).collect())
}
