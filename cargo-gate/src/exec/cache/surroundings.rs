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
use crate::facts::{Facts, join};
use crate::step::Tool;

/// Which program we are.
pub(super) fn program() -> Result<String, String> {
    let own = own_program().map_err(|error| format!("our own program cannot be found: {error}"))?;
    identity(&own).map(|identity| format!("{} {identity}", env!("CARGO_PKG_VERSION")))
}

fn identity(program: &Path) -> Result<String, String> {
    stamp(program).map_err(|error| format!("{}: {error}", program.display()))
}

/// Which tools are called, each looked at once.
#[derive(Default)]
pub(super) struct Tools(BTreeMap<Tool, Result<String, String>>);

impl Tools {
    /// As they are now.
    pub(super) fn look(facts: &Facts, tools: &BTreeSet<Tool>) -> Self {
        Self(tools.iter().map(|tool| (*tool, tool_of(facts, *tool))).collect())
    }

    /// What names those of them; or why one cannot be told apart.
    pub(super) fn named(&self, tools: &BTreeSet<Tool>) -> Result<String, String> {
        let of =
            |tool: &Tool| self.0.get(tool).cloned().ok_or_else(|| format!("{tool} was not looked at"))?;
        tools.iter().map(of).collect()
    }
}

/// Which tool is called. That of a toolchain is known by the toolchain, through whatever proxy it is called.
fn tool_of(facts: &Facts, tool: Tool) -> Result<String, String> {
    let of_toolchain = [Tool::Cargo, Tool::Rustc, Tool::Rustfmt];
    let in_toolchain = |name: &str| {
        let path = facts.sysroot.as_ref().map(|sysroot| beside(sysroot, name));
        path.filter(|path| path.is_file())
    };
    let Some(found) = facts.tools.get(&tool) else { return Ok(format!("{tool}: none\n")) };
    let own = in_toolchain(tool.program()).filter(|_| of_toolchain.contains(&tool) && is_proxy(found));
    let mut text = format!("{tool}: {}\n", identity(own.as_deref().unwrap_or(found))?);
    if tool == Tool::Cargo {
        for name in ["clippy-driver", "cargo-clippy", "rustdoc", "rustc"] {
            let driver = in_toolchain(name).map(|path| identity(&path)).transpose()?;
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
/// and configuration folders (rustfmt's `src/config/mod.rs`, `get_toml_path` and `resolve_project_files`). Where
/// everything below the root is listed and stays as it is, only those that are listed are looked at.
pub(super) fn formatting(
    facts: &Facts,
    is_still: bool,
    digests: impl FnOnce(&[PathBuf]) -> Vec<String>,
) -> BTreeMap<String, String> {
    let above = facts.root.ancestors().map(Path::to_owned);
    let folders: BTreeSet<PathBuf> = above.chain(users_formatting()).collect();
    let outside = folders.iter().flat_map(|folder| FORMATTING.map(|name| folder.join(name)));
    let below = if is_still && is_all_listed(facts) { listed_settings(facts) } else { all_settings(facts) };
    let paths: Vec<PathBuf> = outside.chain(below.iter().map(|name| facts.root.join(name))).collect();
    let digests = digests(&paths);
    let named = paths.iter().zip(digests).filter(|(_, digest)| digest != ABSENT);
    named.map(|(path, digest)| (shown(&facts.root, path), digest)).collect()
}

/// How rustfmt's settings for a file of a folder look without being read, there or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::exec) struct Stamps(Vec<Option<String>>);

/// Those of that folder.
pub(in crate::exec) fn formatting_stamps(folder: &Path) -> Stamps {
    let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let folders = real.ancestors().map(Path::to_owned).chain(users_formatting());
    let paths = folders.flat_map(|folder| FORMATTING.map(|name| folder.join(name)));
    let look = |path: PathBuf| path.exists().then(|| stamp(&path).unwrap_or_else(|error| error.to_string()));
    Stamps(paths.map(look).collect())
}

/// Whether the list of files has every file that lies below the root, under the only name that it is found by.
fn is_all_listed(facts: &Facts) -> bool {
    let ignores_case = cfg!(any(windows, target_vendor = "apple"));
    !ignores_case && facts.copied.as_ref().is_some_and(|copied| copied.is_plain)
}

/// Where rustfmt's settings may lie below the root.
fn all_settings(facts: &Facts) -> Vec<String> {
    folders_of_sources(facts)
        .into_iter()
        .flat_map(|folder| FORMATTING.map(|name| join(folder, name)))
        .collect()
}

/// Those of them that are listed.
fn listed_settings(facts: &Facts) -> Vec<String> {
    let settings = facts.files.iter().filter_map(|file| Some((file, file.rsplit_once('/')?)));
    let mut settings = settings.filter(|(_, (_, name))| FORMATTING.contains(name)).peekable();
    if settings.peek().is_none() {
        return Vec::new();
    }
    let folders = folders_of_sources(facts);
    settings.filter(|(_, (folder, _))| folders.contains(folder)).map(|(file, _)| file.clone()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Copied, Source};

    #[test]
    fn the_settings_of_rustfmt_are_the_same_by_the_list_of_files_as_by_a_look_at_each_folder() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["rustfmt.toml", "src/.rustfmt.toml", "src/a/b.rs", "docs/rustfmt.toml", "src/a.rs"];
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        let sources = ["src/a.rs", "src/a/b.rs"].map(|path| Source { path: path.into(), package: None });
        let copied = |is_plain| Some(Copied { is_plain, ..Copied::default() });
        let facts = |is_plain| Facts {
            root: folder.path().to_owned(),
            files: files.map(str::to_owned).into(),
            sources: sources.clone().into(),
            copied: copied(is_plain),
            ..Facts::default()
        };
        let looked = |facts: &Facts, is_still| {
            let contents = Contents::open(folder.path().join("record"));
            formatting(facts, is_still, |paths| contents.peek(paths))
        };
        let all = looked(&facts(true), false);
        assert_eq!(looked(&facts(true), true), all);
        assert!(all.contains_key("src/.rustfmt.toml") && !all.contains_key("docs/rustfmt.toml"), "{all:?}");
        std::fs::write(folder.path().join("src/a/rustfmt.toml"), "not listed").unwrap();
        assert_eq!(
            looked(&facts(false), true),
            looked(&facts(false), false),
            "submodules are not listed whole"
        );
    }
}
