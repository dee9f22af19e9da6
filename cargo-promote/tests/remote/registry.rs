use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cargo_gate::exec::Cancel;
use cargo_promote::candidate::Candidate;
use cargo_promote::digest::Digest;
use cargo_promote::image;
use cargo_promote::ledger::{self, Action, Appended, Guarantee, Head, Ledger};
use cargo_promote::ops;
use cargo_promote::ops::advance::advance;
use cargo_promote::ops::ledger::OciLedger;
use cargo_promote::ops::registry::Registry;
use cargo_promote::ops::store::OciStore;
use cargo_promote::store::{Store, StoreError};

use crate::proxy::{Cut, Proxy};
use crate::server::Server;
use crate::things::{Files, by, candidate, named, stage, staging};

/// The variables by which this program is told to be a promoter.
const LEDGER: &str = "TEST_PROMOTER_LEDGER";
const MOVES: &str = "TEST_PROMOTER_MOVES";

fn open(host: &str, repository: &str) -> Registry {
    Registry::open(&format!("{host}/{repository}"), true, None).unwrap().pausing(Duration::from_millis(1))
}

fn store(host: &str, repository: &str) -> OciStore {
    OciStore::new(open(host, repository))
}

fn book(host: &str, repository: &str) -> OciLedger {
    OciLedger::new(open(host, repository))
}

/// Moves staging to another candidate; the entry's digest.
fn step(ledger: &dyn Ledger) -> Result<Digest, String> {
    let decide = |head: &Head| {
        let from = head.state().current(&staging());
        let candidate = named(u8::from(from == Some(named(0))));
        Ok(Some(Action::Promote { environment: staging(), candidate, from }))
    };
    match advance(ledger, &Cancel::default(), &|| Ok(by()), &decide) {
        Ok(Some((digest, _))) => Ok(digest),
        Ok(None) => panic!("there is always a move"),
        Err(why) => Err(why.to_string()),
    }
}

fn begin(ledger: &dyn Ledger) {
    for number in 0..2 {
        let head = ledger.head().unwrap();
        let entry = head.next(stage(named(number)), by()).unwrap();
        assert_eq!(ledger.append(&head, &entry).unwrap(), Appended::Done);
    }
}

/// This very program as another process that moves staging and prints the digest of each move.
fn promoter(server: &Server, repository: &str, moves: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "registry::a_promoter_of_the_other_tests", "--ignored", "--nocapture"])
        .env(LEDGER, format!("{}/{repository}", server.address))
        .env(MOVES, moves.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "the other tests start it as a process of its own"]
fn a_promoter_of_the_other_tests() {
    let (Ok(address), Ok(moves)) = (std::env::var(LEDGER), std::env::var(MOVES)) else { return };
    let ledger = OciLedger::new(Registry::open(&address, true, None).unwrap());
    for _ in 0..moves.parse().unwrap() {
        println!("\nmoved {}", step(&ledger).unwrap());
    }
}

fn moved(line: &str) -> Option<Digest> {
    line.strip_prefix("moved ").map(|digest| digest.parse().unwrap())
}

/// The whole history, each entry checked against those before it.
fn history(ledger: &OciLedger) -> Vec<ledger::Told> {
    let head = ledger.head().unwrap();
    let told = ledger::history(&head, &mut |digest| ledger.entry(digest)).unwrap();
    for told in &told {
        ledger::check(&told.entry, &mut |digest| ledger.entry(digest)).unwrap();
    }
    told
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
fn twenty_promoters_lose_no_move_and_nobody_sees_a_mixture() {
    let Some(server) = Server::start() else { return };
    let ledger = book(&server.address, "acme/ledger");
    assert_eq!(ledger.guarantee(), Guarantee::AppendOnly);
    begin(&ledger);
    let start = Instant::now();
    let (over, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    let done = std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| watch(&book(&server.address, "acme/ledger"), &over, &reads));
        }
        let children: Vec<_> = (0..20).map(|_| promoter(&server, "acme/ledger", 20)).collect();
        let outputs = children.into_iter().map(|child| {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{text}");
            text.lines().filter_map(moved).collect::<Vec<_>>()
        });
        let done: Vec<Digest> = outputs.flatten().collect();
        over.store(true, Ordering::SeqCst);
        done
    });
    let told = history(&book(&server.address, "acme/ledger"));
    let there: BTreeSet<_> = told.iter().filter(|told| told.void.is_none()).map(|told| told.digest).collect();
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), 400);
    let lost: Vec<_> = done.iter().filter(|digest| !there.contains(digest)).collect();
    assert!(lost.is_empty(), "{} lost", lost.len());
    assert_eq!(told.len(), 402);
    let reads = reads.load(Ordering::SeqCst);
    eprintln!("402 entries, {reads} reads, {:.1} s", start.elapsed().as_secs_f64());
}

/// Reads again and again: each end follows from what is before it, and no read shows fewer entries than the one before.
fn watch(ledger: &OciLedger, over: &AtomicBool, reads: &AtomicUsize) {
    let mut before = 0;
    while !over.load(Ordering::SeqCst) {
        let head = ledger.head().unwrap();
        let entries = match (&head.joined, &head.last) {
            (Some(joined), _) => joined.entries,
            (None, Some((_, entry))) => entry.sequence,
            (None, None) => 0,
        };
        assert!(entries >= before, "{entries} entries after {before}");
        before = entries;
        let state = head.state();
        for deployed in state.environments.values() {
            let staged = &state.candidates[&deployed.candidate];
            assert!(staged.reached.contains(&staging()) && deployed.sequence <= entries);
        }
        reads.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn ten_killed_promoters_lose_no_move_that_they_told() {
    let Some(server) = Server::start() else { return };
    let ledger = book(&server.address, "acme/ledger");
    begin(&ledger);
    let told: Vec<Digest> = std::thread::scope(|scope| {
        let killed = (0..10).map(|number| {
            let server = &server;
            scope.spawn(move || {
                let mut child = promoter(server, "acme/ledger", 1000);
                let lines = BufReader::new(child.stdout.take().unwrap()).lines();
                let mut told = Vec::new();
                for digest in lines.map_while(Result::ok).filter_map(|line| moved(&line)) {
                    told.push(digest);
                    if told.len() == 1 + number % 4 {
                        // somewhere in the next move
                        std::thread::sleep(ops::jitter(Duration::from_millis(100)));
                        child.kill().unwrap();
                    }
                }
                child.wait().unwrap();
                told
            })
        });
        let killed: Vec<_> = killed.collect();
        killed.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(told.len() >= 10, "{}", told.len());
    let there: BTreeSet<_> = history(&ledger).into_iter().map(|told| told.digest).collect();
    assert!(told.iter().all(|digest| there.contains(digest)));
    let next = step(&ledger).unwrap();
    assert_eq!(book(&server.address, "acme/ledger").head().unwrap().last.unwrap().0, next);
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
