//! A whole run's verdict, recorded for the tree that it judged: an amended, squashed or merged commit with that tree
//! has the same verdict, as long as everything around it is the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::key::digest;
use super::{Elsewhere, Names};
use crate::gate::Stage;
use crate::step::Data;
use crate::verdict::Status;

/// A recorded verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The tree's hash.
    pub tree: String,
    /// The stage whose gates all ran.
    pub stage: Stage,
    /// When it was given (RFC 3339).
    pub at: String,
    /// How long the run took, or would have without answers of earlier runs, in milliseconds.
    pub took_ms: u64,
    /// What it rests on beside the tree.
    pub around: Around,
    /// What the run read elsewhere, as only it could tell.
    pub elsewhere: Elsewhere,
    /// How each gate ended.
    pub gates: BTreeMap<String, Status>,
    /// The gates among them that could not judge, where the config accepts that.
    pub unjudged: BTreeSet<String>,
    /// The digest of the config's text.
    pub config_digest: String,
    /// The compiler's version.
    #[serde(default)]
    pub rustc: String,
    /// The tools that were called, with where they were found.
    #[serde(default)]
    pub tools: BTreeMap<String, String>,
    /// The gates among them whose verdicts rest on more than can be recorded: they are judged each time.
    pub again: BTreeSet<String>,
    /// The gates among them that rest on what the repository holds beside the tree, with the data by which they do: they
    /// are judged anew where that is not what it was.
    pub of_repository: BTreeMap<String, BTreeSet<Data>>,
}

/// What a verdict rests on beside the tree, as it can be looked at without knowing the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Around {
    /// Our own program.
    pub program: String,
    /// What was asked on the command line.
    pub request: String,
    /// The compiler, the tools that were called, and those that were there.
    pub tools: String,
    /// The variables that count, each with a short digest.
    pub variables: Names,
    /// By what git writes files to disk in this clone alone.
    pub conversion: String,
    /// Files around the workspace, by their paths.
    pub files: BTreeMap<String, String>,
    /// The data, each with its revision; without what the repository holds.
    pub data: Vec<(Data, String)>,
    /// What the repository holds beside the tree: the commits that are looked at, each base, the hooks.
    pub repository: Vec<(Data, String)>,
    /// The day or the hour, where something ages.
    pub time: Option<String>,
}

/// What a recorded verdict is asked with: how to look at each part again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The names of the tools that were called.
    pub tools: BTreeSet<String>,
    /// Whether the variables count.
    pub environment: bool,
    /// Whether the time counts by the hour.
    pub hourly: bool,
    /// Whether it counts by the day.
    pub daily: bool,
}

impl Record {
    /// Its bytes: a line with the digest of the rest, then JSON.
    pub fn to_bytes(&self, looked: &Looked) -> Vec<u8> {
        let text = serde_json::to_string(&(self, looked)).unwrap_or_default();
        format!("{}\n{text}", digest([&text])).into_bytes()
    }

    /// The verdict on that tree in that stage in those bytes; none where they are damaged or of another.
    pub fn read(bytes: &[u8], tree: &str, stage: Stage) -> Option<(Self, Looked)> {
        let (check, text) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
        if check != digest([text]) {
            return None;
        }
        let (record, looked): (Self, Looked) = serde_json::from_str(text).ok()?;
        let passed = |status: &Status| matches!(status, Status::Passed | Status::Warned);
        let sound = record.tree == tree && record.stage == stage && !record.gates.is_empty();
        (sound && record.gates.values().all(passed)).then_some((record, looked))
    }
}

impl Around {
    /// What differs from how it is now; nothing where the verdict holds.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut differs = |what: &str, same: bool| {
            if !same {
                differences.push(what.to_owned());
            }
        };
        differs("this program is another", self.program == now.program);
        differs("other options were given", self.request == now.request);
        differs("the toolchain or a tool is another", self.tools == now.tools);
        differs("it is another day, or hour", self.time == now.time);
        differs("git writes files to disk by other settings", self.conversion == now.conversion);
        for name in changed(&self.variables, &now.variables) {
            differences.push(format!("the variable {name} is another"));
        }
        for name in changed(&self.files, &now.files) {
            differences.push(format!("{name} has changed"));
        }
        for (data, _) in self.data.iter().filter(|one| !now.data.contains(one)) {
            differences.push(format!("the {} is another", data.name()));
        }
        if self.data.len() != now.data.len() {
            differences.push("other data was looked at".to_owned());
        }
        differences
    }

    /// Whether that of what the repository holds is known both times, and the same.
    pub fn is_same(&self, now: &Self, data: &Data) -> bool {
        let of = |around: &Self| around.repository.iter().find(|(one, _)| one == data).cloned();
        let is_same = of(self).is_some_and(|known| of(now) == Some(known));
        match data {
            // what differs from a base is recorded by the base alone
            Data::Changes { base } => is_same && self.is_same(now, &Data::Base { named: base.clone() }),
            _ => is_same,
        }
    }
}

