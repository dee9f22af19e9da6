//! Plays the releases of a forge: drafts, uploads, immutable releases, downloads from another host, and faults.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use cargo_promote::digest::Digest;
use serde_json::{Value, json};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is lost before the forge does anything.
    Before,
    /// It is lost when everything is done.
    After,
    /// The forge answers 502.
    Error,
    /// Half of an upload arrives; anything else is lost.
    Half,
}

#[derive(Debug, Default)]
struct State {
    token: String,
    next: u64,
    releases: BTreeMap<u64, Release>,
    tags: BTreeMap<String, String>,
    requests: usize,
    fails_at: usize,
    fault: Option<Fault>,
    changes: usize,
    downloads: usize,
    leaks: usize,
}

#[derive(Debug, Default)]
struct Release {
    name: String,
    tag: String,
    draft: bool,
    assets: BTreeMap<u64, Asset>,
}

#[derive(Debug)]
struct Asset {
    name: String,
    state: &'static str,
    bytes: Vec<u8>,
}

pub(crate) struct ForgeServer {
    /// Where the interface is.
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
}

struct Heard {
    method: String,
    path: String,
    token: Option<String>,
    body: Vec<u8>,
}

/// Status, address that it leads on to, body.
type Answer = (u16, Option<String>, Vec<u8>);

impl ForgeServer {
    pub(crate) fn start(token: &str) -> Self {
        let token = token.to_owned();
        let state = State { token, next: 1, fails_at: usize::MAX, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let [api, files] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let address = format!("http://{}", api.local_addr().unwrap());
        let other = format!("http://{}", files.local_addr().unwrap());
        let (own, base) = (Arc::clone(&state), address.clone());
        thread::spawn(move || {
            for stream in api.incoming().flatten() {
                serve(&stream, &own, &base, &other);
            }
        });
        let own = Arc::clone(&state);
        thread::spawn(move || {
            for stream in files.incoming().flatten() {
                give(&stream, &own);
            }
        });
        Self { address, state }
    }

    /// Fails at the request with that number, counted from zero from now.
    pub(crate) fn fail(&self, at: usize, fault: Fault) {
        let mut state = self.state.lock().unwrap();
        if at == usize::MAX {
            state.fault = None;
        } else {
            (state.requests, state.fails_at, state.fault) = (0, at, Some(fault));
        }
    }

    /// Whether it did.
    pub(crate) fn has_failed(&self) -> bool {
        let state = self.state.lock().unwrap();
        state.fails_at == usize::MAX - 1
    }

    pub(crate) fn releases(&self) -> usize {
        self.state.lock().unwrap().releases.len()
    }

    pub(crate) fn published(&self) -> usize {
        self.state.lock().unwrap().releases.values().filter(|release| !release.draft).count()
    }

    pub(crate) fn changes(&self) -> usize {
        self.state.lock().unwrap().changes
    }

    pub(crate) fn downloads(&self) -> usize {
        self.state.lock().unwrap().downloads
    }

    /// How often the other host was given a token.
    pub(crate) fn leaks(&self) -> usize {
        self.state.lock().unwrap().leaks
    }

    /// Changes the bytes of an asset.
    pub(crate) fn flip(&self, name: &str) {
        let mut state = self.state.lock().unwrap();
        let assets = state.releases.values_mut().flat_map(|release| release.assets.values_mut());
        for asset in assets.filter(|asset| asset.name == name) {
            asset.bytes[0] ^= 1;
        }
    }

    pub(crate) fn tag(&self, tag: &str, commit: &str) {
        self.state.lock().unwrap().tags.insert(tag.to_owned(), commit.to_owned());
    }
}

fn hear(stream: &TcpStream) -> Option<Heard> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut token) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => token = value.strip_prefix("Bearer ").map(str::to_owned),
            "transfer-encoding" => panic!("a forge is told how long a file is"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Heard { method, path, token, body })
}

fn say(mut stream: &TcpStream, (status, location, body): &Answer) {
    let location = location.as_ref().map(|to| format!("location: {to}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{location}\r\n",
        body.len()
    );
    // who does not listen any more has been told
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)));
}

fn serve(stream: &TcpStream, state: &Mutex<State>, base: &str, other: &str) {
    let Some(heard) = hear(stream) else { return };
    let mut state = state.lock().unwrap();
    let fault = state.fault.filter(|_| state.requests == state.fails_at);
    state.requests += 1;
    if fault.is_some() {
        (state.fault, state.fails_at) = (None, usize::MAX - 1);
    }
    let answer = match fault {
        Some(Fault::Before) => return,
        Some(Fault::Error) => (502, None, b"<html>bad gateway</html>".to_vec()),
        Some(Fault::Half) => {
            if heard.path.contains("/uploads/") {
                let half = Heard { body: heard.body[..heard.body.len() / 2].to_vec(), ..heard };
                answer(&mut state, &half, base, other, "starter");
            }
            return;
        }
        Some(Fault::After) => {
            answer(&mut state, &heard, base, other, "uploaded");
            return;
        }
        None => answer(&mut state, &heard, base, other, "uploaded"),
    };
    say(stream, &answer);
}

/// The other host, which has the bytes.
fn give(stream: &TcpStream, state: &Mutex<State>) {
    let Some(heard) = hear(stream) else { return };
    let mut state = state.lock().unwrap();
    state.downloads += 1;
    state.leaks += usize::from(heard.token.is_some());
    let id: u64 = heard.path.trim_start_matches("/file/").split('?').next().unwrap().parse().unwrap();
    let found = state.releases.values().find_map(|release| release.assets.get(&id));
    say(stream, &found.map_or((404, None, Vec::new()), |asset| (200, None, asset.bytes.clone())));
}

