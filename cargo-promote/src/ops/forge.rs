//! The releases of a forge, by one request after the other.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::{Method, Request, Response};
use ureq::{Agent, Body, SendBody};
use url::Url;

use super::random::jitter;
use crate::forge::{self, Asset, Release};
use crate::store::StoreError;

/// How often a request that changes nothing is sent before its connection counts as lost.
const TRIES: u32 = 4;
/// How long the first wait between two tries is at the most; each one is up to three times as long as the one before.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest that the way to the forge may take, and its answer to begin.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_mins(2);
/// How many releases or assets are asked for at once: the most that GitHub gives.
const PAGE: usize = 100;
/// The most pages.
const MOST_PAGES: usize = 100;
/// The largest answer that is no file, in bytes.
const MOST_ANSWER: u64 = 32 << 20;
/// How often a download may be led on.
const MOST_HOPS: u32 = 3;

/// The releases of a repository.
pub struct Forge {
    agent: Agent,
    api: Url,
    repository: String,
    token: String,
    pause: Duration,
}

impl fmt::Debug for Forge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Forge").field(&self.place()).finish()
    }
}

/// What became of a request.
enum Answer {
    Good(Response<Body>),
    Missing,
}

impl Forge {
    /// The releases of that repository, behind the interface at that address.
    ///
    /// # Errors
    /// Where one of them is none, or plain HTTP would leave this machine.
    pub fn open(api: &str, repository: &str, token: String) -> Result<Self, StoreError> {
        let refused = |why| {
            let (place, doing) = ("forge".to_owned(), "opening the store".to_owned());
            StoreError::Refused { place, doing, why }
        };
        let api = forge::api(api).map_err(refused)?;
        let repository = forge::repository(repository).map_err(refused)?.to_owned();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // a token goes where it belongs, so nobody is followed without looking
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .user_agent(concat!("cargo-promote/", env!("CARGO_PKG_VERSION")));
        Ok(Self { agent: Agent::new_with_config(config.build()), api, repository, token, pause: PAUSE })
    }

