//! A private tree with a repository of its own beside it: the user's objects are read from where they are, refs and
//! settings are copied for every run, and what a test writes there (a branch, a stash, a setting) stays there.
//! git rewrites the files that differ and leaves the others as they are, with their times.

use std::path::{Path, PathBuf};

use super::foreign::foreign;
use super::git::{Git, Said};
use super::git_dir::{line, write};
use super::index_file::{self, Item};
use super::repository::Repository;
use super::{SnapshotError, lies_in};
use crate::cache::digest;
use crate::exec::files::is_empty_folder;
use crate::exec::gather::path_of;
use crate::step::End;

/// Such a tree.
pub(super) struct Checkout<'a> {
    /// The files.
    pub(super) tree: PathBuf,
    /// The git directory.
    pub(super) own: PathBuf,
    /// The user's repository; in its tree its submodules are checked out.
    pub(super) users: Repository<'a>,
    /// Its refs.
    pub(super) refs: Vec<u8>,
    /// By what it writes files to disk in this clone alone.
    pub(super) conversion: String,
}

/// A file of the tree.
pub(super) struct Entry {
    /// Its mode, its object and its stage.
    pub(super) head: Vec<u8>,
    /// Its path from the top, as git names it.
    pub(super) name: Vec<u8>,
}

impl Entry {
    /// Whether it is neither a link nor a submodule.
    pub(super) fn is_plain(&self) -> bool {
        self.head.starts_with(b"100")
    }

    pub(super) fn is_link(&self) -> bool {
        self.head.starts_with(b"120000 ")
    }

    pub(super) fn is_submodule(&self) -> bool {
        self.head.starts_with(b"160000 ")
    }

    /// That of a line of `git ls-files --stage`.
    fn of(line: &[u8]) -> Option<Self> {
        let (head, name) = line.split_at_checked(memchr::memchr(b'\t', line)?)?;
        Some(Self { head: head.to_owned(), name: name.get(1..)?.to_owned() })
    }
}

