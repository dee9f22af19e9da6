//! What the answers of cargo and rustc hang on, beyond the words of the question and the environment.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::cache::stamp;
use super::super::environment::Environment;
use super::super::gather::cargo_configs;
use crate::cache::digest;
use crate::step::Tool;

/// One thing that an answer hangs on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::exec) enum Input {
    /// The content of a file, there or not.
    Content(PathBuf),
    /// A program: where it really lies, its size, its times, its inode.
    Program(PathBuf),
    /// The same of each file of a folder.
    Programs(PathBuf),
    /// The names in a folder, and where those that are links lead.
    Links(PathBuf),
    /// Whether a file is there.
    There(PathBuf),
    /// Which folders in a folder have a manifest: what a pattern of a workspace's members may name.
    Members(PathBuf),
    /// The names in a package's folder, and in those in which cargo looks for targets
    /// (<https://doc.rust-lang.org/cargo/reference/cargo-targets.html#target-auto-discovery>).
    Targets(PathBuf),
    /// The files of cargo's configuration that are read in a folder, with those that they include.
    Configs(PathBuf),
}

impl Input {
    /// How it looks now; none where that cannot be told.
    pub(super) fn look(&self, environment: &Environment) -> Option<String> {
        match self {
            Self::Content(path) => content(path),
            Self::Program(path) => stamp(path).ok(),
            Self::Programs(folder) => {
                let entries = entries(folder)?.into_iter().filter(|(_, path)| path.is_file());
                let stamps = entries.map(|(_, path)| stamp(&path).ok()).collect::<Option<Vec<_>>>()?;
                Some(digest(stamps))
            }
            Self::Links(folder) => {
                let link = |path| fs::read_link(path).map(PathBuf::into_os_string).unwrap_or_default();
                let links = entries(folder)?.into_iter().flat_map(|(name, path)| [name, link(path)]);
                Some(digest(links.map(OsString::into_encoded_bytes)))
            }
            Self::There(path) => Some(path.is_file().to_string()),
            Self::Members(folder) => {
                let entries = entries(folder)?.into_iter();
                let members = entries.filter(|(_, path)| path.join("Cargo.toml").is_file());
                Some(digest(members.map(|(name, _)| name.into_encoded_bytes())))
            }
            Self::Targets(folder) => targets(folder),
            Self::Configs(folder) => {
                let configs = cargo_configs(folder, environment).into_iter();
                let each = |(path, text): (PathBuf, String)| [path.into_os_string(), text.into()];
                Some(digest(configs.flat_map(each).map(OsString::into_encoded_bytes)))
            }
        }
    }
}

/// Whether cargo may find a package or a target by that name, or a readme, of which it tells: on a file system that tells
/// no capitals apart as well. Modules in folders below `src` lie where it does not look.
pub(in crate::exec) fn name_counts(path: &[u8]) -> bool {
    let path = path.to_ascii_lowercase();
    let mut parts = path.rsplit(|byte| *byte == b'/');
    let name = parts.next().unwrap_or_default();
    let folders: Vec<&[u8]> = parts.collect();
    let is_looked_into = |folder: &&[u8]| [&b"bin"[..], b"tests", b"examples", b"benches"].contains(folder);
    match name {
        b"cargo.toml" | b"build.rs" => true,
        name if name.ends_with(b".rs") => {
            folders.first().is_none_or(|folder| *folder == b"src") || folders.iter().any(is_looked_into)
        }
        name => name.starts_with(b"readme"),
    }
}

/// Those inputs without what the names of all files below a folder tell.
pub(in crate::exec) fn but_names(inputs: BTreeSet<Input>, below: &Path) -> BTreeSet<Input> {
    let by_names = |input: &Input| match input {
        Input::Members(path) | Input::Targets(path) => path.starts_with(below),
        _ => false,
    };
    inputs.into_iter().filter(|input| !by_names(input)).collect()
}

fn content(path: &Path) -> Option<String> {
    match fs::read(path) {
        Ok(bytes) => Some(digest([bytes])),
        Err(error) if is_absence(&error) => Some("absent".to_owned()),
        Err(_) => None,
    }
}

fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// The names in a folder in their order, each with its path; nothing where there is no such folder.
fn entries(folder: &Path) -> Option<Vec<(OsString, PathBuf)>> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) => return is_absence(&error).then(Vec::new),
    };
    let entries = read.map(|entry| entry.map(|entry| (entry.file_name(), entry.path())).ok());
    let mut entries = entries.collect::<Option<Vec<_>>>()?;
    entries.sort();
    Some(entries)
}

fn targets(package: &Path) -> Option<String> {
    let mut parts: Vec<OsString> = Vec::new();
    for below in ["", "src", "src/bin", "tests", "examples", "benches"] {
        let folder = if below.is_empty() { package.to_owned() } else { package.join(below) };
        parts.push(format!("{below} {}", folder.is_dir()).into());
        // cargo looks one folder deeper for the main file of a target in several files
        let deep = !["", "src"].contains(&below);
        for (name, path) in entries(&folder)? {
            let is_target = deep && path.join("main.rs").is_file();
            parts.extend([name, is_target.to_string().into()]);
        }
    }
    Some(digest(parts.into_iter().map(OsString::into_encoded_bytes)))
}

