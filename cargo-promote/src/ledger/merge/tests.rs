use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::ledger::{Action, Deployed, Staged};
use crate::name::Label;

type Kept = BTreeMap<Digest, Entry>;

fn label(name: &str) -> Label {
    name.parse().unwrap()
}

fn candidate(number: u8) -> Digest {
    Digest::of(&[number])
}

fn by(number: usize) -> By {
    let (time, actor) = (Timestamp::from_second(1_700_000_000).unwrap(), "A <a@example.org>".to_owned());
    By { id: format!("{number:032x}"), time, actor, reason: String::new() }
}

fn stage(number: u8) -> Action {
    let staged = Staged {
        name: "tool".to_owned(),
        version: semver::Version::new(1, 0, number.into()),
        commit: "1".repeat(40),
        tree: "2".repeat(40),
        at: Timestamp::UNIX_EPOCH,
        reached: BTreeSet::new(),
    };
    Action::Stage { candidate: candidate(number), staged }
}

fn promote(head: &Head, environment: &str, number: u8) -> Action {
    let environment = label(environment);
    let from = head.state().current(&environment);
    Action::Promote { environment, candidate: candidate(number), from }
}

fn read(kept: &Kept) -> impl FnMut(&Digest) -> Result<Entry, String> {
    |digest| kept.get(digest).cloned().ok_or_else(|| format!("{digest} is gone"))
}

fn put(kept: &mut Kept, entry: Entry) -> Digest {
    let digest = entry.digest();
    kept.insert(digest, entry);
    digest
}

/// The end of what somebody sees who sees these entries and all before them.
fn seen(kept: &Kept, entries: impl IntoIterator<Item = Digest>) -> Head {
    let mut open: Vec<Digest> = entries.into_iter().collect();
    let mut all = BTreeSet::new();
    while let Some(digest) = open.pop() {
        if all.insert(digest) {
            let entry = &kept[&digest];
            open.extend(entry.previous.iter().chain(&entry.merges));
        }
    }
    let named: BTreeSet<_> =
        all.iter().flat_map(|it| kept[it].previous.iter().chain(&kept[it].merges)).copied().collect();
    let ends = all.difference(&named).map(|digest| (*digest, kept[digest].clone())).collect();
    join(ends, &mut read(kept)).unwrap()
}

/// Two candidates that are staged one after the other.
fn begun() -> (Kept, Head) {
    let mut kept = Kept::new();
    let mut head = Head::default();
    for number in 0..2 {
        let entry = head.next(stage(number), by(number.into())).unwrap();
        let digest = put(&mut kept, entry);
        head = seen(&kept, [digest]);
    }
    (kept, head)
}

#[test]
fn two_moves_beside_each_other_both_hold_and_the_next_entry_names_both() {
    let (mut kept, head) = begun();
    let one = put(&mut kept, head.next(promote(&head, "staging", 0), by(10)).unwrap());
    let two = put(&mut kept, head.next(promote(&head, "staging", 1), by(11)).unwrap());
    let both = seen(&kept, [one, two]);
    let joined = both.joined.clone().unwrap();
    assert_eq!((joined.entries, joined.void.len()), (4, 0));
    let last = both.last.as_ref().unwrap().1.action.clone();
    let Action::Promote { candidate, .. } = last else { panic!("{last:?}") };
    assert_eq!(both.state().current(&label("staging")), Some(candidate));
    let entry = both.next(promote(&both, "production", 0), by(12)).unwrap();
    assert_eq!(entry.sequence, 5);
    let mut named: Vec<_> = entry.previous.iter().chain(&entry.merges).copied().collect();
    named.sort();
    let mut ends = [one, two];
    ends.sort();
    assert_eq!(named, ends);
    check(&entry, &mut read(&kept)).unwrap();
    assert_eq!(Entry::read(&entry.bytes()).unwrap(), entry);
    let next = put(&mut kept, entry);
    assert!(seen(&kept, [next]).joined.is_none());
    assert_eq!(history(&seen(&kept, [next]), &mut read(&kept)).unwrap().len(), 5);
}

#[test]
fn two_moves_that_have_one_place_are_not_taken_for_one() {
    let (_, head) = begun();
    let deployed = |number: u8, id: usize| {
        let entry = head.next(promote(&head, "staging", number), by(id)).unwrap();
        entry.state.environments[&label("staging")].clone()
    };
    let (one, two) = (deployed(0, 10), deployed(1, 11));
    assert_eq!(one.sequence, two.sequence);
    assert!(!one.is_of_one_move_with(&two));
    assert!(one.is_of_one_move_with(&Deployed { finished: true, ..one.clone() }));
}

#[test]
fn an_entry_that_comes_late_changes_nothing_that_later_ones_decided() {
    let (mut kept, head) = begun();
    let late = put(&mut kept, head.next(promote(&head, "staging", 0), by(10)).unwrap());
    let mut now = head;
    for number in [1, 0, 1] {
        let entry = now.next(promote(&now, "staging", number), by(20)).unwrap();
        let digest = put(&mut kept, entry);
        now = seen(&kept, [digest]);
    }
    let last = now.last.as_ref().unwrap().0;
    let both = seen(&kept, [last, late]);
    assert_eq!(both.state().current(&label("staging")), Some(candidate(1)));
    assert_eq!(both.joined.unwrap().entries, 6);
}

