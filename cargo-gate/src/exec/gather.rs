//! Gathers the facts: cargo, rustc and git are asked at the same time.

mod metadata;
mod walk;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;

use self::metadata::Metadata;
pub(super) use self::walk::all_files;
use self::walk::{Walked, walk, with_nested};
use super::git::git;
use super::memo::{self, Memo};
use super::process::{Command, run};
use super::snapshot::Ground;
use super::{Cancel, Environment, SnapshotError, tools};
use crate::facts::{self, FactError, Facts, Revision, Wrapper};
use crate::finding::digest;
use crate::sbom::Resolver;
use crate::step::{Captured, End, Tool};

/// The longest that a question about the workspace may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Why nothing can be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// cargo is not there.
    #[error("cargo was not found on the search path; install a Rust toolchain with rustup")]
    NoCargo,
    /// cargo cannot read the workspace.
    #[error("{0}")]
    Workspace(String),
    /// cargo answered for a workspace that was not asked for.
    #[error("cargo answered for another workspace: {}", .0.display())]
    OtherWorkspace(PathBuf),
    /// What is wanted cannot be judged in a copy of its own.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// An answer that cannot be used.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// The run was interrupted.
    #[error("the run was interrupted")]
    Interrupted,
}

/// Gathers the facts of the workspace that the folder, or the manifest, belongs to.
///
/// # Errors
/// When there is no workspace, or its manifests cannot be read.
pub fn gather(
    environment: &Environment,
    manifest: Option<&Path>,
    offline: bool,
    cancel: &Cancel,
) -> Result<Facts, GatherError> {
    gather_on(&Ground::worktree(environment, manifest), environment, offline, cancel)
}

/// The same where a run takes place.
///
/// # Errors
/// When there is no workspace, or its manifests cannot be read.
pub fn gather_on(
    ground: &Ground,
    environment: &Environment,
    offline: bool,
    cancel: &Cancel,
) -> Result<Facts, GatherError> {
    let mut found = tools::find(environment);
    let ask = |folder: &Path, args: &[&str]| {
        found.get(&Tool::Git).map(|program| run(&git(program, folder, TIMEOUT).args(args), cancel))
    };
    let (directory, manifest) = (ground.directory.as_path(), ground.manifest.as_deref());
    let variables = ground.variables();
    let question = Metadata { environment, found: &found, ground, variables: &variables, offline, cancel };
    let (metadata, (version, sysroot)) = thread::scope(|scope| {
        let toolchain = scope.spawn(|| toolchain(environment, &found, directory, cancel));
        question.answer(|| toolchain.join().unwrap_or_default())
    });
    let mut facts = placed(facts::from_metadata(&metadata?)?, ground)?;
    facts.variables = variables;
    let root = facts.root.clone();
    let asked =
        manifest.and_then(Path::parent).map_or_else(|| directory.to_owned(), |folder| directory.join(folder));
    if !is_part(&facts, &asked) {
        return Err(GatherError::OtherWorkspace(root));
    }
    let (files, revision) = match &ground.copy {
        // it holds the files of its tree and no other
        Some(copy) => (Some(copy.listed.files.clone()), copy.revision.clone()),
        None => thread::scope(|scope| {
            let revision = scope.spawn(|| revision(&|args| ask(&root, args)));
            let files = ask(&root, &LISTED);
            (succeeded(files), revision.join().ok().flatten())
        }),
    };
    let others = ground.copy.as_ref().map(|copy| &copy.listed.others);
    facts = with_manifests(with_listed(facts, files.as_deref(), others)?);
    facts = with_flags(facts, environment);
    facts.build_targets = build_targets(&facts, environment);
    facts.rustc_wrapper = rustc_wrapper(&facts, environment);
    facts.revision = revision;
    facts.toolchain = version.unwrap_or_default();
    facts.sysroot = sysroot;
    tools::past_the_proxy(&mut found, facts.sysroot.as_deref());
    facts.tools = found;
    facts.now = jiff::Timestamp::now();
    if cancel.is_set() { Err(GatherError::Interrupted) } else { Ok(facts) }
}

/// How git lists the files that it tracks or would.
pub(super) const LISTED: [&str; 6] =
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];

