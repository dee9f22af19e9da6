//! An entry as a commit of git: what the commit's object holds, and what git tells of objects and pushes.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::entry::{Action, Entry};

/// The file of a commit in which the entry is.
pub const FILE: &str = "state.json";

/// The object of the commit that holds an entry. It hangs on the entry alone, so that the same entry sent again is the
/// same commit.
pub fn commit(tree: &str, parent: Option<&str>, entry: &Entry) -> Vec<u8> {
    let who = format!("{} {} +0000", person(&entry.actor), entry.time.as_second().max(0));
    let mut text = format!("tree {tree}\n");
    if let Some(parent) = parent {
        let _ = writeln!(text, "parent {parent}");
    }
    let _ = write!(text, "author {who}\ncommitter {who}\n\n{}\n", subject(entry));
    text.into_bytes()
}

/// `NAME <ADDRESS>` without anything that git would read in another way.
fn person(actor: &str) -> String {
    let (name, address) = actor.split_once('<').unwrap_or((actor, ""));
    let plain = |text: &str| text.replace(['<', '>'], "").replace(char::is_control, " ").trim().to_owned();
    let (name, address) = (plain(name), plain(address));
    let name = name.trim_matches(|edge: char| ".,:;\"\\'".contains(edge)).trim();
    format!("{} <{address}>", if name.is_empty() { "somebody" } else { name })
}

fn subject(entry: &Entry) -> String {
    let number = entry.sequence;
    match &entry.action {
        Action::Stage { candidate, .. } => format!("entry {number}: stage {}", candidate.short()),
        Action::Promote { environment, candidate, .. } => {
            format!("entry {number}: promote {} to {environment}", candidate.short())
        }
        Action::Rollback { environment, candidate, .. } => {
            format!("entry {number}: roll {environment} back to {}", candidate.short())
        }
        Action::Finish { environment, candidate } => {
            format!("entry {number}: {environment} is deployed, {}", candidate.short())
        }
        Action::Remove { candidates } => format!("entry {number}: remove {} candidates", candidates.len()),
    }
}

/// An object of git: its kind and its bytes.
pub type Object = (String, Vec<u8>);

/// What `git cat-file --batch` tells, an answer a request: the kind and the bytes of an object, or nothing where it is
/// not there.
///
/// # Errors
/// Where it is not what git writes.
pub fn objects(told: &[u8]) -> Result<Vec<Option<Object>>, String> {
    let mut found = Vec::new();
    let mut rest = told;
    while !rest.is_empty() {
        let bad = || "git cat-file was cut short".to_owned();
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(bad)?;
        let head = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        rest = rest.get(end + 1..).unwrap_or_default();
        if head.ends_with(" missing") {
            found.push(None);
            continue;
        }
        let mut words = head.rsplit(' ');
        let size = words.next().and_then(|size| size.parse::<usize>().ok());
        let (Some(size), Some(kind)) = (size, words.next()) else {
            return Err(format!("git cat-file told `{}`", head.escape_debug()));
        };
        let body = rest.get(..size).ok_or_else(bad)?;
        let after = rest.get(size..).and_then(|after| after.strip_prefix(b"\n")).ok_or_else(bad)?;
        found.push(Some((kind.to_owned(), body.to_vec())));
        rest = after;
    }
    Ok(found)
}

/// The parents of a commit, from its object.
pub fn parents(commit: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(commit);
    let head = text.lines().take_while(|line| !line.is_empty());
    head.filter_map(|line| line.strip_prefix("parent ")).map(str::to_owned).collect()
}

/// When a commit was made, from its object.
pub fn time(commit: &[u8]) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(commit);
    let mut head = text.lines().take_while(|line| !line.is_empty());
    let committer = head.find_map(|line| line.strip_prefix("committer "))?;
    Timestamp::from_second(committer.rsplit(' ').nth(1)?.parse().ok()?).ok()
}

/// What became of a push of one reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The remote has it.
    Done,
    /// It was not sent, or not taken: the remote has something else.
    Moved,
    /// The remote said no, for this reason.
    Declined(String),
    /// Nobody knows.
    Unknown,
}

/// What `git push --porcelain` tells of one reference.
pub fn pushed(told: &str, ended_well: bool) -> Pushed {
    let line = told.lines().find(|line| {
        line.split_once('\t').is_some_and(|(flag, rest)| flag.chars().count() == 1 && rest.contains('\t'))
    });
    let Some((flag, rest)) = line.and_then(|line| line.split_once('\t')) else { return Pushed::Unknown };
    let why = rest.rsplit('\t').next().unwrap_or_default();
    match flag {
        "!" if why.starts_with("[rejected]") => Pushed::Moved,
        "!" if why.starts_with("[remote rejected]") => Pushed::Declined(why.to_owned()),
        " " | "*" | "=" if ended_well => Pushed::Done,
        _ => Pushed::Unknown,
    }
}

#[cfg(test)]
mod tests;
