//! Whether the files on disk are those of a tree, mode for mode and byte for byte as a checkout writes them, and no
//! folder is there beside theirs. git's own answer that nothing has changed is about what it would commit: a filter, a
//! line end or a mode that it is told not to look at makes that something else than what lies there.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::files::is_empty_folder;
use super::super::gather::path_of;
use super::super::process::run;
use super::super::{Cancel, git};
use super::ignored::is_cache;
use crate::facts::Facts;
use crate::step::{End, Tool};

const TIMEOUT: Duration = Duration::from_mins(1);
/// The attributes by which git writes another content than it keeps. The first two are about line ends, and count only
/// where git's own are not `\n`.
const CONVERTING: [&str; 6] = ["text", "crlf", "eol", "ident", "filter", "working-tree-encoding"];
/// How many of them are about line ends alone.
const OF_LINE_ENDS: usize = 2;
/// So many bytes of converted files are compared by one call.
const AT_ONCE: u64 = 64 << 20;

/// A file of a tree.
struct Listed<'a> {
    mode: &'a [u8],
    hash: &'a [u8],
    /// From the top of the repository.
    name: &'a [u8],
}

/// That the files of the repository that the workspace lies in are those of that tree.
///
/// # Errors
/// Why they are not, or that it cannot be known: with a submodule that is checked out, and where other commits stand in
/// for those that are pushed.
pub(super) fn is_checkout(facts: &Facts, tree: &str, cancel: &Cancel) -> Result<(), String> {
    let program = facts.tools.get(&Tool::Git).ok_or("there is no git to ask")?;
    let of_root = Disk { program, root: facts.root.clone(), target: &facts.target, cancel };
    let root = of_root.top()?;
    Disk { root, ..of_root }.is_checkout(tree)
}

/// The files below a folder, with git to ask.
struct Disk<'a> {
    program: &'a Path,
    root: PathBuf,
    /// Where cargo builds: nothing there is looked at.
    target: &'a Path,
    cancel: &'a Cancel,
}

