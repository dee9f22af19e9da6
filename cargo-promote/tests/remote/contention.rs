//! Many promoters at once on a ledger in a registry, killed ones among them: no move is lost, and no reader sees a
//! mixture. `PROMOTE_BAR=whole` asks for as many reads as the requirements say.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use cargo_gate::exec::Cancel;
use cargo_promote::digest::Digest;
use cargo_promote::ledger::{self, Action, Guarantee, Head, Ledger};
use cargo_promote::ops;
use cargo_promote::ops::advance::advance;
use cargo_promote::ops::ledger::OciLedger;
use cargo_promote::ops::registry::Registry;

use crate::project::Project;
use crate::registry::{begin, book};
use crate::server::Server;
use crate::things::{by, named, staging};

/// The variables by which this program is told to be a promoter.
const LEDGER: &str = "TEST_PROMOTER_LEDGER";
const MOVES: &str = "TEST_PROMOTER_MOVES";
/// The longest that any part may take before it fails with what it saw.
const MOST_TIME: Duration = Duration::from_mins(5);

/// How many promoters there are, how often each moves the environment, and how many reads there are beside them.
fn bar() -> (usize, usize, usize) {
    let is_set = |name| std::env::var_os(name).is_some();
    if std::env::var_os("PROMOTE_BAR").is_some_and(|bar| bar == "whole") {
        (20, 20, 5_000)
    } else if is_set("LLVM_PROFILE_FILE") {
        (4, 3, 50)
    } else {
        (20, 5, 300)
    }
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

/// This very program as another process that moves staging and prints the digest of each move.
fn promoter(server: &Server, repository: &str, moves: usize) -> Promoter {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "contention::a_promoter_of_the_other_tests", "--ignored", "--nocapture"])
        .env(LEDGER, format!("{}/{repository}", server.address))
        .env(MOVES, moves.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    Promoter(child.unwrap())
}

#[test]
#[ignore = "the other tests start it as a process of its own"]
fn a_promoter_of_the_other_tests() {
    let (Ok(address), Ok(moves)) = (std::env::var(LEDGER), std::env::var(MOVES)) else { return };
    let ledger = OciLedger::new(Registry::open(&address, true, None).unwrap());
    let start = Instant::now();
    for _ in 0..moves.parse().unwrap() {
        println!("\nmoved {}", step(&ledger).unwrap());
        assert!(start.elapsed() < 2 * MOST_TIME, "whoever started it is gone");
    }
}

fn moved(line: &str) -> Option<Digest> {
    line.strip_prefix("moved ").map(|digest| digest.parse().unwrap())
}

/// One at work, which does not outlive its test.
struct Promoter(Child);

