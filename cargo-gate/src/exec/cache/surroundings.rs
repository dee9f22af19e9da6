//! What lies around the workspace: our own program, tools, variables, files above the root.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::super::Environment;
use super::super::environment::{is_ours_alone, own_program};
use super::contents::{ABSENT, Contents, stamp};
use super::ground::shown;
use crate::cache::{Places, relevant};
use crate::facts::Facts;
use crate::step::Tool;

/// Which program we are.
pub(super) fn program() -> Result<String, String> {
    let own = own_program().map_err(|error| format!("our own program cannot be found: {error}"))?;
    identity(&own).map(|identity| format!("{} {identity}", env!("CARGO_PKG_VERSION")))
}

fn identity(program: &Path) -> Result<String, String> {
    stamp(program).map_err(|error| format!("{}: {error}", program.display()))
}

/// Which tools are called. Those of a toolchain are known by the toolchain, through whatever proxy they are called.
pub(super) fn tools(facts: &Facts, tools: &BTreeSet<Tool>) -> Result<String, String> {
    let of_toolchain = [Tool::Cargo, Tool::Rustc, Tool::Rustfmt];
    let mut text = String::new();
    for tool in tools {
        let Some(found) = facts.tools.get(tool) else {
            let _ = writeln!(text, "{tool}: none");
            continue;
        };
        let own = facts.sysroot.as_ref().map(|sysroot| beside(sysroot, tool.program()));
        let own = own.filter(|own| own.is_file() && of_toolchain.contains(tool) && is_proxy(found));
        let _ = writeln!(text, "{tool}: {}", identity(own.as_deref().unwrap_or(found))?);
    }
    if tools.contains(&Tool::Cargo) {
        for name in ["clippy-driver", "cargo-clippy", "rustdoc", "rustc"] {
            let driver =
                facts.sysroot.as_ref().map(|sysroot| beside(sysroot, name)).filter(|path| path.is_file());
            let driver = driver.map(|path| identity(&path)).transpose()?;
            let _ = writeln!(text, "{name}: {driver:?}");
        }
        for part in parts_of_toolchain(facts) {
            let _ = writeln!(text, "{}", identity(&part)?);
        }
    }
    Ok(text)
}

/// What the programs of the toolchain load and call: the compiler itself, LLVM and its tools.
fn parts_of_toolchain(facts: &Facts) -> BTreeSet<PathBuf> {
    let files =
        |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let Some(sysroot) = &facts.sysroot else { return BTreeSet::new() };
    let targets = files(sysroot.join("lib").join("rustlib"));
    let folders = targets.map(|target| target.join("bin")).chain([sysroot.join("lib")]);
    let folders = folders.chain(cfg!(windows).then(|| sysroot.join("bin")));
    folders.flat_map(files).filter(|path| path.is_file()).collect()
}

/// The programs by which rustc links and build scripts compile, and what cargo calls in the place of rustc.
pub(super) fn linkers(facts: &Facts, environment: &Environment) -> String {
    let mut names: BTreeSet<OsString> =
        ["cc", "c++", "gcc", "g++", "clang", "ld", "lld", "ar", "link"].map(OsString::from).into();
    let is_linker = |name: &str| {
        ["CC", "CXX", "AR", "LD"].contains(&name)
            || (name.starts_with("CARGO_TARGET_") && name.ends_with("_LINKER"))
    };
    let variables = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_linker));
    names.extend(variables.map(|(_, value)| value));
    names.extend(environment.workspace_wrapper.clone());
    for (_, text) in super::super::gather::cargo_configs(&facts.root, environment) {
        names.extend(named_linkers(&text).into_iter().map(OsString::from));
    }
    let mut text = String::new();
    for name in names {
        let path = which::which_in(&name, std::env::var_os("PATH"), &facts.root).ok();
        let found = path.map(|path| identity(&path));
        let _ = writeln!(text, "{}: {found:?}", name.to_string_lossy());
    }
    text
}

/// The linkers that a configuration file of cargo's names (`target.*.linker`).
fn named_linkers(config: &str) -> Vec<String> {
    let Ok(config) = config.parse::<toml_edit::DocumentMut>() else { return Vec::new() };
    let targets = config.get("target").and_then(toml_edit::Item::as_table_like);
    let targets = targets.into_iter().flat_map(toml_edit::TableLike::iter);
    targets.filter_map(|(_, target)| Some(target.get("linker")?.as_str()?.to_owned())).collect()
}

