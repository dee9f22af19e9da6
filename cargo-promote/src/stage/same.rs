//! Whether two builds of one commit gave the same.

use crate::candidate::{Artifact, Candidate};
use crate::trouble::Trouble;

/// Refuses a candidate that has files of the same names as an earlier one of its commit, by the same toolchain, with
/// other bytes: the one that was tested is not the one that would be promoted.
///
/// # Errors
/// Where that is so; the message names the files.
pub fn same_build(earlier: &Candidate, now: &Candidate) -> Result<(), Trouble> {
    let (old, new) = (earlier.manifest(), now.manifest());
    let of_old = |artifact: &Artifact| {
        let same = |old: &&Artifact| old.name == artifact.name && old.target == artifact.target;
        old.artifacts.iter().find(same)
    };
    let whole = old.artifacts.len() == new.artifacts.len()
        && new.artifacts.iter().all(|artifact| of_old(artifact).is_some());
    if old.toolchain != new.toolchain || !whole {
        return Ok(());
    }
    let differ = |artifact: &&Artifact| of_old(artifact).is_some_and(|old| old.digest != artifact.digest);
    let names: Vec<&str> =
        new.artifacts.iter().filter(differ).map(|artifact| artifact.name.as_str()).collect();
    Err(Trouble::Refused(format!(
        "the commit {} is staged as {}, and this build of it has other bytes in {}; `cargo gate repro` tells why two \
         builds differ",
        new.commit.chars().take(10).collect::<String>(),
        earlier.shown(),
        names.join(", ")
    )))
}
