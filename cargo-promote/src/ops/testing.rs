//! What the tests of several modules need: candidates and entries that are made up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::candidate::{Artifact, Candidate, Kind, Manifest, Toolchain};
use crate::digest::Digest;
use crate::ledger::{Action, By, Staged};

/// A candidate with these files, which are written into the folder.
pub(crate) fn candidate(
    folder: &Path,
    version: &str,
    files: &[(&str, &[u8])],
) -> (Candidate, BTreeMap<Digest, PathBuf>) {
    let mut paths = BTreeMap::new();
    let mut artifacts: Vec<_> = files
        .iter()
        .map(|(name, bytes)| {
            let digest = Digest::of(bytes);
            let path = folder.join(digest.hex());
            std::fs::write(&path, bytes).unwrap();
            paths.insert(digest, path);
            let size = bytes.len() as u64;
            Artifact { name: name.parse().unwrap(), kind: Kind::File, target: None, digest, size }
        })
        .collect();
    artifacts.sort();
    let toolchain =
        Toolchain { rustc: "rustc 1".to_owned(), cargo: "cargo 1".to_owned(), host: "here".to_owned() };
    let manifest = Manifest {
        schema_version: Manifest::schema_version(),
        name: "tool".to_owned(),
        version: version.parse().unwrap(),
        commit: "1".repeat(40),
        tree: "2".repeat(40),
        toolchain,
        artifacts,
    };
    (Candidate::new(&manifest).unwrap(), paths)
}

/// Somebody, at that second since 1970.
pub(crate) fn by(second: i64) -> By {
    let time = Timestamp::from_second(second).unwrap();
    let (actor, reason) = ("Ada <ada@example.invalid>".to_owned(), "because".to_owned());
    By { id: format!("{second:032x}"), time, actor, reason }
}

/// Stages a candidate that nothing more is known of than those bytes.
pub(crate) fn stage(bytes: &str) -> Action {
    let staged = Staged {
        name: "tool".to_owned(),
        version: "1.0.0".parse().unwrap(),
        commit: "1".repeat(40),
        tree: "2".repeat(40),
        at: Timestamp::UNIX_EPOCH,
        reached: [].into(),
    };
    Action::Stage { candidate: Digest::of(bytes.as_bytes()), staged }
}

/// Promotes such a candidate.
pub(crate) fn promote(environment: &str, bytes: &str, from: Option<&str>) -> Action {
    Action::Promote {
        environment: environment.parse().unwrap(),
        candidate: Digest::of(bytes.as_bytes()),
        from: from.map(|from| Digest::of(from.as_bytes())),
    }
}
