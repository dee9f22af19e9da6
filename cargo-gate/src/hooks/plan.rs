//! What is to be done so that our hooks are there, or gone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::script::{Before, Script};
use super::state::{State, judge, manifest};
use super::{Found, HookFile, HookName, Owner, Repository};

/// One change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Gives a file a second name, under which it is kept.
    Keep {
        /// The file.
        from: PathBuf,
        /// Its other name.
        to: PathBuf,
    },
    /// Copies a file to a place where none is, for somebody to look at.
    SetAside {
        /// The file.
        from: PathBuf,
        /// The copy.
        to: PathBuf,
    },
    /// Writes an executable file whole, in the place of what is there.
    Write {
        /// The file.
        path: PathBuf,
        /// Its content.
        text: Vec<u8>,
    },
    /// Moves a file to where it was, in the place of what is there.
    Restore {
        /// The file.
        from: PathBuf,
        /// Where it was.
        to: PathBuf,
    },
    /// Removes a file.
    Remove {
        /// The file.
        path: PathBuf,
    },
}

/// What becomes of one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The hook.
    pub hook: HookName,
    /// What is done, in that order; nothing where all is as it should be.
    pub actions: Vec<Action>,
    /// What that means, in words.
    pub says: String,
}

/// Why hooks cannot be installed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A folder for all of a user's repositories.
    #[error(
        "core.hooksPath is {value}, set for all your repositories ({origin}): a hook there would run in each of \
         them. Give this repository a folder of its own, then install again:\n  git config --local core.hooksPath \
         \"{own}\"\nGit then runs the hooks of {value} no more in this repository.",
        own = .own.display()
    )]
    Shared {
        /// The setting's value.
        value: String,
        /// The file that sets it.
        origin: String,
        /// The repository's own folder for hooks.
        own: PathBuf,
    },
    /// A setting that turns hooks off.
    #[error(
        "core.hooksPath is \"{value}\" ({origin}), so that git runs no hooks; take it away first: git config --{scope} --unset core.hooksPath"
    )]
    Off {
        /// The setting's value.
        value: String,
        /// The file that sets it.
        origin: String,
        /// Its scope.
        scope: String,
    },
    /// A folder outside of the repository.
    #[error(
        "git looks for this repository's hooks in {}, outside of it: whoever else uses that folder would run what \
         is written there. Give this repository a folder of its own, then install again:\n  git config --local \
         core.hooksPath \"{}\"\nWhere that is a link to the other one, put a folder in its place.",
        .folder.display(), .own.display()
    )]
    Outside {
        /// That folder.
        folder: PathBuf,
        /// The repository's own folder for hooks.
        own: PathBuf,
    },
    /// Ours is there, and starts the gates of another workspace.
    #[error(
        "{} starts the gates of another workspace of this repository, {there}, and a hook of ours starts those of \
         one. Take it away there (cargo bulletproof hooks uninstall), or write a hook of your own with a line for \
         each workspace: cargo bulletproof hook {hook} --manifest-path PATH || exit",
        .file.display()
    )]
    Elsewhere {
        /// The hook.
        hook: HookName,
        /// Its file.
        file: PathBuf,
        /// The manifest that it names.
        there: String,
    },
    /// Two hooks of somebody else's in one place.
    #[error("{} and {} are both somebody else's: remove or rename one of them, then install again", .file.display(), .kept.display())]
    Two {
        /// The hook.
        file: PathBuf,
        /// The one that was there before.
        kept: PathBuf,
    },
}

/// What makes those hooks ours. `script` is one of ours for any hook.
///
/// # Errors
/// When the folder of hooks is none to write into, or a hook has two owners already.
pub fn install(
    repository: &Repository,
    wanted: &[HookName],
    script: &Script,
) -> Result<Vec<Change>, Refusal> {
    if let Some(path) = &repository.config.path {
        let (value, origin) = (path.value.clone(), path.origin.clone());
        if repository.is_off() {
            return Err(Refusal::Off { value, origin, scope: path.scope.clone() });
        }
        if path.is_of_all_repositories() && !repository.holds_its_hooks() {
            return Err(Refusal::Shared { value, origin, own: repository.common.join("hooks") });
        }
    }
    if !repository.holds_its_hooks() {
        let (folder, own) = (repository.folder.clone(), repository.common.join("hooks"));
        return Err(Refusal::Outside { folder, own });
    }
    let judged = judge(repository);
    let of = |hook: &HookName| {
        let found = repository.hooks.iter().zip(&judged).find(|(found, _)| found.hook == *hook);
        found.map(|(found, judged)| match &judged.state {
            State::Called(by) => Ok(untouched(*hook, format!("already called by {by}; nothing is written"))),
            _ => install_one(repository, found, script),
        })
    };
    wanted.iter().filter_map(of).collect()
}

