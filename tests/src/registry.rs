//! A small sparse registry on this machine, for tests: an index, uploads and downloads, and what goes wrong with them.
//!
//! <https://doc.rust-lang.org/cargo/reference/registry-index.html> and `registry-web-api.html` beside it. Each
//! connection is one request.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use cargo_promote::digest::Digest;
use serde_json::{Value, json};

/// A registry that runs until it is dropped.
#[derive(Debug)]
pub struct Registry {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What goes wrong with an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Status 500, and nothing is kept.
    ErrorBefore,
    /// Status 500, and the package is kept.
    ErrorAfter,
    /// The connection is closed after the body, and nothing is kept.
    CutBefore,
    /// The connection is closed after the body, and the package is kept.
    CutAfter,
    /// It is refused.
    Refused,
    /// No answer until the client goes away, and nothing is kept.
    HeldBefore,
    /// No answer until the client goes away, and the package is kept.
    HeldAfter,
}

/// A package as it was uploaded.
#[derive(Debug, Clone)]
pub struct Upload {
    /// What the registry was told.
    pub metadata: Value,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it was kept.
    pub kept: bool,
    /// Whether the version was there already.
    pub again: bool,
}

/// A version that is kept.
#[derive(Debug, Clone)]
struct Kept {
    line: Value,
    bytes: Vec<u8>,
    /// How many reads of the index do not show it yet.
    hidden: usize,
}

#[derive(Debug, Default)]
struct State {
    packages: BTreeMap<String, Vec<Kept>>,
    uploads: Vec<Upload>,
    fault: Option<(usize, Fault)>,
    delay: usize,
    token: String,
    /// The first line and the token of every request.
    requests: Vec<(String, Option<String>)>,
}