    /// The same with another first wait between two tries.
    #[must_use]
    pub fn pausing(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// What it is called in messages.
    pub fn place(&self) -> String {
        format!("forge {}/{}", self.api.host_str().unwrap_or_default(), self.repository)
    }

    /// All releases, drafts as well.
    ///
    /// # Errors
    /// Where they cannot be listed.
    pub fn releases(&self) -> Result<Vec<Release>, StoreError> {
        self.pages("listing the releases", "releases")
    }

    /// All assets of a release.
    ///
    /// # Errors
    /// Where they cannot be listed.
    pub fn assets(&self, release: u64) -> Result<Vec<Asset>, StoreError> {
        self.pages("listing the assets", &format!("releases/{release}/assets"))
    }

    /// Makes a release.
    ///
    /// # Errors
    /// Where that is not known to have worked.
    pub fn create(&self, what: &Value) -> Result<Release, StoreError> {
        let doing = "making a draft";
        let answer = self.change(doing, Method::POST, &self.url("releases"), Some(what))?;
        self.json(doing, answer)
    }

    /// Changes a release.
    ///
    /// # Errors
    /// Where that is not known to have worked.
    pub fn publish(&self, release: u64, what: &Value) -> Result<(), StoreError> {
        let url = self.url(&format!("releases/{release}"));
        self.change("publishing the release", Method::PATCH, &url, Some(what)).map(drop)
    }

    /// Removes a release.
    ///
    /// # Errors
    /// Where that is not known to have worked.
    pub fn remove_release(&self, release: u64, shown: &str) -> Result<(), StoreError> {
        let url = self.url(&format!("releases/{release}"));
        self.change(&format!("removing {shown}"), Method::DELETE, &url, None).map(drop)
    }

    /// Removes an asset.
    ///
    /// # Errors
    /// Where that is not known to have worked.
    pub fn remove_asset(&self, asset: u64, shown: &str) -> Result<(), StoreError> {
        let url = self.url(&format!("releases/assets/{asset}"));
        self.change(&format!("removing the unfinished {shown}"), Method::DELETE, &url, None).map(drop)
    }

    /// Uploads a file as an asset.
    ///
    /// # Errors
    /// Where that is not known to have worked.
    pub fn upload(&self, release: &Release, name: &str, size: u64, file: &File) -> Result<Asset, StoreError> {
        let doing = format!("storing {name}");
        let url = release.upload(&self.api, name).map_err(|why| self.refused(&doing, why))?;
        let request = self
            .request(Method::POST, &url)
            .header("Content-Type", "application/octet-stream")
            .header("Content-Length", size);
        let mut body = file.take(size);
        let request = request.body(SendBody::from_reader(&mut body));
        let request = request.map_err(|error| self.refused(&doing, error.to_string()))?;
        let answer = self.agent.run(request).map_err(|error| self.unknown(&doing, &error))?;
        match self.judge(&doing, answer, true)? {
            Answer::Good(answer) => self.json(&doing, answer),
            Answer::Missing => Err(self.refused(&doing, "the release is gone")),
        }
    }

    /// The bytes of an asset.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn read(&self, asset: u64, name: &str) -> Result<Box<dyn Read>, StoreError> {
        let doing = format!("reading {name}");
        let mut url = self.url(&format!("releases/assets/{asset}"));
        for hop in 0..MOST_HOPS {
            // the token stays here: whoever it is led on to is not asked with it
            let own = hop == 0;
            let answer = self.again(&doing, || {
                let request = if own { self.request(Method::GET, &url) } else { plain(Method::GET, &url) };
                request.header("Accept", "application/octet-stream").body(SendBody::none())
            })?;
            if answer.status().is_redirection() {
                let next = answer.headers().get("location").and_then(|next| next.to_str().ok());
                let next = next.and_then(|next| url.join(next).ok());
                let next = next.filter(|next| forge::api(&without_query(next)).is_ok());
                url = next
                    .ok_or_else(|| self.refused(&doing, "it is led on to no address that can be trusted"))?;
                continue;
            }
            return match self.judge(&doing, answer, false)? {
                Answer::Good(answer) => Ok(Box::new(answer.into_body().into_reader())),
                Answer::Missing => {
                    Err(StoreError::Missing { place: self.place(), what: format!("the asset {name}") })
                }
            };
        }
        Err(self.refused(&doing, "it is led on and on"))
    }