fn install_one(repository: &Repository, found: &Found, script: &Script) -> Result<Change, Refusal> {
    let hook = found.hook;
    let kept = repository.kept(hook);
    let (file, there) = match (found.run_by_manager(), &found.moved) {
        (Some(ours), Some((ending, _))) => (repository.moved(hook, ending), Some(ours)),
        _ => (repository.file(hook), found.file.as_ref()),
    };
    let foreign = there.filter(|file| !file.is_ours(hook));
    let old = there.and_then(|there| Script::read(hook, &there.content));
    if let Some(old) = old.filter(|old| old.manifest != script.manifest) {
        return Err(Refusal::Elsewhere { hook, file, there: manifest(old.manifest) });
    }
    let mut actions = Vec::new();
    let before = match (foreign, found.before()) {
        (Some(new), Some(old)) if !replaces(hook, new, old) => return Err(Refusal::Two { file, kept }),
        (Some(new), old) => {
            if old != Some(new) {
                actions.push(Action::Keep { from: file.clone(), to: kept.clone() });
            }
            Some(new)
        }
        (None, old) => old,
    };
    let runs = before.filter(|before| before.executable);
    let script = Script { hook, before: runs.map(|before| Before::of(&before.content)), ..script.clone() };
    let text = script.text();
    let current = |file: &HookFile| file.content == text && file.executable;
    if there.is_some_and(current) {
        return Ok(untouched(hook, format!("already installed: {}", repository.shown(&file))));
    }
    let place = repository.shown(&file).to_string();
    let aside = there.and_then(|there| set_aside(repository, hook, there, &file));
    actions.extend(aside.iter().map(|(action, _)| action.clone()));
    actions.push(Action::Write { path: file, text });
    let name = repository.shown(&kept).to_string();
    let mut says = match (there, foreign) {
        (Some(_), None) => format!("updated: {place}"),
        _ => format!("installed: {place}"),
    };
    says.extend(aside.into_iter().map(|(_, said)| said));
    if let Some(before) = before {
        let whose = match before.owner(hook) {
            Owner::Foreign { manager: Some(manager) } => format!(" ({manager}'s)"),
            _ => String::new(),
        };
        let then = if runs.is_some() {
            " and runs first"
        } else {
            "; it may not be executed, so git did not run it, nor do we"
        };
        let _ = write!(says, "; the hook that was there{whose} is kept as {name}{then}");
    }
    Ok(Change { hook, actions, says })
}

/// Keeps a script of ours that may have lines of somebody else's, with what that means in words.
fn set_aside(
    repository: &Repository,
    hook: HookName,
    ours: &HookFile,
    file: &Path,
) -> Option<(Action, String)> {
    let to = repository.changed(hook);
    let said =
        format!("; what it was, with what somebody may have added, is kept as {}", repository.shown(&to));
    let is_changed = ours.is_ours(hook) && !ours.is_unchanged(hook);
    is_changed.then(|| (Action::SetAside { from: file.to_owned(), to }, said))
}

/// Whether the hook that is there is a newer one of what was kept: the same, or of the same manager of hooks,
/// which writes its hooks again now and then.
fn replaces(hook: HookName, new: &HookFile, old: &HookFile) -> bool {
    let manager = |file: &HookFile| match file.owner(hook) {
        Owner::Foreign { manager } => manager,
        _ => None,
    };
    new == old || manager(new).is_some_and(|name| manager(old) == Some(name))
}

/// What takes those hooks of ours away and puts back what was there before.
pub fn uninstall(repository: &Repository, wanted: &[HookName]) -> Vec<Change> {
    let selected = repository.hooks.iter().filter(|found| wanted.contains(&found.hook));
    selected.map(|found| uninstall_one(repository, found)).collect()
}

fn uninstall_one(repository: &Repository, found: &Found) -> Change {
    let hook = found.hook;
    let kept = repository.kept(hook);
    let shown = |path: &Path| repository.shown(path).to_string();
    let of_file = found.file.as_ref().map(|file| (repository.file(hook), file));
    let of_moved = found.moved.as_ref().map(|(ending, ours)| (repository.moved(hook, ending), ours));
    let ours = [&of_file, &of_moved].into_iter().flatten().find(|(_, file)| file.is_ours(hook));
    let (file, ours) = match (ours, &of_file) {
        (Some((file, ours)), _) => (file.clone(), Some(*ours)),
        (None, Some((file, _))) => {
            let both = found.before().map(|_| format!(", and so is {}", shown(&kept))).unwrap_or_default();
            return untouched(hook, format!("left alone: {} is not ours{both}", shown(file)));
        }
        (None, None) => (repository.file(hook), None),
    };
    let aside = ours.and_then(|ours| set_aside(repository, hook, ours, &file));
    let (aside, said) = aside.map_or((None, String::new()), |(action, said)| (Some(action), said));
    let (actions, says) = match (ours, found.before()) {
        (None, None) => return untouched(hook, "not installed".to_owned()),
        (_, Some(_)) => (
            vec![Action::Restore { from: kept, to: file.clone() }],
            format!("removed; the hook that was there before is back: {}", shown(&file)),
        ),
        (Some(_), None) => {
            let copy = found.kept.is_some().then_some(Action::Remove { path: kept });
            let own = Action::Remove { path: file.clone() };
            (copy.into_iter().chain([own]).collect(), format!("removed: {}", shown(&file)))
        }
    };
    Change { hook, actions: aside.into_iter().chain(actions).collect(), says: says + &said }
}

fn untouched(hook: HookName, says: String) -> Change {
    Change { hook, actions: Vec::new(), says }
}

#[cfg(test)]
mod tests;
