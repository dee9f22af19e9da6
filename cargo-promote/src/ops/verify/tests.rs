use std::collections::BTreeMap;

use crate::candidate::{Artifact, Candidate, Kind, Manifest, Toolchain};
use crate::digest::Digest;
use crate::ops::folder::Folder;
use crate::ops::store::local;
use crate::stage::{archive, checksums};
use crate::store::Store;
use crate::verify::Problem;

/// A candidate of that archive, with a file of checksums, in a store of its own.
fn stored(kind: Kind, name: &str, bytes: &[u8]) -> (tempfile::TempDir, Candidate) {
    let folder = tempfile::tempdir().unwrap();
    let artifact = |name: &str, kind, bytes: &[u8]| Artifact {
        name: name.parse().unwrap(),
        kind,
        target: None,
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
    };
    let one = artifact(name, kind, bytes);
    let sums = checksums::write([&one]);
    let mut artifacts = vec![artifact(checksums::NAME, Kind::Checksums, sums.as_bytes()), one];
    artifacts.sort_by(|a, b| a.name.cmp(&b.name));
    let mut files = BTreeMap::new();
    for (number, bytes) in [sums.as_bytes(), bytes].iter().enumerate() {
        let path = folder.path().join(number.to_string());
        std::fs::write(&path, bytes).unwrap();
        files.insert(Digest::of(bytes), path);
    }
    let toolchain = Toolchain { rustc: "r".into(), cargo: "c".into(), host: "h".into() };
    let candidate = Candidate::new(&Manifest {
        schema_version: Manifest::schema_version(),
        name: "tool".into(),
        version: "1.0.0".parse().unwrap(),
        commit: "1".repeat(40),
        tree: "2".repeat(40),
        toolchain,
        artifacts,
    })
    .unwrap();
    store(&folder).put(&candidate, &files).unwrap();
    (folder, candidate)
}

fn store(folder: &tempfile::TempDir) -> impl Store + use<> {
    local(Folder::new(folder.path().join("store"), &cargo_gate::exec::Cancel::default()))
}

fn problems(folder: &tempfile::TempDir, candidate: &Candidate) -> Vec<Problem> {
    let mut problems = Vec::new();
    crate::verify::candidate(&store(folder), &candidate.digest(), &mut problems);
    problems
}

fn packed(path: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let member = archive::Member { path: path.to_owned(), program: false, bytes: b"1".to_vec() };
    archive::write(&mut bytes, vec![member], 0).unwrap();
    bytes
}

#[test]
fn a_candidate_that_is_as_it_was_staged_has_no_problem() {
    let (folder, candidate) = stored(Kind::Crate, "tool-1.0.0.crate", &packed("tool-1.0.0/Cargo.toml"));
    let mut problems = Vec::new();
    let (read, seen, _) =
        crate::verify::candidate(&store(&folder), &candidate.digest(), &mut problems).unwrap();
    assert_eq!((read, problems), (candidate, vec![]));
    assert_eq!((seen.artifacts, seen.archives), (2, 1));
}

#[test]
fn an_archive_that_is_unsafe_is_told_though_its_digest_is_right() {
    let (folder, candidate) = stored(Kind::Crate, "tool-1.0.0.crate", &packed("other/Cargo.toml"));
    assert!(problems(&folder, &candidate)[0].how.contains("is not in `tool-1.0.0/`"));
    let (folder, candidate) = stored(Kind::File, "given.tar.gz", b"no archive");
    assert!(problems(&folder, &candidate)[0].how.contains("cannot be read"));
    // a file that is no archive is not opened
    let (folder, candidate) = stored(Kind::File, "given.txt", b"no archive");
    assert_eq!(problems(&folder, &candidate), []);
}

#[test]
fn checksums_of_something_else_are_told() {
    let (folder, candidate) = stored(Kind::Checksums, "OTHER", b"");
    assert!(problems(&folder, &candidate).iter().any(|problem| problem.what.starts_with("OTHER")));
}

#[test]
fn each_flipped_bit_of_each_file_of_the_store_is_found() {
    let (folder, candidate) = stored(Kind::Archive, "tool-1.0.0.tar.gz", &packed("tool-1.0.0/a"));
    store(&folder).attach(&candidate.digest(), b"{}").unwrap();
    let mut open = vec![folder.path().join("store")];
    let mut flipped = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let whole = std::fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << (place % 8);
            std::fs::write(&path, &bytes).unwrap();
            assert!(!problems(&folder, &candidate).is_empty(), "{} at {place}", path.display());
            flipped += 1;
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert_eq!(problems(&folder, &candidate), []);
    assert!(flipped > 500, "{flipped}");
}
