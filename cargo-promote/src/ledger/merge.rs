//! Entries that were written beside each other, in a ledger whose pointer cannot refuse the second one.
//!
//! Such a ledger is a set of entries, each naming all ends that its writer saw. What holds is a function of that set
//! alone: the actions of all entries in the order of their keys (sequence, then digest). An entry's sequence is the
//! number of entries before it plus one, so those before it come first in this order, and a ledger with as many
//! entries as the sequence of its last one has no other end.
//!
//! Moves of one environment that were made beside each other all hold, one after the other: that each was made from
//! what its writer saw is not asked for again, so no later entry takes a move back that was acknowledged. What has
//! nothing left to act on (a promotion of a candidate that was removed beside it, a removal of one that is in use)
//! stays in the history and is void.

use std::collections::{BTreeMap, BTreeSet};

use super::contract::Head;
use super::entry::{BadEntry, By, Entry};
use super::state::{Refused, State};
use crate::digest::Digest;

/// Several ends, seen as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The ends beside the last one, sorted.
    pub beside: Vec<Digest>,
    /// How many entries there are in all.
    pub entries: u64,
    /// What holds after all of them.
    pub state: State,
    /// The entries after the last common one whose actions do not hold, and why.
    pub void: Vec<(Digest, Refused)>,
}

/// An entry of the whole history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// By what it is named.
    pub digest: Digest,
    /// It.
    pub entry: Entry,
    /// Why its action does not hold, where it does not.
    pub void: Option<Refused>,
}

/// Why entries cannot be joined.
#[derive(Debug, thiserror::Error)]
pub enum Unjoined<E> {
    /// One cannot be read.
    #[error(transparent)]
    Unread(E),
    /// One is not what it should be.
    #[error(transparent)]
    Bad(BadEntry),
}

/// Entries by the order in which they count.
type Sorted = BTreeMap<(u64, Digest), Entry>;

/// What reads an entry by its digest.
type Read<'a, E> = &'a mut dyn FnMut(&Digest) -> Result<Entry, E>;

/// The end of a ledger that ends in these entries. Only what came after the last entry that all of them follow is read.
///
/// # Errors
/// Where an entry cannot be read or has no place in the order.
pub fn join<E>(ends: Vec<(Digest, Entry)>, read: Read<'_, E>) -> Result<Head, Unjoined<E>> {
    let open: Sorted = ends.into_iter().map(|(digest, entry)| ((entry.sequence, digest), entry)).collect();
    let mut beside: Vec<Digest> = open.keys().map(|(_, digest)| *digest).collect();
    let Some(last) = beside.pop() else { return Ok(Head::default()) };
    beside.sort();
    let end = open.last_key_value().map(|(_, entry)| (last, entry.clone()));
    if beside.is_empty() {
        return Ok(Head { version: last.to_string(), last: end, joined: None });
    }
    let (state, entries, void) = fold(open, None, read)?;
    let joined = Some(Joined { beside, entries, state, void });
    Ok(Head { version: last.to_string(), last: end, joined })
}

/// Why an entry that is in a ledger has no effect, where it has none.
///
/// # Errors
/// As [`join`].
pub fn void<E>(head: &Head, digest: &Digest, read: Read<'_, E>) -> Result<Option<Refused>, Unjoined<E>> {
    let (_, _, void) = fold(ends(head, read)?, Some(digest), read)?;
    Ok(void.into_iter().find_map(|(other, why)| (other == *digest).then_some(why)))
}

