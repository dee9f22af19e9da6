//! A sparse registry over HTTP: its index is read, packages are uploaded. The token goes to the address that the
//! index names for uploads and nowhere else: no redirect is followed, and no proxy is used on this machine itself.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use crate::publish::{BadAddress, BadIndex, IndexEntry, IndexSettings, checked};
use crate::publish::{index_path, read_entries, read_settings};

/// The longest that one question may take.
const MOST_TIME_READING: Duration = Duration::from_mins(1);
/// The longest that one upload may take.
const MOST_TIME_SENDING: Duration = Duration::from_mins(10);
/// The largest answer, in bytes.
const MOST_ANSWER: u64 = 64 << 20;

/// A secret that shows nowhere.
#[derive(Clone)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// The token that an environment variable holds.
    ///
    /// # Errors
    /// Where there is no such variable, or it holds what is no token.
    pub fn of_variable(variable: &str) -> Result<Self, RegistryError> {
        let no = |why: &str| RegistryError::Token { variable: variable.to_owned(), why: why.to_owned() };
        let token = std::env::var(variable).map_err(|error| match error {
            std::env::VarError::NotPresent => no("is not set"),
            std::env::VarError::NotUnicode(_) => no("is no text"),
        })?;
        let token = token.trim();
        match token {
            "" => Err(no("is empty")),
            // it goes into a line of the request
            _ if !token.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') => {
                Err(no("holds letters that no token has"))
            }
            _ => Ok(Self(token.to_owned())),
        }
    }
}

/// Why a registry could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// There is no token.
    #[error("the token of the registry is read from the environment variable {variable}, which {why}")]
    Token {
        /// The variable.
        variable: String,
        /// What is wrong with it.
        why: String,
    },
    /// Its address is none to send anything to.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// It says what cannot be read.
    #[error(transparent)]
    Index(#[from] BadIndex),
    /// It did not answer as an index does.
    #[error("{place} could not be asked: {cause}")]
    Failed {
        /// Where.
        place: String,
        /// What went wrong.
        cause: String,
    },
}

/// What came of an upload, as far as the connection tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was taken; what the registry says beside.
    Taken(Vec<String>),
    /// It was refused, and nothing was kept.
    Refused(String),
    /// Nobody knows: the connection was lost, or the server broke.
    Unknown(String),
}

/// A sparse registry.
#[derive(Debug)]
pub struct RegistryClient {
    index: Url,
    reading: ureq::Agent,
}

impl RegistryClient {
    /// The registry with that index, ending with `/`.
    pub fn new(index: &Url) -> Self {
        Self { index: index.clone(), reading: agent(index, MOST_TIME_READING) }
    }

    /// Where packages are uploaded.
    ///
    /// # Errors
    /// Where the index does not say so, or names an address that a token must not be sent to.
    pub fn api(&self) -> Result<Url, RegistryError> {
        let failed = |cause: &str| failed(&self.index, cause);
        let bytes = self.get("config.json")?.ok_or_else(|| failed("it has no config.json"))?;
        let IndexSettings { api, auth_required, .. } = read_settings(&bytes)?;
        if auth_required {
            return Err(failed(
                "reading it needs a token, which cargo promote publish does not send to an index",
            ));
        }
        let api = api.ok_or_else(|| failed("its config.json names no `api`: it takes no uploads"))?;
        Ok(checked("the registry's uploads (`api` in config.json)", &api)?)
    }

    /// The versions of a package; none where the index does not know it.
    ///
    /// # Errors
    /// Where that is not known.
    pub fn entries(&self, name: &str) -> Result<Vec<IndexEntry>, RegistryError> {
        let bytes = self.get(&index_path(name))?;
        Ok(bytes.map(|bytes| read_entries(name, &bytes)).transpose()?.unwrap_or_default())
    }

    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        let place = self.index.join(path).map_err(|error| failed(&self.index, &error.to_string()))?;
        let failed = |cause: &str| failed(&place, cause);
        // an index behind a cache is asked for what is there now
        let request = self.reading.get(place.as_str()).header("cache-control", "no-cache");
        let mut response = request.call().map_err(|error| failed(&error.to_string()))?;
        match response.status().as_u16() {
            200 => {}
            // as cargo reads them: not there, gone, not to be had
            404 | 410 | 451 => return Ok(None),
            status => return Err(failed(&format!("it answered with status {status}"))),
        }
        let body = response.body_mut().with_config().limit(MOST_ANSWER).read_to_vec();
        body.map(Some).map_err(|error| failed(&error.to_string()))
    }
}

/// Uploads a package to a registry.
#[derive(Debug)]
pub struct Uploader {
    place: Url,
    sending: ureq::Agent,
    token: Token,
}

impl Uploader {
    /// To that address of uploads, with that token.
    ///
    /// # Errors
    /// Where the address is none.
    pub fn new(api: &Url, token: Token) -> Result<Self, RegistryError> {
        let place = api
            .join("api/v1/crates/new")
            .map_err(|error| RegistryError::Failed { place: api.to_string(), cause: error.to_string() })?;
        Ok(Self { sending: agent(&place, MOST_TIME_SENDING), place, token })
    }

