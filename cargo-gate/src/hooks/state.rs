//! How a hook stands.

use std::fmt;
use std::path::PathBuf;

use super::call::{MANIFEST, called};
use super::script::Script;
use super::{Found, HookFile, HookName, Owner, Repository, VERSION};

/// How a hook stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Ours is there, and current.
    Installed,
    /// Somebody else's is there and calls our program; says whose.
    Called(String),
    /// None is there.
    Missing,
    /// Somebody else's is there, and our program is not called.
    Foreign(Option<&'static str>),
    /// Somebody else's is there and names our program; whether it runs it cannot be told.
    Unclear,
    /// It starts the gates of another workspace; says of which manifest.
    Elsewhere(String),
    /// Ours is there, and has to be written again; says why.
    Outdated(String),
    /// git runs no hook files here.
    Off,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed => f.write_str("installed"),
            Self::Called(by) => write!(f, "called by {by}"),
            Self::Missing => f.write_str("missing"),
            Self::Foreign(Some(manager)) => write!(f, "foreign ({manager}'s)"),
            Self::Foreign(None) => f.write_str("foreign"),
            Self::Unclear => f.write_str("foreign; whether it starts the gates cannot be told"),
            Self::Elsewhere(manifest) => write!(f, "starts the gates of another workspace: {manifest}"),
            Self::Outdated(why) => write!(f, "outdated: {why}"),
            Self::Off => f.write_str("off: core.hooksPath leads nowhere"),
        }
    }
}

/// A hook, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The hook.
    pub hook: HookName,
    /// How it stands.
    pub state: State,
    /// Whether ours runs the hook that was there before.
    pub chained: bool,
    /// The program that ours starts.
    pub program: Option<PathBuf>,
    /// The configured hook that starts our program a second time.
    pub twice: Option<String>,
}

impl Judged {
    /// Whether our gates run in it.
    pub fn is_in_order(&self) -> bool {
        matches!(self.state, State::Installed | State::Called(_))
    }
}

/// Judges each hook of a repository.
pub fn judge(repository: &Repository) -> Vec<Judged> {
    repository.hooks.iter().map(|found| judge_one(repository, found)).collect()
}

fn judge_one(repository: &Repository, found: &Found) -> Judged {
    let hook = found.hook;
    let configured = repository.config.calls_us(hook, &manifest(repository.manifest()));
    let configured = configured.filter(|_| repository.runs_config_hooks);
    let name = configured.map(|configured| configured.name.clone());
    let (state, chained) = of_file(repository, found);
    let from_file = matches!(state, State::Installed | State::Called(_));
    let (state, twice) = match name {
        Some(name) if from_file => (state, Some(name)),
        Some(name) => (State::Called(format!("hook.{name} of git's configuration")), None),
        None => (state, None),
    };
    Judged { hook, state, chained, program: found.program.clone(), twice }
}

fn of_file(repository: &Repository, found: &Found) -> (State, bool) {
    let Found { hook, file, .. } = found;
    let Some(file) = file else {
        return (if repository.is_off() { State::Off } else { State::Missing }, false);
    };
    let state = match file.owner(*hook) {
        Owner::Foreign { manager } => match found.run_by_manager() {
            Some(ours) => match of_ours(repository, found, ours) {
                (State::Installed, chained) => {
                    let by = format!("{}'s hook, which runs ours first", manager.unwrap_or_default());
                    return (State::Called(by), chained);
                }
                other => return other,
            },
            None => State::Foreign(manager),
        },
        Owner::Unclear => State::Unclear,
        Owner::CallsUs if file.executable => of_calls(repository, *hook, &file.content),
        Owner::CallsUs => State::Foreign(None),
        Owner::Ours { .. } => return of_ours(repository, found, file),
    };
    (state, false)
}

/// How ours stands, and whether it runs the hook that was there before.
fn of_ours(repository: &Repository, found: &Found, file: &HookFile) -> (State, bool) {
    let outdated = |why: &str| State::Outdated(why.to_owned());
    if !file.executable {
        return (outdated("git does not run it, since it may not be executed"), false);
    }
    if let Owner::Ours { version: Some(version) } = file.owner(found.hook)
        && version != VERSION
    {
        let why =
            format!("it was written by another version (text {version}, this program writes {VERSION})");
        return (State::Outdated(why), false);
    }
    let script = Script::read(found.hook, &file.content).filter(|script| script.text() == file.content);
    let Some(script) = script else { return (outdated("somebody changed its text"), false) };
    let chained = script.before.is_some();
    if repository.workspace.is_some() && script.manifest != repository.manifest() {
        return (State::Elsewhere(manifest(script.manifest)), chained);
    }
    let kept = found.before().is_some_and(|kept| kept.executable);
    match (chained, kept) {
        (true, false) => (outdated("the hook that it is to run first is gone, or may not be executed"), true),
        (false, true) => (outdated("it does not run the hook that was kept beside it"), false),
        (chained, _) if found.program.is_some() => (State::Installed, chained),
        (chained, _) => (outdated("the program that it starts is nowhere to be found"), chained),
    }
}

/// How a hook of the user's own stands that calls us.
fn of_calls(repository: &Repository, hook: HookName, content: &[u8]) -> State {
    let text = String::from_utf8_lossy(content);
    let calls = called(hook, &text);
    match calls.first() {
        Some(first)
            if repository.workspace.is_some()
                && !calls.contains(&manifest(repository.manifest()).as_str()) =>
        {
            State::Elsewhere((*first).to_owned())
        }
        _ => State::Called("a hook of your own".to_owned()),
    }
}

/// A manifest as people read it.
pub(super) fn manifest(manifest: Option<Vec<u8>>) -> String {
    manifest.map_or_else(|| MANIFEST.to_owned(), |manifest| String::from_utf8_lossy(&manifest).into_owned())
}

impl Repository {
    /// Whether `core.hooksPath` leads to no folder.
    pub fn is_off(&self) -> bool {
        self.config.path.as_ref().is_some_and(|path| ["", "/dev/null", "NUL"].contains(&path.value.as_str()))
    }
}