impl Disk<'_> {
    /// The top of the repository.
    fn top(&self) -> Result<PathBuf, String> {
        let told = self.ask(["rev-parse", "--show-toplevel", "--git-common-dir"], Vec::new())?;
        let mut lines = told.split(|byte| *byte == b'\n');
        let (Some(top), Some(common)) = (lines.next(), lines.next()) else { return Err(unreadable()) };
        if self.root.join(path_of(common)).join("info/grafts").exists() {
            return Err("grafts stand in for commits of this clone".to_owned());
        }
        Ok(path_of(top))
    }

    fn is_checkout(&self, tree: &str) -> Result<(), String> {
        let listed = self.ask(["ls-tree", "-r", "-z", "--full-tree", tree], Vec::new())?;
        let listed = listed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let listed: Vec<Listed<'_>> = listed.map(entry).collect::<Option<_>>().ok_or_else(unreadable)?;
        if !self.ask(["for-each-ref", "--count=1", "refs/replace"], Vec::new())?.is_empty() {
            return Err("`git replace` has others stand in for objects of this clone".to_owned());
        }
        if let Some(odd) = listed.iter().find(|file| !is_of_mode(file.mode, &self.place(file))) {
            return Err(other(odd));
        }
        if let Some(folder) = self.folder_beside(&listed) {
            return Err(format!("{} is a folder that no checkout makes", folder.display()));
        }
        let regular: Vec<&Listed<'_>> = listed.iter().filter(|file| is_regular(file.mode)).collect();
        // git reads a path to the end of its line
        if regular.iter().any(|file| file.name.contains(&b'\n') || file.name.ends_with(b"\r")) {
            return Err("a file has a line break in its name".to_owned());
        }
        let odd: BTreeSet<usize> =
            self.changed(&regular)?.union(&self.converting(&regular)?).copied().collect();
        let odd: Vec<&Listed<'_>> = odd.into_iter().filter_map(|place| regular.get(place).copied()).collect();
        self.are_as_written(&odd)
    }

    /// A folder that holds no file of the tree: tests may write there. git knows of none that is empty.
    fn folder_beside(&self, listed: &[Listed<'_>]) -> Option<PathBuf> {
        let paths: Vec<PathBuf> = listed.iter().map(|file| path_of(file.name)).collect();
        let folders = paths.iter().flat_map(|path| path.ancestors().skip(1));
        let folders: BTreeSet<&Path> = folders.collect();
        let submodules = listed.iter().zip(&paths).filter(|(file, _)| file.mode == b"160000");
        let known: BTreeSet<&Path> =
            submodules.map(|(_, path)| path.as_path()).chain(folders.clone()).collect();
        let passed_over =
            |path: &Path| path.ends_with(".git") || self.target.starts_with(path) || is_cache(path);
        folders.into_iter().find_map(|folder| {
            let inner = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
            let mut inner = inner.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            let beside = inner.find(|entry| {
                !known.contains(folder.join(entry.file_name()).as_path()) && !passed_over(&entry.path())
            });
            beside.map(|entry| folder.join(entry.file_name()))
        })
    }

    /// Which files have other bytes than git has of them.
    fn changed(&self, files: &[&Listed<'_>]) -> Result<BTreeSet<usize>, String> {
        let line = |file: &&Listed<'_>| [self.place(file).as_os_str().as_encoded_bytes(), b"\n"].concat();
        let asked = files.iter().flat_map(line).collect();
        let hashes = self.ask(["hash-object", "--no-filters", "--stdin-paths"], asked)?;
        let hashes: Vec<&[u8]> =
            hashes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let pairs = files.iter().zip(&hashes).enumerate();
        let changed = pairs.filter(|(_, (file, hash))| file.hash != **hash).map(|(place, _)| place).collect();
        if hashes.len() == files.len() { Ok(changed) } else { Err(unreadable()) }
    }

    /// Which files git may write in another way than it keeps them.
    fn converting(&self, files: &[&Listed<'_>]) -> Result<BTreeSet<usize>, String> {
        // one without a value is true
        let setting = |name| self.ask(["config", "--default=unset", "--get", name], Vec::new());
        if ![&b"unset"[..], b"false", b"input"].contains(&setting("core.autocrlf")?.trim_ascii()) {
            return Ok((0..files.len()).collect());
        }
        let of_git = setting("core.eol")?;
        let ends_with_lf = match of_git.trim_ascii() {
            b"lf" => true,
            b"unset" | b"native" => !cfg!(windows),
            _ => false,
        };
        let passed = if ends_with_lf { OF_LINE_ENDS } else { 0 };
        let args = ["check-attr", "-z", "--stdin"].into_iter().chain(CONVERTING);
        let told = self.ask(args, files.iter().flat_map(|file| [file.name, b"\0"].concat()).collect())?;
        // for each file and attribute: path, name, value
        let values: Vec<&[u8]> = told.split(|byte| *byte == 0).skip(2).step_by(3).collect();
        let is_none = |value: &&[u8]| [&b"unspecified"[..], b"unset"].contains(value);
        let of_files = values.chunks(CONVERTING.len()).enumerate();
        let keeps = |(value, name): (&&[u8], &str)| is_none(value) || (name == "eol" && *value == b"lf");
        let converting =
            of_files.filter(|(_, values)| !values.iter().zip(CONVERTING).skip(passed).all(keeps));
        let converting = converting.map(|(place, _)| place).collect();
        if values.len() == CONVERTING.len() * files.len() { Ok(converting) } else { Err(unreadable()) }
    }

    /// That those files are as a checkout would write them.
    fn are_as_written(&self, files: &[&Listed<'_>]) -> Result<(), String> {
        let mut rest = files;
        while !rest.is_empty() {
            let sizes = rest.iter().scan(0, |bytes, file| {
                *bytes += fs::metadata(self.place(file)).map_or(0, |metadata| metadata.len());
                Some(*bytes)
            });
            let count = sizes.take_while(|bytes| *bytes <= AT_ONCE).count().max(1);
            let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            self.are_written(now)?;
            rest = later;
        }
        Ok(())
    }

    fn are_written(&self, files: &[&Listed<'_>]) -> Result<(), String> {
        let asked = files.iter().flat_map(|file| [file.hash, b" ", file.name, b"\n"].concat()).collect();
        let told = self.ask(["cat-file", "--filters", "--batch=%(objectname)"], asked)?;
        let mut told = told.as_slice();
        for file in files {
            let text = fs::read(self.place(file)).map_err(|error| error.to_string())?;
            for part in [file.hash, b"\n", &text, b"\n"] {
                told = told.strip_prefix(part).ok_or_else(|| other(file))?;
            }
        }
        if told.is_empty() { Ok(()) } else { Err(unreadable()) }
    }

    fn place(&self, file: &Listed<'_>) -> PathBuf {
        self.root.join(path_of(file.name))
    }

    fn ask<A: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = A>,
        stdin: Vec<u8>,
    ) -> Result<Vec<u8>, String> {
        let mut command = git(self.program, &self.root, TIMEOUT).args(args);
        command.stdin = Some(stdin);
        let captured = run(&command, self.cancel);
        match captured.end {
            End::Code(0) => Ok(captured.stdout),
            _ => Err(format!("`{}` did not end well", captured.what)),
        }
    }
}

/// Why nothing is known of a tree with a submodule.
pub(super) fn of_submodule(path: &str) -> String {
    format!("the submodule {path} is checked out, and has settings and commits of its own")
}

fn other(file: &Listed<'_>) -> String {
    let path = path_of(file.name);
    let path = path.display();
    match file.mode {
        b"160000" => of_submodule(&path.to_string()),
        _ => format!("{path} is not what a checkout of the commit writes"),
    }
}

fn unreadable() -> String {
    "git's answer cannot be read".to_owned()
}

/// `MODE TYPE HASH<tab>NAME`.
fn entry(line: &[u8]) -> Option<Listed<'_>> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (head, name) = line.split_at_checked(tab)?;
    let mut words = head.split(|byte| *byte == b' ');
    Some(Listed { mode: words.next()?, hash: words.nth(1)?, name: name.get(1..)? })
}

/// Whether it is a file with a content of its own: no link where there are links, and no nested repository.
fn is_regular(mode: &[u8]) -> bool {
    mode.starts_with(b"100") || (cfg!(not(unix)) && mode == b"120000")
}

/// Whether what lies there is of the kind that the mode says. Of a submodule nothing may be there: it has settings and
/// commits of its own.
fn is_of_mode(mode: &[u8], path: &Path) -> bool {
    match mode {
        b"160000" => is_empty_folder(path),
        _ => fs::symlink_metadata(path).is_ok_and(|there| is_of_kind(mode, &there)),
    }
}

#[cfg(unix)]
fn is_of_kind(mode: &[u8], there: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let is_executable = there.permissions().mode() & 0o100 != 0;
    match mode {
        b"120000" => there.is_symlink(),
        b"100755" => there.is_file() && is_executable,
        _ => there.is_file() && !is_executable,
    }
}

/// Elsewhere there is no such permission, and a link may be a file with its target.
#[cfg(not(unix))]
fn is_of_kind(_: &[u8], there: &Metadata) -> bool {
    there.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::process::Command;

    struct Repository {
        folder: tempfile::TempDir,
        program: PathBuf,
    }

    impl Repository {
        /// A workspace that is a part of a repository; none without git.
        fn new(attributes: &str) -> Option<Self> {
            let program = crate::exec::tools::git()?;
            let one = Self { folder: tempfile::tempdir().unwrap(), program };
            fs::create_dir(one.root()).unwrap();
            one.git(&["init", "--quiet"]);
            fs::write(one.root().join(".gitattributes"), attributes).unwrap();
            fs::write(one.root().join("a b.txt"), "one\n").unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink("a b.txt", one.root().join("link")).unwrap();
            one.git(&["add", "--all"]);
            Some(one)
        }

        fn root(&self) -> PathBuf {
            self.folder.path().join("part")
        }

        fn git(&self, args: &[&str]) -> String {
            let command = Command::new(&self.program, self.folder.path(), TIMEOUT).args(args);
            let captured = run(&command, &Cancel::default());
            assert_eq!(captured.end, End::Code(0), "{captured:?}");
            String::from_utf8(captured.stdout).unwrap().trim().to_owned()
        }

        fn is_checkout(&self) -> bool {
            let tools = [(Tool::Git, self.program.clone())].into();
            let target = self.root().join("target");
            let facts = Facts { root: self.root(), target, tools, ..Facts::default() };
            is_checkout(&facts, &self.git(&["write-tree"]), &Cancel::default()).is_ok()
        }

        fn with(&self, text: &str) -> bool {
            fs::write(self.root().join("a b.txt"), text).unwrap();
            self.is_checkout()
        }
    }

    #[test]
    fn bytes_count_and_not_what_git_would_make_of_them() {
        let Some(repository) = Repository::new("") else { return };
        assert!(repository.is_checkout());
        assert!(!repository.with("two\n"));
        assert!(!repository.with("one\r\n"));
        assert!(repository.with("one\n"));
        fs::remove_file(repository.root().join("a b.txt")).unwrap();
        assert!(!repository.is_checkout());
    }

    #[test]
    fn what_a_filter_or_a_line_end_makes_of_a_file_counts_as_a_checkout_writes_it() {
        let Some(repository) = Repository::new("*.txt text eol=crlf\n") else { return };
        assert!(repository.with("one\r\n"), "a checkout writes it so");
        assert!(!repository.with("one\n"), "only the index has it so");
        assert!(!repository.with("one\r\n\r\n"));
        let Some(repository) = Repository::new("*.txt text\n") else { return };
        assert!(!repository.with("one\r\n"), "git would commit the same");
        assert!(cfg!(windows) || repository.with("one\n"));
        repository.git(&["config", "core.eol", "crlf"]);
        assert!(repository.with("one\r\n"));
        assert!(!repository.with("one\n"));
        let Some(repository) = Repository::new("*.txt crlf\n") else { return };
        repository.git(&["config", "core.eol", "crlf"]);
        assert!(repository.with("one\r\n"), "an attribute of old means the same");
        assert!(!repository.with("one\n"));
        let Some(repository) = Repository::new("* text=auto eol=lf\n") else { return };
        assert!(repository.with("one\n"));
        assert!(!repository.with("one\r\n"));
        let Some(repository) = Repository::new("*.txt filter=same\n") else { return };
        repository.git(&["config", "filter.same.clean", "echo one"]);
        assert!(repository.with("one\n"));
        assert!(!repository.with("whatever\n"), "git would commit the same");
        repository.git(&["config", "filter.same.smudge", "echo two"]);
        assert!(!repository.with("one\n"));
        assert!(repository.with("two\n"));
    }

    #[test]
    fn what_lies_around_the_workspace_counts_and_what_stands_in_for_commits() {
        let Some(repository) = Repository::new("") else { return };
        let around = repository.folder.path().join("around.txt");
        fs::write(&around, "one\n").unwrap();
        repository.git(&["add", "around.txt"]);
        assert!(repository.is_checkout());
        let tree = repository.git(&["write-tree"]);
        repository.git(&["update-ref", &format!("refs/replace/{tree}"), &tree]);
        assert!(!repository.is_checkout());
        repository.git(&["update-ref", "-d", &format!("refs/replace/{tree}")]);
        let grafts = repository.folder.path().join(".git/info/grafts");
        fs::create_dir_all(grafts.parent().unwrap()).unwrap();
        fs::write(&grafts, "").unwrap();
        assert!(!repository.is_checkout());
        fs::remove_file(grafts).unwrap();
        fs::write(&around, "two\n").unwrap();
        assert!(!repository.is_checkout());
    }

    #[test]
    fn many_converted_files_are_compared_each_with_its_own_content() {
        let Some(repository) = Repository::new("*.txt text eol=crlf\n") else { return };
        for number in 0..5 {
            fs::write(repository.root().join(format!("{number}.txt")), format!("{number}\r\n")).unwrap();
        }
        repository.git(&["add", "--all"]);
        assert!(!repository.is_checkout(), "one is as the index has it");
        assert!(repository.with("one\r\n"));
        fs::write(repository.root().join("3.txt"), "4\r\n").unwrap();
        assert!(!repository.is_checkout());
    }

    #[test]
    fn a_folder_that_a_checkout_does_not_make_counts_although_it_is_empty() {
        let Some(repository) = Repository::new("") else { return };
        let folder = repository.root().join("tests/out");
        fs::create_dir_all(&folder).unwrap();
        assert!(!repository.is_checkout());
        fs::write(folder.parent().unwrap().join("a.rs"), "").unwrap();
        repository.git(&["add", "--all"]);
        assert!(!repository.is_checkout());
        fs::remove_dir(&folder).unwrap();
        assert!(repository.is_checkout());
        let cache = repository.root().join("cache");
        fs::create_dir(&cache).unwrap();
        fs::write(cache.join("CACHEDIR.TAG"), "").unwrap();
        fs::create_dir(repository.root().join("target")).unwrap();
        assert!(repository.is_checkout(), "what lies there can be made anew");
    }

    #[test]
    fn a_submodule_that_is_checked_out_is_nothing_that_is_known() {
        let Some(repository) = Repository::new("") else { return };
        let commit = "1".repeat(40);
        repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},part/sub")]);
        let folder = repository.root().join("sub");
        fs::create_dir(&folder).unwrap();
        assert!(repository.is_checkout(), "none is checked out");
        fs::write(folder.join("a.rs"), "").unwrap();
        assert!(!repository.is_checkout());
    }

    #[cfg(unix)]
    #[test]
    fn modes_and_links_count_whatever_git_is_told_to_look_at() {
        use std::os::unix::fs::PermissionsExt;
        let Some(repository) = Repository::new("") else { return };
        let file = repository.root().join("a b.txt");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(!repository.is_checkout());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(repository.is_checkout());
        fs::remove_file(repository.root().join("link")).unwrap();
        fs::write(repository.root().join("link"), "a b.txt").unwrap();
        assert!(!repository.is_checkout());
    }
}
