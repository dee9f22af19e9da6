use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use cargo_promote::candidate::Candidate;
use cargo_promote::ops::forge::Forge;
use cargo_promote::ops::store::ForgeStore;
use cargo_promote::store::{Store, StoreError};

use crate::forge_server::{Fault, ForgeServer};
use crate::things::{Files, candidate, folder_store};

const TOKEN: &str = "ghp_thisIsTheTokenThatNobodyShows";

fn store(server: &ForgeServer) -> ForgeStore {
    let forge = Forge::open(&server.address, "acme/tool", TOKEN.to_owned()).unwrap();
    ForgeStore::new(forge.pausing(Duration::from_millis(1)))
}

fn release(store: &ForgeStore, candidate: &Candidate, files: &Files) -> Result<(), StoreError> {
    store.put(candidate, files)?;
    store.attach(&candidate.digest(), b"{}")?;
    store.reveal(candidate)
}

fn read(store: &dyn Store, candidate: &Candidate) -> BTreeMap<String, Vec<u8>> {
    let read = candidate.manifest().artifacts.iter().map(|artifact| {
        let mut bytes = Vec::new();
        store.artifact(candidate, artifact).unwrap().read_to_end(&mut bytes).unwrap();
        (artifact.name.to_string(), bytes)
    });
    read.collect()
}

#[test]
fn a_draft_is_filled_compared_and_published_by_one_request() {
    let server = ForgeServer::start(TOKEN);
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let store = store(&server);
    assert_eq!(store.candidates().unwrap(), []);
    store.put(&candidate, &files).unwrap();
    assert_eq!(server.published(), 0, "what is stored is not shown");
    assert_eq!(store.candidate(&candidate.digest()).unwrap(), candidate);
    store.attach(&candidate.digest(), b"{}").unwrap();
    store.reveal(&candidate).unwrap();
    assert_eq!((server.published(), server.releases()), (1, 1));
    for _ in 0..2 {
        // published and immutable: nothing is left to do, and nothing is done
        let before = server.changes();
        release(&store, &candidate, &files).unwrap();
        assert_eq!(server.changes(), before);
    }
    assert_eq!(store.candidates().unwrap(), [candidate.digest()]);
    assert_eq!(store.attestations(&candidate.digest()).unwrap(), [b"{}"]);
    for artifact in &candidate.manifest().artifacts {
        let bytes = &read(&store, &candidate)[artifact.name.as_str()];
        assert_eq!(*bytes, std::fs::read(&files[&artifact.digest]).unwrap());
    }
    let late = store.attach(&candidate.digest(), b"{\"late\":1}").unwrap_err();
    assert!(late.to_string().contains("published"), "{late}");
    assert_eq!(store.sweep(&[], false).unwrap(), 0, "what the public has seen stays");
    assert_eq!(server.releases(), 1);
}

#[test]
fn a_candidate_of_another_store_is_taken_over_and_an_old_draft_swept() {
    let server = ForgeServer::start(TOKEN);
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let from = folder_store(&temp.path().join("store"));
    from.put(&candidate, &files).unwrap();
    from.attach(&candidate.digest(), b"{}").unwrap();
    let store = store(&server);
    store.take(&from, &candidate).unwrap();
    assert_eq!(read(&store, &candidate), read(&from, &candidate));
    assert_eq!(store.attestations(&candidate.digest()).unwrap(), [b"{}"]);
    let free = store.sweep(&[], true).unwrap();
    assert_eq!((store.sweep(&[], false).unwrap(), server.releases()), (free, 0));
    assert!(matches!(store.candidate(&candidate.digest()), Err(StoreError::Missing { .. })));
}

/// At each request of a release, one after the other, something goes wrong; then it is done again.
fn fails_everywhere(fault: Fault) {
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let mut at = 0;
    loop {
        let server = ForgeServer::start(TOKEN);
        let store = store(&server);
        server.fail(at, fault);
        let told = release(&store, &candidate, &files);
        server.fail(usize::MAX, fault);
        if let Err(error) = &told {
            assert!(!error.to_string().contains(TOKEN), "{error}");
        } else {
            assert_eq!(server.published(), 1, "{fault:?} {at}");
        }
        release(&store, &candidate, &files).unwrap();
        assert_eq!((server.published(), server.releases()), (1, 1), "{fault:?} {at}");
        let read = read(&store, &candidate);
        assert_eq!(read.len(), candidate.manifest().artifacts.len());
        if !server.has_failed() {
            told.unwrap();
            break;
        }
        at += 1;
    }
    assert!(at > 15, "{at}");
}

#[test]
fn a_request_that_is_lost_is_made_good_by_the_next_try() {
    fails_everywhere(Fault::Before);
}

#[test]
fn an_answer_that_is_lost_is_made_good_by_the_next_try() {
    fails_everywhere(Fault::After);
}

#[test]
fn an_error_of_the_forge_is_made_good_by_the_next_try() {
    fails_everywhere(Fault::Error);
}

#[test]
fn half_an_upload_is_removed_and_made_again() {
    fails_everywhere(Fault::Half);
}

#[test]
fn bytes_that_the_forge_changes_are_found_before_anything_is_shown() {
    let server = ForgeServer::start(TOKEN);
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let store = store(&server);
    store.put(&candidate, &files).unwrap();
    server.flip("tool");
    assert!(matches!(store.reveal(&candidate), Err(StoreError::Damaged { .. })));
    assert_eq!(server.published(), 0);
    store.put(&candidate, &files).unwrap();
    store.reveal(&candidate).unwrap();
}

#[test]
fn a_tag_of_another_commit_is_not_published_under() {
    let server = ForgeServer::start(TOKEN);
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let store = store(&server);
    store.put(&candidate, &files).unwrap();
    server.tag("v1.0.1", &"9".repeat(40));
    let refused = store.reveal(&candidate).unwrap_err();
    assert!(refused.to_string().contains("the tag v1.0.1 is the commit 999"), "{refused}");
    assert_eq!(server.published(), 0);
}

#[test]
fn the_token_is_sent_to_the_forge_alone_and_said_to_nobody() {
    let server = ForgeServer::start(TOKEN);
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    release(&store(&server), &candidate, &files).unwrap();
    // its files are on another host, which checks that it is not given the token
    assert!(server.downloads() > 0);
    assert_eq!(server.leaks(), 0);
    let wrong = Forge::open(&server.address, "acme/tool", "wrong-token-that-is-secret".to_owned()).unwrap();
    let store = ForgeStore::new(wrong.pausing(Duration::from_millis(1)));
    let error = store.candidates().unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }));
    assert!(!format!("{error} {error:?} {store:?}").contains("secret"), "{error}");
    assert!(Forge::open("http://forge.example.org", "acme/tool", TOKEN.to_owned()).is_err());
}
