//! The hooks of a repository: looked at, and changed as planned.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::base::Git;
use super::git_settings::{ASKED, of_hooks};
use super::{Cancel, Environment, environment, tools};
use crate::facts::{Facts, UsersClone};
use crate::gate::Unreadable;
use crate::hooks::{
    Action, Found, GitConfig, HookFile, HookName, KEPT, MOVED, Repository, Script, posix_path,
    runs_config_hooks,
};

/// The longest that a question to git may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A file of a hook that could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", .path.display())]
pub struct HookFileError {
    path: PathBuf,
    cause: io::Error,
}

/// What a repository has of hooks, seen from a folder in its work tree; none where there is no repository.
///
/// # Errors
/// When git gives no answer, or the repository has no work tree.
pub fn find_hooks(environment: &Environment, cancel: &Cancel) -> Result<Option<Repository>, Unreadable> {
    let facts =
        Facts { root: environment.directory.clone(), tools: tools::find(environment), ..Facts::default() };
    let workspace = workspace_of(environment, cancel);
    find(&Git { facts: &facts, environment, timeout: TIMEOUT, cancel }, workspace.as_deref())
}

/// The same, from the workspace root in the user's own tree: a private copy of it has no hooks.
pub(super) fn of_user(git: &Git<'_>) -> Result<Option<Repository>, Unreadable> {
    let Facts { home, tools, copied, .. } = git.facts;
    let facts = Facts { root: home.clone(), tools: tools.clone(), ..Facts::default() };
    let git = Git { facts: &facts, ..*git };
    let known = copied.as_ref().and_then(|copied| copied.clone.as_ref()).map(known).transpose()?.flatten();
    known.map_or_else(|| find(&git, Some(home)), |known| looked_at(&git, known, Some(home)).map(Some))
}

/// Where hooks lie, and what settings know of them.
struct Place {
    top: PathBuf,
    folder: PathBuf,
    common: PathBuf,
    config: GitConfig,
}

/// That of a clone; none where a setting names another folder for hooks, which git has to be asked for.
fn known(clone: &UsersClone) -> Result<Option<Place>, Unreadable> {
    let config = config_of(&clone.hooks)?;
    let UsersClone { top, common, .. } = clone;
    Ok(config.path.is_none().then(|| Place {
        top: real(top),
        folder: common.join("hooks"),
        common: common.clone(),
        config,
    }))
}

fn find(git: &Git<'_>, workspace: Option<&Path>) -> Result<Option<Repository>, Unreadable> {
    let place = ["--is-inside-work-tree", "--show-cdup", "--git-path", "hooks", "--git-common-dir"];
    let (about, config) = std::thread::scope(|scope| {
        let config = scope.spawn(|| settings(git));
        (git.about::<4>(&place), config.join())
    });
    let Some([inside, up, hooks, common]) = about? else { return Ok(None) };
    if inside != "true" {
        let reason = "this repository has no work tree here (it is bare, or this is its .git folder)";
        return Err(Unreadable::unavailable(reason)
            .help("hooks of commits and pushes belong to a clone that people work in: go there"));
    }
    // a relative core.hooksPath starts from the top, where git runs its hooks
    let top = real(&git.facts.root.join(&up));
    let at_top = |here: &str, option: &[&str]| -> Result<PathBuf, Unreadable> {
        let there = || git.line(&[&["-C", up.as_str(), "rev-parse"], option].concat());
        match if up.is_empty() { here.to_owned() } else { there()? } {
            path if path.is_empty() => Err(Unreadable::garbage("`git rev-parse` named no folder")),
            path => Ok(top.join(path)),
        }
    };
    let folder = at_top(&hooks, &["--git-path", "hooks"])?;
    let common = at_top(&common, &["--git-common-dir"])?;
    let config = config.map_err(|_| Unreadable::crashed("git's settings of hooks could not be read"))??;
    looked_at(git, Place { top, folder, common, config }, workspace).map(Some)
}

fn looked_at(git: &Git<'_>, place: Place, workspace: Option<&Path>) -> Result<Repository, Unreadable> {
    let Place { top, folder, common, config } = place;
    let hooks = HookName::ALL.into_iter().map(|hook| look(&folder, hook, git.environment));
    let hooks = hooks.collect::<Result<Vec<_>, _>>().map_err(|error| {
        Unreadable::garbage(error.to_string()).help("make it a file that you can read, or take it away")
    })?;
    let runs_config_hooks = !config.hooks.is_empty() && runs_config_hooks(&git.line(&["version"])?);
    Ok(Repository {
        config,
        runs_config_hooks,
        workspace: workspace.map(real),
        folder: real(&folder),
        common: real(&common),
        top,
        hooks,
    })
}

fn settings(git: &Git<'_>) -> Result<GitConfig, Unreadable> {
    let told = git.none_or_stdout(&ASKED)?.unwrap_or_default();
    config_of(&of_hooks(&told).ok_or_else(cut_short)?)
}

fn config_of(told: &[u8]) -> Result<GitConfig, Unreadable> {
    GitConfig::read(told).ok_or_else(cut_short)
}

fn cut_short() -> Unreadable {
    Unreadable::garbage("`git config` gave an answer that is cut short")
}

/// The path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    match (fs::canonicalize(path), path.parent(), path.file_name()) {
        (Ok(real), ..) => real,
        (Err(_), Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}

