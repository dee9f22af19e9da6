//! Promoters that are killed at random moments, beside others that are not.

use std::time::{Duration, Instant};

use cargo_promote::digest::Digest;
use cargo_promote::ledger::Told;
use cargo_promote::ops::jitter;

use super::bar::{Bar, say};
use super::crowd::Crowd;
use super::places::Place;

/// How often the others move the environment.
const MOVES: usize = 3;
/// More moves than anybody makes before it is killed.
const WITHOUT_END: usize = 100_000;

/// Kills one promoter after the other, each within so much time after a line of it, a quarter of which it may rest: those
/// that are still to be killed never end. After each kill the command tells what holds, and others go on.
fn killed(place: &Place, bar: Bar, within: Duration) {
    let start = Instant::now();
    let mut crowd = Crowd::new(within / 4);
    let mut statuses = Vec::new();
    let numbers: Vec<usize> = (0..bar.killed)
        .map(|number| {
            crowd.start(&place.roots[number + bar.killed], MOVES, &format!("other-{number}"));
            crowd.start(&place.roots[number], WITHOUT_END, &format!("killed-{number}"))
        })
        .collect();
    for (at, number) in numbers.into_iter().enumerate() {
        crowd.wait_for(number, at % 3);
        // anywhere in its next move
        std::thread::sleep(jitter(within));
        crowd.kill(number);
        statuses.push(place.status());
        if at + 1 < bar.killed {
            crowd.wait_for_anybody();
        }
    }
    // what a killed one has sent is before this one, or comes too late for ever
    let next = crowd.start(&place.roots[0], 1, "next");
    crowd.wait_for(next, 1);
    let told = crowd.finish();
    assert!(told.len() > bar.killed * MOVES, "{told:?}");
    place.check(&told, bar.killed, &[]);
    let all = place.history();
    for status in statuses {
        assert_eq!(status, at(&all, status.0));
    }
    place.promotes();
    let took = start.elapsed().as_secs_f64();
    say(&format!("{} killed, {} moves told, {took:.1} s", bar.killed, told.len()));
}

/// What staging ran after so many entries.
fn at(all: &[Told], entries: u64) -> (u64, Option<Digest>) {
    let entry = &all[usize::try_from(entries).unwrap() - 1].entry;
    (entry.sequence, entry.state.current(&"staging".parse().unwrap()))
}

#[test]
fn ten_killed_promoters_leave_a_local_ledger_that_is_right() {
    let bar = Bar::of_folders();
    killed(&Place::folder(2 * bar.killed), bar, Duration::from_millis(40));
}

#[test]
fn ten_killed_promoters_leave_a_git_ledger_of_files_that_is_right() {
    let bar = Bar::of_git();
    killed(&Place::git(2 * bar.killed, "--ref-format=files"), bar, Duration::from_millis(1200));
}

#[test]
fn ten_killed_promoters_leave_a_git_ledger_of_reftable_that_is_right() {
    let bar = Bar::of_git();
    killed(&Place::git(2 * bar.killed, "--ref-format=reftable"), bar, Duration::from_millis(1200));
}