    /// The commit that a tag is, where it is there.
    ///
    /// # Errors
    /// Where that cannot be asked.
    pub fn commit_of_tag(&self, tag: &str) -> Result<Option<String>, StoreError> {
        let doing = format!("looking for the tag {tag}");
        let url = self.url(&format!("commits/refs/tags/{tag}"));
        let answer = self.again(&doing, || self.request(Method::GET, &url).body(SendBody::none()))?;
        // GitHub's answer where there is no such reference
        if answer.status().as_u16() == 422 {
            return Ok(None);
        }
        let Answer::Good(answer) = self.judge(&doing, answer, false)? else { return Ok(None) };
        let commit: Value = self.json(&doing, answer)?;
        match commit.get("sha").and_then(Value::as_str) {
            Some(sha) => Ok(Some(sha.to_owned())),
            None => Err(self.refused(&doing, "the answer names no commit")),
        }
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().push("repos").extend(self.repository.split('/')).extend(path.split('/'));
        }
        url
    }

    fn pages<T: DeserializeOwned>(&self, doing: &str, path: &str) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let mut url = self.url(path);
            url.query_pairs_mut()
                .append_pair("per_page", &PAGE.to_string())
                .append_pair("page", &page.to_string());
            let answer = self.again(doing, || self.request(Method::GET, &url).body(SendBody::none()))?;
            let answer = match self.judge(doing, answer, false)? {
                Answer::Good(answer) => answer,
                Answer::Missing => {
                    let why = "there is no such repository, or the token does not show it";
                    return Err(self.refused(doing, why));
                }
            };
            let found: Vec<T> = self.json(doing, answer)?;
            if found.is_empty() {
                return Ok(all);
            }
            all.extend(found);
        }
        Err(self.refused(doing, format!("there are more than {}", MOST_PAGES * PAGE)))
    }

    fn request(&self, method: Method, url: &Url) -> ureq::http::request::Builder {
        plain(method, url)
            .header("Authorization", format!("Bearer {}", self.token))
            .header("X-GitHub-Api-Version", "2022-11-28")
    }

    /// Sends what changes something, once.
    fn change(
        &self,
        doing: &str,
        method: Method,
        url: &Url,
        what: Option<&Value>,
    ) -> Result<Response<Body>, StoreError> {
        let mut request = self.request(method, url).header("Accept", "application/vnd.github+json");
        let text = what.map(ToString::to_string).unwrap_or_default();
        if what.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        let request = request.body(text).map_err(|error| self.refused(doing, error.to_string()))?;
        let answer = self.agent.run(request).map_err(|error| self.unknown(doing, &error))?;
        match self.judge(doing, answer, true)? {
            Answer::Good(answer) => Ok(answer),
            Answer::Missing => Err(self.refused(doing, "it is gone, or the token may not do this")),
        }
    }

    /// Sends what changes nothing, again where the connection is lost.
    fn again(
        &self,
        doing: &str,
        make: impl Fn() -> Result<Request<SendBody<'static>>, ureq::http::Error>,
    ) -> Result<Response<Body>, StoreError> {
        let mut pause = self.pause;
        let mut tries = 1;
        loop {
            let request = make().map_err(|error| self.refused(doing, error.to_string()))?;
            match self.agent.run(request) {
                Ok(answer) if tries == TRIES || !answer.status().is_server_error() => return Ok(answer),
                Err(error) if tries == TRIES => {
                    let (place, doing) = (self.place(), doing.to_owned());
                    return Err(StoreError::Failed { place, doing, cause: shown(&error) });
                }
                _ => {
                    std::thread::sleep(jitter(pause));
                    (tries, pause) = (tries + 1, pause * 3);
                }
            }
        }
    }

    /// What an answer says. The forge's words are shown; they hold nothing that was sent in a header.
    fn judge(&self, doing: &str, answer: Response<Body>, changes: bool) -> Result<Answer, StoreError> {
        let status = answer.status();
        if status.is_success() {
            return Ok(Answer::Good(answer));
        }
        if status.as_u16() == 404 {
            return Ok(Answer::Missing);
        }
        let mut said = String::new();
        // an answer without words has its number
        drop(answer.into_body().into_reader().take(2000).read_to_string(&mut said));
        let told = serde_json::from_str::<Value>(&said).ok();
        let told = told.as_ref().and_then(|told| told.get("message")?.as_str()).unwrap_or_default();
        let told: String =
            told.replace(&self.token, "…").chars().filter(|letter| !letter.is_control()).take(300).collect();
        let why = format!("the forge answers {}: {told}", status.as_u16());
        if changes && status.is_server_error() {
            return Err(StoreError::Unknown { place: self.place(), doing: doing.to_owned(), cause: why });
        }
        Err(self.refused(doing, why))
    }

    fn json<T: DeserializeOwned>(&self, doing: &str, answer: Response<Body>) -> Result<T, StoreError> {
        let unread =
            |cause: String| StoreError::Unknown { place: self.place(), doing: doing.to_owned(), cause };
        let mut bytes = Vec::new();
        let read = answer.into_body().into_reader().take(MOST_ANSWER).read_to_end(&mut bytes);
        read.map_err(|error| unread(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| unread(format!("the answer cannot be read: {error}")))
    }

    fn refused(&self, doing: &str, why: impl Into<String>) -> StoreError {
        StoreError::Refused { place: self.place(), doing: doing.to_owned(), why: why.into() }
    }

    fn unknown(&self, doing: &str, error: &ureq::Error) -> StoreError {
        StoreError::Unknown { place: self.place(), doing: doing.to_owned(), cause: shown(error) }
    }
}

fn plain(method: Method, url: &Url) -> ureq::http::request::Builder {
    Request::builder().method(method).uri(url.as_str())
}

/// The error without addresses: one to which a forge leads on holds a signature.
fn shown(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        ureq::Error::HostNotFound => "there is no such host".to_owned(),
        _ => "the connection was lost".to_owned(),
    }
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}