#[test]
fn what_has_nothing_left_to_act_on_stays_in_the_history_with_its_reason() {
    let (mut kept, head) = begun();
    let gone = Action::Remove { candidates: vec![candidate(0)] };
    let removal = put(&mut kept, head.next(gone, by(10)).unwrap());
    let move_there = put(&mut kept, head.next(promote(&head, "staging", 0), by(11)).unwrap());
    let both = seen(&kept, [removal, move_there]);
    let void = both.joined.clone().unwrap().void;
    let expected = if removal < move_there {
        (move_there, Refused::NotStaged(candidate(0)))
    } else {
        (removal, Refused::InUse(candidate(0), label("staging")))
    };
    assert_eq!(void, vec![expected.clone()]);
    let told = history(&both, &mut read(&kept)).unwrap();
    assert_eq!(told.len(), 4);
    let void: Vec<_> = told.into_iter().filter_map(|told| Some((told.digest, told.void?))).collect();
    assert_eq!(void, vec![expected]);
}

#[test]
fn two_first_entries_are_joined_as_well() {
    let mut kept = Kept::new();
    let ends: Vec<_> =
        [0, 1].map(|it| put(&mut kept, Head::default().next(stage(it), by(it.into())).unwrap())).into();
    let head = seen(&kept, ends);
    assert_eq!(head.state().candidates.len(), 2);
    assert_eq!(head.joined.unwrap().entries, 2);
}

#[test]
fn an_entry_that_is_gone_or_does_not_follow_is_told() {
    let (mut kept, head) = begun();
    let one = put(&mut kept, head.next(promote(&head, "staging", 0), by(10)).unwrap());
    let two = put(&mut kept, head.next(promote(&head, "staging", 1), by(11)).unwrap());
    let both = seen(&kept, [one, two]);
    let mut entry = both.next(promote(&both, "production", 0), by(12)).unwrap();
    entry.state.environments.clear();
    assert!(matches!(check(&entry, &mut read(&kept)), Err(Unjoined::Bad(_))));
    let ends = vec![(one, kept[&one].clone()), (two, kept[&two].clone())];
    kept.clear();
    assert!(matches!(join(ends, &mut read(&kept)), Err(Unjoined::Unread(_))));
}

#[test]
fn names_of_those_before_are_in_order_and_different() {
    let (mut kept, head) = begun();
    let ends =
        [10, 11, 12].map(|it| put(&mut kept, head.next(promote(&head, "staging", 0), by(it)).unwrap()));
    let both = seen(&kept, ends);
    let entry = both.next(promote(&both, "production", 0), by(20)).unwrap();
    assert!(Entry::read(&entry.bytes()).is_ok());
    let mut other = entry.clone();
    other.merges.reverse();
    assert!(Entry::read(&other.bytes()).is_err());
    let mut other = entry;
    other.merges = other.previous.into_iter().collect();
    assert!(Entry::read(&other.bytes()).is_err());
}

proptest! {
    /// Writers who each see some of what is there: what holds in the end is what all actions give in their order,
    /// however the entries arrive, and none is missing.
    #[test]
    fn the_state_is_that_of_all_entries_in_their_order(
        writes in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 1..4), 0_u8..5), 1..25),
        turn in any::<prop::sample::Index>(),
    ) {
        let (mut kept, head) = begun();
        let mut written = vec![head.last.unwrap().0];
        for (number, (views, what)) in writes.into_iter().enumerate() {
            let head = seen(&kept, views.iter().map(|view| *view.get(&written)));
            let action = match what {
                0 => stage(2),
                1 => Action::Remove { candidates: vec![candidate(1)] },
                2 => promote(&head, "production", 0),
                _ => promote(&head, "staging", what - 3),
            };
            if let Ok(entry) = head.next(action, by(100 + number)) {
                check(&entry, &mut read(&kept)).unwrap();
                written.push(put(&mut kept, entry));
            }
        }
        let head = seen(&kept, written.clone());
        let told = history(&head, &mut read(&kept)).unwrap();
        prop_assert_eq!(told.len(), kept.len());
        let mut sorted: Vec<_> = kept.iter().map(|(digest, entry)| (entry.sequence, *digest)).collect();
        sorted.sort();
        prop_assert_eq!(told.iter().map(|told| (told.entry.sequence, told.digest)).collect::<Vec<_>>(), sorted);
        let mut state = State::default();
        for told in &told {
            match state.beside(&told.entry.action, told.entry.time, told.entry.sequence) {
                Ok(after) => state = after,
                Err(why) => prop_assert_eq!(Some(why), told.void.clone()),
            }
        }
        prop_assert_eq!(head.state(), state);
        if let Some(joined) = &head.joined {
            prop_assert_eq!(joined.entries, kept.len() as u64);
        } else {
            prop_assert_eq!(head.last.as_ref().unwrap().1.sequence, kept.len() as u64);
        }
        for it in &told {
            prop_assert_eq!(void(&head, &it.digest, &mut read(&kept)).unwrap(), it.void.clone());
        }
        let from = turn.index(written.len());
        written.rotate_left(from);
        prop_assert_eq!(seen(&kept, written), head);
    }
}