impl Registry {
    /// Starts one that takes uploads with that token.
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn start(token: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State { token: token.to_owned(), ..State::default() }));
        let ended = Arc::new(AtomicBool::new(false));
        let (shared, end) = (Arc::clone(&state), Arc::clone(&ended));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let (state, end) = (Arc::clone(&shared), Arc::clone(&end));
                std::thread::spawn(move || drop(serve(stream, address, &state, &end)));
            }
        });
        Ok(Self { address, state, ended, thread: Some(thread) })
    }

    /// The address of its index.
    pub fn index(&self) -> String {
        format!("sparse+http://{}/index/", self.address)
    }

    /// The `nth` upload from now on, from 1, goes wrong.
    pub fn fail(&self, nth: usize, fault: Fault) {
        let mut state = self.lock();
        let nth = state.uploads.len() + nth;
        state.fault = Some((nth, fault));
    }

    /// From now on everything goes well, and nothing is late.
    pub fn heal(&self) {
        let mut state = self.lock();
        state.fault = None;
        state.delay = 0;
        state.packages.values_mut().flatten().for_each(|kept| kept.hidden = 0);
    }

    /// What is uploaded from now on is not shown by that many reads of the index.
    pub fn delay(&self, reads: usize) {
        self.lock().delay = reads;
    }

    /// Forgets every package and every request.
    pub fn clear(&self) {
        let mut state = self.lock();
        let token = std::mem::take(&mut state.token);
        *state = State { token, ..State::default() };
    }

    /// Every upload so far.
    pub fn uploads(&self) -> Vec<Upload> {
        self.lock().uploads.clone()
    }

    /// The first line of every request so far, each with the token that came with it.
    pub fn requests(&self) -> Vec<(String, Option<String>)> {
        self.lock().requests.clone()
    }

    /// The names, versions and bytes of the packages that are kept.
    pub fn kept(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.lock();
        let all = state.packages.values().flatten();
        all.map(|kept| {
            (format!("{}-{}", word(&kept.line, "name"), word(&kept.line, "vers")), kept.bytes.clone())
        })
        .collect()
    }

    /// Puts a package in, as if somebody else had published it.
    pub fn put(&self, name: &str, version: &str, bytes: &[u8], yanked: bool) {
        let metadata = json!({ "name": name, "vers": version, "deps": [], "features": {} });
        let mut line = index_line(&metadata, bytes);
        set(&mut line, "yanked", yanked.into());
        self.lock().packages.entry(name.to_owned()).or_default().push(Kept {
            line,
            bytes: bytes.to_vec(),
            hidden: 0,
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // the thread waits for a connection
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn word(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn set(value: &mut Value, key: &str, to: Value) {
    value.as_object_mut().map(|object| object.insert(key.to_owned(), to));
}

/// A request.
struct Request {
    line: String,
    token: Option<String>,
    body: Vec<u8>,
}

fn serve(stream: TcpStream, own: SocketAddr, state: &Mutex<State>, end: &AtomicBool) -> std::io::Result<()> {
    let mut stream = stream;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let Some(request) = read(&stream)? else { return Ok(()) };
    lock(state).requests.push((request.line.clone(), request.token.clone()));
    let mut words = request.line.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let answer = match (method, path) {
        ("GET", "/index/config.json") => {
            let config = json!({ "dl": format!("http://{own}/dl"), "api": format!("http://{own}") });
            Some((200, config.to_string().into_bytes()))
        }
        ("GET", path) if path.starts_with("/index/") => Some(index(&mut lock(state), path)),
        ("GET", path) if path.starts_with("/dl/") => Some(download(&lock(state), path)),
        ("PUT", "/api/v1/crates/new") => upload(state, &request),
        _ => Some((404, Vec::new())),
    };
    match answer {
        Some((0, _)) => {
            // held: until the client is gone, or the registry is
            let mut byte = [0];
            stream.set_read_timeout(Some(Duration::from_millis(50)))?;
            while !end.load(Ordering::SeqCst) {
                match stream.read(&mut byte) {
                    Err(error) if is_late(&error) => {}
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                }
            }
            Ok(())
        }
        Some((status, body)) => {
            let head =
                format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes())?;
            stream.write_all(&body)
        }
        None => Ok(()),
    }
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

fn read(stream: &TcpStream) -> std::io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut request = Request { line: line.trim_end().to_owned(), token: None, body: Vec::new() };
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "authorization" => request.token = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap_or(0),
            "expect" => (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?,
            _ => {}
        }
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}

fn index(state: &mut State, path: &str) -> (u16, Vec<u8>) {
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut lines = String::new();
    for kept in state.packages.get_mut(name).into_iter().flatten() {
        match kept.hidden.checked_sub(1) {
            Some(less) => kept.hidden = less,
            None => lines.push_str(&format_line(&kept.line)),
        }
    }
    if lines.is_empty() { (404, Vec::new()) } else { (200, lines.into_bytes()) }
}

fn format_line(line: &Value) -> String {
    line.to_string() + "\n"
}

/// `/dl/NAME/VERSION/download`
fn download(state: &State, path: &str) -> (u16, Vec<u8>) {
    let parts: Vec<&str> = path.split('/').collect();
    let [_, _, name, version, _] = parts.as_slice() else { return (404, Vec::new()) };
    let found =
        state.packages.get(*name).into_iter().flatten().find(|kept| word(&kept.line, "vers") == *version);
    found.map_or((404, Vec::new()), |kept| (200, kept.bytes.clone()))
}

/// The answer; none where the connection is closed without one, status 0 where it is held.
fn upload(state: &Mutex<State>, request: &Request) -> Option<(u16, Vec<u8>)> {
    let mut state = lock(state);
    let refused =
        |status, detail: &str| Some((status, json!({ "errors": [{ "detail": detail }] }).to_string().into()));
    if request.token.as_deref() != Some(state.token.as_str()) {
        return refused(403, "the token is not valid");
    }
    let Some((metadata, bytes)) = parts(&request.body) else { return refused(400, "the body is none") };
    let (name, version) = (word(&metadata, "name"), word(&metadata, "vers"));
    let nth = state.uploads.len() + 1;
    let fault = state.fault.filter(|(at, _)| *at == nth).map(|(_, fault)| fault);
    let packages = state.packages.get(&name).into_iter().flatten();
    let again = packages.map(|kept| word(&kept.line, "vers")).any(|kept| kept == version);
    let keeps =
        matches!(fault, None | Some(Fault::ErrorAfter | Fault::CutAfter | Fault::HeldAfter)) && !again;
    if keeps {
        let kept = Kept { line: index_line(&metadata, &bytes), bytes: bytes.clone(), hidden: state.delay };
        state.packages.entry(name.clone()).or_default().push(kept);
    }
    state.uploads.push(Upload { metadata, bytes, kept: keeps, again });
    match fault {
        Some(Fault::ErrorBefore | Fault::ErrorAfter) => refused(500, "something broke"),
        Some(Fault::CutBefore | Fault::CutAfter) => None,
        Some(Fault::HeldBefore | Fault::HeldAfter) => Some((0, Vec::new())),
        Some(Fault::Refused) => refused(429, "too many"),
        None if again => refused(200, &format!("{name}@{version} is there already")),
        None => Some((200, json!({ "warnings": { "other": [] } }).to_string().into())),
    }
}

/// What a registry is told, and the package.
fn parts(body: &[u8]) -> Option<(Value, Vec<u8>)> {
    let part = |from: usize| {
        let length = body.get(from..from + 4)?.try_into().ok().map(u32::from_le_bytes)? as usize;
        Some((body.get(from + 4..from + 4 + length)?, from + 4 + length))
    };
    let (json, end) = part(0)?;
    let (bytes, end) = part(end)?;
    (end == body.len()).then_some((serde_json::from_slice(json).ok()?, bytes.to_vec()))
}

/// The line of the index, from what the registry was told: the names and places of some things differ.
fn index_line(metadata: &Value, bytes: &[u8]) -> Value {
    let deps = metadata.get("deps").and_then(Value::as_array).into_iter().flatten().map(|one| {
        let mut line = one.clone();
        let renamed = one.get("explicit_name_in_toml").filter(|name| !name.is_null()).cloned();
        set(&mut line, "req", one.get("version_req").cloned().unwrap_or_default());
        if let Some(renamed) = renamed {
            set(&mut line, "package", one.get("name").cloned().unwrap_or_default());
            set(&mut line, "name", renamed);
        }
        line
    });
    json!({
        "name": metadata.get("name"),
        "vers": metadata.get("vers"),
        "deps": deps.collect::<Vec<_>>(),
        "cksum": Digest::of(bytes).hex(),
        "features": {},
        "features2": metadata.get("features"),
        "v": 2,
        "yanked": false,
        "links": metadata.get("links"),
        "rust_version": metadata.get("rust_version"),
    })
}
