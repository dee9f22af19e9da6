//! Brings the files of what is judged into the copy.

use std::collections::BTreeMap;
use std::path::Path;

use super::SnapshotError;
use super::checkout::{Checkout, Entry};
use super::place::{Place, joined};
use super::repository::Judged;
use crate::exec::format::StagedFormat;

/// How what is judged differs from `HEAD`, and the contents of a few sources among it.
pub(super) type Staged = (Vec<u8>, BTreeMap<String, Vec<u8>>);

/// Brings the files here; with what of them is staged, about which rustfmt is asked meanwhile, where git tells it.
pub(super) fn brought(
    checkout: &Checkout<'_>,
    place: &Place,
    judged: &Judged,
    format: &mut StagedFormat,
) -> Result<(Vec<Entry>, Option<Staged>), SnapshotError> {
    let (files, staged) = std::thread::scope(|scope| {
        let staged = scope.spawn(|| {
            let staged = checkout.users.staged(judged)?;
            let contents = checkout.users.few_sources(&staged);
            format.begin(&joined(&checkout.tree, &place.below), &place.below, (&staged, &contents));
            Some((staged, contents))
        });
        (with_lock(checkout, place, judged), staged.join())
    });
    Ok((files?, staged.ok().flatten()))
}

/// Brings the files here. A lock file that git ignores serves here as it does there.
fn with_lock(checkout: &Checkout<'_>, place: &Place, judged: &Judged) -> Result<Vec<Entry>, SnapshotError> {
    let lock = joined(Path::new(""), &crate::facts::join(&place.below, "Cargo.lock"));
    let path = checkout.tree.join(&lock);
    let users = std::fs::read(place.home.join("Cargo.lock")).ok();
    let is_same =
        |foreign: &Path| foreign == lock && std::fs::read(&path).ok() == users && checkout.ignores(foreign);
    let files = checkout.bring(judged.head.as_deref(), &judged.tree, &is_same)?;
    if let Some(text) = users.filter(|_| !path.exists() && checkout.ignores(&lock)) {
        std::fs::write(&path, text).map_err(|error| SnapshotError::disk(&path, &error))?;
    }
    Ok(files)
}