/// How git tells what differs from the commit, whatever settings of the user's hide of it.
pub(super) const STATUS: [&str; 5] =
    ["status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=none"];

/// Adds the files of the tree: those that git lists, else those that a walk finds. Where it is known which of them are
/// no plain files, only those may be folders.
fn with_listed(
    facts: Facts,
    answer: Option<&[u8]>,
    others: Option<&BTreeSet<Vec<u8>>>,
) -> Result<Facts, FactError> {
    let listed = answer.map(facts::from_file_list).transpose()?;
    // a list without the root manifest is of another folder, or of one that git ignores
    let files = match listed.filter(|files| files.iter().any(|file| file == "Cargo.toml")) {
        Some(files) => {
            let odd = facts::odd_names(answer.unwrap_or_default()).map(path_of).collect();
            let may_be_folder = |name: &String| others.is_none_or(|others| others.contains(name.as_bytes()));
            let nested: Vec<PathBuf> = files
                .par_iter()
                .filter(|name| may_be_folder(name))
                .map(|name| facts.root.join(name))
                .filter(|path| path.is_dir())
                .collect();
            with_nested(&facts, nested, Walked { shown: files, hidden: Vec::new(), odd })?
        }
        None => walk(&facts.root, &facts.root, &facts.target)?,
    };
    let mut facts = facts::with_files(facts, &files.shown);
    facts.odd_names.clone_from(&files.odd);
    facts.files = files.all();
    Ok(facts)
}

/// The same facts with the files as they are listed now.
///
/// # Errors
/// Why they cannot be listed.
pub(super) fn listed_again(facts: &Facts, cancel: &Cancel) -> Result<Facts, String> {
    let program = facts.tools.get(&Tool::Git);
    let listed = program.map(|program| run(&git(program, &facts.root, TIMEOUT).args(LISTED), cancel));
    with_listed(facts.clone(), succeeded(listed).as_deref(), None).map_err(|error| error.to_string())
}

/// The compiler that a folder uses, and the folder of its toolchain. rustup's proxy takes longer to find them than all
/// else that a cached verdict needs: they are remembered, with all by which a proxy chooses and the compiler itself.
pub(super) fn toolchain(
    environment: &Environment,
    found: &BTreeMap<Tool, PathBuf>,
    folder: &Path,
    cancel: &Cancel,
) -> Compiler {
    let Some(rustc) = found.get(&Tool::Rustc) else { return Compiler::default() };
    let words = [OsString::from("toolchain"), rustc.into(), folder.into()];
    let mut memo = Memo::of(environment, &words);
    if let Some(answer) = memo.answer() {
        return compiler(&answer);
    }
    let ask = |args: &[&str]| {
        let answer = succeeded(Some(run(&Command::new(rustc, folder, TIMEOUT).args(args), cancel)))?;
        String::from_utf8(answer).ok()
    };
    let (version, sysroot) = thread::scope(|scope| {
        let version = scope.spawn(|| ask(&["-vV"]));
        let sysroot = ask(&["--print", "sysroot"]);
        (version.join().ok().flatten().unwrap_or_default(), sysroot.unwrap_or_default())
    });
    let answer = format!("{version}\0{sysroot}");
    let found = compiler(&answer);
    if let (Some(_), Some(sysroot)) = &found {
        memo.keep(answer.as_bytes(), memo::of_program(rustc, Tool::Rustc, folder, sysroot));
    }
    found
}

/// A compiler, and the folder of its toolchain.
type Compiler = (Option<facts::Toolchain>, Option<PathBuf>);

fn compiler(answer: &str) -> Compiler {
    let (version, sysroot) = answer.split_once('\0').unwrap_or_default();
    let sysroot = Some(sysroot.trim()).filter(|sysroot| !sysroot.is_empty()).map(PathBuf::from);
    (facts::from_rustc(version.as_bytes()), sysroot)
}

/// The revision, as git tells it now.
fn revision(ask: &(dyn Fn(&[&str]) -> Option<Captured> + Sync)) -> Option<Revision> {
    let (commit, status) = thread::scope(|scope| {
        let commit = scope.spawn(|| ask(&["rev-parse", "HEAD", "HEAD^{tree}"]));
        let status = ask(&STATUS);
        (commit.join().ok().flatten(), status)
    });
    facts::from_git(&succeeded(commit)?, &succeeded(status)?)
}

