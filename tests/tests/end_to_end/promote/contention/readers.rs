//! Readers beside the promoters: each entry that they see has its place for good, and none is seen after a later one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cargo_gate::exec::Cancel;
use cargo_promote::digest::Digest;
use cargo_promote::ledger::Entry;
use cargo_promote::ops::session::Session;

use super::bar::MOST_TIME;
use crate::support::clean;

/// What readers saw: the digest of each entry by its place, so that two of one place are found.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) entries: BTreeMap<u64, Digest>,
    pub(super) reads: usize,
    last: u64,
}

impl Seen {
    /// An entry as it was read at one time.
    pub(super) fn see(&mut self, digest: Digest, entry: &Entry) {
        assert_eq!(digest, entry.digest());
        assert!(entry.sequence >= self.last, "entry {} after {}", entry.sequence, self.last);
        assert_eq!(*self.entries.entry(entry.sequence).or_insert(digest), digest, "two of one place");
        self.last = entry.sequence;
        self.reads += 1;
    }
}

/// Whether the writers are through, or have failed.
#[derive(Debug, Default)]
pub(super) struct Over(AtomicBool);

/// Says that it is over, however the test goes on.
pub(super) struct Says<'a>(&'a Over);

impl Over {
    /// Says so when what is given is dropped.
    pub(super) fn at_the_end(&self) -> Says<'_> {
        Says(self)
    }

    /// Reads with a pause between until it is over and there were so many reads.
    fn until(&self, least: usize, pause: Duration, mut read: impl FnMut(&mut Seen)) -> Seen {
        let (start, mut seen) = (Instant::now(), Seen::default());
        while !self.0.load(Ordering::SeqCst) || seen.reads < least {
            assert!(start.elapsed() < MOST_TIME, "{} of {least} reads in {MOST_TIME:?}", seen.reads);
            read(&mut seen);
            std::thread::sleep(pause);
        }
        seen
    }
}

impl Drop for Says<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

/// Reads by way of the library. What `head` gives is checked: its digest, and that it follows from the one before.
pub(super) fn read_heads(root: &Path, least: usize, pause: Duration, over: &Over) -> Seen {
    let ledger = Session::at(root.to_owned(), &Cancel::default()).unwrap().ledger().unwrap();
    over.until(least, pause, |seen| {
        let (digest, entry) = ledger.head().unwrap().last.unwrap();
        seen.see(digest, &entry);
    })
}

/// Reads what a repository has, as fast as git gives it: one process that is asked again and again.
pub(super) fn read_remote(bare: &Path, least: usize, pause: Duration, over: &Over) -> Seen {
    let mut git = Batch::start(bare);
    over.until(least, pause, |seen| {
        let bytes = git.ask("refs/heads/promote-ledger:state.json");
        seen.see(Digest::of(&bytes), &Entry::read(&bytes).unwrap());
    })
}

/// `git cat-file --batch`.
struct Batch {
    child: Child,
    asks: Option<ChildStdin>,
    tells: BufReader<ChildStdout>,
}

impl Batch {
    fn start(bare: &Path) -> Self {
        let mut command = Command::new("git");
        clean(&mut command, bare);
        command.current_dir(bare).args(["cat-file", "--batch"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (asks, tells) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, asks, tells }
    }

    fn ask(&mut self, name: &str) -> Vec<u8> {
        writeln!(self.asks.as_mut().unwrap(), "{name}").unwrap();
        let mut head = String::new();
        self.tells.read_line(&mut head).unwrap();
        let size = head.trim_end().rsplit(' ').next().unwrap();
        let size: usize = size.parse().unwrap_or_else(|_| panic!("git cat-file told `{head}`"));
        let mut bytes = vec![0; size + 1];
        self.tells.read_exact(&mut bytes).unwrap();
        bytes.pop();
        bytes
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        drop(self.asks.take());
        drop(self.child.wait());
    }
}
