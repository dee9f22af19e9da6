//! What lies around a workspace that is a part of a repository: its tests may read it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::Cancel;
use super::super::files::is_empty_folder;
use super::super::gather::{STATUS, path_of};
use super::super::git;
use super::super::process::run;
use super::contents::Contents;
use super::ignored::Found;
use crate::cache::digest;
use crate::facts::Facts;
use crate::step::{End, Tool};

const TIMEOUT: Duration = Duration::from_mins(1);

/// What lies around a workspace, of which git says that it is that of its commit.
#[derive(Default)]
pub(super) struct Beyond {
    /// What git has of it.
    listed: Vec<Vec<u8>>,
    /// Its files on disk: what git has to take for the same need not have the same bytes, nor the same mode.
    files: Vec<PathBuf>,
    /// What lies there beside it, but for caches, which can be made anew: ignored files, folders without a file, the files of
    /// submodules.
    others: Vec<PathBuf>,
}

impl Beyond {
    /// What names its content; empty where there is nothing around it.
    pub(super) fn state(&self, contents: &mut Contents) -> String {
        if self.listed.is_empty() && self.others.is_empty() {
            return String::new();
        }
        let (files, others) = (contents.of(&self.files), contents.of(&self.others));
        let names = self.others.iter().map(|path| path.as_os_str().as_encoded_bytes());
        let listed = self.listed.iter().map(Vec::as_slice).zip(&files);
        let pairs = listed.chain(names.zip(&others));
        digest(pairs.flat_map(|(name, content)| [name, content.as_bytes()]))
    }

    /// Something that git has nothing of.
    pub(super) fn other(&self) -> Option<&Path> {
        self.others.first().map(PathBuf::as_path)
    }

    /// `MODE HASH STAGE<tab>NAME`.
    fn add(&mut self, entry: &[u8], top: &Path, found: &mut Found<'_>) -> Result<(), String> {
        let tab = entry.iter().position(|byte| *byte == b'\t').unwrap_or_default();
        let name = entry.get(tab + 1..).unwrap_or_default();
        let path = top.join(path_of(name));
        if entry.starts_with(b"160000 ") && !is_empty_folder(&path) {
            found.add_listed(name)?;
        }
        let leads_elsewhere =
            || path.is_dir() && !std::fs::canonicalize(&path).is_ok_and(|path| path.starts_with(top));
        if entry.starts_with(b"120000 ") && leads_elsewhere() {
            return Err(format!("{} leads to a folder that nobody looks into", path.display()));
        }
        self.listed.push(entry.to_owned());
        self.files.push(path);
        Ok(())
    }
}

/// Looks around the workspace.
///
/// # Errors
/// Where it cannot be known what lies there, or that differs from what git has of it.
pub(super) fn look(facts: &Facts, cancel: &Cancel) -> Result<Beyond, String> {
    let Some(repository) = Around::of(facts, cancel)? else { return Ok(Beyond::default()) };
    let around = |args: &[&str]| repository.ask(args);
    if !around(&STATUS)?.is_empty() {
        return Err("files of the repository around the workspace differ from its commit".to_owned());
    }
    let listed =
        around(&["ls-files", "-v", "-s", "-z", "--full-name", "--cached", "--others", "--directory"])?;
    let (mut beyond, mut found) = (Beyond::default(), Found::below(&repository.top, facts));
    for line in listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        match line.split_at_checked(2) {
            Some((b"H ", entry)) => beyond.add(entry, &repository.top, &mut found)?,
            Some((b"? ", name)) => found.add_listed(name)?,
            // of a file with a flag that has git pass it over nobody knows what it holds
            _ => {
                return Err(
                    "git is told to pass over files of the repository around the workspace".to_owned()
                );
            }
        }
    }
    beyond.others = found.names().iter().map(|name| repository.top.join(name)).collect();
    Ok(beyond)
}

