//! The second tree: a copy of the repository's files, and another home of cargo with the same packages.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Twins;
use crate::advisory::parse_lock;
use crate::exec::gather::LISTED;
use crate::exec::git;
use crate::exec::process::run;
use crate::facts::from_file_list;
use crate::gate::Unreadable;
use crate::repro::Places;
use crate::step::{Captured, End, Tool};

/// Where the second build is made.
pub(super) struct Second {
    /// Everything of it; removed when this is dropped.
    _folder: tempfile::TempDir,
    pub(super) root: PathBuf,
    pub(super) cargo_home: PathBuf,
    pub(super) home: PathBuf,
    pub(super) target: PathBuf,
    /// The mask for new files, where the system has one.
    pub(super) umask: Option<u32>,
    /// Whether the names of some folder are listed in another order than in the first tree.
    pub(super) reordered: bool,
    /// Why the second tree is in no git repository, where the first one is.
    pub(super) without_git: Option<String>,
}

impl Second {
    pub(super) fn places(&self) -> Places {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Places {
            root: text(&self.root),
            cargo_home: text(&self.cargo_home),
            target: text(&self.target),
            home: text(&self.home),
        }
    }
}

impl Twins<'_> {
    /// Makes the second tree.
    pub(super) fn place(&self) -> Result<Second, Unreadable> {
        let disk = |error: std::io::Error| {
            Unreadable::crashed(format!("the second tree cannot be written: {error}"))
                .help("the variable TMPDIR (on Windows: TMP) names a folder with more room")
        };
        let temporary = std::env::temp_dir().canonicalize().map_err(disk)?;
        if temporary.starts_with(&self.facts.root) {
            // cargo would read the configuration of both trees
            return Err(Unreadable::unavailable("the folder for temporary files lies inside the workspace")
                .help("let the variable TMPDIR name a folder outside of it"));
        }
        let folder = tempfile::Builder::new().prefix("second-build-").tempdir_in(&temporary).map_err(disk)?;
        let base = folder.path().to_owned();
        let home = base.join("another-home");
        let cargo_home = base.join("cargo-of-another-user");
        let (top, files) = self.files()?;
        let mut parent = base.join("another-and-longer-folder");
        parent = self.with_configs_above(&top, &temporary, parent).map_err(disk)?;
        let copy = parent.join(top.file_name().unwrap_or("workspace".as_ref()));
        let below = self.facts.root.strip_prefix(&top).unwrap_or(Path::new(""));
        // joined with nothing, a path gets a separator at its end
        let root = if below.as_os_str().is_empty() { copy.clone() } else { copy.join(below) };
        std::fs::create_dir_all(&parent).and_then(|()| std::fs::create_dir_all(&home)).map_err(disk)?;
        let without_git = self.clone_git(&top, &copy);
        for file in files.iter().rev() {
            copy_entry(&top.join(file), &copy.join(file)).map_err(disk)?;
        }
        self.copy_ignored(&root).map_err(disk)?;
        if without_git.is_none() && self.facts.revision.is_some() {
            self.git(&copy, &["reset", "--quiet", "--mixed"]);
        }
        self.fill_cargo_home(&cargo_home).map_err(disk)?;
        let reordered = is_reordered(&top, &copy, &files);
        let umask = another_umask(&base);
        let target = base.join("another-target");
        let without_git = without_git.filter(|_| self.facts.revision.is_some());
        Ok(Second { _folder: folder, root, cargo_home, home, target, umask, reordered, without_git })
    }

    /// The top folder of what is copied, and its files relative to it: those that git knows or would add.
    fn files(&self) -> Result<(PathBuf, Vec<String>), Unreadable> {
        let root = &self.facts.root;
        let top =
            self.git(root, &["rev-parse", "--show-toplevel"]).filter(|captured| captured.end == End::Code(0));
        let top = top.and_then(|captured| String::from_utf8(captured.stdout).ok());
        let top = top.map(|text| PathBuf::from(text.trim_end_matches(['\n', '\r'])));
        let top = top.and_then(|top| top.canonicalize().ok()).filter(|top| root.starts_with(top));
        let walked = |folder: &Path| {
            crate::exec::gather::all_files(folder, &self.facts.target)
                .map_err(|error| Unreadable::garbage(error.to_string()))
        };
        let Some(top) = top else { return Ok((root.clone(), walked(root)?)) };
        let listed = self.git(&top, &LISTED).ok_or_else(|| Unreadable::garbage("git is not there"))?;
        if listed.exit_code()? != 0 {
            return Err(Unreadable::crashed("`git ls-files` failed"));
        }
        let files = from_file_list(&listed.stdout).map_err(|error| Unreadable::garbage(error.to_string()))?;
        let manifest = root.strip_prefix(&top).unwrap_or(Path::new("")).join("Cargo.toml");
        // a list without the root manifest is of another folder, or of one that git ignores
        if files.iter().any(|file| Path::new(file) == manifest) {
            Ok((top, files))
        } else {
            Ok((root.clone(), walked(root)?))
        }
    }

    fn git(&self, folder: &Path, args: &[&str]) -> Option<Captured> {
        let program = self.facts.tools.get(&Tool::Git)?;
        Some(run(&git(program, folder, self.timeout).args(args), self.cancel))
    }

    /// Makes the copy a repository of its own with the same commits and tags, for build scripts that ask git.
    /// Its objects are those of the first; nothing of the first is written.
    fn clone_git(&self, top: &Path, copy: &Path) -> Option<String> {
        let paths = [top.to_string_lossy(), copy.to_string_lossy()];
        let cloned = self.git(top, &["clone", "--quiet", "--shared", "--no-checkout", &paths[0], &paths[1]]);
        let Some(cloned) = cloned else { return Some("git is not installed".to_owned()) };
        if cloned.end != End::Code(0) {
            let why = String::from_utf8_lossy(&cloned.stderr).trim().to_owned();
            return Some(format!("it could not be cloned: {why}"));
        }
        let url = self.git(top, &["config", "--get", "remote.origin.url"]);
        if let Some(url) = url.filter(|captured| captured.end == End::Code(0)) {
            let url = String::from_utf8_lossy(&url.stdout).trim().to_owned();
            self.git(copy, &["config", "remote.origin.url", &url]);
        }
        None
    }

    /// cargo reads configuration from every folder above: what the first tree has there, the second has too.
    fn with_configs_above(&self, top: &Path, shared: &Path, mut parent: PathBuf) -> std::io::Result<PathBuf> {
        let own_home = self.environment.cargo_home.as_deref();
        let above: Vec<&Path> =
            top.ancestors().skip(1).filter(|folder| !shared.starts_with(folder)).collect();
        for (level, folder) in above.into_iter().rev().enumerate() {
            let cargo = folder.join(".cargo");
            let configs: Vec<PathBuf> = config_files(&cargo).collect();
            if configs.is_empty() || Some(cargo.as_path()) == own_home {
                continue;
            }
            parent.push(format!("above-{level}"));
            for config in configs {
                copy_entry(&config, &parent.join(".cargo").join(config.file_name().unwrap_or_default()))?;
            }
        }
        Ok(parent)
    }

    /// What cargo reads and git may ignore: the lock file and the configuration.
    fn copy_ignored(&self, root: &Path) -> std::io::Result<()> {
        let first = &self.facts.root;
        let configs = config_files(&first.join(".cargo"));
        for file in configs.chain([first.join("Cargo.lock")]).filter(|file| file.is_file()) {
            let Ok(below) = file.strip_prefix(first) else { continue };
            let copy = root.join(below);
            if !copy.exists() {
                copy_entry(&file, &copy)?;
            }
        }
        Ok(())
    }

    /// Another home of cargo with the packages of the lock file, which cargo unpacks there anew.
    fn fill_cargo_home(&self, to: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(to)?;
        let Some(from) = self.environment.cargo_home.as_deref() else { return Ok(()) };
        for config in config_files(from) {
            copy_entry(&config, &to.join(config.file_name().unwrap_or_default()))?;
        }
        link_folder(&from.join("registry/index"), &to.join("registry/index"))?;
        link_folder(&from.join("git/db"), &to.join("git/db"))?;
        let lock = std::fs::read(self.facts.root.join("Cargo.lock")).unwrap_or_default();
        let packages = parse_lock(&lock).unwrap_or_default();
        let archives: BTreeSet<String> =
            packages.iter().map(|package| format!("{}-{}.crate", package.name, package.version)).collect();
        let Ok(registries) = std::fs::read_dir(from.join("registry/cache")) else { return Ok(()) };
        for registry in registries.flatten() {
            let folder = to.join("registry/cache").join(registry.file_name());
            std::fs::create_dir_all(&folder)?;
            for archive in std::fs::read_dir(registry.path())?.flatten() {
                if archive.file_name().to_str().is_some_and(|name| archives.contains(name)) {
                    std::fs::copy(archive.path(), folder.join(archive.file_name()))?;
                }
            }
        }
        Ok(())
    }
}

