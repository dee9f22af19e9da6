//! What benches of gungraun give, and of iai-callgrind, as it was called before: the list that `--list` prints,
//! and the `summary.json` of each bench (`--save-summary=json`).
//!
//! A summary names the version of its form. Read are 4 to 6 (iai-callgrind 0.15 and 0.16, gungraun from 0.17), by the
//! schemas that come with their runners, and 7 (gungraun 0.20). Fields that are not named here are ignored.

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::criterion::libtest_total;

/// What is not the answer of such a bench.
#[derive(Debug, Error)]
pub enum GungraunError {
    /// Not the JSON of a summary.
    #[error("not a summary of gungraun ({0})")]
    Malformed(serde_json::Error),
    /// A summary of a form that nobody here knows.
    #[error("a summary of the form {0}, which is not read: forms 4 to 7 are")]
    Version(String),
    /// A summary or a list with content that cannot be.
    #[error("{0}")]
    Senseless(String),
}

/// The tool of valgrind's that counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// callgrind, which counts the bench alone.
    Callgrind,
    /// cachegrind.
    Cachegrind,
}

impl Counter {
    fn name(self) -> &'static str {
        match self {
            Self::Callgrind => "Callgrind",
            Self::Cachegrind => "Cachegrind",
        }
    }
}

/// A bench that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its full name, as in the list: `file::group::function::id`.
    pub name: String,
    /// What counted: callgrind where both did.
    pub counter: Counter,
    /// Its instructions, above 0.
    pub instructions: u64,
}

#[derive(Deserialize)]
struct Form {
    version: String,
}

#[derive(Deserialize)]
struct Raw {
    module_path: String,
    #[serde(default)]
    id: Option<String>,
    profiles: Vec<Value>,
}

/// Reads a `summary.json` that was written where no earlier run had left anything.
///
/// # Errors
/// When it is not one, is of an unknown form, counts no instructions, or holds those of an earlier run too.
pub fn summary(bytes: &[u8]) -> Result<Summary, GungraunError> {
    let Form { version } = serde_json::from_slice(bytes).map_err(GungraunError::Malformed)?;
    if !["4", "5", "6", "7"].contains(&version.as_str()) {
        return Err(GungraunError::Version(version));
    }
    let Raw { module_path, id, profiles } =
        serde_json::from_slice(bytes).map_err(GungraunError::Malformed)?;
    if module_path.is_empty() {
        return Err(senseless("a summary of a bench without a name"));
    }
    let name = match id.filter(|id| !id.is_empty()) {
        Some(id) => format!("{module_path}::{id}"),
        None => module_path,
    };
    for counter in [Counter::Callgrind, Counter::Cachegrind] {
        let mut of_it =
            profiles.iter().filter(|one| one.get("tool").and_then(Value::as_str) == Some(counter.name()));
        let Some(profile) = of_it.next() else { continue };
        let count = if of_it.next().is_some() { None } else { count(profile, counter, &version) };
        return match count {
            None | Some(0) => {
                Err(senseless(format!("the summary of `{name}` does not tell how many instructions it took")))
            }
            Some(instructions) => Ok(Summary { name, counter, instructions }),
        };
    }
    Err(senseless(format!("`{name}` is run neither with callgrind nor with cachegrind, which count")))
}

/// The instructions of a profile; none where it has figures of another run beside them.
fn count(profile: &Value, counter: Counter, version: &str) -> Option<u64> {
    let (path, side) = match version {
        "7" => ("/data/total/metrics/Ir/values".to_owned(), "new"),
        _ => (format!("/summaries/total/summary/{}/Ir/metrics", counter.name()), "Left"),
    };
    let values = profile.pointer(&path)?.as_object().filter(|values| values.len() == 1)?;
    let figure = values.get(side)?;
    match version {
        "5" | "6" => figure.as_object().filter(|kind| kind.len() == 1)?.get("Int")?.as_u64(),
        _ => figure.as_u64(),
    }
}

/// Reads what a bench program printed for `--list`: the full names of its benches, in its order.
///
/// # Errors
/// When the list is not whole, or names a bench twice.
pub fn list(stdout: &[u8]) -> Result<Vec<String>, GungraunError> {
    let text = String::from_utf8_lossy(stdout);
    let total = text.lines().rev().find_map(libtest_total);
    let names = text.lines().filter_map(|line| line.strip_suffix(": benchmark"));
    let names: Vec<String> = names.map(str::to_owned).collect();
    if total != Some(names.len()) {
        let told = total.map_or_else(|| "no number of them".to_owned(), |total| total.to_string());
        return Err(senseless(format!("its list has {} benches and states {told}", names.len())));
    }
    let twice = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|one| one == *name));
    match twice {
        Some((_, name)) => Err(senseless(format!("two benches have the name `{name}`"))),
        None => Ok(names),
    }
}

fn senseless(cause: impl Into<String>) -> GungraunError {
    GungraunError::Senseless(cause.into())
}

#[cfg(test)]
mod tests;
