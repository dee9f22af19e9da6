use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use cargo_gate::exec::Cancel;
use cargo_promote::candidate::Candidate;
use cargo_promote::digest::Digest;
use cargo_promote::image;
use cargo_promote::ledger::{self, Action, Appended, Head, Ledger};
use cargo_promote::ops::advance::advance;
use cargo_promote::ops::ledger::OciLedger;
use cargo_promote::ops::registry::Registry;
use cargo_promote::ops::store::OciStore;
use cargo_promote::store::{Store, StoreError};

use crate::contention::history;
use crate::proxy::{Cut, Proxy};
use crate::server::Server;
use crate::things::{Files, by, candidate, named, stage, staging};

fn open(host: &str, repository: &str) -> Registry {
    Registry::open(&format!("{host}/{repository}"), true, None).unwrap().pausing(Duration::from_millis(1))
}

fn store(host: &str, repository: &str) -> OciStore {
    OciStore::new(open(host, repository))
}

pub(crate) fn book(host: &str, repository: &str) -> OciLedger {
    OciLedger::new(open(host, repository))
}

pub(crate) fn begin(ledger: &dyn Ledger) {
    for number in 0..2 {
        let head = ledger.head().unwrap();
        let entry = head.next(stage(named(number)), by()).unwrap();
        assert_eq!(ledger.append(&head, &entry).unwrap(), Appended::Done);
    }
}

fn artifacts(store: &dyn Store, candidate: &Candidate) -> Result<Vec<Vec<u8>>, String> {
    let read = candidate.manifest().artifacts.iter().map(|artifact| {
        let mut bytes = Vec::new();
        let mut from = store.artifact(candidate, artifact).map_err(|error| error.to_string())?;
        from.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    });
    read.collect()
}

fn is_missing<T>(read: &Result<T, StoreError>) -> bool {
    matches!(read, Err(StoreError::Missing { .. }))
}

#[test]
fn a_candidate_goes_from_one_repository_to_another_as_the_same_image() {
    let Some(server) = Server::start() else { return };
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let [from, to] = ["acme/staging", "acme/production"].map(|name| store(&server.address, name));
    assert!(is_missing(&from.candidate(&candidate.digest())));
    assert_eq!(from.candidates().unwrap(), []);
    for _ in 0..2 {
        from.put(&candidate, &files).unwrap();
        from.attach(&candidate.digest(), b"{\"one\":1}").unwrap();
    }
    from.attach(&candidate.digest(), b"{\"two\":2}").unwrap();
    to.take(&from, &candidate).unwrap();
    to.mark(&staging(), &candidate).unwrap();
    let image = image::of_candidate(&candidate);
    for store in [&from, &to] {
        assert_eq!(store.candidate(&candidate.digest()).unwrap(), candidate);
        assert_eq!(store.candidates().unwrap(), [candidate.digest()]);
        let wanted =
            candidate.manifest().artifacts.iter().map(|it| std::fs::read(&files[&it.digest]).unwrap());
        assert_eq!(artifacts(store, &candidate).unwrap(), wanted.collect::<Vec<_>>());
        let mut statements = store.attestations(&candidate.digest()).unwrap();
        statements.sort();
        assert_eq!(statements, [b"{\"one\":1}".to_vec(), b"{\"two\":2}".to_vec()]);
    }
    for name in ["acme/staging", "acme/production"] {
        assert!(open(&server.address, name).has_image(&image).unwrap(), "{name}");
    }
    let size = from.sweep(&[], true).unwrap();
    assert_eq!(from.candidates().unwrap().len(), 1, "a dry run removes nothing");
    assert_eq!((from.sweep(&[], false).unwrap(), from.candidates().unwrap().len()), (size, 0));
    assert!(is_missing(&from.candidate(&candidate.digest())));
    assert_eq!(from.attestations(&candidate.digest()).unwrap().len(), 0);
    assert_eq!(to.candidate(&candidate.digest()).unwrap(), candidate, "the other repository keeps it");
    assert_eq!(to.sweep(std::slice::from_ref(&candidate), false).unwrap(), 0);
    assert_eq!(artifacts(&to, &candidate).unwrap().len(), 3);
}