/// The repository around a workspace that is a part of it.
struct Around<'a> {
    program: &'a Path,
    facts: &'a Facts,
    cancel: &'a Cancel,
    /// Its top.
    top: PathBuf,
    /// All of it but the workspace, as git reads paths.
    without: String,
}

impl<'a> Around<'a> {
    /// None where there is no repository, or nothing around the workspace.
    fn of(facts: &'a Facts, cancel: &'a Cancel) -> Result<Option<Self>, String> {
        let untold = "git does not tell where the workspace lies in its repository";
        let told = facts.tools.get(&Tool::Git).map(|program| {
            let asked =
                git(program, &facts.root, TIMEOUT).args(["rev-parse", "--show-prefix", "--show-toplevel"]);
            (program, run(&asked, cancel))
        });
        let Some((program, told)) = told.filter(|(_, told)| told.end == End::Code(0)) else {
            // of a repository that is there git may refuse to tell, as of another user's
            let is_there = facts.root.ancestors().any(|folder| folder.join(".git").exists());
            return if is_there { Err(untold.to_owned()) } else { Ok(None) };
        };
        let told =
            String::from_utf8(told.stdout).map_err(|_| "the workspace has a name that is not UTF-8")?;
        let (prefix, top) = told.split_once('\n').ok_or(untold)?;
        let prefix = prefix.trim_end_matches('/');
        if prefix.is_empty() {
            return Ok(None);
        }
        let top = PathBuf::from(top.strip_suffix('\n').unwrap_or(top));
        let without = format!(":(top,exclude,literal){prefix}");
        Ok(Some(Self { program, facts, cancel, top, without }))
    }

