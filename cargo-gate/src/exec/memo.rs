//! Answers of cargo and rustc that are remembered, each with all that it hangs on and what that looked like. An answer
//! is used again only where all of it looks the same; a damaged memo is none.
//!
//! An answer is believed only where its inputs looked the same before the program was asked and after it had answered:
//! what changes in between would else be remembered with the answer of what was there before. What the inputs of a
//! first answer are nobody knows before it is there, and so the second one is the first that is believed.

mod inputs;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy;
use rayon::prelude::*;

pub(super) use self::inputs::{Input, but_names, name_counts, of_metadata, of_program};
use super::environment::{Environment, is_ours_alone};
use super::store::{prune, write_artifact};
use crate::cache::digest;

/// The first line of a memo.
const HEAD: &str = "memo 2";
/// So many answers are kept; the oldest go first.
const MOST: usize = 200;

/// How each input of an answer looked.
type Looks = BTreeMap<Input, String>;

/// What is remembered of one question.
pub(super) struct Memo<'a> {
    environment: &'a Environment,
    place: Option<PathBuf>,
    /// What is known already of what the answer hangs on.
    told: String,
    /// How the inputs of the remembered answer look now; none where there is none, or one of them cannot be looked at.
    before: Option<Looks>,
    answer: Option<String>,
}

/// A remembered answer.
#[derive(Debug, PartialEq, Eq)]
struct Record {
    looks: Looks,
    told: String,
    /// Whether the inputs looked so before the answer too.
    sure: bool,
    answer: String,
}

impl<'a> Memo<'a> {
    /// What is remembered of a question that is put with those words, which are to name the program, its arguments,
    /// its folder, and the variables beyond its environment.
    pub(super) fn of(environment: &'a Environment, words: &[OsString]) -> Self {
        Self::told(environment, words, "")
    }

    /// The same where that is known already of what the answer hangs on, and need not be looked at.
    pub(super) fn told(environment: &'a Environment, words: &[OsString], told: &str) -> Self {
        Self::at(place(words).filter(|_| !environment.asks_anew), environment, told)
    }

    fn at(place: Option<PathBuf>, environment: &'a Environment, told: &str) -> Self {
        let record = place.as_deref().and_then(|place| parse(&std::fs::read_to_string(place).ok()?));
        let before = record.as_ref().and_then(|record| look(record.looks.keys(), environment));
        let holds =
            |record: &Record| record.sure && record.told == told && before.as_ref() == Some(&record.looks);
        let answer = record.filter(holds).map(|record| record.answer);
        Self { environment, place, told: told.to_owned(), before, answer }
    }

    /// The remembered answer, where it holds.
    pub(super) fn answer(&mut self) -> Option<String> {
        self.answer.take()
    }

    /// Remembers an answer with what it hangs on; none where that cannot be told. What cannot be kept is asked again.
    pub(super) fn keep(&self, answer: &[u8], inputs: Option<BTreeSet<Input>>) {
        let (Some(place), Some(inputs), Ok(answer)) = (&self.place, inputs, std::str::from_utf8(answer))
        else {
            return;
        };
        let Some(looks) = look(&inputs, self.environment) else { return };
        let sure = self.before.as_ref() == Some(&looks);
        let Some(text) = (Record { looks, told: self.told.clone(), sure, answer: answer.to_owned() }).text()
        else {
            return;
        };
        let _ = write_artifact(place, text.as_bytes());
        place.parent().into_iter().for_each(|folder| prune(folder, MOST, MOST));
    }
}

impl Record {
    fn text(&self) -> Option<String> {
        let looks: Vec<(&Input, &String)> = self.looks.iter().collect();
        let head = serde_json::to_string(&(looks, &self.told, self.sure)).ok()?;
        let text = format!("{HEAD}\n{head}\n{}", self.answer);
        Some(format!("{}\n{text}", digest([&text])))
    }
}

fn parse(text: &str) -> Option<Record> {
    let (check, text) = text.split_once('\n')?;
    if check != digest([text]) {
        return None;
    }
    let (head, answer) = text.strip_prefix(HEAD)?.strip_prefix('\n')?.split_once('\n')?;
    let (looks, told, sure): (Vec<(Input, String)>, String, bool) = serde_json::from_str(head).ok()?;
    Some(Record { looks: looks.into_iter().collect(), told, sure, answer: answer.to_owned() })
}

/// How each of those looks now; none where one cannot be looked at.
fn look<'i>(inputs: impl IntoIterator<Item = &'i Input>, environment: &Environment) -> Option<Looks> {
    let inputs: Vec<&Input> = inputs.into_iter().collect();
    inputs.into_par_iter().map(|input| Some((input.clone(), input.look(environment)?))).collect()
}

/// The name under which a question is remembered: by its words, by us, and by all variables that cargo, rustc and
/// rustup read, or that decide where they find themselves.
fn slot(words: &[OsString], variables: impl Iterator<Item = (OsString, OsString)>) -> String {
    let counts = |name: &str| {
        ["CARGO", "RUST", "LD_", "DYLD_", "XDG_"].iter().any(|start| name.starts_with(start))
            || ["HOME", "USERPROFILE", "PATH"].contains(&name)
    };
    let counted = |name: &OsString| !is_ours_alone(name) && name.to_str().is_some_and(counts);
    let variables: BTreeMap<_, _> = variables.filter(|(name, _)| counted(name)).collect();
    let own = OsString::from(env!("CARGO_PKG_VERSION"));
    let variables = variables.into_iter().flat_map(|(name, value)| [name, value]);
    let parts: Vec<OsString> = [own].into_iter().chain(words.iter().cloned()).chain(variables).collect();
    digest(parts.iter().map(|part| part.as_encoded_bytes()))
}

/// Where memos lie: in the user's own folder for caches, since where the workspace is, is what cargo is asked for.
fn folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.cache_dir().join("bulletproof").join("answers"))
}

/// Where is kept what is remembered under those words.
pub(super) fn place(words: &[OsString]) -> Option<PathBuf> {
    Some(folder()?.join(slot(words, std::env::vars_os())))
}

/// Forgets all of it.
///
/// # Errors
/// When the folder cannot be removed.
pub(super) fn clear() -> std::io::Result<()> {
    match folder().map(std::fs::remove_dir_all) {
        Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
