//! A set of digests in a file: of what was looked at before, and need not be looked at again. Each run adds what it has
//! learnt as a block, which counts as a whole or not at all.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use super::super::store::write_artifact;
use crate::cache::digest;

/// With more than these a record begins anew, with half of them: of other branches, of other settings.
const MOST: usize = 100_000;
/// What the line of a block begins with that has the digest of those before.
const CHECK: &str = "= ";

/// Such a set. The default one has nothing and keeps nothing.
#[derive(Debug, Default)]
pub(super) struct Digests {
    record: Option<PathBuf>,
    /// The first line of each block.
    head: &'static str,
    /// As numbers: there are thousands, of which few are asked for.
    known: HashSet<u128>,
}

impl Digests {
    /// Those of the record's blocks; of one that is damaged, or begins with another line, none.
    pub(super) fn open(record: PathBuf, head: &'static str) -> Self {
        let known = std::fs::read_to_string(&record).map(|text| parse(&text, head));
        Self { record: Some(record), head, known: known.unwrap_or_default() }
    }

    /// Whether there is one.
    pub(super) fn has(&self, digest: &str) -> bool {
        number(digest).is_some_and(|number| self.known.contains(&number))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Keeps more of them. What cannot be kept is looked at again.
    pub(super) fn learn(&self, mut new: BTreeSet<String>) {
        new.retain(|digest| !self.has(digest));
        let Some(record) = self.record.as_ref().filter(|_| !new.is_empty()) else { return };
        if !self.known.is_empty() && self.known.len() + new.len() <= MOST {
            let file = File::options().append(true).open(record);
            let _ = file.and_then(|mut file| file.write_all(self.block(&new).as_bytes()));
            return;
        }
        new.extend(self.known.iter().take(MOST / 2).map(|number| format!("{number:032x}")));
        let _ = write_artifact(record, self.block(&new).as_bytes());
    }

    fn block(&self, digests: &BTreeSet<String>) -> String {
        let lines: String = digests.iter().flat_map(|digest| [digest.as_str(), "\n"]).collect();
        let text = format!("{}\n{lines}", self.head);
        format!("{text}{CHECK}{}\n", digest([&text]))
    }
}

/// The number that a digest is.
fn number(digest: &str) -> Option<u128> {
    if digest.len() == 32 { u128::from_str_radix(digest, 16).ok() } else { None }
}

/// The digests of all blocks that are whole.
fn parse(mut text: &str, head: &str) -> HashSet<u128> {
    let mut known = HashSet::new();
    let check = format!("\n{CHECK}");
    while let Some((lines, after)) = text.split_once(&check) {
        let Some((found, after)) = after.split_once('\n') else { break };
        text = after;
        if let Some(digests) = lines.strip_prefix(head).and_then(|lines| lines.strip_prefix('\n'))
            && found == digest([[lines, "\n"].concat()])
        {
            known.extend(digests.lines().filter_map(number));
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of those texts.
    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| digest([text])).collect()
    }

    fn numbers(texts: &[&str]) -> HashSet<u128> {
        set(texts).iter().filter_map(|digest| number(digest)).collect()
    }

    #[test]
    fn what_is_learnt_later_does_not_replace_what_was_known() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("record");
        Digests::open(record.clone(), "1").learn(set(&["a"]));
        let known = Digests::open(record.clone(), "1");
        known.learn(set(&["b"]));
        known.learn(set(&["c"]));
        assert_eq!(Digests::open(record.clone(), "1").known, numbers(&["a", "b", "c"]));
        assert!(Digests::open(record, "2").is_empty());
    }

    #[test]
    fn what_is_known_is_not_added_again() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("record");
        Digests::open(record.clone(), "1").learn(set(&["a", "b"]));
        let before = std::fs::read_to_string(&record).unwrap();
        Digests::open(record.clone(), "1").learn(set(&["a", "b"]));
        assert_eq!(std::fs::read_to_string(&record).unwrap(), before);
        Digests::open(record.clone(), "1").learn(set(&["b", "c"]));
        assert_eq!(std::fs::read_to_string(&record).unwrap().matches(&digest(["b"])).count(), 1);
        assert_eq!(Digests::open(record, "1").known, numbers(&["a", "b", "c"]));
    }

    #[test]
    fn a_block_that_is_damaged_is_none_and_the_others_stand() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("record");
        Digests::open(record.clone(), "1").learn(set(&["a", "b"]));
        let first = std::fs::read_to_string(&record).unwrap();
        Digests::open(record.clone(), "1").learn(set(&["c"]));
        let both = std::fs::read_to_string(&record).unwrap();
        for end in 0..both.len() {
            let expected = if end < first.len() { numbers(&[]) } else { numbers(&["a", "b"]) };
            assert_eq!(parse(both.get(..end).unwrap(), "1"), expected, "{end}");
        }
        assert_eq!(parse(&both.replace(&digest(["a"]), &digest(["d"])), "1"), numbers(&["c"]));
        assert_eq!(parse(&both.replace(&digest(["c"]), &digest(["d"])), "1"), numbers(&["a", "b"]));
        let torn = both.get(..first.len() + 4).unwrap();
        assert_eq!(
            parse(&format!("{torn}{first}"), "1"),
            numbers(&["a", "b"]),
            "added after one that was torn"
        );
    }

    #[test]
    fn a_record_with_too_many_begins_anew_with_what_is_new_and_half_of_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("record");
        let known = (0..MOST as u128).collect();
        Digests { known, ..Digests::open(record.clone(), "1") }.learn(set(&["a"]));
        let now = Digests::open(record, "1");
        assert!(now.known.len() == MOST / 2 + 1 && now.has(&digest(["a"])));
    }

    #[test]
    fn one_without_a_record_knows_nothing() {
        let none = Digests::default();
        none.learn(set(&["a"]));
        assert!(none.is_empty() && !none.has(&digest(["a"])));
    }
}
