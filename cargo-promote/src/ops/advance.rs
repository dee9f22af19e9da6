//! Adds an entry to a ledger that others write too: reads, decides, writes, and does it all again where somebody else
//! was first.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cargo_gate::exec::Cancel;

use super::random;
use crate::digest::Digest;
use crate::ledger::{self, Action, Appended, By, Entry, Guarantee, Head, Ledger};
use crate::store::StoreError;
use crate::trouble::Trouble;

/// How often it is tried.
const MOST_TRIES: u32 = 200;
/// How long it is tried.
const MOST_TIME: Duration = Duration::from_mins(5);
/// How long the first pause is at the most, where a try takes next to no time; each one is up to twice as long as the
/// one before.
const FIRST_PAUSE: Duration = Duration::from_millis(8);
/// A pause is at the least up to so many times as long as the try before it: whoever comes back sooner than the others
/// are done meets the same ones again, and a try that is lost takes as much of a machine as one that is not.
const PAUSE_OF_TRIES: u32 = 2;
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How often the ledger is read again after the connection was lost.
const MOST_LOOKS: u32 = 5;

/// Adds the entry that `decide` makes of what holds: it is asked again each time that somebody else was first, and
/// wants nothing where it gives no action. Gives the entry that was added.
///
/// # Errors
/// What `decide` refuses; where the ledger cannot be read or written; where others were first again and again.
pub fn advance(
    ledger: &dyn Ledger,
    cancel: &Cancel,
    by: &dyn Fn() -> Result<By, Trouble>,
    decide: &dyn Fn(&Head) -> Result<Option<Action>, Trouble>,
) -> Result<Option<(Digest, Entry)>, Trouble> {
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    for _ in 0..MOST_TRIES {
        let begun = Instant::now();
        let head = ledger.head()?;
        let Some(action) = decide(&head)? else { return Ok(None) };
        let entry = head.next(action, by()?)?;
        match append(ledger, cancel, &head, &entry)? {
            Appended::Done => return Ok(Some((entry.digest(), entry))),
            Appended::Void(why) => return Err(why.into()),
            Appended::Moved => {}
        }
        if start.elapsed() > MOST_TIME {
            break;
        }
        pause = pause.max(begun.elapsed() * PAUSE_OF_TRIES).min(LONGEST_PAUSE);
        rest(cancel, pause, &ledger.name())?;
        pause *= 2;
    }
    Err(Trouble::CouldNot(format!(
        "{}: others wrote to it at the same time, again and again; nothing was changed, try again",
        ledger.name()
    )))
}

/// Adds an entry. Where the connection was lost the ledger is read again before anything is said. As long as the entry
/// can still be taken it is the same one that is sent again: should the first one arrive late, both are one.
fn append(ledger: &dyn Ledger, cancel: &Cancel, head: &Head, entry: &Entry) -> Result<Appended, Trouble> {
    // there an entry is taken whatever came before it, however late it arrives
    let appends_only = ledger.guarantee() == Guarantee::AppendOnly;
    let mut told = ledger.append(head, entry);
    let mut pause = FIRST_PAUSE;
    for _ in 0..MOST_LOOKS {
        let lost = match told {
            Err(lost @ StoreError::Unknown { .. }) => lost,
            told => return Ok(told?),
        };
        rest(cancel, pause, &ledger.name())?;
        pause *= 4;
        let looked = ledger.head().and_then(|now| Ok((is_there(ledger, &now, entry)?, now)));
        told = match looked {
            Ok((true, now)) => void(ledger, &now, entry).ok_or(lost),
            Ok((false, now)) if now == *head || appends_only => match ledger.append(head, entry) {
                // what became of the first one is as unknown as before
                Err(StoreError::Failed { .. }) => Err(lost),
                told => told,
            },
            // what was sent can still arrive, and counts for nothing then: another entry is in its place
            Ok((false, _)) => return Ok(Appended::Moved),
            Err(_) => Err(lost),
        };
    }
    Ok(told?)
}

/// What became of an entry that is in the ledger; nothing where that cannot be read.
fn void(ledger: &dyn Ledger, now: &Head, entry: &Entry) -> Option<Appended> {
    if ledger.guarantee() == Guarantee::CompareAndSwap {
        return Some(Appended::Done);
    }
    let void = ledger::void(now, &entry.digest(), &mut |digest| ledger.entry(digest)).ok()?;
    Some(void.map_or(Appended::Done, Appended::Void))
}

/// Whether an entry is in the ledger, which others may have written to since.
fn is_there(ledger: &dyn Ledger, head: &Head, entry: &Entry) -> Result<bool, StoreError> {
    let wanted = entry.digest();
    let mut open: Vec<Digest> = head.last.iter().map(|(digest, _)| *digest).collect();
    open.extend(head.joined.iter().flat_map(|joined| &joined.beside));
    let mut seen = BTreeSet::new();
    while let Some(digest) = open.pop() {
        if digest == wanted {
            return Ok(true);
        }
        if seen.insert(digest) {
            let found = ledger.entry(&digest)?;
            let before = found.previous.into_iter().chain(found.merges);
            open.extend(before.filter(|_| found.sequence > entry.sequence));
        }
    }
    Ok(false)
}

fn rest(cancel: &Cancel, most: Duration, ledger: &str) -> Result<(), Trouble> {
    if cancel.is_set() {
        return Err(Trouble::CouldNot(format!(
            "{ledger}: interrupted; `cargo promote status` tells what holds"
        )));
    }
    std::thread::sleep(random::jitter(most));
    Ok(())
}

#[cfg(test)]
mod tests;