#[test]
fn files_that_are_not_the_artifacts_are_refused_and_nothing_is_shown() {
    let Some(server) = Server::start() else { return };
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let store = store(&server.address, "acme/tool");
    std::fs::write(files.values().next_back().unwrap(), b"other").unwrap();
    store.put(&candidate, &files).unwrap_err();
    assert!(matches!(store.put(&candidate, &Files::new()), Err(StoreError::Refused { .. })));
    assert!(is_missing(&store.candidate(&candidate.digest())));
    assert_eq!(store.candidates().unwrap(), []);
}

#[test]
fn a_flipped_bit_on_the_disk_of_the_registry_is_found() {
    let Some(server) = Server::start() else { return };
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let store = store(&server.address, "acme/tool");
    store.put(&candidate, &files).unwrap();
    store.attach(&candidate.digest(), b"{\"one\":1}").unwrap();
    begin(&book(&server.address, "acme/tool"));
    let judge = || {
        // what has been read once is not read again: so somebody else reads
        let ledger = book(&server.address, "acme/tool");
        let head = ledger.head().map_err(|error| error.to_string())?;
        let told = ledger::history(&head, &mut |digest| ledger.entry(digest));
        told.map_err(|error| error.to_string())?;
        artifacts(&store, &store.candidate(&candidate.digest()).map_err(|error| error.to_string())?)?;
        store.attestations(&candidate.digest()).map_err(|error| error.to_string()).map(drop)
    };
    judge().unwrap();
    let images: BTreeSet<String> = {
        let entries = history(&book(&server.address, "acme/tool")).into_iter().map(|told| {
            let bytes = told.entry.bytes();
            let tag = image::Tag::Entry { sequence: told.entry.sequence, digest: Digest::of(&bytes) };
            image::of_bytes(&tag, &bytes)
        });
        let tag = image::Tag::statement(&candidate.digest(), b"{\"one\":1}");
        let unread = entries.chain([image::of_bytes(&tag, b"{\"one\":1}")]);
        unread.map(|bytes| Digest::of(&bytes).hex()).collect()
    };
    let mut flipped = 0;
    for path in server.blobs() {
        let whole = std::fs::read(&path).unwrap();
        // the images of entries and statements only keep their blobs, which are read by themselves
        if whole.is_empty() || images.iter().any(|hex| path.to_string_lossy().contains(hex)) {
            continue;
        }
        let mut bytes = whole.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(judge().is_err(), "{}", path.display());
        std::fs::write(&path, whole).unwrap();
        flipped += 1;
    }
    // two artifacts, manifest and image of the candidate, the statement, two entries
    assert_eq!(flipped, 7);
    judge().unwrap();
}

#[test]
fn what_was_read_of_a_ledger_is_not_asked_for_again() {
    let Some(server) = Server::start() else { return };
    let proxy = Proxy::start(&server.address);
    let (theirs, ours) = (book(&server.address, "acme/ledger"), book(&proxy.address, "acme/ledger"));
    begin(&theirs);
    let requests = || {
        proxy.cut(usize::MAX, Cut::Before);
        let head = ours.head().unwrap();
        (proxy.requests(), head.last.unwrap().1.sequence)
    };
    // twice the tags, since it was not known yet that this registry gives all of them at once, and two entries
    assert_eq!(requests(), (4, 2));
    assert_eq!(requests(), (1, 2));
    let head = theirs.head().unwrap();
    let entry = head.next(stage(named(9)), by()).unwrap();
    theirs.append(&head, &entry).unwrap();
    assert_eq!(requests(), (2, 3));
    assert_eq!(requests(), (1, 3));
}

/// Puts a candidate, stages it in the ledger and moves staging to it.
fn whole(registry: &Registry, repository: &str, candidate: &Candidate, files: &Files) -> Result<(), String> {
    let store = OciStore::new(registry.beside(repository));
    let ledger = OciLedger::new(registry.beside(repository));
    store.put(candidate, files).map_err(|error| error.to_string())?;
    store.attach(&candidate.digest(), b"{}").map_err(|error| error.to_string())?;
    let digest = candidate.digest();
    for wanted in [stage(digest), Action::Promote { environment: staging(), candidate: digest, from: None }] {
        let decide = |head: &Head| {
            let state = head.state();
            let done = match &wanted {
                Action::Stage { .. } => state.candidates.contains_key(&digest),
                _ => state.current(&staging()) == Some(digest),
            };
            Ok((!done).then(|| wanted.clone()))
        };
        advance(&ledger, &Cancel::default(), &|| Ok(by()), &decide).map_err(|why| why.to_string())?;
    }
    Ok(())
}

