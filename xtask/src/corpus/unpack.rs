//! Brings the packages to this machine, through cargo alone, and lays them out as workspaces.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use super::cargo::Programs;
use super::packages::Entry;

/// Unpacks an entry into a new folder below `dir`. An entry of several packages becomes a git
/// repository as well, so that both ways of listing files are met.
pub(super) fn unpack(programs: &Programs, entry: &Entry, dir: &Path) -> Result<PathBuf, Error> {
    let root = dir.join(entry.name.split(' ').next().unwrap_or(entry.name));
    if root.exists() {
        fs::remove_dir_all(&root).map_err(Error::io(root.display()))?;
    }
    fs::create_dir_all(&root).map_err(Error::io(root.display()))?;
    for (name, version) in entry.packages {
        let from = download(programs, dir, name, version)?;
        let to = if entry.is_workspace() { root.join("crates").join(name) } else { root.clone() };
        copy(&from, &to)?;
        if entry.is_workspace() {
            let lock = to.join("Cargo.lock");
            if lock.exists() {
                fs::remove_file(&lock).map_err(Error::io(lock.display()))?;
            }
        }
    }
    if entry.is_workspace() {
        let manifest = root.join("Cargo.toml");
        fs::write(&manifest, root_manifest(entry)).map_err(Error::io(manifest.display()))?;
        programs.run("git", &root, ["init", "--quiet"])?.succeeded()?;
        programs.run("git", &root, ["add", "--all"])?.succeeded()?;
    }
    Ok(root)
}

/// `cargo info` unpacks a package into cargo's own folder, without its dependencies.
fn download(programs: &Programs, dir: &Path, name: &str, version: &str) -> Result<PathBuf, Error> {
    let unpacked = || find(name, version);
    if let Some(found) = unpacked() {
        return Ok(found);
    }
    let ran = programs.cargo(dir, ["info", "--quiet", &format!("{name}@{version}")])?.succeeded()?;
    unpacked().ok_or_else(|| ran.unreadable("it did not unpack the package"))
}

fn find(name: &str, version: &str) -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")))?;
    let registries = fs::read_dir(home.join("registry/src")).ok()?;
    let folders = registries.flatten().map(|registry| registry.path().join(format!("{name}-{version}")));
    folders.into_iter().find(|folder| folder.join(".cargo-ok").exists())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::io(to.display()))?;
    for entry in fs::read_dir(from).map_err(Error::io(from.display()))? {
        let entry = entry.map_err(Error::io(from.display()))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else if entry.file_name() != ".cargo-ok" {
            fs::copy(&source, &target).map_err(Error::io(source.display()))?;
        }
    }
    Ok(())
}

/// A workspace whose members use each other wherever one depends on another.
fn root_manifest(entry: &Entry) -> String {
    let mut text =
        "[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n\n[patch.crates-io]\n".to_owned();
    for (name, _) in entry.packages {
        let _ = writeln!(text, "{name} = {{ path = \"crates/{name}\" }}");
    }
    text
}

/// Makes the lock file where there is none. Versions that need a newer Rust are passed over.
pub(super) fn lock(programs: &Programs, root: &Path) -> Result<(), Error> {
    let fallback = "resolver.incompatible-rust-versions=\"fallback\"";
    programs.cargo(root, ["generate-lockfile", "--quiet", "--config", fallback])?.succeeded()?;
    Ok(())
}

/// Downloads what the lock file names, so that all later calls go without a network.
pub(super) fn fetch(programs: &Programs, root: &Path) -> Result<(), Error> {
    programs.cargo(root, ["fetch", "--locked", "--quiet"])?.succeeded()?;
    Ok(())
}

/// A folder with the advisory database that cargo-audit can open: it wants a git repository, so a
/// plain folder is copied and committed.
pub(super) fn database(programs: &Programs, from: &Path, dir: &Path) -> Result<PathBuf, Error> {
    if from.join(".git").exists() {
        return from.canonicalize().map_err(Error::io(from.display()));
    }
    let clone = dir.join("advisory-db");
    if clone.exists() {
        fs::remove_dir_all(&clone).map_err(Error::io(clone.display()))?;
    }
    copy(from, &clone)?;
    let identity =
        ["-c", "user.name=corpus", "-c", "user.email=corpus@localhost", "-c", "commit.gpgsign=false"];
    for args in [&["init", "--quiet"] as &[&str], &["add", "--all"], &["commit", "--quiet", "-m", "copy"]] {
        programs.run("git", &clone, identity.iter().chain(args))?.succeeded()?;
    }
    Ok(clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::packages::Scope;

    #[test]
    fn the_members_of_a_workspace_take_each_other_from_it() {
        let entry =
            Entry { name: "x", packages: &[("a", "1.0.0"), ("b", "2.0.0")], why: "", scope: Scope::Full };
        let text = root_manifest(&entry);
        assert!(
            text.contains("members = [\"crates/*\"]") && text.contains("b = { path = \"crates/b\" }"),
            "{text}"
        );
    }
}