/// The tree of the run, where its files were those of a commit when it began and are so now: what was found out in
/// between was found out about that tree.
pub(super) fn steady_tree<'a>(facts: &'a Facts, cancel: &Cancel) -> Option<&'a str> {
    let before = facts.revision.as_ref().filter(|revision| !revision.dirty)?;
    let program = facts.tools.get(&Tool::Git)?;
    let ask = |args: &[&str]| Some(run(&git(program, &facts.root, TIMEOUT).args(args), cancel));
    let now = revision(&ask)?;
    // of a file with a flag that has git pass it over nobody knows whether it is that of the tree
    let flags = succeeded(ask(&["ls-files", "-v", "-z", "--", ":/"]))?;
    let plain = flags.split(|byte| *byte == 0).all(|line| line.is_empty() || line.starts_with(b"H "));
    (!now.dirty && now.tree == before.tree && plain).then_some(before.tree.as_str())
}

/// Adds the flags for every rustc and rustdoc: from variables, and from the configuration files that cargo
/// reads for the workspace root.
fn with_flags(mut facts: Facts, environment: &Environment) -> Facts {
    let of_variables = |variables: &[(String, String)]| -> Vec<(String, String)> {
        let each = variables.iter().map(|(name, value)| (name, facts::split_flags(value)));
        each.flat_map(|(name, flags)| flags.into_iter().map(|flag| (name.clone(), flag))).collect()
    };
    facts.rustflags = of_variables(&environment.rustflags);
    facts.rustdocflags = of_variables(&environment.flags_of_rustdoc);
    let configs = cargo_configs(&facts.root, environment);
    facts.flag_sources =
        facts::RustFlags::new(&environment.rustflags, configs.iter().rev().map(|(_, text)| text.as_str()));
    for (path, text) in configs {
        let name = facts::relative(&facts.root, &path);
        let named = |key| facts::flags_of_config(&text, key).into_iter().map(|flag| (name.clone(), flag));
        facts.rustflags.extend(named("rustflags"));
        facts.rustdocflags.extend(named("rustdocflags"));
    }
    facts
}

/// The configuration files that cargo reads for the workspace root, the nearest first and each before those
/// that it includes, with their texts.
pub(super) fn cargo_configs(root: &Path, environment: &Environment) -> Vec<(PathBuf, String)> {
    let above = root.ancestors().map(|folder| folder.join(".cargo"));
    let folders = above.chain(environment.cargo_home.clone());
    let mut paths: VecDeque<PathBuf> =
        folders.flat_map(|folder| ["config.toml", "config"].map(|name| folder.join(name))).collect();
    let mut read: Vec<(PathBuf, String)> = Vec::new();
    while let Some(path) = paths.pop_front() {
        let seen = read.iter().any(|(known, _)| *known == path);
        let Some(text) = std::fs::read_to_string(&path).ok().filter(|_| !seen) else { continue };
        let folder = path.parent().unwrap_or(root).to_owned();
        for included in facts::includes_of_config(&text).iter().rev() {
            paths.push_front(folder.join(included));
        }
        read.push((path, text));
    }
    read
}

/// Whether cargo's intermediate files, rustc's dep-info among them, lie elsewhere than in the target folder
/// (<https://doc.rust-lang.org/cargo/reference/config.html#buildbuild-dir>).
pub(super) fn builds_elsewhere(facts: &Facts, environment: &Environment) -> bool {
    let configs = cargo_configs(&facts.root, environment);
    std::env::var_os("CARGO_BUILD_BUILD_DIR").is_some()
        || configs.iter().any(|(_, text)| text.contains("build-dir"))
}

/// The wrapper that the nearest of cargo's configuration files names under that key, and the file.
pub(super) fn wrapper_of_config(
    facts: &Facts,
    environment: &Environment,
    key: &str,
) -> Option<(PathBuf, PathBuf)> {
    let mut files = cargo_configs(&facts.root, environment).into_iter();
    files.find_map(|(path, text)| facts::wrapper_of_config(&path, &text, key).map(|wrapper| (path, wrapper)))
}

