//! The key of a verdict: a digest over named parts, each a digest over what one kind of input was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The inputs of a verdict, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Each kind of input with the digest of what it was.
    pub parts: BTreeMap<String, String>,
    /// For kinds with many items: each by its name, to tell later what changed. Kept beside the verdicts, under the
    /// part's digest.
    #[serde(skip)]
    pub names: BTreeMap<String, Arc<Names>>,
}

/// One kind of input with many items, which the keys of several gates may share.
#[derive(Debug, Clone)]
pub struct Part {
    digest: String,
    names: Arc<Names>,
}

impl Part {
    /// Of items with a name, each with its digest or text.
    pub fn named<'a>(items: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::of(items, |text| short(&digest([text])))
    }

    /// The same for items of which nothing but a digest is known: its beginning tells them apart.
    pub fn digests<'a>(items: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::of(items, short)
    }

    fn of<'a>(items: impl IntoIterator<Item = (&'a str, &'a str)>, short: impl Fn(&str) -> String) -> Self {
        let items: BTreeMap<&str, &str> = items.into_iter().collect();
        let digest = digest(items.iter().flat_map(|(name, text)| [*name, *text]));
        let names: Names = items.into_iter().map(|(name, text)| (name.to_owned(), short(text))).collect();
        Self { digest, names: Arc::new(names) }
    }
}

/// Names of files or variables with a short digest of each, never a value.
pub type Names = BTreeMap<String, String>;

/// How one kind of input differs from what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The kind.
    pub part: String,
    /// What differs within it: `changed NAME`, `new NAME`, `gone NAME`. Empty where only the whole is known.
    pub names: Vec<String>,
}

impl Key {
    /// Adds a kind of input as one text.
    pub fn text(&mut self, part: &str, text: &str) {
        self.parts.insert(part.to_owned(), digest([text]));
    }

    /// Adds a kind of input with many items.
    pub fn part(&mut self, kind: &str, part: &Part) {
        self.parts.insert(kind.to_owned(), part.digest.clone());
        self.names.insert(kind.to_owned(), Arc::clone(&part.names));
    }

    /// The digest that names the verdict.
    pub fn digest(&self) -> String {
        digest(self.parts.iter().flat_map(|(name, part)| [name.as_str(), part.as_str()]))
    }

    /// What differs from the parts of an earlier key, by kind; `names` looks up the items under a part's digest.
    pub fn differences(
        &self,
        earlier: &BTreeMap<String, String>,
        names: impl Fn(&str) -> Option<Names>,
    ) -> Vec<Difference> {
        let kinds: BTreeSet<&String> = self.parts.keys().chain(earlier.keys()).collect();
        let differ = |kind: &&String| self.parts.get(*kind) != earlier.get(*kind);
        let of = |kind: &String| {
            let before = earlier.get(kind).and_then(|digest| names(digest));
            let names = match (self.names.get(kind), before) {
                (Some(now), Some(before)) => changed(now, &before),
                _ => Vec::new(),
            };
            Difference { part: kind.clone(), names }
        };
        kinds.into_iter().filter(differ).map(of).collect()
    }
}

fn changed(now: &Names, before: &Names) -> Vec<String> {
    let of_now = now.iter().filter_map(|(name, digest)| match before.get(name) {
        None => Some(format!("new {name}")),
        Some(other) if other != digest => Some(format!("changed {name}")),
        Some(_) => None,
    });
    let gone = before.keys().filter(|name| !now.contains_key(*name)).map(|name| format!("gone {name}"));
    of_now.chain(gone).collect()
}

/// 32 hexadecimal digits of the BLAKE3 hash over parts, each with its length before it: 128 bits of a cryptographic
/// hash, several times as fast as SHA-256 where the processor has no instructions for that.
pub(crate) fn digest<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut hash = blake3::Hasher::new();
    for part in parts {
        let part = part.as_ref();
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(hash.finalize().as_bytes().get(..16).unwrap_or_default())
}

/// Thousands of them are made in each run: by `write!` they would take longer than the digests.
fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The beginning of a digest, and what is said behind it.
fn short(digest: &str) -> String {
    [digest.get(..8).unwrap_or(digest), digest.get(32..).unwrap_or_default()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(files: &[(&str, &str)], settings: &str) -> Key {
        let mut key = Key::default();
        key.part("files", &Part::named(files.iter().copied()));
        key.text("settings", settings);
        key
    }

    #[test]
    fn each_part_changes_the_digest() {
        let first = key(&[("a", "1"), ("b", "2")], "s");
        assert_eq!(first.digest(), key(&[("b", "2"), ("a", "1")], "s").digest());
        let others = [
            key(&[("a", "1"), ("b", "3")], "s"),
            key(&[("a", "1")], "s"),
            key(&[("a", "1"), ("c", "2")], "s"),
            key(&[("a", "1"), ("b", "2")], "t"),
            Key::default(),
        ];
        for other in others {
            assert_ne!(first.digest(), other.digest(), "{other:?}");
        }
    }

    #[test]
    fn items_with_a_digest_are_told_apart_by_its_beginning_and_what_follows_it() {
        let digest = digest(["x"]);
        let names = |text: &str| {
            let mut key = Key::default();
            key.part("files", &Part::digests([("a", text)]));
            key.names["files"]["a"].clone()
        };
        assert_eq!(Some(names(&digest).as_str()), digest.get(..8));
        assert_ne!(names(&format!("{digest}+x")), names(&digest));
        assert_eq!(names("absent"), "absent");
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(digest(["ab", "c"]), digest(["a", "bc"]));
        assert_ne!(digest(["a", ""]), digest(["a"]));
    }

    #[test]
    fn what_changed_is_told_by_name() {
        let before = key(&[("a", "1"), ("b", "2"), ("c", "3")], "s");
        let now = key(&[("a", "1"), ("b", "9"), ("d", "4")], "s");
        let known =
            |digest: &str| (digest == before.parts["files"]).then(|| (*before.names["files"]).clone());
        let differences = now.differences(&before.parts, known);
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].part, "files");
        assert_eq!(differences[0].names, ["changed b", "new d", "gone c"]);
        assert_eq!(now.differences(&now.parts, known), []);
        assert_eq!(now.differences(&before.parts, |_| None)[0].names, [""; 0]);
    }

    #[test]
    fn no_value_is_kept() {
        let key = key(&[("TOKEN", "hunter2")], "password");
        let text = format!("{key:?}{}", serde_json::to_string(&key).unwrap());
        assert!(!text.contains("hunter2") && !text.contains("password"), "{text}");
    }

    proptest::proptest! {
        #[test]
        fn another_item_is_another_key(
            a in proptest::collection::vec(("[ab]{0,2}", "[01]{0,2}"), 0..3),
            b in proptest::collection::vec(("[ab]{0,2}", "[01]{0,2}"), 0..3),
        ) {
            let of = |list: &[(String, String)]| {
                let mut key = Key::default();
                key.part("x", &Part::named(list.iter().map(|(name, text)| (name.as_str(), text.as_str()))));
                key.digest()
            };
            let map = |list: &[(String, String)]| list.iter().cloned().collect::<BTreeMap<_, _>>();
            proptest::prop_assert_eq!(map(&a) == map(&b), of(&a) == of(&b));
        }
    }
}
