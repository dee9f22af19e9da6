//! The git directory of a copy: it reads the user's objects where they are, and all else in it is written for a run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::SnapshotError;
use super::checkout::{Checkout, digits, remove};
use super::git::lines;
use crate::exec::gather::path_of;

/// What a branch without a commit is called here.
const UNBORN: &str = "ref: refs/worktree/unborn\n";
/// What of the git directory is used again: the rest is written for every run.
const KEPT: [&str; 2] = ["objects", "copies"];
/// Files that decide how the user's repository is read.
const COPIED: [&str; 3] = ["shallow", "info/attributes", "info/exclude"];

impl Checkout<'_> {
    /// Has the git directory hold what it is to hold beside what is kept, and nothing else: whatever was written there
    /// since is gone, locks of a killed run too.
    pub(super) fn furnish(&self, head: Option<&str>, tree: &str) -> Result<(), SnapshotError> {
        remove(&self.own.with_extension("index.lock"))?;
        let files = self.furniture(head, tree);
        self.clear(Path::new(""), &files)?;
        let refs = self.own.join("refs");
        std::fs::create_dir_all(&refs).map_err(|error| SnapshotError::disk(&refs, &error))?;
        for (name, content) in files {
            let path = self.own.join(name);
            if std::fs::symlink_metadata(&path).is_err() {
                write(&path, &content)?;
            }
        }
        Ok(())
    }

    /// The files that it holds, by their places in it.
    fn furniture(&self, head: Option<&str>, tree: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let copied = COPIED.into_iter().filter_map(|name| {
            Some((PathBuf::from(name), std::fs::read(self.users.common.join(name)).ok()?))
        });
        let mut files: BTreeMap<PathBuf, Vec<u8>> = copied.collect();
        let mut packed = Vec::new();
        for one in lines(&self.refs) {
            let mut parts = one.splitn(3, |byte| *byte == b' ');
            let (Some(object), Some(target), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            if target.is_empty() {
                packed.extend([object, b" ", name, b"\n"].concat());
            } else {
                files.insert(path_of(name), [b"ref: ", target, b"\n"].concat());
            }
        }
        let head = head.map_or_else(|| UNBORN.to_owned(), |head| format!("{head}\n"));
        let own = [("packed-refs", packed), ("config", self.config(tree)), ("HEAD", head.into_bytes())];
        files.extend(own.map(|(name, content)| (name.into(), content)));
        files
    }

    /// Removes what is there and is not to be, in that folder of it. A file that is as it is to be is left.
    fn clear(&self, folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> Result<(), SnapshotError> {
        let at = self.own.join(folder);
        let failed = |error| SnapshotError::disk(&at, &error);
        for entry in std::fs::read_dir(&at).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (name, path) = (folder.join(entry.file_name()), entry.path());
            let is_plain = entry.file_type().is_ok_and(|kind| kind.is_file());
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let holds_some = || files.keys().any(|file| *file != name && file.starts_with(&name));
            let is_as_told = || {
                files
                    .get(&name)
                    .is_some_and(|content| std::fs::read(&path).is_ok_and(|there| there == *content))
            };
            if KEPT.iter().any(|kept| name == Path::new(kept)) || (is_plain && is_as_told()) {
                continue;
            }
            if is_folder && holds_some() {
                self.clear(&name, files)?;
            } else {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// The folders with the user's objects: git follows no relative path of theirs from here.
    pub(super) fn alternates(&self) -> Vec<u8> {
        let objects = self.users.common.join("objects");
        let theirs = std::fs::read(objects.join("info/alternates")).unwrap_or_default();
        let theirs: Vec<PathBuf> = lines(&theirs).filter(|line| !line.is_empty()).map(path_of).collect();
        let relative = theirs.iter().filter(|path| path.is_relative() && !path.starts_with("#"));
        let relative = relative.flat_map(|path| line("", &objects.join(path)));
        line("", &objects).into_iter().chain(relative).collect()
    }

    /// The user's settings, those of their worktree too, and what this repository is. What it is git reads of no file
    /// that another one includes.
    fn config(&self, tree: &str) -> Vec<u8> {
        let kind: &[u8] = match digits(tree) {
            64 => b"\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n",
            _ => b"\trepositoryformatversion = 0\n",
        };
        let files = [self.users.common.join("config"), self.users.own.join("config.worktree")];
        let included = files.iter().flat_map(|file| {
            let path = line("", file);
            let quoted = path.trim_ascii_end().iter().flat_map(|byte| match byte {
                b'"' | b'\\' => vec![b'\\', *byte],
                other => vec![*other],
            });
            [b"\tpath = \"".to_vec(), quoted.collect(), b"\"\n".to_vec()].concat()
        });
        let included: Vec<u8> = included.collect();
        let plain = b"[core]\n\tbare = false\n\tsparseCheckout = false\n";
        // a disk on which all files are alike has no modes to look at
        let a_file = self.own.join("objects/info/alternates");
        let modes: &[u8] = if is_executable(&a_file) { b"" } else { b"\tfileMode = true\n" };
        [b"[core]\n", kind, b"[include]\n", &included, plain, modes].concat()
    }
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

/// Elsewhere git cannot tell.
#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}

/// Writes a file, and the folder that it lies in.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), SnapshotError> {
    let folder = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, content));
    written.map_err(|error| SnapshotError::disk(path, &error))
}

/// The line by which git finds a folder.
pub(super) fn line(start: &str, folder: &Path) -> Vec<u8> {
    let mut line = OsString::from(start);
    line.push(folder);
    let mut line = line.into_encoded_bytes();
    if cfg!(windows) {
        line.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    line.push(b'\n');
    line
}
