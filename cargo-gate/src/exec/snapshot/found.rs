//! What has to be known of the user's repository before a copy of it is brought up to date: asked all at once.

use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

use super::SnapshotError;
use super::git::{Git, Said};
use super::lock::Held;
use super::place::{self, Place};
use super::repository::{Judged, Repository};
use crate::exec::git_settings::of_hooks;
use crate::exec::presence::clear_own;
use crate::exec::{Cancel, Environment};
use crate::facts::UsersClone;
use crate::step::Captured;
use crate::subject::Wanted;

/// What is found of a repository at once.
pub(super) struct Found<'a> {
    /// The user's repository.
    pub(super) repository: Repository<'a>,
    /// The commit that is wanted; none where it is the index.
    pub(super) commit: Option<Judged>,
    /// Where the copy is.
    pub(super) place: Place,
    /// The user's refs.
    pub(super) refs: Vec<u8>,
    /// By what files are written.
    pub(super) conversion: String,
    /// Where people work in it; none where nobody does, or git does not tell its settings.
    pub(super) clone: Option<UsersClone>,
    /// The index, where it was read meanwhile.
    pub(super) begun: Option<Begun>,
}

/// The index, read by way of a copy's folder.
pub(super) struct Begun {
    folder: PathBuf,
    held: Held,
    index: Judged,
}

impl<'a> Found<'a> {
    /// For what is wanted, by git in the folder that was asked about.
    pub(super) fn of(
        here: &Git<'a>,
        environment: &Environment,
        manifest: Option<&Path>,
        wanted: &Wanted,
    ) -> Result<Self, SnapshotError> {
        // where git is told which repository it is, it may find another one by itself
        let finds_it = environment.git_dir.is_none();
        std::thread::scope(|scope| {
            let early = finds_it.then(|| scope.spawn(|| Said::by(here)));
            let repository = Repository::find(here, environment)?;
            let commit = match wanted {
                Wanted::Commit(revision) => Some(repository.commit(revision)?),
                Wanted::Worktree | Wanted::Index => repository.has_index(environment).map(|()| None)?,
            };
            let revision = commit.as_ref().and_then(|judged| judged.head.clone()).unwrap_or_default();
            let (place, begun, late) = std::thread::scope(|scope| {
                let begun = scope.spawn(|| begun(&repository, environment, wanted));
                let late = (!finds_it).then(|| scope.spawn(|| Said::by(&repository.git)));
                let place = Place::find(&repository, environment, manifest, wanted, &revision);
                (place, begun.join(), late.map(ScopedJoinHandle::join))
            });
            let said = late.or_else(|| early.map(ScopedJoinHandle::join)).and_then(Result::ok);
            let lost = || SnapshotError::Git("the repository could not be looked at".to_owned());
            let Said { refs, settings } = said.ok_or_else(lost)?;
            let place = place.map_err(|error| repository.conflicts(environment, wanted).unwrap_or(error))?;
            let begun = begun.ok().flatten().filter(|begun| begun.folder == place.folder);
            let (clone, refs) = (users_clone(&repository, settings.as_ref()), refs?);
            let conversion = repository.conversion(settings)?;
            Ok(Self { repository, commit, place, refs, conversion, clone, begun })
        })
    }
}

/// The clone that people work in.
fn users_clone(repository: &Repository<'_>, settings: Option<&Captured>) -> Option<UsersClone> {
    let (top, hooks) = (repository.top.clone()?, of_hooks(&settings?.stdout)?);
    Some(UsersClone { top, common: repository.common.clone(), hooks })
}

/// The index, while nobody knows yet where the copy lies, by way of the folder that is likely to be it.
fn begun(repository: &Repository<'_>, environment: &Environment, wanted: &Wanted) -> Option<Begun> {
    let top = repository.top.as_ref().filter(|_| *wanted == Wanted::Index)?;
    let folder = place::likely(top, environment, wanted)?;
    let held = Held::free(&folder)?;
    clear_own(&folder);
    // what goes wrong is told where the place is known
    let index = repository.index(environment, &folder, true).ok()?;
    Some(Begun { folder, held, index })
}

/// This run's own copy, and the index where that was read meanwhile.
pub(super) fn taken(
    place: &Place,
    begun: Option<Begun>,
    cancel: &Cancel,
    say: &dyn Fn(&str),
) -> Result<(Held, Option<Judged>), SnapshotError> {
    if let Some(Begun { held, index, .. }) = begun {
        return Ok((held, Some(index)));
    }
    let held = Held::take(&place.folder, cancel, say)?;
    clear_own(&place.folder);
    Ok((held, None))
}