/// What cargo calls in the place of rustc: of a variable, else of the nearest file.
fn rustc_wrapper(facts: &Facts, environment: &Environment) -> Option<Wrapper> {
    let of_files = || {
        let (path, wrapper) = wrapper_of_config(facts, environment, "rustc-wrapper")?;
        Some((facts::relative(&facts.root, &path), wrapper))
    };
    let (place, program) = environment.rustc_wrapper.clone().or_else(of_files)?;
    if program.as_os_str().is_empty() || facts::is_cache(&program) {
        return None;
    }
    let name = program.to_string_lossy().into_owned();
    let path =
        if name.contains(['/', '\\']) { facts.root.join(program) } else { which::which(program).ok()? };
    // cargo says what is wrong with one that cannot be read
    let content = std::fs::read(&path).unwrap_or_default();
    let mark = digest(&[&path.to_string_lossy(), &String::from_utf8_lossy(&content)]);
    Some(Wrapper { place, program: name, mark })
}

/// The targets that cargo builds for where nobody names one: of the variable, else of the nearest file.
fn build_targets(facts: &Facts, environment: &Environment) -> Vec<String> {
    let of_files = || {
        let files = cargo_configs(&facts.root, environment).into_iter();
        let mut lists = files.map(|(_, text)| facts::build_targets_of_config(&text));
        lists.find(|list| !list.is_empty()).unwrap_or_default()
    };
    environment.build_target.clone().map_or_else(of_files, |target| vec![target])
}

/// Whether the folder that was asked about lies in the workspace, or in one of its members elsewhere.
fn is_part(facts: &Facts, asked: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let asked = real(asked);
    let members = facts.packages.iter().map(|package| facts.root.join(&package.folder));
    std::iter::once(facts.root.clone()).chain(members).any(|folder| asked.starts_with(real(&folder)))
}

/// Adds what only the manifests tell; one that cannot be read tells nothing, and cargo will say why.
fn with_manifests(mut facts: Facts) -> Facts {
    let root = facts.root.clone();
    let text = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_default();
    let root_manifest = text("Cargo.toml");
    let document = |text: &str| toml_edit::Document::parse(text.to_owned()).ok();
    let mut own_lints: BTreeSet<String> =
        document(&root_manifest).iter().flat_map(|root| facts::lints_of_manifest(root)).collect();
    let first_resolver = Resolver::of_manifest(root_manifest.as_bytes()) == Ok(Resolver::One);
    let manifests = facts.packages.par_iter_mut().map(|package| {
        package.passed_by = first_resolver && !package.folder.is_empty();
        let Some(manifest) = document(&text(&package.manifest())) else { return BTreeSet::new() };
        facts::mark_own_harnesses(package, &manifest);
        facts::lints_of_manifest(&manifest)
    });
    own_lints.extend(manifests.flatten_iter().collect::<Vec<_>>());
    facts.own_lints = own_lints;
    facts
}

fn succeeded(captured: Option<Captured>) -> Option<Vec<u8>> {
    captured.filter(|captured| captured.end == End::Code(0)).map(|captured| captured.stdout)
}

/// The path that git names with those bytes.
pub(super) fn path_of(name: &[u8]) -> PathBuf {
    #[cfg(unix)]
    return PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name));
    // elsewhere git writes names in UTF-8 to disk
    #[cfg(not(unix))]
    return PathBuf::from(String::from_utf8_lossy(name).into_owned());
}

/// The facts of a copy: where the user's own tree is, and what is kept.
fn placed(mut facts: Facts, ground: &Ground) -> Result<Facts, GatherError> {
    facts.subject = ground.subject.clone();
    let Some(copy) = &ground.copy else { return Ok(facts) };
    if !copy.is_root(&facts.root) {
        // whatever cargo found above the copy is not what is to be judged
        return Err(GatherError::OtherWorkspace(facts.root));
    }
    let folders = facts.packages.iter().map(|package| package.folder.as_str());
    copy.stays(std::iter::once("").chain(folders))?;
    facts.copied = Some(copy.copied.clone());
    facts.home.clone_from(&copy.home);
    facts.state.clone_from(&copy.state);
    Ok(facts)
}