    /// Uploads the body of one package.
    pub fn upload(&self, body: &[u8]) -> Answer {
        let request = self
            .sending
            .put(self.place.as_str())
            .header("authorization", &self.token.0)
            .header("accept", "application/json")
            .header("content-type", "application/octet-stream");
        let mut response = match request.send(body) {
            Ok(response) => response,
            Err(error) => return Answer::Unknown(self.without_token(&error.to_string())),
        };
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(MOST_ANSWER).read_to_vec();
        let text = match text {
            Ok(text) => text,
            Err(error) => return Answer::Unknown(self.without_token(&error.to_string())),
        };
        answer(status, &text, |text| self.without_token(text))
    }

    /// What a server says may repeat what it was sent.
    fn without_token(&self, text: &str) -> String {
        text.replace(&self.token.0, "…").chars().filter(|letter| !letter.is_control()).take(1000).collect()
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    errors: Vec<Detail>,
    #[serde(default)]
    warnings: Warnings,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    detail: String,
}

#[derive(Default, Deserialize)]
struct Warnings {
    #[serde(default)]
    invalid_categories: Vec<String>,
    #[serde(default)]
    invalid_badges: Vec<String>,
    #[serde(default)]
    other: Vec<String>,
}

/// What an answer means: <https://doc.rust-lang.org/cargo/reference/registry-web-api.html>. Errors may come with
/// status 200.
fn answer(status: u16, text: &[u8], clean: impl Fn(&str) -> String) -> Answer {
    let body: Option<Body> = serde_json::from_slice(text).ok();
    let details =
        body.as_ref().map(|body| body.errors.iter().map(|error| clean(&error.detail)).collect::<Vec<_>>());
    let details = details.filter(|details| !details.is_empty()).map(|details| details.join("; "));
    match (status, details, body) {
        (200..=299, None, Some(body)) => {
            let Warnings { invalid_categories, invalid_badges, other } = body.warnings;
            let category = |name: &String| format!("it does not know the category `{name}`");
            let badge = |name: &String| format!("it does not know the badge `{name}`");
            let all =
                invalid_categories.iter().map(category).chain(invalid_badges.iter().map(badge)).chain(other);
            Answer::Taken(all.map(|text| clean(&text)).collect())
        }
        (200..=299 | 400..=499, Some(details), _) => Answer::Refused(format!("{details} (status {status})")),
        (400..=499, None, _) => Answer::Refused(format!("status {status}")),
        (_, details, _) => {
            Answer::Unknown(format!("status {status} {}", details.unwrap_or_default()).trim().to_owned())
        }
    }
}

fn failed(place: &Url, cause: &str) -> RegistryError {
    RegistryError::Failed { place: place.to_string(), cause: cause.to_owned() }
}

fn agent(place: &Url, most_time: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(most_time))
        .user_agent(concat!("cargo-promote/", env!("CARGO_PKG_VERSION")));
    // plain http is spoken on this machine only: a proxy would take it elsewhere
    let config = if place.scheme() == "http" { config.proxy(None) } else { config };
    config.build().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, text: &str) -> Answer {
        answer(status, text.as_bytes(), str::to_owned)
    }

    #[test]
    fn an_answer_is_taken_for_what_it_is() {
        assert_eq!(of(200, r#"{"warnings":{"other":[]}}"#), Answer::Taken(Vec::new()));
        assert_eq!(of(200, "{}"), Answer::Taken(Vec::new()));
        let warned =
            of(200, r#"{"warnings":{"invalid_categories":["x"],"invalid_badges":[],"other":["y"]}}"#);
        assert_eq!(warned, Answer::Taken(vec!["it does not know the category `x`".into(), "y".into()]));
        let refused = r#"{"errors":[{"detail":"already uploaded"}]}"#;
        assert_eq!(of(200, refused), Answer::Refused("already uploaded (status 200)".into()));
        assert_eq!(of(403, "no"), Answer::Refused("status 403".into()));
        for (status, text) in
            [(200, ""), (200, "<html>"), (302, "{}"), (500, refused), (503, ""), (100, "{}")]
        {
            assert!(matches!(of(status, text), Answer::Unknown(_)), "{status} {text}");
        }
    }

    #[test]
    fn a_token_shows_nowhere() {
        let token = Token("sup3r".to_owned());
        assert_eq!(format!("{token:?}"), "Token(…)");
        let uploader = Uploader::new(&Url::parse("http://127.0.0.1:1/").unwrap(), token).unwrap();
        assert!(!format!("{uploader:?}").contains("sup3r"));
        assert_eq!(uploader.without_token("token sup3r is bad\n"), "token … is bad");
        assert!(matches!(uploader.upload(b""), Answer::Unknown(why) if !why.contains("sup3r")));
    }

    proptest::proptest! {
        #[test]
        fn any_answer_is_one_of_the_three(status: u16, text: Vec<u8>) {
            let _ = answer(status, &text, str::to_owned);
        }
    }
}
