//! Whether the files on disk are those of the index, mode for mode and byte for byte: as the index has them, or as a
//! checkout writes them. git's own answer that nothing has changed is about what it would commit: a filter, a line end or
//! a mode that it is told not to look at makes that something else than what lies there.

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

/// A file of the index.
struct Listed<'a> {
    mode: &'a [u8],
    hash: &'a [u8],
    /// From the workspace root.
    name: &'a [u8],
}

/// Whether the files below the workspace root are those of the index. Where that cannot be known they are not.
pub(super) fn is_checkout(facts: &Facts, cancel: &Cancel) -> bool {
    let Some(program) = facts.tools.get(&Tool::Git) else { return false };
    Disk { program, root: &facts.root, cancel }.is_checkout().unwrap_or(false)
}

/// The files below a folder, with git to ask.
struct Disk<'a> {
    program: &'a Path,
    root: &'a Path,
    cancel: &'a Cancel,
}

impl Disk<'_> {
    fn is_checkout(&self) -> Option<bool> {
        let listed = self.ask(["ls-files", "--stage", "-z"], Vec::new())?;
        let listed = listed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let listed: Vec<Listed<'_>> = listed.map(entry).collect::<Option<_>>()?;
        if !listed.iter().all(|file| is_of_mode(file.mode, &self.place(file))) {
            return Some(false);
        }
        let regular: Vec<Listed<'_>> = listed.into_iter().filter(|file| is_regular(file.mode)).collect();
        let converted = self.converted(regular)?;
        if converted.is_empty() { Some(true) } else { self.are_as_written(&converted) }
    }

    /// The files whose bytes are others than those that git has of them.
    fn converted<'l>(&self, files: Vec<Listed<'l>>) -> Option<Vec<Listed<'l>>> {
        let paths: Vec<PathBuf> = files.iter().map(|file| self.place(file)).collect();
        let paths = paths.iter().map(|path| path.as_os_str().as_encoded_bytes());
        let asked: Vec<u8> = paths.clone().flat_map(|path| [path, b"\n"].concat()).collect();
        // git reads a path to the end of its line
        if paths.into_iter().any(|path| path.contains(&b'\n')) {
            return None;
        }
        let hashes = self.ask(["hash-object", "--no-filters", "--stdin-paths"], asked)?;
        let hashes: Vec<&[u8]> =
            hashes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        if hashes.len() != files.len() {
            return None;
        }
        let files = files.into_iter().zip(hashes);
        Some(files.filter(|(file, hash)| file.hash != *hash).map(|(file, _)| file).collect())
    }

    /// Whether those files are as a checkout would write them.
    fn are_as_written(&self, files: &[Listed<'_>]) -> Option<bool> {
        let folder = tempfile::tempdir().ok()?;
        let mut to = OsString::from("--prefix=");
        to.push(folder.path().join(""));
        let args = ["checkout-index".into(), to, "--quiet".into(), "-z".into(), "--stdin".into()];
        self.ask(args, files.iter().flat_map(|file| [file.name, b"\0"].concat()).collect())?;
        let below = self.ask(["rev-parse", "--show-prefix"], Vec::new())?;
        let written = folder.path().join(path_of(below.trim_ascii_end()));
        let is_same = |file: &Listed<'_>| {
            let of = |root: &Path| fs::read(root.join(path_of(file.name))).ok();
            let text = of(&written);
            text.is_some() && text == of(self.root)
        };
        Some(files.iter().all(is_same))
    }

    fn place(&self, file: &Listed<'_>) -> PathBuf {
        self.root.join(path_of(file.name))
    }

    fn ask<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>, stdin: Vec<u8>) -> Option<Vec<u8>> {
        let mut command = git(self.program, self.root, TIMEOUT).args(args);
        command.stdin = Some(stdin);
        let captured = run(&command, self.cancel);
        (captured.end == End::Code(0)).then_some(captured.stdout)
    }
}

/// `MODE HASH STAGE<tab>NAME`.
fn entry(line: &[u8]) -> Option<Listed<'_>> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (head, name) = line.split_at_checked(tab)?;
    let mut words = head.split(|byte| *byte == b' ');
    Some(Listed { mode: words.next()?, hash: words.next()?, name: name.get(1..)? })
}

/// Whether it is a file with a content of its own: no link where there are links, and no nested repository.
fn is_regular(mode: &[u8]) -> bool {
    mode.starts_with(b"100") || (cfg!(not(unix)) && mode == b"120000")
}

/// Whether what lies there is of the kind that the mode says; a nested repository is looked at by git.
fn is_of_mode(mode: &[u8], path: &Path) -> bool {
    match mode {
        b"160000" => true,
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

        fn git(&self, args: &[&str]) {
            let command = Command::new(&self.program, self.folder.path(), TIMEOUT).args(args);
            let captured = run(&command, &Cancel::default());
            assert_eq!(captured.end, End::Code(0), "{captured:?}");
        }

        fn is_checkout(&self) -> bool {
            let tools = [(Tool::Git, self.program.clone())].into();
            is_checkout(&Facts { root: self.root(), tools, ..Facts::default() }, &Cancel::default())
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
        assert!(repository.with("one\n"), "the index has it so");
        assert!(!repository.with("one\r\n\r\n"));
        let Some(repository) = Repository::new("*.txt text\n") else { return };
        assert!(!repository.with("one\r\n"), "git would commit the same");
        let Some(repository) = Repository::new("*.txt filter=same\n") else { return };
        repository.git(&["config", "filter.same.clean", "echo one"]);
        assert!(repository.with("one\n"));
        assert!(!repository.with("whatever\n"), "git would commit the same");
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
