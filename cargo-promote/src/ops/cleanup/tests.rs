use std::path::Path;

use cargo_gate::exec::Cancel;

use super::*;
use crate::ops::testing::{candidate, promote};

/// A session in a repository of its own, with candidates `1.0.0`, `2.0.0`, … of one file each, and one that all share.
fn session(count: usize) -> (tempfile::TempDir, Session, Vec<Candidate>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    let git = crate::ops::Git::new(folder.path(), &Cancel::default()).unwrap();
    for args in [
        &["init", "--quiet"][..],
        &["config", "user.name", "Ada"],
        &["config", "user.email", "ada@example.invalid"],
    ] {
        git.bytes(args.iter().copied(), None).unwrap();
    }
    let session = Session::at(folder.path().to_owned(), &Cancel::default()).unwrap();
    let candidates = (1..=count).map(|number| stage(&session, folder.path(), number)).collect();
    (folder, session, candidates)
}

fn stage(session: &Session, folder: &Path, number: usize) -> Candidate {
    let own = format!("own {number}");
    let (staged, files) =
        candidate(folder, &format!("{number}.0.0"), &[("own", own.as_bytes()), ("shared", b"shared")]);
    let name = session.staging_store().unwrap();
    session.store(&name).unwrap().put(&staged, &files).unwrap();
    let Action::Stage { staged: what, .. } = crate::ops::testing::stage("") else { panic!("made otherwise") };
    let action = Action::Stage { candidate: staged.digest(), staged: what };
    act(session, &action);
    staged
}

fn act(session: &Session, action: &Action) {
    let ledger = session.ledger().unwrap();
    advance(ledger.as_ref(), &session.cancel, &|| session.by("test"), &|_| Ok(Some(action.clone()))).unwrap();
}

fn promoted(session: &Session, candidate: &Candidate, from: Option<&Candidate>) {
    let Action::Promote { environment, .. } = promote("staging", "", None) else { panic!("made otherwise") };
    let (candidate, from) = (candidate.digest(), from.map(Candidate::digest));
    act(session, &Action::Promote { environment, candidate, from });
}

fn there(session: &Session) -> BTreeSet<Digest> {
    let store = session.store(&session.staging_store().unwrap()).unwrap();
    store.candidates().unwrap().into_iter().collect()
}

fn whole(session: &Session, candidates: &[&Candidate]) {
    let store = session.store(&session.staging_store().unwrap()).unwrap();
    for candidate in candidates {
        let mut problems = Vec::new();
        crate::verify::candidate(store.as_ref(), &candidate.digest(), &mut problems).unwrap();
        assert_eq!(problems, []);
    }
}

#[test]
fn without_execute_it_is_told_what_would_go_and_nothing_goes() {
    let (_folder, session, all) = session(4);
    let cleaned = cleanup(&session, 1, false).unwrap();
    assert_eq!(cleaned.kept.len(), 1);
    let goes: Vec<Digest> = cleaned.removed.iter().map(|(digest, _)| *digest).collect();
    assert_eq!(goes, [2, 1, 0].map(|at: usize| all[at].digest()), "the newest first");
    let read = crate::ops::verify::verify(&session, &[]).unwrap().read;
    let read: Vec<Digest> = read.iter().map(|one| one.candidate.digest()).collect();
    assert_eq!(read, [3, 2, 1, 0].map(|at: usize| all[at].digest()), "the newest first");
    assert!(cleaned.free[0].1 > 0);
    assert_eq!(there(&session).len(), 4);
    whole(&session, &all.iter().collect::<Vec<_>>());
}

#[test]
fn what_goes_is_gone_and_what_stays_is_whole() {
    let (_folder, session, all) = session(4);
    promoted(&session, &all[0], None);
    promoted(&session, &all[1], Some(&all[0]));
    let cleaned = cleanup(&session, 1, true).unwrap();
    // the first two run and ran before; the last one is the newest
    assert_eq!(cleaned.removed.iter().map(|(digest, _)| *digest).collect::<Vec<_>>(), [all[2].digest()]);
    assert_eq!(there(&session), [0, 1, 3].map(|at: usize| all[at].digest()).into());
    whole(&session, &[&all[0], &all[1], &all[3]]);
    let state = session.ledger().unwrap().head().unwrap().state();
    assert!(!state.candidates.contains_key(&all[2].digest()));
    assert_eq!(cleanup(&session, 1, true).unwrap().removed, []);
}

#[test]
fn what_was_interrupted_after_the_entry_is_finished_by_the_next_call() {
    let (_folder, session, all) = session(2);
    act(&session, &Action::Remove { candidates: vec![all[0].digest()] });
    assert_eq!(there(&session).len(), 2);
    let cleaned = cleanup(&session, 10, true).unwrap();
    assert!(cleaned.removed.is_empty() && cleaned.free[0].1 > 0);
    assert_eq!(there(&session), [all[1].digest()].into());
    whole(&session, &[&all[1]]);
}

#[test]
fn a_damaged_manifest_that_stays_keeps_everything() {
    let (_folder, session, all) = session(2);
    let path = session.shared_folder().unwrap().join("candidates").join(all[1].digest().hex());
    std::fs::write(path, "damaged").unwrap();
    assert!(cleanup(&session, 1, true).is_err());
    whole(&session, &[&all[0]]);
}

#[test]
fn cleaning_up_waits_for_what_is_being_staged() {
    let (folder, session, all) = session(1);
    let name = session.staging_store().unwrap();
    let held = session.hold(&name, false).unwrap();
    let (other, files) = candidate(folder.path(), "9.0.0", &[("own", b"own 9")]);
    session.store(&name).unwrap().put(&other, &files).unwrap();
    let root = session.root.clone();
    let cleaning = std::thread::spawn(move || {
        let session = Session::at(root, &Cancel::default()).unwrap();
        cleanup(&session, 10, true).unwrap();
    });
    // whatever the other one does now, it is not done before the entry is written
    let Action::Stage { staged, .. } = crate::ops::testing::stage("") else { panic!("made otherwise") };
    act(&session, &Action::Stage { candidate: other.digest(), staged });
    drop(held);
    cleaning.join().unwrap();
    whole(&session, &[&all[0], &other]);
}