fn look(folder: &Path, hook: HookName, environment: &Environment) -> Result<Found, HookFileError> {
    let path = folder.join(hook.name());
    let file = read(&path)?;
    let mut moved = None;
    for ending in MOVED {
        let there = read(&folder.join(format!("{hook}{ending}")))?;
        moved = moved.or(there.filter(|there| there.is_ours(hook)).map(|there| (ending, there)));
    }
    let ours = file.as_ref().filter(|file| file.is_ours(hook)).or(moved.as_ref().map(|(_, ours)| ours));
    let script = ours.and_then(|file| Script::read(hook, &file.content));
    let program = script.and_then(|script| program_of(&script, environment));
    let kept = read(&folder.join(format!("{hook}{KEPT}")))?;
    Ok(Found { hook, file, kept, moved, program })
}

/// A hook's file. A link that leads nowhere is one that git does not run.
fn read(path: &Path) -> Result<Option<HookFile>, HookFileError> {
    let failed = |cause| HookFileError { path: path.to_owned(), cause };
    match fs::read(path) {
        Ok(content) => {
            let executable = may_be_executed(path).map_err(failed)?;
            Ok(Some(HookFile { content, executable }))
        }
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
            let dead_link = fs::symlink_metadata(path).is_ok();
            Ok(dead_link.then(|| HookFile { content: Vec::new(), executable: false }))
        }
        Err(cause) => Err(failed(cause)),
    }
}

#[cfg(unix)]
fn may_be_executed(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o111 != 0)
}

/// Windows knows no such permission; git runs every hook that is there.
#[cfg(not(unix))]
fn may_be_executed(_: &Path) -> io::Result<bool> {
    Ok(true)
}

/// The program that a script of ours starts, found as the script finds it.
fn program_of(script: &Script, environment: &Environment) -> Option<PathBuf> {
    let named = native_path(&script.program);
    let is_there = |path: &PathBuf| path.is_file() && may_be_executed(path).unwrap_or(false);
    if is_there(&named) {
        return Some(named);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let home = environment.cargo_home.iter().map(|home| home.join("bin"));
    let folders = std::env::split_paths(&path).chain([native_path(&script.toolchain)]).chain(home);
    let name = format!("cargo-bulletproof{}", std::env::consts::EXE_SUFFIX);
    folders.map(|folder| folder.join(&name)).find(is_there)
}

#[cfg(unix)]
fn native_path(path: &[u8]) -> PathBuf {
    PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path))
}

/// `C:/Users` for `/c/Users`.
#[cfg(not(unix))]
fn native_path(path: &[u8]) -> PathBuf {
    let text = String::from_utf8_lossy(path).into_owned();
    let mut parts = text.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(""), Some(drive), Some(rest)) if drive.len() == 1 => PathBuf::from(format!("{drive}:/{rest}")),
        _ => PathBuf::from(text),
    }
}

/// What a script is to start: this program, with the cargo that is on the search path now.
///
/// # Errors
/// When this program's own path cannot be told.
pub fn hook_script(repository: &Repository) -> io::Result<Script> {
    let posix = |path: &Path| posix_path(path.as_os_str().as_encoded_bytes(), cfg!(windows));
    let program = environment::own_program()?;
    let cargo = which::which("cargo").ok();
    let toolchain = cargo.as_deref().and_then(Path::parent).or_else(|| program.parent());
    let toolchain = toolchain.map(posix).unwrap_or_default();
    let manifest = repository.manifest();
    Ok(Script { hook: HookName::PreCommit, program: posix(&program), toolchain, manifest, before: None })
}

/// The folder of the workspace that this folder lies in; none where cargo knows none.
fn workspace_of(environment: &Environment, cancel: &Cancel) -> Option<PathBuf> {
    let cargo = tools::find(environment).remove(&crate::step::Tool::Cargo)?;
    let command = super::process::Command::new(cargo, &environment.directory, TIMEOUT).args([
        "locate-project",
        "--workspace",
        "--message-format",
        "plain",
    ]);
    let captured = super::process::run(&command, cancel);
    let manifest = captured.exit_code().is_ok_and(|code| code == 0).then_some(captured.stdout)?;
    Path::new(std::str::from_utf8(&manifest).ok()?.trim_end()).parent().map(Path::to_owned)
}

/// Carries out what was planned. Each file is there whole at any moment: the old one, or the new one.
///
/// # Errors
/// When a file cannot be changed; those before it are.
pub fn change_hooks(actions: &[Action]) -> Result<(), HookFileError> {
    actions.iter().try_for_each(|action| {
        let (path, done) = match action {
            Action::Keep { from, to } => (from, keep(from, to)),
            Action::SetAside { from, to } => (to, set_aside(from, to)),
            Action::Write { path, text } => (path, write(path, text)),
            Action::Restore { from, to } => (to, fs::rename(from, to)),
            Action::Remove { path } => (path, fs::remove_file(path)),
        };
        done.map_err(|cause| HookFileError { path: path.clone(), cause })
    })
}

/// A second name for the file, so that its first one never leads nowhere; where the file system has no such
/// names it is moved.
fn keep(from: &Path, to: &Path) -> io::Result<()> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::hard_link(from, to).or_else(|_| fs::rename(from, to))
}

/// Writes over nothing but the same.
fn set_aside(from: &Path, to: &Path) -> io::Result<()> {
    let content = fs::read(from)?;
    if fs::read(to).is_ok_and(|there| there == content) {
        return Ok(());
    }
    fs::OpenOptions::new().write(true).create_new(true).open(to)?.write_all(&content)
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o755))?;
    }
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}
