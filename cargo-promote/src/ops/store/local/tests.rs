use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use cargo_gate::exec::Cancel;

use super::*;
use crate::candidate::Candidate;
use crate::ops::testing::candidate;
use crate::store::{Store, read_whole};

fn store(at: &Path) -> BlobStore<Folder> {
    local(Folder::new(at, &Cancel::default()))
}

fn one(folder: &Path) -> (Candidate, BTreeMap<Digest, PathBuf>) {
    candidate(folder, "1.0.0", &[("tool", b"program"), ("notes.txt", b"notes")])
}

fn read(store: &dyn Store, candidate: &Candidate, number: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let artifact = &candidate.manifest().artifacts[number];
    store.artifact(candidate, artifact).unwrap().read_to_end(&mut bytes).map(|_| bytes)
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_candidate_that_is_put_in_reads_back() {
    let temp = tempfile::tempdir().unwrap();
    let (store, (candidate, files)) = (store(&temp.path().join("store")), one(temp.path()));
    assert!(store.candidates().unwrap().is_empty());
    store.put(&candidate, &files).unwrap();
    store.put(&candidate, &files).unwrap();
    assert_eq!(store.candidates().unwrap(), [candidate.digest()]);
    assert_eq!(store.candidate(&candidate.digest()).unwrap(), candidate);
    assert_eq!(read(&store, &candidate, 1).unwrap(), b"program");
    assert_eq!(read_whole(&store, &candidate.digest()).unwrap(), candidate);
}

#[test]
fn a_file_that_is_not_what_the_manifest_says_leaves_no_manifest() {
    let temp = tempfile::tempdir().unwrap();
    let (store, (candidate, files)) = (store(&temp.path().join("store")), one(temp.path()));
    std::fs::write(files.values().next().unwrap(), b"changed").unwrap();
    assert!(matches!(store.put(&candidate, &files), Err(StoreError::Refused { .. })));
    assert!(matches!(store.put(&candidate, &BTreeMap::new()), Err(StoreError::Refused { .. })));
    assert!(store.candidates().unwrap().is_empty());
    assert!(matches!(store.candidate(&candidate.digest()), Err(StoreError::Missing { .. })));
}

#[test]
fn a_flipped_bit_in_any_file_is_found_and_mended_by_putting_it_in_again() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("store");
    let (store, (candidate, given)) = (store(&root), one(temp.path()));
    store.put(&candidate, &given).unwrap();
    let stored: Vec<_> = files(&root).into_iter().filter(|path| !path.ends_with("lock")).collect();
    assert_eq!(stored.len(), 3);
    for path in stored {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[3] ^= 4;
        std::fs::write(&path, bytes).unwrap();
        let found = read_whole(&store, &candidate.digest());
        assert!(matches!(found, Err(StoreError::Damaged { .. })), "{}: {found:?}", path.display());
        store.put(&candidate, &given).unwrap();
        read_whole(&store, &candidate.digest()).unwrap();
    }
}

#[test]
fn an_artifact_that_is_gone_is_missing() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("store");
    let (store, (candidate, given)) = (store(&root), one(temp.path()));
    store.put(&candidate, &given).unwrap();
    std::fs::remove_file(root.join("blobs/sha256").join(candidate.manifest().artifacts[0].digest.hex()))
        .unwrap();
    assert!(matches!(read_whole(&store, &candidate.digest()), Err(StoreError::Missing { .. })));
}

#[test]
fn signed_statements_are_kept_beside_their_candidate() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("store");
    let (store, candidate) = (store(&root), Digest::of(b"candidate"));
    assert!(store.attestations(&candidate).unwrap().is_empty());
    for envelope in [b"one", b"two", b"one"] {
        store.attach(&candidate, envelope).unwrap();
    }
    let kept = store.attestations(&candidate).unwrap();
    assert_eq!(kept.len(), 2);
    assert!(kept.is_sorted_by_key(|envelope| Digest::of(envelope)));
    assert!(store.attestations(&Digest::of(b"other")).unwrap().is_empty());
    let file = root.join(format!("attestations/{}/{}", candidate.hex(), Digest::of(b"one").hex()));
    std::fs::write(file, b"0ne").unwrap();
    assert!(matches!(store.attestations(&candidate), Err(StoreError::Damaged { .. })));
}

#[test]
fn what_no_kept_candidate_needs_is_swept_and_nothing_else() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("store");
    let store = store(&root);
    let (old, old_files) = candidate(temp.path(), "1.0.0", &[("a", b"shared"), ("b", b"only old")]);
    let (new, new_files) = candidate(temp.path(), "1.1.0", &[("a", b"shared"), ("b", b"only new")]);
    store.put(&old, &old_files).unwrap();
    store.put(&new, &new_files).unwrap();
    store.attach(&old.digest(), b"of old").unwrap();
    store.attach(&new.digest(), b"of new").unwrap();
    let foreign = root.join("blobs/sha256/readme");
    std::fs::write(&foreign, "not ours").unwrap();
    let free = old.bytes().len() as u64 + "only old".len() as u64 + "of old".len() as u64;
    assert_eq!(store.sweep(std::slice::from_ref(&new), true).unwrap(), free);
    read_whole(&store, &old.digest()).unwrap();
    assert_eq!(store.sweep(std::slice::from_ref(&new), false).unwrap(), free);
    assert_eq!(store.candidates().unwrap(), [new.digest()]);
    read_whole(&store, &new.digest()).unwrap();
    assert_eq!(store.attestations(&new.digest()).unwrap(), [b"of new"]);
    assert!(store.attestations(&old.digest()).unwrap().is_empty() && foreign.exists());
    assert_eq!(store.sweep(&[new], false).unwrap(), 0);
}

#[test]
fn a_candidate_is_taken_over_with_its_statements_and_not_when_it_is_damaged() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("from");
    let (from, (candidate, given)) = (store(&root), one(temp.path()));
    from.put(&candidate, &given).unwrap();
    from.attach(&candidate.digest(), b"signed").unwrap();
    let to = store(&temp.path().join("to"));
    to.take(&from, &candidate).unwrap();
    assert_eq!(read_whole(&to, &candidate.digest()).unwrap(), candidate);
    assert_eq!(to.attestations(&candidate.digest()).unwrap(), [b"signed"]);
    let blob = root.join("blobs/sha256").join(candidate.manifest().artifacts[0].digest.hex());
    std::fs::write(blob, b"other").unwrap();
    let third = store(&temp.path().join("third"));
    assert!(third.take(&from, &candidate).is_err());
    assert!(third.candidates().unwrap().is_empty());
}
