use proptest::prelude::*;

use super::*;
use crate::ops::testing::{by, promote, stage};

const TREE: &str = "1111111111111111111111111111111111111111";

fn entry(actor: &str) -> Entry {
    let first = Entry::after(None, stage("a"), by(1)).unwrap();
    let before = (first.digest(), first);
    let mut entry = Entry::after(Some(&before), promote("staging", "a", None), by(2)).unwrap();
    actor.clone_into(&mut entry.actor);
    entry
}

#[test]
fn a_commit_hangs_on_its_entry_alone() {
    let text = String::from_utf8(commit(TREE, Some(TREE), &entry("Ada <ada@x>"))).unwrap();
    let expected = format!(
        "tree {TREE}\nparent {TREE}\nauthor Ada <ada@x> 2 +0000\ncommitter Ada <ada@x> 2 +0000\n\n\
         entry 2: promote ca978112ca1b to staging\n"
    );
    assert_eq!(text, expected);
    assert_eq!(parents(text.as_bytes()), [TREE]);
    assert!(parents(&commit(TREE, None, &entry("Ada"))).is_empty());
}

#[test]
fn a_name_cannot_add_lines_or_brackets() {
    for actor in ["A\nparent 2 <x>", "A <x> <y>\n", "<>", "", "> <"] {
        let text = String::from_utf8(commit(TREE, None, &entry(actor))).unwrap();
        assert_eq!(text.lines().filter(|line| line.starts_with("parent")).count(), 0, "{text}");
        let author = text.lines().nth(1).unwrap();
        assert_eq!((author.matches('<').count(), author.matches('>').count()), (1, 1), "{author}");
    }
}

#[test]
fn objects_are_told_in_the_order_of_the_requests() {
    let told = b"aa commit 3\na\nb\nbb:state.json missing\ncc blob 0\n\n";
    let blob = |kind: &str, bytes: &[u8]| Some((kind.to_owned(), bytes.to_vec()));
    assert_eq!(objects(told).unwrap(), [blob("commit", b"a\nb"), None, blob("blob", b"")]);
}

#[test]
fn the_time_of_a_commit_is_that_of_its_committer() {
    let body = "tree 1\nauthor A <a@x> 5 +0000\ncommitter C C <c@x> 99 +0100\n\ncommitter X <x> 1 +0000\n";
    assert_eq!(time(body.as_bytes()), Timestamp::from_second(99).ok());
    assert_eq!(time(b"tree 1\n\ncommitter X <x> 1 +0000\n"), None);
}

#[test]
fn what_became_of_a_push_is_told_apart() {
    let told = |flag: &str, summary: &str| format!("To /x\n{flag}\tabc:refs/heads/l\t{summary}\nDone\n");
    assert_eq!(pushed(&told(" ", "1..2"), true), Pushed::Done);
    assert_eq!(pushed(&told("*", "[new branch]"), true), Pushed::Done);
    assert_eq!(pushed(&told("=", "[up to date]"), true), Pushed::Done);
    assert_eq!(pushed(&told("!", "[rejected] (fetch first)"), false), Pushed::Moved);
    let declined = "[remote rejected] (hook declined)";
    assert_eq!(pushed(&told("!", declined), false), Pushed::Declined(declined.to_owned()));
    for unknown in ["", "To /x\n", "fatal: the remote end hung up\tunexpectedly", &told("?", "x")] {
        assert_eq!(pushed(unknown, false), Pushed::Unknown, "{unknown}");
    }
    assert_eq!(pushed(&told(" ", "1..2"), false), Pushed::Unknown, "it ended badly after all");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, text in "([a-f]{2} (blob|commit|missing)( [0-9]{1,20})?\n.{0,9}\n)*") {
        let _ = (objects(&bytes), parents(&bytes), time(&bytes), pushed(&text, true));
        let _ = (objects(text.as_bytes()), parents(text.as_bytes()));
    }

    #[test]
    fn what_is_cut_short_is_not_taken_for_whole(body in "[a-z\n]{1,40}", cut in 1_usize..40) {
        let told = format!("aa blob {}\n{body}\n", body.len());
        let whole = objects(told.as_bytes()).unwrap();
        let cut = &told.as_bytes()[..told.len() - cut.min(told.len() - 1)];
        prop_assert_ne!(objects(cut).ok(), Some(whole));
    }
}
