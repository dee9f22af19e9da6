//! Candidates, and who moves them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cargo_gate::exec::Cancel;
use cargo_promote::candidate::{Artifact, Candidate, Kind, Manifest, Toolchain};
use cargo_promote::digest::Digest;
use cargo_promote::ledger::{Action, By, Staged};
use cargo_promote::name::Label;
use cargo_promote::ops;
use cargo_promote::ops::folder::Folder;
use cargo_promote::store::Store;
use jiff::Timestamp;

pub(crate) type Files = BTreeMap<Digest, PathBuf>;

/// A candidate of two files and an empty one, and where they are.
pub(crate) fn candidate(place: &Path, patch: u64) -> (Candidate, Files) {
    let mut files = Files::new();
    let large: Vec<u8> = (0..300_000_u64).map(|it| (it * 31 + patch).to_le_bytes()[0]).collect();
    let tool = format!("tool {patch}").into_bytes();
    let mut artifact = |name: &str, bytes: &[u8]| {
        let file = place.join(format!("{name}-{patch}"));
        std::fs::write(&file, bytes).unwrap();
        let digest = Digest::of(bytes);
        files.insert(digest, file);
        let (kind, target, size) = (Kind::Binary, None, bytes.len() as u64);
        Artifact { name: name.parse().unwrap(), kind, target, digest, size }
    };
    let artifacts = vec![artifact("empty", b""), artifact("large.bin", &large), artifact("tool", &tool)];
    let manifest = Manifest {
        schema_version: Manifest::schema_version(),
        name: "tool".to_owned(),
        version: semver::Version::new(1, 0, patch),
        commit: "1".repeat(40),
        tree: "2".repeat(40),
        toolchain: Toolchain {
            rustc: "rustc 1.95.0".to_owned(),
            cargo: "cargo 1.95.0".to_owned(),
            host: "x86_64-unknown-linux-gnu".to_owned(),
        },
        artifacts,
    };
    (Candidate::new(&manifest).unwrap(), files)
}

/// A store in a folder.
pub(crate) fn folder_store(at: &Path) -> impl Store + use<> {
    ops::store::local(Folder::new(at, &Cancel::default()))
}

pub(crate) fn staging() -> Label {
    "staging".parse().unwrap()
}

pub(crate) fn by() -> By {
    By {
        id: ops::id().unwrap(),
        time: Timestamp::now(),
        actor: "A <a@example.org>".to_owned(),
        reason: String::new(),
    }
}

/// One of a few candidates of which only the name matters.
pub(crate) fn named(number: u8) -> Digest {
    Digest::of(&[number])
}

pub(crate) fn stage(candidate: Digest) -> Action {
    let staged = Staged {
        name: "tool".to_owned(),
        version: semver::Version::new(1, 0, 0),
        commit: "1".repeat(40),
        tree: "2".repeat(40),
        at: Timestamp::UNIX_EPOCH,
        reached: std::collections::BTreeSet::default(),
    };
    Action::Stage { candidate, staged }
}