fn beside(sysroot: &Path, name: &str) -> PathBuf {
    sysroot.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn is_proxy(program: &Path) -> bool {
    let rustup = format!("rustup{}", std::env::consts::EXE_SUFFIX);
    program.parent().is_some_and(|folder| folder.join(rustup).is_file())
}

/// The variables that count for code that is compiled and run.
pub(super) fn variables(facts: &Facts) -> BTreeMap<String, String> {
    let text = |value: OsString| value.to_string_lossy().into_owned();
    let all = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    relevant(all, &places(facts), |name| is_ours_alone(std::ffi::OsStr::new(name)))
}

fn places(facts: &Facts) -> Places {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // git puts the folder of its commands before the path of a hook
    let of_git = std::env::split_paths(&path).filter(|folder| folder.ends_with("git-core"));
    let of_toolchain = facts.sysroot.iter().flat_map(|sysroot| [sysroot.join("bin"), sysroot.join("lib")]);
    let home = etcetera::home_dir().ok();
    let default = |name: &str, folder: &str| {
        Some((name.to_owned(), home.as_ref()?.join(folder).to_string_lossy().into_owned()))
    };
    Places {
        added: of_git.chain(of_toolchain).collect(),
        defaults: [default("CARGO_HOME", ".cargo"), default("RUSTUP_HOME", ".rustup")]
            .into_iter()
            .flatten()
            .collect(),
    }
}

/// Files of that name in the folder and those above it, each with its digest, there or not.
pub(super) fn above(root: &Path, name: &str, contents: &mut Contents) -> Vec<(String, String)> {
    let paths: Vec<PathBuf> = root.ancestors().map(|folder| folder.join(name)).collect();
    // one that is not there is named all the same: it may come to be
    paths.iter().zip(contents.of(&paths)).map(|(path, digest)| (shown(root, path), digest)).collect()
}

/// The names of rustfmt's settings.
pub(super) const FORMATTING: [&str; 2] = ["rustfmt.toml", ".rustfmt.toml"];

/// rustfmt's settings, where it looks for them: beside each source, in each folder above it, in the user's home
/// and configuration folders (rustfmt's `src/config/mod.rs`, `get_toml_path` and `resolve_project_files`). In a folder
/// that is still nothing lies that is not listed.
pub(super) fn formatting(
    facts: &Facts,
    is_still: bool,
    digests: impl FnOnce(&[PathBuf]) -> Vec<String>,
) -> BTreeMap<String, String> {
    let above = facts.root.ancestors().map(Path::to_owned);
    let folders: BTreeSet<PathBuf> = above.chain(users_formatting()).collect();
    let mut paths: Vec<PathBuf> =
        folders.iter().flat_map(|folder| FORMATTING.map(|name| folder.join(name))).collect();
    if is_still {
        let is_settings =
            |file: &&String| file.rsplit_once('/').is_some_and(|(_, name)| FORMATTING.contains(&name));
        paths.extend(facts.files.iter().filter(is_settings).map(|file| facts.root.join(file)));
    } else {
        let below = folders_of_sources(facts);
        paths.extend(
            below.iter().flat_map(|folder| FORMATTING.map(|name| facts.root.join(folder).join(name))),
        );
    }
    let digests = digests(&paths);
    let named = paths.iter().zip(digests).filter(|(_, digest)| digest != ABSENT);
    named.map(|(path, digest)| (shown(&facts.root, path), digest)).collect()
}

/// The folders below the root that sources lie in, and those above them.
fn folders_of_sources(facts: &Facts) -> BTreeSet<&str> {
    let mut below: BTreeSet<&str> = BTreeSet::new();
    for source in &facts.sources {
        let mut above = source.path.as_str();
        // above a folder that is known everything is
        while let Some((folder, _)) = above.rsplit_once('/').filter(|(folder, _)| below.insert(folder)) {
            above = folder;
        }
    }
    below
}

/// The folders of the user's own settings of rustfmt.
pub(super) fn users_formatting() -> impl Iterator<Item = PathBuf> {
    let home = etcetera::home_dir().ok();
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let configs = [
        home.clone(),
        home.as_ref().map(|home| home.join(".config").join("rustfmt")),
        home.as_ref().map(|home| home.join("Library").join("Application Support").join("rustfmt")),
        variable("XDG_CONFIG_HOME").map(|folder| folder.join("rustfmt")),
        variable("APPDATA").map(|folder| folder.join("rustfmt")),
    ];
    configs.into_iter().flatten()
}
