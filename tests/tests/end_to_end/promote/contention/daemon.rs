//! git's own server on this machine, behind a proxy that cuts a connection at a given byte.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use super::bar::say;
use crate::support::clean;

/// The longest that the server may take to end after a connection was cut.
const MOST_TIME: Duration = Duration::from_mins(1);

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ToServer,
    ToClient,
}

/// A connection over which something is pushed is cut when more than so many bytes come that way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) way: Way,
    pub(super) after: usize,
    /// Whether there is no network at all from then on.
    pub(super) lasts: bool,
}

/// What went over a connection over which something was pushed.
#[derive(Debug, Clone, Default)]
pub(super) struct Push {
    pub(super) to_server: Vec<u8>,
    pub(super) to_client: usize,
    /// How many bytes the client had got when it had sent no more than its request.
    pub(super) greeting: usize,
}

#[derive(Default)]
struct Plan {
    cut: Option<Cut>,
    has_cut: bool,
    /// The last push that was begun.
    push: Push,
    /// How many servers are at work.
    servers: usize,
}

/// What the connections share.
#[derive(Default)]
struct Line {
    plan: Mutex<Plan>,
    idle: Condvar,
}

/// The server and the proxy before it.
pub(super) struct Daemon {
    port: u16,
    line: Arc<Line>,
}

impl Daemon {
    /// Serves the repositories in that folder. None where git was installed without its server.
    pub(super) fn start(folder: &Path) -> Option<Self> {
        let programs = Command::new("git").arg("--exec-path").output().unwrap().stdout;
        let programs = PathBuf::from(String::from_utf8(programs).unwrap().trim_end());
        if !programs.join("git-daemon").is_file() {
            say("skipped: git has no daemon here");
            return None;
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = Arc::new(Line::default());
        let (folder, shared) = (folder.to_owned(), Arc::clone(&line));
        // it ends with the process
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let plan = shared.plan.lock().unwrap();
                // nobody answers where there is no network
                if !(plan.has_cut && plan.cut.is_some_and(|cut| cut.lasts)) {
                    drop(plan);
                    serve(&folder, &client, &shared);
                }
            }
        });
        Some(Self { port, line })
    }

    /// The address of a repository in the folder.
    pub(super) fn address(&self, name: &str) -> String {
        format!("git://127.0.0.1:{}/{name}", self.port)
    }

    /// From now on the next push is cut there, and no other one; or none at all.
    pub(super) fn cut(&self, cut: Option<Cut>) {
        let mut plan = self.line.plan.lock().unwrap();
        (plan.cut, plan.has_cut) = (cut, false);
    }

    /// Whether one was cut.
    pub(super) fn has_cut(&self) -> bool {
        self.line.plan.lock().unwrap().has_cut
    }

    /// What went over the last one.
    pub(super) fn last_push(&self) -> Push {
        self.line.plan.lock().unwrap().push.clone()
    }

    /// Waits until no server works any more: what one of them got to hear has been done then, or never will be.
    pub(super) fn settle(&self) {
        let plan = self.line.plan.lock().unwrap();
        let (plan, late) =
            self.line.idle.wait_timeout_while(plan, MOST_TIME, |plan| plan.servers > 0).unwrap();
        assert!(!late.timed_out(), "{} servers are at work after {MOST_TIME:?}", plan.servers);
    }
}

/// One connection: a server of its own, and two threads that carry bytes to it and back.
fn serve(folder: &Path, client: &TcpStream, line: &Arc<Line>) {
    let mut command = Command::new("git");
    clean(&mut command, folder);
    command.args(["daemon", "--inetd", "--export-all", "--enable=receive-pack", "--informative-errors"]);
    command.arg(format!("--base-path={}", folder.display())).arg(folder);
    let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut asks, mut tells) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
    line.plan.lock().unwrap().servers += 1;
    let pushes = Arc::new(Mutex::new(false));
    let begin = |way| Carrier { way, pushes: Arc::clone(&pushes), line: Arc::clone(line), carried: 0 };
    let (mut there, mut back) = (begin(Way::ToServer), begin(Way::ToClient));
    client.set_nodelay(true).unwrap();
    let (mut from, end) = (client.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        // one that has said everything still listens
        if there.carry(&mut from, &mut asks) {
            drop(end.shutdown(Shutdown::Both));
        }
    });
    let (mut to, end) = (client.try_clone().unwrap(), client.try_clone().unwrap());
    let line = Arc::clone(line);
    thread::spawn(move || {
        back.carry(&mut tells, &mut to);
        drop(end.shutdown(Shutdown::Both));
        drop(tells);
        drop(server.wait());
        line.plan.lock().unwrap().servers -= 1;
        line.idle.notify_all();
    });
}

/// The line in which a client says what it wants, all at once: git writes its length and then the rest. Only with all of
/// it is it known whether something is pushed.
fn request(from: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    from.read_exact(&mut buffer[..4])?;
    let length =
        std::str::from_utf8(&buffer[..4]).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
    let length = length.filter(|length| (5..buffer.len()).contains(length)).unwrap();
    from.read_exact(&mut buffer[4..length])?;
    Ok(length)
}

/// Carries bytes one way.
struct Carrier {
    way: Way,
    /// Whether this connection is for a push.
    pushes: Arc<Mutex<bool>>,
    line: Arc<Line>,
    carried: usize,
}

impl Carrier {
    /// Until one side ends, or the connection is cut: whether it is.
    fn carry(&mut self, from: &mut impl Read, to: &mut impl Write) -> bool {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let is_request = self.way == Way::ToServer && self.carried == 0;
            let read = if is_request { request(from, &mut buffer) } else { from.read(&mut buffer) };
            let Ok(read @ 1..) = read else { return false };
            let goes = self.goes(&buffer[..read]);
            let written = to.write_all(&buffer[..goes]).and_then(|()| to.flush());
            if goes < read || written.is_err() {
                return goes < read;
            }
        }
    }

    /// How many of these bytes go on.
    fn goes(&mut self, bytes: &[u8]) -> usize {
        let mut plan = self.line.plan.lock().unwrap();
        let before = self.carried;
        self.carried += bytes.len();
        if !self.is_push(&mut plan, before, bytes) {
            return bytes.len();
        }
        let push = &mut plan.push;
        match self.way {
            Way::ToServer => push.to_server.extend(bytes),
            Way::ToClient => push.to_client += bytes.len(),
        }
        if self.way == Way::ToServer && before > 0 && push.greeting == 0 {
            push.greeting = push.to_client;
        }
        match plan.cut {
            Some(cut) if cut.way == self.way && !plan.has_cut && self.carried > cut.after => {
                plan.has_cut = true;
                cut.after - before
            }
            _ => bytes.len(),
        }
    }

    /// Whether something is pushed, as the first bytes of the client tell.
    fn is_push(&self, plan: &mut Plan, before: usize, bytes: &[u8]) -> bool {
        let mut pushes = self.pushes.lock().unwrap();
        if self.way == Way::ToServer && before == 0 {
            *pushes = bytes.windows(16).any(|word| word == b"git-receive-pack");
            if *pushes {
                plan.push = Push::default();
            }
        }
        *pushes
    }
}
