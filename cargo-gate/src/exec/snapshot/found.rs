//! What has to be known of the user's repository before a copy of it is brought up to date: asked all at once.

use std::path::{Path, PathBuf};

use super::SnapshotError;
use super::lock::Held;
use super::place::{self, Place};
use super::repository::{Judged, Repository};
use crate::exec::git_settings::of_hooks;
use crate::exec::presence::clear_own;
use crate::exec::{Cancel, Environment};
use crate::facts::UsersClone;
use crate::subject::Wanted;

/// What is found of a repository at once.
pub(super) struct Found {
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

impl Found {
    /// For what is wanted.
    pub(super) fn of(
        repository: &Repository<'_>,
        environment: &Environment,
        manifest: Option<&Path>,
        wanted: &Wanted,
        revision: &str,
    ) -> Result<Self, SnapshotError> {
        let (place, refs, settings, begun) = std::thread::scope(|scope| {
            let begun = scope.spawn(|| begun(repository, environment, wanted));
            let refs = scope.spawn(|| repository.refs());
            let settings = scope.spawn(|| repository.settings());
            let place = Place::find(repository, environment, manifest, wanted, revision);
            (place, refs.join(), settings.join(), begun.join())
        });
        let place = place.map_err(|error| repository.conflicts(environment, wanted).unwrap_or(error))?;
        let lost = |_| SnapshotError::Git("the repository could not be looked at".to_owned());
        let begun = begun.ok().flatten().filter(|begun| begun.folder == place.folder);
        let settings = settings.map_err(lost)?;
        let hooks = settings.as_ref().and_then(|told| of_hooks(&told.stdout));
        let clone = repository.top.clone().zip(hooks);
        let clone = clone.map(|(top, hooks)| UsersClone { top, common: repository.common.clone(), hooks });
        Ok(Self {
            place,
            refs: refs.map_err(lost)??,
            conversion: repository.conversion(settings)?,
            clone,
            begun,
        })
    }
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
