//! Plays the part of S3's protocol that is spoken here: objects, lists, and conditions, which it can ignore as some do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use cargo_promote::digest::Digest;

const OLD: &str = "Wed, 21 Oct 2015 07:28:00 GMT";

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    unsigned: usize,
}

pub(crate) struct BucketServer {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
}

struct Heard {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl BucketServer {
    pub(crate) fn start(keeps_conditions: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    while let Some(heard) = hear(&mut reader) {
                        // all of a request at once: that is what the conditions are for
                        let answer = answer(&mut shared.lock().unwrap(), &heard, keeps_conditions);
                        say(&stream, &heard, &answer);
                    }
                });
            }
        });
        Self { address, state }
    }

    pub(crate) fn all_signed(&self) -> bool {
        self.state.lock().unwrap().unsigned == 0
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.state.lock().unwrap().objects.keys().cloned().collect()
    }

    /// Flips a bit of an object, where it has one.
    pub(crate) fn flip(&self, name: &str) -> bool {
        let mut state = self.state.lock().unwrap();
        let bytes = state.objects.get_mut(name).unwrap();
        let middle = bytes.len() / 2;
        let there = bytes.get_mut(middle).map(|byte| *byte ^= 1);
        there.is_some()
    }
}

struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

fn hear(reader: &mut BufReader<TcpStream>) -> Option<Heard> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Heard { method, path, headers, body })
}

fn say(mut stream: &TcpStream, heard: &Heard, answer: &Answer) {
    let Answer { status, headers, body } = answer;
    let begin = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    let mut bytes = begin.into_bytes();
    if heard.method != "HEAD" {
        bytes.extend(body);
    }
    // who does not listen any more has been told
    drop(stream.write_all(&bytes));
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", Digest::of(bytes).short())
}

fn no(status: u16, code: &str) -> Answer {
    Answer {
        status,
        headers: String::new(),
        body: format!("<Error><Code>{code}</Code></Error>").into_bytes(),
    }
}

fn yes(body: Vec<u8>) -> Answer {
    let headers = format!("etag: {}\r\nlast-modified: {OLD}\r\n", tag(&body));
    Answer { status: 200, headers, body }
}

fn answer(state: &mut State, heard: &Heard, keeps: bool) -> Answer {
    let signed = heard.headers.get("authorization").is_some_and(|it| it.starts_with("AWS4-HMAC-SHA256"));
    state.unsigned += usize::from(!signed);
    let (path, query) = heard.path.split_once('?').unwrap_or((&heard.path, ""));
    let Some(path) = path.strip_prefix("/releases") else { return no(404, "NoSuchBucket") };
    let name = path.trim_start_matches('/').to_owned();
    match heard.method.as_str() {
        "GET" if name.is_empty() => list(state, query),
        "GET" | "HEAD" => get(state, &name, heard.headers.get("range")),
        "POST" if query.starts_with("delete") => {
            let text = String::from_utf8(heard.body.clone()).unwrap();
            let names =
                text.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned());
            let mut body = String::from("<DeleteResult>");
            for name in names {
                state.objects.remove(&name);
                write!(body, "<Deleted><Key>{name}</Key></Deleted>").unwrap();
            }
            yes((body + "</DeleteResult>").into_bytes())
        }
        "PUT" => {
            let there = state.objects.get(&name).map(|bytes| tag(bytes));
            let header = |name: &str| heard.headers.get(name).filter(|_| keeps);
            if header("if-none-match").is_some() && there.is_some() {
                return no(412, "PreconditionFailed");
            }
            if let Some(wanted) = header("if-match")
                && there.as_ref() != Some(wanted)
            {
                return no(412, "PreconditionFailed");
            }
            let headers = format!("etag: {}\r\n", tag(&heard.body));
            state.objects.insert(name, heard.body.clone());
            Answer { status: 200, headers, body: Vec::new() }
        }
        _ => no(405, "MethodNotAllowed"),
    }
}

fn get(state: &State, name: &str, range: Option<&String>) -> Answer {
    let Some(bytes) = state.objects.get(name) else { return no(404, "NoSuchKey") };
    let Some((from, to)) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
        return yes(bytes.clone());
    };
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    let to = to.min(bytes.len() - 1);
    let mut answer = yes(bytes[from..=to].to_vec());
    answer.status = 206;
    write!(answer.headers, "content-range: bytes {from}-{to}/{}\r\n", bytes.len()).unwrap();
    answer
}

fn list(state: &State, query: &str) -> Answer {
    let value = |key: &str| query.split('&').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
    let prefix = value("prefix").unwrap_or_default().replace("%2F", "/");
    let (mut contents, mut folders) = (String::new(), std::collections::BTreeSet::new());
    for (name, bytes) in
        state.objects.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix))
    {
        match name[prefix.len()..].split_once('/') {
            Some((folder, _)) => {
                folders.insert(format!("{prefix}{folder}/"));
            }
            None => write!(
                contents,
                "<Contents><Key>{name}</Key><LastModified>2015-10-21T07:28:00.000Z</LastModified><ETag>&quot;x&quot;\
                 </ETag><Size>{}</Size></Contents>",
                bytes.len()
            )
            .unwrap(),
        }
    }
    for folder in folders {
        write!(contents, "<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>").unwrap();
    }
    let body = format!(
        "<ListBucketResult><Name>releases</Name><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
    );
    yes(body.into_bytes())
}