/// What the answers of a program of a toolchain hang on that was called in that folder: the program itself and what it
/// loads, and, where rustup's proxy stands before it, all by which that chooses a toolchain
/// (<https://rust-lang.github.io/rustup/overrides.html>). None where something else chooses.
pub(in crate::exec) fn of_program(
    program: &Path,
    tool: Tool,
    folder: &Path,
    sysroot: &Path,
) -> Option<BTreeSet<Input>> {
    let own = sysroot.join("bin").join(executable(tool.program()));
    let real = fs::canonicalize(program).ok()?;
    let components = sysroot.join("lib").join("rustlib").join("components");
    let mut inputs: BTreeSet<Input> = [
        Input::Program(program.to_owned()),
        Input::Program(own.clone()),
        Input::Programs(sysroot.join("lib")),
        Input::Content(components),
    ]
    .into();
    if real == fs::canonicalize(&own).ok()? {
        return Some(inputs);
    }
    if !is_rustups(program, &real) {
        return None;
    }
    let home = std::env::var_os("RUSTUP_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let home = home.or_else(|| Some(etcetera::home_dir().ok()?.join(".rustup")))?;
    let settings = [home.clone(), PathBuf::from("/etc/rustup")].map(|folder| folder.join("settings.toml"));
    inputs.extend(settings.map(Input::Content));
    inputs.insert(Input::Links(home.join("toolchains")));
    let folders = [Some(folder.to_owned()), fs::canonicalize(folder).ok()];
    for folder in folders.iter().flatten().flat_map(|folder| folder.ancestors()) {
        inputs
            .extend(["rust-toolchain", "rust-toolchain.toml"].map(|name| Input::Content(folder.join(name))));
    }
    Some(inputs)
}

/// Whether a program is rustup under another name: a link to it, or another link to the same file.
fn is_rustups(program: &Path, real: &Path) -> bool {
    let Some(rustup) = program.parent().map(|folder| folder.join(executable("rustup"))) else { return false };
    let alike = || {
        let (one, other) = (fs::metadata(real).ok()?, fs::metadata(&rustup).ok()?);
        Some(one.len() == other.len() && one.modified().ok()? == other.modified().ok()?)
    };
    fs::canonicalize(&rustup).is_ok_and(|rustup| rustup == *real) || alike().unwrap_or(false)
}

fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// What the answer of `cargo metadata --no-deps` hangs on beyond cargo: the manifests of the workspace and all above it,
/// which files are there where cargo looks for targets, which folders the patterns of members name, and the
/// configuration. None where that cannot be told.
pub(in crate::exec) fn of_metadata(answer: &[u8], asked: &Path) -> Option<BTreeSet<Input>> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let root = PathBuf::from(answer.get("workspace_root")?.as_str()?);
    let mut inputs: BTreeSet<Input> = patterns(&root)?.into_iter().map(Input::Members).collect();
    inputs.insert(Input::Configs(asked.to_owned()));
    let mut folders = vec![asked.to_owned(), root];
    for package in answer.get("packages")?.as_array()? {
        let manifest = PathBuf::from(package.get("manifest_path")?.as_str()?);
        let folder = manifest.parent()?.to_owned();
        inputs.insert(Input::Content(manifest));
        for target in package.get("targets")?.as_array()? {
            inputs.insert(Input::There(PathBuf::from(target.get("src_path")?.as_str()?)));
        }
        inputs.insert(Input::Targets(folder.clone()));
        folders.push(folder);
    }
    let above = folders.iter().flat_map(|folder| folder.ancestors());
    inputs.extend(above.map(|folder| Input::Content(folder.join("Cargo.toml"))));
    Some(inputs)
}

/// The folders in which the patterns of the workspace's members look; none where one goes through several.
fn patterns(root: &Path) -> Option<Vec<PathBuf>> {
    let document = toml_edit::Document::parse(fs::read_to_string(root.join("Cargo.toml")).ok()?).ok()?;
    let workspace = document.get("workspace").and_then(toml_edit::Item::as_table_like);
    let lists =
        workspace.into_iter().flat_map(|table| ["members", "default-members"].map(|key| table.get(key)));
    let items = lists.flatten().filter_map(toml_edit::Item::as_array).flatten();
    let is_pattern = |text: &str| text.contains(['*', '?', '[']);
    let mut folders = Vec::new();
    for pattern in items.filter_map(|item| item.as_str()).filter(|pattern| is_pattern(pattern)) {
        let (above, last) = pattern.trim_end_matches('/').rsplit_once('/').unwrap_or(("", pattern));
        if is_pattern(above) || last.contains("**") {
            return None;
        }
        folders.push(root.join(above));
    }
    Some(folders)
}