/// Every entry up to an end, in the order in which they count, the oldest first.
///
/// # Errors
/// As [`join`].
pub fn history<E>(head: &Head, read: Read<'_, E>) -> Result<Vec<Told>, Unjoined<E>> {
    let mut open = ends(head, read)?;
    let mut all = Sorted::new();
    let mut seen: BTreeSet<Digest> = open.keys().map(|(_, digest)| *digest).collect();
    while let Some((key, entry)) = open.pop_last() {
        parents(&entry, &mut open, &mut seen, read)?;
        all.insert(key, entry);
    }
    let mut state = State::default();
    let told = all.into_iter().map(|((_, digest), entry)| {
        let void = match state.beside(&entry.action, entry.time, entry.sequence) {
            Ok(after) => {
                state = after;
                None
            }
            Err(why) => Some(why),
        };
        Told { digest, entry, void }
    });
    Ok(told.collect())
}

/// Checks that an entry is what its action makes of those that it names as before it.
///
/// # Errors
/// Where it is not, or one of those cannot be read.
pub fn check<E>(entry: &Entry, read: Read<'_, E>) -> Result<(), Unjoined<E>> {
    let bad = |why: String| Unjoined::Bad(BadEntry { digest: entry.digest().short(), why });
    let mut ends = Vec::new();
    for digest in entry.previous.iter().chain(&entry.merges) {
        ends.push((*digest, read(digest).map_err(Unjoined::Unread)?));
    }
    let Entry { id, time, actor, reason, .. } = entry.clone();
    let head = join(ends, read)?;
    let expected = head
        .next(entry.action.clone(), By { id, time, actor, reason })
        .map_err(|why| bad(why.to_string()))?;
    if expected == *entry { Ok(()) } else { Err(bad("does not follow from those before".to_owned())) }
}

/// All ends.
fn ends<E>(head: &Head, read: Read<'_, E>) -> Result<Sorted, Unjoined<E>> {
    let mut ends = Sorted::new();
    if let Some((digest, entry)) = &head.last {
        ends.insert((entry.sequence, *digest), entry.clone());
    }
    for digest in head.joined.iter().flat_map(|joined| &joined.beside) {
        let entry = read(digest).map_err(Unjoined::Unread)?;
        ends.insert((entry.sequence, *digest), entry);
    }
    Ok(ends)
}

/// What holds, how many entries there are, and which are void, from the last entry on that all follow, or from before
/// one that is looked for.
type Folded = (State, u64, Vec<(Digest, Refused)>);

fn fold<E>(mut open: Sorted, from: Option<&Digest>, read: Read<'_, E>) -> Result<Folded, Unjoined<E>> {
    let mut apart = Sorted::new();
    let mut seen: BTreeSet<Digest> = open.keys().map(|(_, digest)| *digest).collect();
    let mut found = from.is_none();
    while open.len() > 1 || !found {
        let Some((key, entry)) = open.pop_last() else { break };
        parents(&entry, &mut open, &mut seen, read)?;
        found |= from.is_some_and(|digest| *digest == key.1);
        apart.insert(key, entry);
    }
    // all that is not apart comes before this one, or is it
    let (mut state, before) = open
        .pop_last()
        .map_or_else(|| (State::default(), 0), |((sequence, _), entry)| (entry.state, sequence));
    let mut void = Vec::new();
    for ((_, digest), entry) in &apart {
        match state.beside(&entry.action, entry.time, entry.sequence) {
            Ok(after) => state = after,
            Err(why) => void.push((*digest, why)),
        }
    }
    Ok((state, before + apart.len() as u64, void))
}

/// Opens those that an entry names as before it.
fn parents<E>(
    entry: &Entry,
    open: &mut Sorted,
    seen: &mut BTreeSet<Digest>,
    read: Read<'_, E>,
) -> Result<(), Unjoined<E>> {
    for digest in entry.previous.iter().chain(&entry.merges) {
        // many entries name the same one
        if !seen.insert(*digest) {
            continue;
        }
        let parent = read(digest).map_err(Unjoined::Unread)?;
        if parent.sequence >= entry.sequence {
            let why = "names one as before it that comes later".to_owned();
            return Err(Unjoined::Bad(BadEntry { digest: entry.digest().short(), why }));
        }
        open.insert((parent.sequence, *digest), parent);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
