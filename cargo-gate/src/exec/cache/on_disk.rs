//! Whether the files on disk are those of a tree, mode for mode and byte for byte as a checkout writes them. git's own
//! answer that nothing has changed is about what it would commit: a filter, a line end or a mode that it is told not to
//! look at makes that something else than what lies there.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::gather::path_of;
use super::super::process::run;
use super::super::{Cancel, git};
use crate::facts::Facts;
use crate::step::{End, Tool};

const TIMEOUT: Duration = Duration::from_mins(1);
/// The attributes by which git writes another content than it keeps.
const CONVERTING: [&str; 5] = ["text", "eol", "ident", "filter", "working-tree-encoding"];

/// A file of a tree.
struct Listed<'a> {
    mode: &'a [u8],
    hash: &'a [u8],
    /// From the top of the repository.
    name: &'a [u8],
}

/// Whether the files of the repository that the workspace lies in are those of that tree. Where that cannot be known they
/// are not: with a submodule that is checked out, and where other commits stand in for those that are pushed.
pub(super) fn is_checkout(facts: &Facts, tree: &str, cancel: &Cancel) -> bool {
    let Some(program) = facts.tools.get(&Tool::Git) else { return false };
    let of_root = Disk { program, root: facts.root.clone(), cancel };
    of_root.top().and_then(|root| Disk { root, ..of_root }.is_checkout(tree)).unwrap_or(false)
}

/// The files below a folder, with git to ask.
struct Disk<'a> {
    program: &'a Path,
    root: PathBuf,
    cancel: &'a Cancel,
}

impl Disk<'_> {
    fn top(&self) -> Option<PathBuf> {
        let top = self.ask(["rev-parse", "--show-toplevel"], Vec::new())?;
        Some(path_of(top.strip_suffix(b"\n").unwrap_or(&top)))
    }

    fn is_checkout(&self, tree: &str) -> Option<bool> {
        let listed = self.ask(["ls-tree", "-r", "-z", "--full-tree", tree], Vec::new())?;
        let listed = listed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let listed: Vec<Listed<'_>> = listed.map(entry).collect::<Option<_>>()?;
        let replaced = self.ask(["for-each-ref", "--count=1", "refs/replace"], Vec::new())?;
        if !replaced.is_empty() || !listed.iter().all(|file| is_of_mode(file.mode, &self.place(file))) {
            return Some(false);
        }
        let regular: Vec<&Listed<'_>> = listed.iter().filter(|file| is_regular(file.mode)).collect();
        // git reads a path to the end of its line
        if regular.iter().any(|file| file.name.contains(&b'\n') || file.name.ends_with(b"\r")) {
            return None;
        }
        let odd: BTreeSet<usize> =
            self.changed(&regular)?.union(&self.converting(&regular)?).copied().collect();
        let odd: Vec<&Listed<'_>> = odd.into_iter().filter_map(|place| regular.get(place).copied()).collect();
        if odd.is_empty() { Some(true) } else { self.are_as_written(&odd) }
    }

    /// Which files have other bytes than git has of them.
    fn changed(&self, files: &[&Listed<'_>]) -> Option<BTreeSet<usize>> {
        let line = |file: &&Listed<'_>| [self.place(file).as_os_str().as_encoded_bytes(), b"\n"].concat();
        let asked = files.iter().flat_map(line).collect();
        let hashes = self.ask(["hash-object", "--no-filters", "--stdin-paths"], asked)?;
        let hashes: Vec<&[u8]> =
            hashes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let pairs = files.iter().zip(&hashes).enumerate();
        let changed = pairs.filter(|(_, (file, hash))| file.hash != **hash).map(|(place, _)| place).collect();
        (hashes.len() == files.len()).then_some(changed)
    }

    /// Which files git may write in another way than it keeps them.
    fn converting(&self, files: &[&Listed<'_>]) -> Option<BTreeSet<usize>> {
        let setting = self.ask(["config", "--default=false", "--get", "core.autocrlf"], Vec::new())?;
        if ![&b"false"[..], b"input"].contains(&setting.trim_ascii()) {
            return Some((0..files.len()).collect());
        }
        let args = ["check-attr", "-z", "--stdin"].into_iter().chain(CONVERTING);
        let told = self.ask(args, files.iter().flat_map(|file| [file.name, b"\0"].concat()).collect())?;
        // for each file and attribute: path, name, value
        let values: Vec<&[u8]> = told.split(|byte| *byte == 0).skip(2).step_by(3).collect();
        let is_none = |value: &&[u8]| [&b"unspecified"[..], b"unset"].contains(value);
        let of_files = values.chunks(CONVERTING.len()).enumerate();
        let converting = of_files.filter(|(_, values)| !values.iter().all(is_none)).map(|(place, _)| place);
        (values.len() == CONVERTING.len() * files.len()).then(|| converting.collect())
    }

    /// Whether those files are as a checkout would write them.
    fn are_as_written(&self, files: &[&Listed<'_>]) -> Option<bool> {
        let folder = tempfile::tempdir().ok()?;
        let mut to = OsString::from("--prefix=");
        to.push(folder.path().join(""));
        let args = ["checkout-index".into(), to, "--quiet".into(), "-z".into(), "--stdin".into()];
        self.ask(args, files.iter().flat_map(|file| [file.name, b"\0"].concat()).collect())?;
        let is_same = |file: &&Listed<'_>| {
            let of = |root: &Path| fs::read(root.join(path_of(file.name))).ok();
            let text = of(folder.path());
            text.is_some() && text == of(&self.root)
        };
        Some(files.iter().all(is_same))
    }

    fn place(&self, file: &Listed<'_>) -> PathBuf {
        self.root.join(path_of(file.name))
    }

    fn ask<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>, stdin: Vec<u8>) -> Option<Vec<u8>> {
        let mut command = git(self.program, &self.root, TIMEOUT).args(args);
        command.stdin = Some(stdin);
        let captured = run(&command, self.cancel);
        (captured.end == End::Code(0)).then_some(captured.stdout)
    }
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
        b"160000" => fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()),
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
            let facts = Facts { root: self.root(), tools, ..Facts::default() };
            is_checkout(&facts, &self.git(&["write-tree"]), &Cancel::default())
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
        fs::write(&around, "two\n").unwrap();
        assert!(!repository.is_checkout());
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
