//! A private tree with a git directory of its own beside it, made as git makes those of linked worktrees, and
//! known to nobody: what is the repository's is the user's, what is the worktree's (`HEAD`, the index) is ours.
//! git rewrites the files that differ and leaves the others as they are, with their times.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::SnapshotError;
use super::git::{Git, lines};
use crate::exec::gather::path_of;
use crate::step::End;

/// Such a tree.
pub(super) struct Checkout<'a> {
    pub(super) git: Git<'a>,
    /// The files.
    pub(super) tree: PathBuf,
    /// The git directory.
    pub(super) own: PathBuf,
    /// The git directory that all worktrees of the repository share.
    pub(super) common: PathBuf,
    /// The top of the user's own tree of this repository, where its submodules are checked out; none where there is
    /// no such tree.
    pub(super) users: Option<PathBuf>,
}

/// What a branch without a commit is called here: such a ref belongs to the worktree, so that a commit that a test
/// makes here is no branch of the user's.
const UNBORN: &str = "ref: refs/worktree/unborn\n";

impl Checkout<'_> {
    /// Brings the files of that tree here, and nothing else. What cannot be mended is written anew.
    pub(super) fn bring(
        &self,
        head: Option<&str>,
        tree: &str,
        kept: &dyn Fn(&Path) -> bool,
    ) -> Result<(), SnapshotError> {
        if self.is_ours() {
            match self.update(head, tree, kept) {
                Err(SnapshotError::Git(_) | SnapshotError::Disk(_)) => {}
                updated => return updated,
            }
        }
        self.renew()?;
        self.update(head, tree, kept)
    }

    fn is_ours(&self) -> bool {
        let is = |path: &Path, text: &[u8]| std::fs::read(path).is_ok_and(|found| found == text);
        is(&self.own.join("commondir"), &line("", &self.common))
            && is(&self.tree.join(".git"), &line("gitdir: ", &self.own))
            && !self.own.is_symlink()
            && !self.tree.is_symlink()
    }

    /// Begins again with nothing.
    fn renew(&self) -> Result<(), SnapshotError> {
        for folder in [&self.tree, &self.own] {
            let disk = |error: std::io::Error| SnapshotError::disk(folder, &error);
            match std::fs::symlink_metadata(folder) {
                Ok(there) if there.is_dir() => std::fs::remove_dir_all(folder).map_err(disk)?,
                Ok(_) => std::fs::remove_file(folder).map_err(disk)?,
                Err(_) => {}
            }
            std::fs::create_dir_all(folder).map_err(disk)?;
        }
        let write = |path: PathBuf, text: Vec<u8>| {
            std::fs::write(&path, text).map_err(|error| SnapshotError::disk(&path, &error))
        };
        write(self.own.join("commondir"), line("", &self.common))?;
        write(self.tree.join(".git"), line("gitdir: ", &self.own))
    }

    fn update(
        &self,
        head: Option<&str>,
        tree: &str,
        kept: &dyn Fn(&Path) -> bool,
    ) -> Result<(), SnapshotError> {
        self.unlock()?;
        self.set_head(head)?;
        // edited files are written again, those in the way are replaced
        self.git().stdout(&["read-tree", "--reset", "-u", tree])?;
        let foreign = self.foreign(kept)?;
        if !foreign.is_empty() {
            self.remove(&foreign)?;
        }
        self.submodules()
    }

    /// Locks that a killed run left: no other run is here.
    fn unlock(&self) -> Result<(), SnapshotError> {
        for entry in std::fs::read_dir(&self.own).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "lock") {
                std::fs::remove_file(&path).map_err(|error| SnapshotError::disk(&path, &error))?;
            }
        }
        Ok(())
    }

    fn set_head(&self, head: Option<&str>) -> Result<(), SnapshotError> {
        let path = self.own.join("HEAD");
        let text = head.map_or_else(|| UNBORN.to_owned(), |head| format!("{head}\n"));
        if std::fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        std::fs::write(&path, text).map_err(|error| SnapshotError::disk(&path, &error))
    }

    /// git in this tree: told where it is, since one that has to find it would go on to the user's own repository.
    fn git(&self) -> Git<'_> {
        let git = Git { folder: self.tree.clone(), env: Vec::new(), ..self.git.clone() };
        git.with("GIT_DIR", self.own.as_os_str()).with("GIT_WORK_TREE", self.tree.as_os_str())
    }

    /// Files that are not of the tree, whoever wrote them.
    fn foreign(&self, kept: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>, SnapshotError> {
        let listed = self.git().stdout(&["ls-files", "-z", "--others"])?;
        let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(path_of).filter(|path| !kept(path)).collect())
    }

    /// Removes them. A build script may have written one, and cargo would take its work for done: it is to run
    /// again.
    fn remove(&self, foreign: &[PathBuf]) -> Result<(), SnapshotError> {
        for path in foreign {
            let path = self.tree.join(path);
            let removed = match std::fs::symlink_metadata(&path) {
                Ok(there) if there.is_dir() => std::fs::remove_dir_all(&path),
                Ok(_) => std::fs::remove_file(&path),
                Err(_) => Ok(()),
            };
            removed.map_err(|error| SnapshotError::disk(&path, &error))?;
        }
        let mut scripts: Vec<PathBuf> = foreign.iter().filter_map(|path| self.build_script(path)).collect();
        scripts.sort();
        scripts.dedup();
        for script in &scripts {
            let file = std::fs::File::options().write(true).open(script);
            let touched = file.and_then(|file| file.set_modified(std::time::SystemTime::now()));
            touched.map_err(|error| SnapshotError::disk(script, &error))?;
        }
        if !scripts.is_empty() {
            // a file with another time is one that was edited, until git has looked at it
            self.git().ask(["update-index", "-q", "--refresh"])?;
        }
        Ok(())
    }

    /// The build script of the package that a path belongs to.
    fn build_script(&self, path: &Path) -> Option<PathBuf> {
        let mut folders = path.ancestors().skip(1).map(|folder| self.tree.join(folder));
        let package = folders.find(|folder| folder.join("Cargo.toml").is_file())?;
        let manifest = std::fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
        let document = toml_edit::Document::parse(manifest).ok();
        let named = document.as_ref().and_then(|root| root.get("package")?.get("build")?.as_str());
        Some(package.join(named.unwrap_or("build.rs"))).filter(|script| script.is_file())
    }

    /// Writes the submodules that are checked out in the user's tree; the others stay empty, as git leaves them.
    fn submodules(&self) -> Result<(), SnapshotError> {
        let staged = self.git().stdout(&["ls-files", "-z", "--stage"])?;
        let entries = staged.split(|byte| *byte == 0);
        for entry in entries.filter(|entry| entry.starts_with(b"160000 ")) {
            let Some(tab) = memchr::memchr(b'\t', entry) else { continue };
            let (head, name) = entry.split_at(tab);
            let commit = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            let commit = String::from_utf8_lossy(commit).into_owned();
            self.submodule(&path_of(name.get(1..).unwrap_or_default()), &commit)?;
        }
        Ok(())
    }

    fn submodule(&self, path: &Path, commit: &str) -> Result<(), SnapshotError> {
        let Some(users) = self.users.as_ref().map(|top| top.join(path)) else { return Ok(()) };
        if !users.join(".git").exists() {
            return Ok(());
        }
        let git = Git { folder: users.clone(), env: Vec::new(), ..self.git.clone() };
        let found = git.stdout(&["rev-parse", "--path-format=absolute", "--git-common-dir"])?;
        let common = lines(&found).next().map(path_of).unwrap_or_default();
        if git.ask(["cat-file", "-e", &format!("{commit}^{{commit}}")])?.end != End::Code(0) {
            return Err(SnapshotError::Submodule(path.display().to_string(), commit.to_owned()));
        }
        let name = crate::finding::digest(&[&path.to_string_lossy()]);
        let inner = Checkout {
            git,
            tree: self.tree.join(path),
            own: self.own.join("copies").join(name),
            common,
            users: Some(users),
        };
        inner.bring(Some(commit), &format!("{commit}^{{tree}}"), &|_| false)
    }
}

/// The line by which git finds a folder.
fn line(start: &str, folder: &Path) -> Vec<u8> {
    let mut line = OsString::from(start);
    line.push(folder);
    let mut line = line.into_encoded_bytes();
    if cfg!(windows) {
        line.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    line.push(b'\n');
    line
}
