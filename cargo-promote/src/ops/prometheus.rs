//! Prometheus over HTTP: one instant query after the other. Nothing is written to it.

use std::net::IpAddr;
use std::time::Duration;

use ureq::Agent;
use url::{Host, Url};

use crate::canary::{NoValue, Sample, answer};

/// The longest that one query may take.
const MOST_TIME: Duration = Duration::from_secs(20);
/// The largest answer that is read, in bytes: it has one number.
const MOST_ANSWER: u64 = 1 << 20;

/// A server.
pub struct Prometheus {
    agent: Agent,
    query: String,
    shown: String,
    token: Option<String>,
}

/// An address or a token that cannot be used. The address is not repeated: it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No address of a server.
    #[error("the address of Prometheus {0}; write for example http://127.0.0.1:9090")]
    Address(&'static str),
    /// The variable with the token is not there.
    #[error("`canary.token_env` names the environment variable {0}, which is not set, or is no plain text")]
    NoToken(String),
    /// A token would be sent for everybody to read.
    #[error("a token is sent over https only, or to this machine: use an https address of Prometheus")]
    Open,
}

impl Prometheus {
    /// The server at that address; the token is read from the variable of that name.
    ///
    /// # Errors
    /// Where the address is none or holds a secret, or there is no such token.
    pub fn new(address: &str, token_env: Option<&str>) -> Result<Self, Unusable> {
        let mut url = Url::parse(address).map_err(|_| Unusable::Address("is none"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(Unusable::Address("is none of http or https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unusable::Address("holds a user or a password: name a token by `canary.token_env`"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Unusable::Address("has a part after `?` or `#`"));
        }
        let token = token_env.map(token).transpose()?;
        if token.is_some() && url.scheme() == "http" && !is_this_machine(&url) {
            return Err(Unusable::Open);
        }
        let shown = url.as_str().trim_end_matches('/').to_owned();
        url.set_path(&format!("{}/api/v1/query", url.path().trim_end_matches('/')));
        let config = Agent::config_builder()
            .timeout_global(Some(MOST_TIME))
            // an error of the query comes with its reason in the body; a redirection could lead anywhere
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Ok(Self { agent: config.into(), query: url.into(), shown, token })
    }

    /// Its address, for people.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Asks, as of that time (seconds since 1970) or as of now.
    ///
    /// # Errors
    /// Where there is not exactly one number.
    pub fn ask(&self, query: &str, time: Option<f64>) -> Result<Sample, NoValue> {
        let mut request = self.agent.get(&self.query).query("query", query);
        if let Some(time) = time {
            request = request.query("time", format!("{time:.3}"));
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let unreachable = |error: ureq::Error| NoValue::Unreachable(error.to_string());
        let mut response = request.call().map_err(unreachable)?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(MOST_ANSWER).read_to_vec().map_err(unreachable)?;
        match answer(&self.without_token(body)) {
            // a proxy's page, a redirection, a demand to log in
            Err(NoValue::Foreign(_)) if !status.is_success() => {
                Err(NoValue::Unreachable(format!("{} answers with the status {status}", self.shown)))
            }
            Ok(_) if !status.is_success() => {
                Err(NoValue::Foreign(format!("a number comes with the status {status}")))
            }
            told => told,
        }
    }

    /// What a server says may repeat what it was sent.
    fn without_token(&self, body: Vec<u8>) -> Vec<u8> {
        match &self.token {
            Some(token) => String::from_utf8_lossy(&body).replace(token, "…").into_bytes(),
            None => body,
        }
    }
}

fn token(name: &str) -> Result<String, Unusable> {
    let value = std::env::var(name).unwrap_or_default();
    let token = value.trim();
    let plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| token.to_owned()).ok_or_else(|| Unusable::NoToken(name.to_owned()))
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