fn config_files(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    ["config.toml", "config"].map(|name| folder.join(name)).into_iter().filter(|path| path.is_file())
}

/// Copies a file, a link as a link, or a folder (a repository within this one) with all that is in it.
fn copy_entry(from: &Path, to: &Path) -> std::io::Result<()> {
    // listed and deleted since
    let Ok(metadata) = from.symlink_metadata() else { return Ok(()) };
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)?;
    }
    if metadata.is_symlink() {
        return copy_link(from, to);
    }
    if !metadata.is_dir() {
        return std::fs::copy(from, to).map(|_| ());
    }
    for entry in std::fs::read_dir(from)?.flatten().filter(|entry| entry.file_name() != ".git") {
        copy_entry(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(std::fs::read_link(from)?, to)
}

/// Links need a privilege there: the target's content is copied.
#[cfg(not(unix))]
fn copy_link(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.is_file() { std::fs::copy(from, to).map(|_| ()) } else { Ok(()) }
}

/// A folder that no compiler sees is not copied where it can be linked.
#[cfg(unix)]
fn link_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    copy_entry(from, to)
}

/// A mask other than the one of this process.
#[cfg(unix)]
fn another_umask(folder: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let probe = folder.join("umask");
    std::fs::write(&probe, "").ok()?;
    let own = 0o666 & !probe.metadata().ok()?.permissions().mode();
    // the bits of execution are not seen on a file
    Some(if own == 0o026 { 0o022 } else { 0o027 })
}

#[cfg(not(unix))]
fn another_umask(_: &Path) -> Option<u32> {
    None
}

/// Whether some folder lists the names that both trees have in another order.
fn is_reordered(top: &Path, copy: &Path, files: &[String]) -> bool {
    let folders: BTreeSet<&Path> = files.iter().filter_map(|file| Path::new(file).parent()).collect();
    folders.into_iter().any(|folder| {
        let (first, second) = (names(&top.join(folder)), names(&copy.join(folder)));
        let (in_first, in_second): (HashSet<&OsString>, HashSet<&OsString>) =
            (first.iter().collect(), second.iter().collect());
        !first
            .iter()
            .filter(|name| in_second.contains(name))
            .eq(second.iter().filter(|name| in_first.contains(name)))
    })
}

fn names(folder: &Path) -> Vec<OsString> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).collect()
}