fn no(status: u16, message: &str) -> Answer {
    (status, None, json!({ "message": message }).to_string().into_bytes())
}

fn yes(status: u16, value: &Value) -> Answer {
    (status, None, value.to_string().into_bytes())
}

fn answer(state: &mut State, heard: &Heard, base: &str, other: &str, uploaded: &'static str) -> Answer {
    if heard.token.as_deref() != Some(state.token.as_str()) {
        // some servers repeat what they were sent
        return no(401, &format!("Bad credentials {}", heard.token.as_deref().unwrap_or_default()));
    }
    let (path, query) = heard.path.split_once('?').unwrap_or((&heard.path, ""));
    let page: usize =
        query.split('&').find_map(|part| part.strip_prefix("page=")).map_or(1, |page| page.parse().unwrap());
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if heard.method != "GET" {
        state.changes += 1;
    }
    match (heard.method.as_str(), parts.as_slice()) {
        ("POST", ["uploads", id]) => upload(state, id.parse().unwrap(), query, heard, uploaded),
        ("GET", ["repos", "acme", "tool", "commits", "refs", "tags", tag]) => match state.tags.get(*tag) {
            Some(commit) => yes(200, &json!({ "sha": commit })),
            None => no(422, "No commit found"),
        },
        (method, ["repos", "acme", "tool", "releases", rest @ ..]) => match (method, rest) {
            ("GET", []) => {
                let all: Vec<_> = state.releases.iter().map(|(id, it)| shown(*id, it, base)).collect();
                // two a page, so that there are pages
                yes(200, &all.chunks(2).nth(page - 1).unwrap_or_default().into())
            }
            ("POST", []) => {
                let id = state.next;
                state.next += 1;
                let release = Release { draft: true, ..Release::default() };
                state.releases.insert(id, release);
                change(state, id, &heard.body, base, 201)
            }
            ("GET", ["assets", id]) => (302, Some(format!("{other}/file/{id}?signature=secret")), Vec::new()),
            ("DELETE", ["assets", id]) => remove(state, id.parse().unwrap()),
            ("GET", [id, "assets"]) => match state.releases.get(&id.parse().unwrap()) {
                Some(release) => {
                    let all: Vec<_> = release.assets.iter().map(|(id, it)| asset(*id, it)).collect();
                    yes(200, &all.chunks(2).nth(page - 1).unwrap_or_default().into())
                }
                None => no(404, "Not Found"),
            },
            ("PATCH", [id]) => change(state, id.parse().unwrap(), &heard.body, base, 200),
            ("DELETE", [id]) => match state.releases.remove(&id.parse().unwrap()) {
                Some(_) => (204, None, Vec::new()),
                None => no(404, "Not Found"),
            },
            _ => no(404, "Not Found"),
        },
        _ => no(404, "Not Found"),
    }
}

fn shown(id: u64, release: &Release, base: &str) -> Value {
    let assets: Vec<_> = release.assets.iter().map(|(id, it)| asset(*id, it)).collect();
    json!({
        "id": id, "name": release.name, "tag_name": release.tag, "draft": release.draft,
        "immutable": !release.draft, "upload_url": format!("{base}/uploads/{id}{{?name,label}}"), "assets": assets,
    })
}

fn asset(id: u64, asset: &Asset) -> Value {
    // as GitHub: no digest of what was uploaded before it had them
    let digest = (asset.state == "uploaded" && asset.name != "large.bin").then(|| Digest::of(&asset.bytes));
    json!({ "id": id, "name": asset.name, "state": asset.state, "size": asset.bytes.len(), "digest": digest })
}

fn change(state: &mut State, id: u64, body: &[u8], base: &str, status: u16) -> Answer {
    let what: Value = serde_json::from_slice(body).unwrap();
    let Some(release) = state.releases.get_mut(&id) else { return no(404, "Not Found") };
    if !release.draft {
        return no(422, "release is immutable");
    }
    for (key, to) in [("name", &mut release.name), ("tag_name", &mut release.tag)] {
        if let Some(text) = what[key].as_str() {
            text.clone_into(to);
        }
    }
    if let Some(draft) = what["draft"].as_bool() {
        release.draft = draft;
    }
    yes(status, &shown(id, release, base))
}

fn upload(state: &mut State, id: u64, query: &str, heard: &Heard, uploaded: &'static str) -> Answer {
    let name = query.strip_prefix("name=").unwrap().to_owned();
    let number = state.next;
    state.next += 1;
    let Some(release) = state.releases.get_mut(&id) else { return no(404, "Not Found") };
    if !release.draft {
        return no(422, "release is immutable");
    }
    if release.assets.values().any(|asset| asset.name == name) {
        return no(422, "already_exists");
    }
    let new = Asset { name, state: uploaded, bytes: heard.body.clone() };
    let told = asset(number, &new);
    release.assets.insert(number, new);
    yes(201, &told)
}

fn remove(state: &mut State, id: u64) -> Answer {
    for release in state.releases.values_mut() {
        if release.assets.contains_key(&id) {
            if !release.draft {
                return no(422, "release is immutable");
            }
            release.assets.remove(&id);
            return (204, None, Vec::new());
        }
    }
    no(404, "Not Found")
}
