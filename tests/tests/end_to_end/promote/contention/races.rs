//! Promoters at once.

use std::time::{Duration, Instant};

use super::bar::{Bar, say};
use super::crowd::Crowd;
use super::places::Place;
use super::readers::{Over, Seen, read_heads, read_remote};

/// Everybody moves the environment again and again, while `read` reads.
fn race(place: &Place, bar: Bar, read: impl FnOnce(&Over) -> Vec<Seen> + Send) {
    let (start, over) = (Instant::now(), Over::default());
    let (told, took, seen) = std::thread::scope(|scope| {
        let readers = scope.spawn(|| read(&over));
        let says = over.at_the_end();
        let mut crowd = Crowd::new(Duration::ZERO);
        for (number, root) in place.roots.iter().enumerate() {
            crowd.start(root, bar.moves, &number.to_string());
        }
        let told = crowd.finish();
        let took = start.elapsed();
        drop(says);
        (told, took, readers.join().unwrap())
    });
    let mut sorted = told.clone();
    sorted.sort();
    let mut expected: Vec<String> = (0..place.roots.len())
        .flat_map(|promoter| (0..bar.moves).map(move |number| format!("{promoter}/{number}")))
        .collect();
    expected.sort();
    assert_eq!(sorted, expected);
    let reads = seen.iter().map(|seen| seen.reads).sum::<usize>();
    assert!(reads >= bar.reads, "{reads}");
    place.check(&told, 0, &seen);
    place.promotes();
    say(&format!("{} moves in {:.1} s, {reads} reads", told.len(), took.as_secs_f64()));
}

#[test]
fn twenty_promoters_on_the_local_ledger_lose_nothing_and_nobody_sees_a_mixture() {
    let bar = Bar::of_folders();
    let place = Place::folder(bar.promoters);
    race(&place, bar, |over| {
        let read = || read_heads(&place.project.root(), bar.reads / 2, Duration::from_micros(500), over);
        std::thread::scope(|scope| {
            let readers = [scope.spawn(read), scope.spawn(read)];
            readers.into_iter().map(|reader| reader.join().unwrap()).collect()
        })
    });
}

fn on_git(format: &str) {
    let bar = Bar::of_git();
    let place = Place::git(bar.promoters, format);
    race(&place, bar, |over| {
        std::thread::scope(|scope| {
            let remote = scope.spawn(|| read_remote(&place.bare, bar.reads, Duration::from_millis(1), over));
            // each of these reads is a process here and one at the remote
            let library = scope.spawn(|| read_heads(&place.roots[0], 1, Duration::from_millis(100), over));
            vec![remote.join().unwrap(), library.join().unwrap()]
        })
    });
}

#[test]
fn twenty_promoters_on_a_git_ledger_of_files_lose_nothing_and_nobody_sees_a_mixture() {
    on_git("--ref-format=files");
}

#[test]
fn twenty_promoters_on_a_git_ledger_of_reftable_lose_nothing_and_nobody_sees_a_mixture() {
    on_git("--ref-format=reftable");
}
