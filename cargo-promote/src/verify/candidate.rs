//! One candidate in one store.

use std::io::Read;

use serde::Serialize;

use super::problem::{Gravity, Problem};
use crate::candidate::{Artifact, Candidate, Kind};
use crate::digest::Digest;
use crate::stage::archive::{self, Form};
use crate::stage::checksums;
use crate::store::{Store, StoreError};

/// The largest file of checksums, in bytes: a line for each of the most artifacts.
const MOST_CHECKSUMS: u64 = 8 << 20;

/// What was read of a candidate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// How many artifacts.
    pub artifacts: usize,
    /// How many bytes they have together.
    pub bytes: u64,
    /// How many archives were opened, and what they hold.
    pub archives: usize,
    /// How many signed statements lie beside it.
    pub attestations: usize,
}

/// Reads a candidate back to the last byte. None where the store does not have it.
pub fn candidate(
    store: &dyn Store,
    digest: &Digest,
    problems: &mut Vec<Problem>,
) -> Option<(Candidate, Seen, Vec<Vec<u8>>)> {
    let place = store.place();
    let found = match store.candidate(digest) {
        Ok(found) if found.digest() == *digest => found,
        Ok(other) => {
            let how = format!("the store gave the manifest of {}", other.digest().short());
            problems.push(Problem::wrong(&place, format!("the candidate {}", digest.short()), how));
            return None;
        }
        Err(StoreError::Missing { .. }) => return None,
        Err(error) => {
            problems.push(Problem::of(&place, format!("the manifest of {}", digest.short()), &error));
            return None;
        }
    };
    let mut seen = Seen::default();
    for artifact in &found.manifest().artifacts {
        let what = format!("{} of {}", artifact.name, found.shown());
        seen.artifacts += 1;
        seen.bytes += artifact.size;
        if let Err(problem) = bytes(store, &found, artifact, &what, &place) {
            problems.push(problem);
            continue;
        }
        match content(store, &found, artifact, &what, &place) {
            Ok(opened) => seen.archives += usize::from(opened),
            Err(problem) => problems.push(problem),
        }
    }
    let statements = store.attestations(digest).unwrap_or_else(|error| {
        problems.push(Problem::of(&place, format!("an attestation of {}", found.shown()), &error));
        Vec::new()
    });
    seen.attestations = statements.len();
    Some((found, seen, statements))
}

/// Reads an artifact to its end.
fn bytes(
    store: &dyn Store,
    candidate: &Candidate,
    artifact: &Artifact,
    what: &str,
    place: &str,
) -> Result<(), Problem> {
    let mut from = store.artifact(candidate, artifact).map_err(|error| Problem::of(place, what, &error))?;
    let read = Digest::copy(&mut from, &mut std::io::sink());
    let (digest, size) = read.map_err(|error| unread(place, what, &error))?;
    match () {
        () if size != artifact.size => {
            let how = format!("it has {size} bytes; the manifest says {}", artifact.size);
            Err(Problem::wrong(place, what, how))
        }
        () if digest != artifact.digest => {
            let how = format!("its digest is {digest}; the manifest says {}", artifact.digest);
            Err(Problem::wrong(place, what, how))
        }
        () => Ok(()),
    }
}

/// Looks into an artifact that has the right bytes. Gives whether it is an archive.
fn content(
    store: &dyn Store,
    candidate: &Candidate,
    artifact: &Artifact,
    what: &str,
    place: &str,
) -> Result<bool, Problem> {
    let open = || store.artifact(candidate, artifact).map_err(|error| Problem::of(place, what, &error));
    let name = artifact.name.as_str();
    let (form, top) = match artifact.kind {
        Kind::Checksums => {
            let mut bytes = Vec::new();
            let read = open()?.take(MOST_CHECKSUMS).read_to_end(&mut bytes);
            read.map_err(|error| unread(place, what, &error))?;
            let checked = checksums::check(&bytes, &candidate.manifest().artifacts);
            return checked.map(|()| false).map_err(|bad| Problem::wrong(place, what, bad.to_string()));
        }
        Kind::Crate => (Some(Form::TarGz), name.strip_suffix(".crate")),
        Kind::Archive => (Some(Form::TarGz), name.strip_suffix(".tar.gz")),
        Kind::File => (Form::of(name), None),
        Kind::Binary | Kind::Sbom => (None, None),
    };
    let Some(form) = form else { return Ok(false) };
    let looked = archive::inspect(open()?, artifact.size, form, top);
    looked.map(|_| true).map_err(|bad| Problem::wrong(place, what, bad.to_string()))
}

fn unread(place: &str, what: &str, error: &std::io::Error) -> Problem {
    let damaged = error.kind() == std::io::ErrorKind::InvalidData;
    let gravity = if damaged { Gravity::Wrong } else { Gravity::Unread };
    let how = if damaged { format!("it is damaged: {error}") } else { format!("it cannot be read: {error}") };
    Problem { gravity, place: place.to_owned(), what: what.to_owned(), how }
}