impl Drop for Promoter {
    fn drop(&mut self) {
        // it is gone already, or ends now
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What each of them told until it ended. Those that are to be killed are, some time after so many moves.
fn told(mut promoters: Vec<Promoter>, killed_after: impl Fn(usize) -> Option<usize>) -> Vec<Vec<Digest>> {
    let (tell, hear) = channel();
    for (number, promoter) in promoters.iter_mut().enumerate() {
        let lines = BufReader::new(promoter.0.stdout.take().unwrap()).lines();
        let tell = tell.clone();
        std::thread::spawn(move || {
            let moves = lines.map_while(Result::ok).filter_map(|line| moved(&line));
            // nobody listens any more where the test has failed
            moves.map(Some).chain([None]).all(|told| tell.send((number, told)).is_ok())
        });
    }
    let (start, mut ended) = (Instant::now(), 0);
    let mut told = vec![Vec::new(); promoters.len()];
    while ended < promoters.len() {
        let heard = hear.recv_timeout(MOST_TIME.saturating_sub(start.elapsed()));
        let sizes = || told.iter().map(Vec::len).collect::<Vec<_>>();
        let (number, digest) =
            heard.unwrap_or_else(|_| panic!("{ended} have ended, told were {:?}", sizes()));
        let Some(digest) = digest else {
            ended += 1;
            let status = promoters[number].0.wait().unwrap();
            assert!(status.success() || killed_after(number).is_some(), "{status} after {:?} moves", sizes());
            continue;
        };
        told[number].push(digest);
        if killed_after(number) == Some(told[number].len()) {
            // somewhere in the next move
            std::thread::sleep(ops::jitter(Duration::from_millis(100)));
            promoters[number].0.kill().unwrap();
        }
    }
    told
}

/// The whole history, each entry checked against those before it.
pub(crate) fn history(ledger: &OciLedger) -> Vec<ledger::Told> {
    let head = ledger.head().unwrap();
    let told = ledger::history(&head, &mut |digest| ledger.entry(digest)).unwrap();
    for told in &told {
        ledger::check(&told.entry, &mut |digest| ledger.entry(digest)).unwrap();
    }
    told
}

/// Says that it is over, however the test goes on.
struct Says<'a>(&'a AtomicBool);

impl Drop for Says<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn twenty_promoters_lose_no_move_and_nobody_sees_a_mixture() {
    let Some(server) = Server::start() else { return };
    let (promoters, moves, least) = bar();
    let ledger = book(&server.address, "acme/ledger");
    assert_eq!(ledger.guarantee(), Guarantee::AppendOnly);
    begin(&ledger);
    let start = Instant::now();
    let (over, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (done, beside) = std::thread::scope(|scope| {
        let says = Says(&over);
        for _ in 0..2 {
            scope.spawn(|| watch(&book(&server.address, "acme/ledger"), &over, &reads));
        }
        let all = (0..promoters).map(|_| promoter(&server, "acme/ledger", moves)).collect();
        let mut done: Vec<Digest> = told(all, |_| None).into_iter().flatten().collect();
        assert_eq!(done.len(), promoters * moves);
        // the readers take longer than the promoters: somebody writes as long as they read
        while reads.load(Ordering::SeqCst) < least {
            assert!(start.elapsed() < MOST_TIME, "{} of {least} reads", reads.load(Ordering::SeqCst));
            done.push(step(&ledger).unwrap());
        }
        drop(says);
        (done, reads.load(Ordering::SeqCst))
    });
    let took = start.elapsed();
    let told = history(&book(&server.address, "acme/ledger"));
    let there: BTreeSet<_> = told.iter().filter(|told| told.void.is_none()).map(|told| told.digest).collect();
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), done.len());
    let lost: Vec<_> = done.iter().filter(|digest| !there.contains(digest)).collect();
    assert!(lost.is_empty(), "{} lost", lost.len());
    assert_eq!(told.len(), done.len() + 2);
    assert!(beside >= least, "{beside}");
    eprintln!("{} entries, {beside} reads beside the writers, {:.1} s", told.len(), took.as_secs_f64());
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
    let all = (0..10).map(|_| promoter(&server, "acme/ledger", 1000)).collect();
    let told: Vec<Digest> = told(all, |number| Some(1 + number % 4)).into_iter().flatten().collect();
    assert!(told.len() >= 10, "{}", told.len());
    let there: BTreeSet<_> = history(&ledger).into_iter().map(|told| told.digest).collect();
    assert!(told.iter().all(|digest| there.contains(digest)));
    let next = step(&ledger).unwrap();
    assert_eq!(book(&server.address, "acme/ledger").head().unwrap().last.unwrap().0, next);
}

/// Staging in a registry, and the ledger beside it.
fn config(address: &str) -> String {
    format!(
        "[stores.registry]\nkind = \"oci\"\nhttp = true\nrepository = \"{address}/acme/tool\"\n\
         [ledger]\nkind = \"store\"\nname = \"registry\"\n\
         [[environments]]\nname = \"staging\"\nstore = \"registry\"\naccept = [\"append-only\"]\n"
    )
}

#[test]
fn after_killed_calls_status_is_right_and_the_next_promotion_works() {
    let Some(server) = Server::start() else { return };
    let project = Project::new(&config(&server.address), &[]);
    let candidates = [project.stage(1), project.stage(2)].map(|candidate| candidate.digest());
    let (versions, mut moved) = (["1.0.1", "1.0.2"], Vec::new());
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for number in 0..10 {
                let call = Promoter(project.start(&["to", "staging", versions[number % 2], "--execute"]));
                scope.spawn(|| {
                    std::thread::sleep(ops::jitter(Duration::from_millis(1500)));
                    // killed, wherever it is
                    drop(call);
                });
            }
        });
        let told = history(&book(&server.address, "acme/tool"));
        let last =
            told.iter().rev().filter(|told| told.void.is_none()).find_map(|told| match &told.entry.action {
                Action::Promote { candidate, .. } => Some(*candidate),
                _ => None,
            });
        assert_eq!(project.runs("staging"), last);
        moved.push(told.len());
        let status = project.told(&["status"], 0);
        let running = |place: usize| status.contains(&format!("staging  tool {}", versions[place]));
        for place in [0, 1] {
            assert_eq!(running(place), last == Some(candidates[place]), "{status}");
        }
        let next = usize::from(last == Some(candidates[0]));
        project.told(&["to", "staging", versions[next], "--execute"], 0);
        assert_eq!(project.runs("staging"), Some(candidates[next]));
    }
    eprintln!("entries after each round: {moved:?}");
}