#[test]
fn a_request_that_is_lost_leaves_the_old_or_the_new_state_and_the_next_try_works() {
    cut_everywhere(Cut::Before);
}

#[test]
fn an_answer_that_is_lost_leaves_the_old_or_the_new_state_and_the_next_try_works() {
    cut_everywhere(Cut::After);
}

/// Cuts the connection at each request of a promotion, one after the other, and from there on.
fn cut_everywhere(cut: Cut) {
    let Some(server) = Server::start() else { return };
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let direct = open(&server.address, "acme/tool");
    let proxy = Proxy::start(&server.address);
    let through = open(&proxy.address, "acme/tool");
    let mut cuts = 0;
    for at in 0.. {
        let repository = format!("acme/at-{at}");
        proxy.cut(at, cut);
        let told = whole(&through, &repository, &candidate, &files);
        let current = || {
            let state = OciLedger::new(direct.beside(&repository)).head().unwrap().state();
            state.current(&staging())
        };
        let now = current();
        if told.is_ok() {
            assert_eq!(now, Some(candidate.digest()), "{at}");
        }
        if now.is_some() {
            let store = OciStore::new(direct.beside(&repository));
            assert_eq!(store.candidate(&candidate.digest()).unwrap(), candidate, "{at}");
        }
        if !proxy.has_cut() {
            told.unwrap();
            break;
        }
        whole(&direct, &repository, &candidate, &files).unwrap();
        assert_eq!(current(), Some(candidate.digest()), "{at}");
        cuts += 1;
    }
    eprintln!("{cut:?}: at each of {cuts} requests");
    assert!(cuts > 20, "{cuts}");
}

/// All that can be read of a candidate and the ledger beside it.
fn read(
    registry: &Registry,
    candidate: &Candidate,
) -> Result<impl PartialEq + std::fmt::Debug + use<>, String> {
    let [store, ledger] = ["acme/tool"; 2].map(|name| registry.beside(name));
    let (store, ledger) = (OciStore::new(store), OciLedger::new(ledger));
    let head = ledger.head().map_err(|error| error.to_string())?;
    let told =
        ledger::history(&head, &mut |digest| ledger.entry(digest)).map_err(|error| error.to_string())?;
    let entries: Vec<Digest> = told.into_iter().map(|told| told.digest).collect();
    let all = store.candidates().map_err(|error| error.to_string())?;
    let one = store.candidate(&candidate.digest()).map_err(|error| error.to_string())?;
    let mut statements = store.attestations(&candidate.digest()).map_err(|error| error.to_string())?;
    statements.sort();
    Ok((entries, all, one.digest(), artifacts(&store, candidate)?, statements))
}

#[test]
fn a_read_whose_connection_is_cut_is_an_error_and_never_another_answer() {
    let Some(server) = Server::start() else { return };
    let temp = tempfile::tempdir().unwrap();
    let (candidate, files) = candidate(temp.path(), 1);
    let direct = open(&server.address, "acme/tool");
    whole(&direct, "acme/tool", &candidate, &files).unwrap();
    let right = read(&direct, &candidate).unwrap();
    let proxy = Proxy::start(&server.address);
    for cut in [Cut::Before, Cut::After] {
        let mut errors = 0;
        for at in 0.. {
            proxy.cut(at, cut);
            match read(&open(&proxy.address, "acme/tool"), &candidate) {
                Ok(answer) => assert_eq!(answer, right, "{cut:?} {at}"),
                Err(_) => errors += 1,
            }
            if !proxy.has_cut() {
                break;
            }
        }
        eprintln!("{cut:?}: {errors} reads were told to have failed");
        assert!(errors > 5, "{errors}");
    }
}
