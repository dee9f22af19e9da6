//! Stands before a server and cuts the connection at a request.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// When the connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Before the server sees the request.
    Before,
    /// When the server has answered it, and nobody hears the answer.
    After,
}

pub(crate) struct Proxy {
    pub(crate) address: String,
    plan: Arc<Mutex<Plan>>,
}

/// Which request is cut, and how many there were.
struct Plan {
    at: usize,
    cut: Cut,
    requests: usize,
    /// Requests with this in them are cut before the server sees them.
    word: Option<&'static str>,
}

impl Plan {
    /// Whether connections are cut by now.
    fn cuts(&self, cut: Cut) -> bool {
        self.cut == cut && self.requests > self.at
    }
}

impl Proxy {
    /// Lets everything through for now.
    pub(crate) fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let plan = Arc::new(Mutex::new(Plan { at: usize::MAX, cut: Cut::Before, requests: 0, word: None }));
        let (server, shared) = (server.to_owned(), Arc::clone(&plan));
        // it ends with the process
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { continue };
                let Ok(upstream) = TcpStream::connect(&server) else { continue };
                relay(&client, &upstream, &shared);
            }
        });
        Self { address, plan }
    }

    /// Cuts every connection from the request with that number on, counted from zero from now.
    pub(crate) fn cut(&self, at: usize, cut: Cut) {
        *self.plan.lock().unwrap() = Plan { at, cut, requests: 0, word: None };
    }

    /// Cuts the connections of requests with this in them, or none any more.
    pub(crate) fn cut_those_with(&self, word: Option<&'static str>) {
        self.plan.lock().unwrap().word = word;
    }

    /// How many requests there were since.
    pub(crate) fn requests(&self) -> usize {
        self.plan.lock().unwrap().requests
    }

    /// Whether a connection was cut.
    pub(crate) fn has_cut(&self) -> bool {
        let plan = self.plan.lock().unwrap();
        plan.requests > plan.at
    }
}

fn relay(client: &TcpStream, server: &TcpStream, plan: &Arc<Mutex<Plan>>) {
    for socket in [client, server] {
        socket.set_nodelay(true).unwrap();
    }
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let counted = Arc::clone(plan);
    thread::spawn(move || {
        copy(&mut from, &mut to, |bytes| {
            let begins = ["GET /", "PUT /", "POST /", "HEAD /", "PATCH /", "DELETE /"];
            let mut plan = counted.lock().unwrap();
            plan.requests += usize::from(begins.iter().any(|begin| bytes.starts_with(begin.as_bytes())));
            let said = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
            !plan.cuts(Cut::Before) && !plan.word.is_some_and(said)
        });
    });
    let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let plan = Arc::clone(plan);
    thread::spawn(move || copy(&mut from, &mut to, |_| !plan.lock().unwrap().cuts(Cut::After)));
}

/// Copies until one side ends, or what comes is not to go on.
fn copy(from: &mut TcpStream, to: &mut TcpStream, mut goes_on: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if !goes_on(&buffer[..read]) || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}
