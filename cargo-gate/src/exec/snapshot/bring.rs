//! Brings the files of what is judged into the copy.

use std::path::Path;

use super::SnapshotError;
use super::checkout::{Checkout, Entry};
use super::place::{Place, joined};
use super::repository::Judged;

/// Brings the files here. A lock file that git ignores serves here as it does there.
pub(super) fn brought(
    checkout: &Checkout<'_>,
    place: &Place,
    judged: &Judged,
) -> Result<Vec<Entry>, SnapshotError> {
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