    fn ask(&self, args: &[&str]) -> Result<Vec<u8>, String> {
        let args = [args, &["--", ":/", &self.without]].concat();
        let captured = run(&git(self.program, &self.facts.root, TIMEOUT).args(args), self.cancel);
        match captured.end {
            End::Code(0) => Ok(captured.stdout),
            _ => Err("git does not tell what lies around the workspace".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::process::Command;
    use super::*;

    /// A workspace in a part of a repository, with a file beside it.
    struct Repository {
        folder: tempfile::TempDir,
        program: PathBuf,
    }

    impl Repository {
        /// None without git.
        fn new() -> Option<Self> {
            let program = super::super::super::tools::git()?;
            let one = Self { folder: tempfile::tempdir().unwrap(), program };
            std::fs::create_dir(one.root()).unwrap();
            one.git(&["init", "--quiet"]);
            one.commit("sub/a", "a").commit("shared.txt", "one\n");
            Some(one)
        }

        fn top(&self) -> &Path {
            self.folder.path()
        }

        fn root(&self) -> PathBuf {
            self.top().join("sub")
        }

        fn git(&self, args: &[&str]) {
            let identity =
                ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
            let command =
                Command::new(&self.program, self.top(), TIMEOUT).args([&identity[..], args].concat());
            let captured = run(&command, &Cancel::default());
            assert_eq!(captured.end, End::Code(0), "{captured:?}");
        }

        fn write(&self, path: &str, text: &str) -> &Self {
            std::fs::write(self.top().join(path), text).unwrap();
            self
        }

        fn commit(&self, path: &str, text: &str) -> &Self {
            self.write(path, text).git(&["add", "--all"]);
            self.git(&["commit", "--quiet", "--message=m"]);
            self
        }

        fn facts(&self, root: PathBuf) -> Facts {
            Facts { root, tools: [(Tool::Git, self.program.clone())].into(), ..Facts::default() }
        }

        fn look(&self) -> Result<Beyond, String> {
            look(&self.facts(self.root()), &Cancel::default())
        }

        fn state(&self) -> String {
            self.look().unwrap().state(&mut Contents::open(self.top().join(".git/contents")))
        }
    }

    #[test]
    fn the_repository_around_a_workspace_counts_by_its_content() {
        let Some(repository) = Repository::new() else { return };
        let first = repository.state();
        repository.commit("sub/a", "b").write("sub/a", "c");
        assert_eq!(repository.state(), first, "what lies in it is keyed by itself");
        repository.write("shared.txt", "two\n");
        assert!(repository.look().is_err());
        repository.commit("shared.txt", "two\n");
        assert_ne!(repository.state(), first);
        let top = repository.facts(repository.top().to_owned());
        let state = look(&top, &Cancel::default()).unwrap().state(&mut Contents::open(PathBuf::new()));
        assert_eq!(state, "", "nothing lies around it");
        let nobody = Facts { tools: [].into(), ..repository.facts(repository.root()) };
        assert!(look(&nobody, &Cancel::default()).is_err(), "there is a repository, of which nobody tells");
        repository.git(&["update-index", "--assume-unchanged", "shared.txt"]);
        repository.write("shared.txt", "three\n");
        assert!(repository.look().is_err(), "git passes over it");
    }

    #[test]
    fn files_around_count_as_they_are_on_disk_where_git_takes_another_for_the_same() {
        let Some(repository) = Repository::new() else { return };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            repository.git(&["config", "core.fileMode", "false"]);
            let before = repository.state();
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(repository.top().join("shared.txt"), executable).unwrap();
            assert_ne!(repository.state(), before);
        }
        repository.git(&["config", "filter.same.clean", "echo one"]);
        repository.commit(".gitattributes", "shared.txt filter=same\n");
        let before = repository.state();
        repository.write("shared.txt", "eno\n");
        assert_ne!(repository.state(), before);
    }

    #[test]
    fn what_git_ignores_around_counts_and_a_folder_without_a_file_but_no_cache() {
        let Some(repository) = Repository::new() else { return };
        repository.commit(".gitignore", "/ignored\n/target\n/sub/own\n").write("sub/own", "in the workspace");
        std::fs::create_dir(repository.top().join("target")).unwrap();
        repository.write("target/CACHEDIR.TAG", "");
        let is_checkout = || repository.look().unwrap().other().is_none();
        assert!(is_checkout());
        repository.write("ignored", "read by a test");
        assert!(!is_checkout());
        let before = repository.state();
        repository.write("ignored", "and another time");
        assert_ne!(repository.state(), before);
        std::fs::remove_file(repository.top().join("ignored")).unwrap();
        let before = repository.state();
        std::fs::create_dir(repository.top().join("empty")).unwrap();
        assert!(!is_checkout());
        assert_ne!(repository.state(), before, "tests may write there");
    }

    #[test]
    fn what_lies_in_ignored_folders_and_submodules_around_counts() {
        let Some(repository) = Repository::new() else { return };
        repository.commit(".gitignore", "/data\n");
        std::fs::create_dir(repository.top().join("data")).unwrap();
        repository.write("data/x", "one");
        let mut seen = vec![repository.state()];
        let mut is_another = || {
            let now = repository.state();
            assert!(!seen.contains(&now), "{now}");
            seen.push(now);
        };
        repository.write("data/x", "two");
        is_another();
        repository.write("data/y", "more");
        is_another();
        std::fs::create_dir(repository.top().join("module")).unwrap();
        repository.git(&["-C", "module", "init", "--quiet"]);
        repository.git(&["-C", "module", "commit", "--quiet", "--allow-empty", "--message=m"]);
        repository.git(&["add", "module"]);
        repository.git(&["commit", "--quiet", "--message=m"]);
        is_another();
        repository.write("module/.git/info/exclude", "*.log\n").write("module/a.log", "ignored there");
        is_another();
        repository.write("module/a.log", "and another");
        is_another();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_around_to_a_folder_elsewhere_is_nothing_that_is_known() {
        let Some(repository) = Repository::new() else { return };
        let elsewhere = tempfile::tempdir().unwrap();
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, repository.top().join(name)).unwrap();
            repository.commit("shared.txt", name);
        };
        link(&repository.root(), "inside");
        assert!(repository.look().is_ok());
        link(elsewhere.path(), "outside");
        assert!(repository.look().is_err());
    }
}