fn changed<'a>(
    before: &'a BTreeMap<String, String>,
    now: &'a BTreeMap<String, String>,
) -> BTreeSet<&'a String> {
    let names = before.keys().chain(now.keys());
    names.filter(|name| before.get(*name) != now.get(*name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around() -> Around {
        Around {
            program: "p".into(),
            request: "r".into(),
            tools: "t".into(),
            variables: [("CC".to_owned(), "1".to_owned())].into(),
            conversion: "w".into(),
            files: [("/deny.toml".to_owned(), "absent".to_owned())].into(),
            data: vec![(Data::Index, "i".into()), (Data::Packages, "b".into())],
            repository: vec![(Data::Base { named: None }, "b".into())],
            time: Some("2026-01-01".into()),
        }
    }

    fn record() -> Record {
        Record {
            tree: "t".repeat(40),
            stage: Stage::PrePush,
            at: "then".into(),
            took_ms: 5,
            around: around(),
            elsewhere: Elsewhere::default(),
            gates: [("fmt".to_owned(), Status::Passed), ("todo".to_owned(), Status::Warned)].into(),
            unjudged: BTreeSet::new(),
            config_digest: "c".into(),
            rustc: "rustc 1".into(),
            tools: [("git".to_owned(), "/usr/bin/git".to_owned())].into(),
            again: BTreeSet::new(),
            of_repository: BTreeMap::new(),
        }
    }

    #[test]
    fn a_record_holds_for_its_tree_and_stage_only() {
        let bytes = record().to_bytes(&Looked::default());
        let tree = "t".repeat(40);
        assert_eq!(Record::read(&bytes, &tree, Stage::PrePush).map(|(read, _)| read), Some(record()));
        assert_eq!(Record::read(&bytes, &"u".repeat(40), Stage::PrePush), None);
        assert_eq!(Record::read(&bytes, &tree, Stage::Ci), None);
    }

    #[test]
    fn a_record_with_a_gate_that_did_not_pass_is_none() {
        for status in [Status::Failed, Status::Broken, Status::Skipped] {
            let gates = [("fmt".to_owned(), Status::Passed), ("todo".to_owned(), status)].into();
            let bytes = Record { gates, ..record() }.to_bytes(&Looked::default());
            assert_eq!(Record::read(&bytes, &"t".repeat(40), Stage::PrePush), None, "{status:?}");
        }
        let bytes = Record { gates: BTreeMap::new(), ..record() }.to_bytes(&Looked::default());
        assert_eq!(Record::read(&bytes, &"t".repeat(40), Stage::PrePush), None);
    }

    #[test]
    fn another_base_ends_only_what_rests_on_it() {
        let (base, changes) = (Data::Base { named: None }, Data::Changes { base: None });
        let known = |base: &Data, revision: &str| {
            let repository = [(base, revision), (&changes, ""), (&Data::Commit, "d")];
            let repository = repository.map(|(data, revision)| (data.clone(), revision.to_owned())).into();
            Around { repository, ..around() }
        };
        let (before, other) = (known(&base, "b"), known(&base, "c"));
        assert_eq!(before.differences(&other), [""; 0]);
        let same = |now: &Around| [&base, &changes, &Data::Commit].map(|data| before.is_same(now, data));
        assert_eq!(same(&before), [true; 3]);
        assert_eq!(same(&other), [false, false, true], "what differs from it differs with it");
        assert_eq!(same(&known(&Data::Hooks, "b")), [false, false, true], "nobody has looked at the base");
        assert_eq!(same(&Around { repository: Vec::new(), ..around() }), [false; 3]);
    }

    #[test]
    fn each_thing_around_the_tree_counts() {
        assert_eq!(around().differences(&around()), [""; 0]);
        let others = [
            Around { program: "q".into(), ..around() },
            Around { request: "q".into(), ..around() },
            Around { tools: "u".into(), ..around() },
            Around { variables: BTreeMap::new(), ..around() },
            Around { conversion: "c".into(), ..around() },
            Around { files: [("/deny.toml".to_owned(), "d".to_owned())].into(), ..around() },
            Around { data: vec![(Data::Index, "j".into()), (Data::Packages, "b".into())], ..around() },
            Around { data: vec![(Data::Index, "i".into())], ..around() },
            Around { time: None, ..around() },
        ];
        for other in others {
            assert!(!around().differences(&other).is_empty(), "{other:?}");
            assert!(!other.differences(&around()).is_empty(), "{other:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_damaged_record_is_none(place: proptest::sample::Index, bit in 0..8u8, cut: proptest::sample::Index) {
            let bytes = record().to_bytes(&Looked::default());
            let (tree, mut damaged) = ("t".repeat(40), bytes.clone());
            damaged[place.index(bytes.len())] ^= 1 << bit;
            proptest::prop_assert!(Record::read(&damaged, &tree, Stage::PrePush).is_none());
            let cut = &bytes[..cut.index(bytes.len())];
            proptest::prop_assert!(Record::read(cut, &tree, Stage::PrePush).is_none());
        }
    }
}
