//! Promoters, each a process, and what they print.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::bar::MOST_TIME;
use crate::support::clean;

/// Promoters at work.
pub(super) struct Crowd {
    members: Vec<Member>,
    tell: Sender<Told>,
    hear: Receiver<Told>,
    deadline: Instant,
    rest: Duration,
}

/// A line of one of them, or that there are no more.
type Told = (usize, Option<String>);

struct Member {
    name: String,
    child: Child,
    lines: Vec<String>,
    has_ended: bool,
    was_killed: bool,
}

impl Crowd {
    /// Nobody yet. Everybody is to rest for up to so long after each move.
    pub(super) fn new(rest: Duration) -> Self {
        let (tell, hear) = channel();
        Self { members: Vec::new(), tell, hear, deadline: Instant::now() + MOST_TIME, rest }
    }

    /// One more, in that workspace; its number.
    pub(super) fn start(&mut self, root: &Path, moves: usize, name: &str) -> usize {
        let mut command = Command::new(env!("CARGO_BIN_EXE_promoter"));
        clean(&mut command, root);
        command.arg(root).args(["staging", &moves.to_string(), name, &self.rest.as_millis().to_string()]);
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let (number, lines) = (self.members.len(), BufReader::new(child.stdout.take().unwrap()).lines());
        let tell = self.tell.clone();
        std::thread::spawn(move || {
            // nobody listens any more where the test has failed
            lines.map_while(Result::ok).all(|line| tell.send((number, Some(line))).is_ok());
            drop(tell.send((number, None)));
        });
        let (name, lines) = (name.to_owned(), Vec::new());
        self.members.push(Member { name, child, lines, has_ended: false, was_killed: false });
        number
    }

    /// Waits until one has printed so many lines.
    pub(super) fn wait_for(&mut self, number: usize, lines: usize) {
        while self.members[number].lines.len() < lines {
            assert!(!self.members[number].has_ended, "it has ended: {}", self.shown());
            self.hear();
        }
    }

    /// Waits until anybody who was not killed has printed one more line.
    pub(super) fn wait_for_anybody(&mut self) {
        let lines = |members: &[Member]| -> usize {
            members.iter().filter(|member| !member.was_killed).map(|member| member.lines.len()).sum()
        };
        let before = lines(&self.members);
        while lines(&self.members) == before {
            assert!(self.members.iter().any(|member| !member.has_ended), "all have ended: {}", self.shown());
            self.hear();
        }
    }

    /// Kills one.
    pub(super) fn kill(&mut self, number: usize) {
        let member = &mut self.members[number];
        assert!(member.child.try_wait().unwrap().is_none(), "it has ended by itself: {:?}", member.lines);
        member.child.kill().unwrap();
        member.child.wait().unwrap();
        member.was_killed = true;
    }

    /// Waits until all have ended, those well that were not killed. Every line of all of them.
    pub(super) fn finish(mut self) -> Vec<String> {
        while self.members.iter().any(|member| !member.has_ended) {
            self.hear();
        }
        for number in 0..self.members.len() {
            let member = &mut self.members[number];
            let status = member.child.wait().unwrap();
            assert!(member.was_killed || status.success(), "{status}: {}", self.shown());
        }
        self.members.iter_mut().flat_map(|member| std::mem::take(&mut member.lines)).collect()
    }

    fn hear(&mut self) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.hear.recv_timeout(left) {
            Ok((number, Some(line))) => self.members[number].lines.push(line),
            Ok((number, None)) => self.members[number].has_ended = true,
            Err(why) => panic!("{why}: not at an end after {MOST_TIME:?}: {}", self.shown()),
        }
    }

    fn shown(&self) -> String {
        let of_one = |member: &Member| {
            let Member { name, lines, has_ended, was_killed, .. } = member;
            format!(
                "{name}: {} lines, ended {has_ended}, killed {was_killed}, last {:?}",
                lines.len(),
                lines.last()
            )
        };
        self.members.iter().map(of_one).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for member in &mut self.members {
            // one that has ended is no error
            drop(member.child.kill());
            drop(member.child.wait());
        }
    }
}
