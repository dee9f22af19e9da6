//! A set of digests in a file: of what was looked at before, and need not be looked at again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::store::write_artifact;
use crate::cache::digest;

/// So many may be remembered beyond those of a run: of other branches, of other settings.
const MOST_OTHERS: usize = 50_000;

/// Such a set. The default one has nothing and keeps nothing.
#[derive(Debug, Default)]
pub(super) struct Digests {
    record: Option<PathBuf>,
    /// The first line of the record.
    head: &'static str,
    known: BTreeSet<String>,
}

impl Digests {
    /// Those of the record; none where it is damaged, or begins with another line.
    pub(super) fn open(record: PathBuf, head: &'static str) -> Self {
        let known = std::fs::read_to_string(&record).ok().and_then(|text| parse(&text, head));
        Self { record: Some(record), head, known: known.unwrap_or_default() }
    }

    /// Whether there is one.
    pub(super) fn has(&self, digest: &str) -> bool {
        self.known.contains(digest)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Keeps more of them. What cannot be kept is looked at again.
    pub(super) fn learn(&self, mut new: BTreeSet<String>) {
        let Some(record) = self.record.as_ref().filter(|_| !new.is_empty()) else { return };
        new.extend(self.known.iter().take(MOST_OTHERS).cloned());
        let lines: String = new.iter().flat_map(|digest| [digest.as_str(), "\n"]).collect();
        let text = format!("{}\n{lines}", self.head);
        let _ = write_artifact(record, format!("{text}{}\n", digest([&text])).as_bytes());
    }
}

/// The record, whole; a damaged one is none.
fn parse(text: &str, head: &str) -> Option<BTreeSet<String>> {
    let end = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (lines, check) = text.split_at_checked(end)?;
    if check.trim_end() != digest([lines]) {
        return None;
    }
    let mut lines = lines.lines();
    lines.next().filter(|first| *first == head)?;
    Some(lines.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(digests: &[&str]) -> BTreeSet<String> {
        digests.iter().map(|digest| (*digest).to_owned()).collect()
    }

    #[test]
    fn what_is_learnt_later_does_not_replace_what_was_known() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("record");
        Digests::open(record.clone(), "1").learn(set(&["a"]));
        Digests::open(record.clone(), "1").learn(set(&["b"]));
        assert_eq!(Digests::open(record.clone(), "1").known, set(&["a", "b"]));
        assert!(Digests::open(record, "2").is_empty());
    }

    #[test]
    fn a_damaged_record_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("record");
        Digests::open(record.clone(), "1").learn(set(&["a", "b"]));
        let text = std::fs::read_to_string(record).unwrap();
        assert!(parse(&text, "1").is_some());
        for end in 0..text.len() {
            assert_eq!(text.get(..end).and_then(|cut| parse(cut, "1")), None);
        }
        assert_eq!(parse(&text.replace('a', "c"), "1"), None);
    }

    #[test]
    fn one_without_a_record_knows_nothing() {
        let none = Digests::default();
        none.learn(set(&["a"]));
        assert!(none.is_empty() && !none.has("a"));
    }
}
