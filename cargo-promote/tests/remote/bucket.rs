use std::collections::BTreeSet;
use std::io::Read;

use cargo_gate::exec::Cancel;
use cargo_promote::ledger::{self, Action, Appended, Guarantee, Head, Ledger};
use cargo_promote::ops::advance;
use cargo_promote::ops::bucket::{Access, Bucket};
use cargo_promote::ops::ledger::S3Ledger;
use cargo_promote::ops::store::BlobStore;
use cargo_promote::store::{Store, StoreError};

use crate::bucket_server::BucketServer;
use crate::things::{by, candidate, named, stage, staging};

fn open(server: &BucketServer) -> Bucket {
    let access = Access {
        bucket: "releases".to_owned(),
        prefix: "acme/tool".to_owned(),
        endpoint: Some(server.address.clone()),
        region: None,
        key: ("name".to_owned(), "the-secret-of-the-key".to_owned()),
    };
    Bucket::open(access).unwrap()
}

fn begin(ledger: &dyn Ledger) {
    for number in 0..2 {
        let head = ledger.head().unwrap();
        let entry = head.next(stage(named(number)), by()).unwrap();
        assert_eq!(ledger.append(&head, &entry).unwrap(), Appended::Done);
    }
}

#[test]
fn a_candidate_is_put_read_and_removed() {
    let server = BucketServer::start(true);
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let store = BlobStore::new(open(&server));
    assert_eq!(store.candidates().unwrap(), []);
    for _ in 0..2 {
        store.put(&candidate, &files).unwrap();
        store.attach(&candidate.digest(), b"{}").unwrap();
    }
    assert_eq!(store.candidate(&candidate.digest()).unwrap(), candidate);
    assert_eq!(store.candidates().unwrap(), [candidate.digest()]);
    assert_eq!(store.attestations(&candidate.digest()).unwrap(), [b"{}"]);
    for artifact in &candidate.manifest().artifacts {
        let mut bytes = Vec::new();
        store.artifact(&candidate, artifact).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, std::fs::read(&files[&artifact.digest]).unwrap());
    }
    assert_eq!(store.sweep(std::slice::from_ref(&candidate), false).unwrap(), 0);
    assert!(store.sweep(&[], false).unwrap() > 300_000);
    assert!(matches!(store.candidate(&candidate.digest()), Err(StoreError::Missing { .. })));
    assert!(!format!("{store:?}").contains("secret"));
    assert!(server.all_signed(), "each request is signed");
}

#[test]
fn many_promoters_lose_no_move() {
    let server = BucketServer::start(true);
    let ledger = S3Ledger::new(open(&server), true);
    assert_eq!(ledger.guarantee(), Guarantee::CompareAndSwap);
    begin(&ledger);
    let done: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let ledger = S3Ledger::new(open(&server), true);
                    let decide = |head: &Head| {
                        let from = head.state().current(&staging());
                        let candidate = named(u8::from(from == Some(named(0))));
                        Ok(Some(Action::Promote { environment: staging(), candidate, from }))
                    };
                    let step =
                        || advance(&ledger, &Cancel::default(), &|| Ok(by()), &decide).unwrap().unwrap().0;
                    (0..5).map(|_| step()).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let told = ledger::history(&ledger.head().unwrap(), &mut |digest| ledger.entry(digest)).unwrap();
    let there: BTreeSet<_> = told.iter().map(|told| told.digest).collect();
    assert_eq!((done.len(), told.len()), (40, 42));
    assert!(done.iter().all(|digest| there.contains(digest)));
}

#[test]
fn a_server_that_ignores_conditions_is_found_out_before_anything_is_lost() {
    let server = BucketServer::start(false);
    let ledger = S3Ledger::new(open(&server), true);
    let entry = Head::default().next(stage(named(0)), by()).unwrap();
    let refused = ledger.append(&Head::default(), &entry).unwrap_err();
    assert!(refused.to_string().contains("conditional_writes = false"), "{refused}");
    assert_eq!(ledger.head().unwrap(), Head::default());
    let ledger = S3Ledger::new(open(&server), false);
    assert_eq!(ledger.guarantee(), Guarantee::LastWriter);
    begin(&ledger);
    assert_eq!(ledger.head().unwrap().last.unwrap().1.sequence, 2);
}

#[test]
fn an_entry_after_one_that_is_not_the_last_is_not_taken() {
    let server = BucketServer::start(true);
    for conditional in [true, false] {
        let ledger = S3Ledger::new(open(&server), conditional);
        if conditional {
            begin(&ledger);
        }
        let late = Head::default().next(stage(named(5)), by()).unwrap();
        assert_eq!(ledger.append(&Head::default(), &late).unwrap(), Appended::Moved);
        assert_eq!(ledger.head().unwrap().last.unwrap().1.sequence, 2);
    }
}

#[test]
fn a_flipped_bit_in_the_bucket_is_found() {
    let server = BucketServer::start(true);
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let (store, ledger) = (BlobStore::new(open(&server)), S3Ledger::new(open(&server), true));
    store.put(&candidate, &files).unwrap();
    store.attach(&candidate.digest(), b"{}").unwrap();
    begin(&ledger);
    let judge = || {
        ledger.head().map_err(|error| error.to_string())?;
        let candidate = store.candidate(&candidate.digest()).map_err(|error| error.to_string())?;
        for artifact in &candidate.manifest().artifacts {
            let read = store.artifact(&candidate, artifact).map_err(|error| error.to_string())?;
            std::io::copy(&mut { read }, &mut std::io::sink()).map_err(|error| error.to_string())?;
        }
        store.attestations(&candidate.digest()).map_err(|error| error.to_string()).map(drop)
    };
    judge().unwrap();
    let mut flipped = 0;
    for name in server.names() {
        if name.ends_with("/ledger/probe") || !server.flip(&name) {
            continue;
        }
        assert!(judge().is_err(), "{name}");
        server.flip(&name);
        flipped += 1;
    }
    // two artifacts, the manifest, the statement, two entries, the pointer
    assert_eq!(flipped, 7);
    judge().unwrap();
}
