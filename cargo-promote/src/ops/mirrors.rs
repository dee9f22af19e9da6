//! Brings references of a remote repository up to date with the ledger.

use std::time::Duration;

use super::random;
use super::session::Session;
use crate::ledger::{Ledger, State};
use crate::mirrors::{self, Lag, Reference};
use crate::trouble::Trouble;

/// How often it is tried, each time with a fresh look at the remote and at the ledger.
const MOST_TRIES: u32 = 20;
/// How long the first pause is at the most.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

type References = std::collections::BTreeMap<String, Reference>;

/// The references that lag behind that state.
///
/// # Errors
/// Where the remote cannot be read.
pub fn lagging(session: &Session, state: &State) -> Result<Vec<Lag>, Trouble> {
    let wanted = mirrors::wanted(&session.config, state);
    match &session.config.mirrors.remote {
        Some(remote) if !wanted.is_empty() => {
            Ok(mirrors::lagging(&wanted, &look(session, remote, wanted.keys())?))
        }
        _ => Ok(Vec::new()),
    }
}

/// Brings them up to date. The remote is read before the ledger: whoever saw an older entry then finds that a
/// reference is not what was seen.
///
/// # Errors
/// Where the remote cannot be read or refuses.
pub fn update(session: &Session, ledger: &dyn Ledger) -> Result<(), Trouble> {
    let Some(remote) = &session.config.mirrors.remote else { return Ok(()) };
    let (mut pause, mut why) = (FIRST_PAUSE, String::new());
    for _ in 0..MOST_TRIES {
        let names = all_names(session);
        let found = look(session, remote, names.iter())?;
        let wanted = mirrors::wanted(&session.config, &ledger.head()?.state());
        let lags = mirrors::lagging(&wanted, &found);
        if lags.is_empty() {
            return Ok(());
        }
        fetch_missing(session, remote, &lags)?;
        for push in mirrors::pushes(remote, &lags) {
            // whatever it says, the next look tells what the remote has
            let captured = session.git.run(push, None);
            if captured.exit_code() != Ok(0) {
                why = refusal(&captured.stdout).unwrap_or_else(|| super::failed(&captured).to_string());
            }
        }
        if session.cancel.is_set() {
            break;
        }
        std::thread::sleep(if why.is_empty() { Duration::ZERO } else { random::jitter(pause) });
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Err(Trouble::CouldNot(format!("the references of {} lag behind the ledger: {why}", shown(remote))))
}

/// The line in which git says why it moved nothing.
fn refusal(told: &[u8]) -> Option<String> {
    let told = String::from_utf8_lossy(told);
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with('!')).collect();
    (!lines.is_empty()).then(|| lines.join("; ").replace('\t', " "))
}

fn all_names(session: &Session) -> Vec<String> {
    let config = &session.config;
    let tags = config
        .environments
        .iter()
        .map(|environment| config.mirrors.tag.replace("{environment}", environment.name.as_str()));
    tags.chain([config.mirrors.staged_tag.clone()]).map(|tag| format!("refs/tags/{tag}")).collect()
}

fn look<'a>(
    session: &Session,
    remote: &str,
    names: impl Iterator<Item = &'a String>,
) -> Result<References, Trouble> {
    // a pattern without `^{}` leaves out which commit an annotated tag means
    let patterns = names.flat_map(|name| [name.clone(), format!("{name}^{{}}")]);
    let args = ["ls-remote", "--quiet", "--", remote].into_iter().map(str::to_owned).chain(patterns);
    let told = session.git.text(args)?;
    mirrors::references(&told).map_err(Trouble::CouldNot)
}

/// The commits that this repository does not have: somebody else staged them.
fn fetch_missing(session: &Session, remote: &str, lags: &[Lag]) -> Result<(), Trouble> {
    for lag in lags {
        let commit = format!("{}^{{commit}}", lag.wanted);
        if session.git.run(["cat-file", "-e", &commit], None).exit_code() == Ok(0) {
            continue;
        }
        let args = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--refmap=",
            "--",
            remote,
            &lag.wanted,
        ];
        session.git.text(args).map_err(|error| {
            Trouble::CouldNot(format!("the commit {} is not in this repository: {error}", lag.wanted))
        })?;
    }
    Ok(())
}

/// A remote without the secrets that its address may hold.
pub fn shown(remote: &str) -> String {
    let Ok(mut url) = url::Url::parse(remote) else { return remote.to_owned() };
    // an address that cannot have them has none
    let _ = url.set_password(None);
    if url.scheme().starts_with("http") {
        let _ = url.set_username("");
    }
    url.to_string()
}