impl Checkout<'_> {
    /// Brings the files of that tree here, and nothing else. What cannot be mended is written anew. Gives the tree's
    /// files.
    pub(super) fn bring(
        &self,
        head: Option<&str>,
        tree: &str,
        kept: &dyn Fn(&Path) -> bool,
    ) -> Result<Vec<Entry>, SnapshotError> {
        let written = self.kept();
        // of a copy whose update was broken off nobody knows it
        remove(&self.written())?;
        if let Some(written) = written {
            match self.update(head, tree, kept) {
                Err(SnapshotError::Git(_) | SnapshotError::Disk(_)) => {}
                Ok(listed) if written != self.written_by(&listed).as_bytes() => {}
                updated => return self.complete(updated?),
            }
        }
        self.renew()?;
        let listed = self.update(head, tree, kept)?;
        self.complete(listed)
    }

    /// The files, once by what they were written is noted, and what is no plain file is looked at.
    fn complete(&self, listed: Vec<Entry>) -> Result<Vec<Entry>, SnapshotError> {
        write(&self.written(), self.written_by(&listed).as_bytes())?;
        self.entries(&listed)?;
        let own = self.own.join("index");
        std::fs::copy(self.index(), &own).map_err(|error| SnapshotError::disk(&own, &error))?;
        Ok(listed)
    }

    /// The index by which files are brought here. Tests have a copy of it, and can tell git nothing that would have a file
    /// stay as it is.
    fn index(&self) -> PathBuf {
        self.own.with_extension("index")
    }

    /// Where it says by what the files here were written: git leaves a file as it is whose content is to be the same, by
    /// whatever attributes that came to disk.
    fn written(&self) -> PathBuf {
        self.own.with_extension("written")
    }

    fn written_by(&self, listed: &[Entry]) -> String {
        let is_attributes = |entry: &&Entry| {
            entry.name.strip_suffix(b".gitattributes").is_some_and(|folder| matches!(folder, [] | [.., b'/']))
        };
        let attributes = listed.iter().filter(is_attributes);
        let attributes = attributes.flat_map(|entry| [entry.head.as_slice(), &entry.name]);
        digest([self.conversion.as_bytes()].into_iter().chain(attributes))
    }

    /// Whether git ignores that file here.
    pub(super) fn ignores(&self, path: &Path) -> bool {
        let asked = ["check-ignore".as_ref(), "--quiet".as_ref(), "--".as_ref(), path.as_os_str()];
        self.git().ask(asked).is_ok_and(|captured| captured.end == End::Code(0))
    }

    /// Whether there are remote-tracking branches.
    pub(super) fn has_remotes(&self) -> bool {
        memchr::memmem::find(&self.refs, b" refs/remotes/").is_some()
    }

    /// By what the files here were written; none where they have to be written anew.
    fn kept(&self) -> Option<Vec<u8>> {
        std::fs::read(self.written()).ok().filter(|_| self.is_ours())
    }

    /// Whether the files of an earlier run are to be brought up to date.
    pub(super) fn is_kept(&self) -> bool {
        self.kept().is_some()
    }

    fn is_ours(&self) -> bool {
        let is = |path: &Path, text: &[u8]| std::fs::read(path).is_ok_and(|found| found == text);
        let plain = |folder: &Path| std::fs::symlink_metadata(folder).is_ok_and(|there| there.is_dir());
        is(&self.own.join("objects/info/alternates"), &self.alternates())
            && is(&self.tree.join(".git"), &line("gitdir: ", &self.own))
            && [&self.own, &self.own.join("objects"), &self.tree].into_iter().all(|folder| plain(folder))
    }

    /// Begins again with nothing.
    fn renew(&self) -> Result<(), SnapshotError> {
        for file in [self.index(), self.written()] {
            remove(&file)?;
        }
        for folder in [&self.tree, &self.own] {
            remove(folder)?;
            std::fs::create_dir_all(folder).map_err(|error| SnapshotError::disk(folder, &error))?;
        }
        write(&self.own.join("objects/info/alternates"), &self.alternates())?;
        write(&self.tree.join(".git"), &line("gitdir: ", &self.own))
    }

    fn update(
        &self,
        head: Option<&str>,
        tree: &str,
        kept: &dyn Fn(&Path) -> bool,
    ) -> Result<Vec<Entry>, SnapshotError> {
        self.furnish(head, tree)?;
        // edited files are written again, those in the way are replaced
        self.git().stdout(&["read-tree", "--reset", "-u", tree])?;
        let (listed, foreign) = self.found(digits(tree)).map_or_else(|| self.listed(), Ok)?;
        let foreign: Vec<PathBuf> = foreign.into_iter().filter(|path| !kept(path)).collect();
        if !foreign.is_empty() {
            self.remove(&foreign)?;
        }
        Ok(listed)
    }

    /// git in this tree: told where it is, since one that has to find it would go on to the user's own repository.
    fn git(&self) -> Git<'_> {
        let git = Git { folder: self.tree.clone(), env: Vec::new(), ..self.users.git.clone() };
        let git = git.with("GIT_DIR", self.own.as_os_str()).with("GIT_WORK_TREE", self.tree.as_os_str());
        git.with("GIT_INDEX_FILE", self.index())
    }

    /// The entries of the index, and the files and folders that are not of the tree, empty ones too, whoever made them.
    /// None where that is left to git.
    fn found(&self, digits: usize) -> Option<(Vec<Entry>, Vec<PathBuf>)> {
        let bytes = std::fs::read(self.index()).ok()?;
        let items = index_file::parse(&bytes, digits)?;
        let foreign = foreign(&self.tree, &items)?;
        let entry = |item: &Item<'_>| Entry {
            head: format!("{:06o} {} {}", item.mode, item.hash(), item.stage).into_bytes(),
            name: item.name.to_owned(),
        };
        Some((items.iter().map(entry).collect(), foreign))
    }

    /// The same by one call of git, which marks each.
    fn listed(&self) -> Result<(Vec<Entry>, Vec<PathBuf>), SnapshotError> {
        let listed =
            self.git().stdout(&["ls-files", "-z", "-t", "--cached", "--stage", "--others", "--directory"])?;
        let (mut entries, mut foreign) = (Vec::new(), Vec::new());
        for line in listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            match line.strip_prefix(b"? ") {
                Some(name) => foreign.push(path_of(name)),
                None => entries.extend(line.get(2..).and_then(Entry::of)),
            }
        }
        Ok((entries, foreign))
    }

    /// Removes them. A build script may have written one, and cargo would take its work for done: it is to run
    /// again.
    fn remove(&self, foreign: &[PathBuf]) -> Result<(), SnapshotError> {
        let files: Vec<&PathBuf> =
            foreign.iter().filter(|path| !is_empty_folder(&self.tree.join(path))).collect();
        for path in foreign {
            remove(&self.tree.join(path))?;
        }
        let mut scripts: Vec<PathBuf> =
            files.into_iter().filter_map(|path| self.build_script(path)).collect();
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

    /// The build script of the package that a path belongs to, where it is a file of this tree.
    fn build_script(&self, path: &Path) -> Option<PathBuf> {
        let mut folders = path.ancestors().skip(1).map(|folder| self.tree.join(folder));
        let package = folders.find(|folder| folder.join("Cargo.toml").is_file())?;
        let manifest = std::fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
        let document = toml_edit::Document::parse(manifest).ok();
        let named = document.as_ref().and_then(|root| root.get("package")?.get("build")?.as_str());
        let script = std::fs::canonicalize(package.join(named.unwrap_or("build.rs"))).ok()?;
        (script.is_file() && lies_in(&script, &self.tree)).then_some(script)
    }

    /// Looks at what is no plain file. Submodules are written that are checked out in the user's tree; the others are
    /// empty, as git leaves them. Links are to lead to nothing of the user's tree.
    fn entries(&self, listed: &[Entry]) -> Result<(), SnapshotError> {
        for entry in listed.iter().filter(|entry| !entry.is_plain()) {
            let path = path_of(&entry.name);
            if entry.is_submodule() {
                let commit = entry.head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
                self.submodule(&path, &String::from_utf8_lossy(commit))?;
            } else if entry.is_link() {
                self.link(&path)?;
            }
        }
        Ok(())
    }

    fn link(&self, path: &Path) -> Result<(), SnapshotError> {
        let link = self.tree.join(path);
        let (Ok(target), Some(top)) = (std::fs::read_link(&link), &self.users.top) else { return Ok(()) };
        if link.exists() && lies_in(&link, top) && !lies_in(&link, &self.tree) {
            let [path, target] = [path, &target].map(|path| path.display().to_string());
            return Err(SnapshotError::Leaves(path, target));
        }
        Ok(())
    }

    fn submodule(&self, path: &Path, commit: &str) -> Result<(), SnapshotError> {
        let users = self.users.top.as_ref().map(|top| top.join(path));
        let Some(users) = users.filter(|users| users.join(".git").exists()) else {
            return empty(&self.tree.join(path));
        };
        let git = Git { folder: users, env: Vec::new(), ..self.users.git.clone() };
        let users = Repository::located(&git)?;
        if git.ask(["cat-file", "-e", &format!("{commit}^{{commit}}")])?.end != End::Code(0) {
            return Err(SnapshotError::Submodule(path.display().to_string(), commit.to_owned()));
        }
        let name = crate::finding::digest(&[&path.to_string_lossy()]);
        let (tree, own) = (self.tree.join(path), self.own.join("copies").join(name));
        let Said { refs, settings } = Said::by(&users.git);
        let (refs, conversion) = (refs?, users.conversion(settings)?);
        let inner = Checkout { tree, own, users, refs, conversion };
        inner.bring(Some(commit), &format!("{commit}^{{tree}}"), &|_| false).map(|_| ())
    }
}

/// How many digits the repository's hashes have, by the name of a tree.
pub(super) fn digits(tree: &str) -> usize {
    tree.bytes().take_while(u8::is_ascii_hexdigit).count()
}

/// Removes whatever is there.
pub(super) fn remove(path: &Path) -> Result<(), SnapshotError> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(_) => Ok(()),
    };
    removed.map_err(|error| SnapshotError::disk(path, &error))
}

/// Has an empty folder there.
fn empty(folder: &Path) -> Result<(), SnapshotError> {
    if is_empty_folder(folder) {
        return Ok(());
    }
    remove(folder)?;
    std::fs::create_dir_all(folder).map_err(|error| SnapshotError::disk(folder, &error))
}
