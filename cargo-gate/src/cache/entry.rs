//! A kept verdict, as bytes: a line with the digest of the rest, then JSON. What was cut short or damaged is none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Key;
use super::key::digest;
use crate::finding::Excerpt;
use crate::report::GateReport;
use crate::verdict::Status;

/// The version of the form, and of what the keys mean; part of the path of what is kept.
pub const FORMAT: &str = "v1";

/// A verdict with the inputs that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its inputs.
    pub key: Key,
    /// Inputs that only the run told: files elsewhere, variables that the compiler read.
    pub elsewhere: Elsewhere,
    /// When it was kept (RFC 3339).
    pub at: String,
    /// What the gate said.
    pub report: GateReport,
    /// The time of each step and of the judgement, in milliseconds: a step that two gates share has one name.
    pub times: BTreeMap<String, u64>,
    /// The source at the place of each finding, which reports do not hold.
    excerpts: Vec<Option<Excerpt>>,
}

/// What a run read elsewhere than the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// Files by their path, each with the digest of its content.
    pub files: BTreeMap<String, String>,
    /// Folders of packages, each with the digest of all their files.
    pub folders: BTreeMap<String, String>,
    /// Variables that the compiler read and the key passes over, each with the digest of its value.
    pub variables: BTreeMap<String, String>,
}

impl Elsewhere {
    /// Adds what another gate read.
    pub(crate) fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.folders.extend(other.folders);
        self.variables.extend(other.variables);
    }
}

impl Entry {
    /// A verdict to keep, as it was before the baseline had its say; none for one that is not kept: what was not
    /// judged, and what was kept before.
    pub fn new(
        key: Key,
        elsewhere: Elsewhere,
        at: String,
        report: &GateReport,
        times: BTreeMap<String, u64>,
    ) -> Option<Self> {
        let kept = report.judged
            && !report.cached
            && report.cause.is_none()
            && matches!(report.status, Status::Passed | Status::Warned | Status::Failed);
        let excerpts = report.findings.iter().map(|finding| finding.excerpt.clone()).collect();
        kept.then(|| Self { key, elsewhere, at, report: report.clone(), times, excerpts })
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{}\n{text}", digest([&text])).into_bytes()
    }

    /// The verdict of that gate and key in those bytes; none where they are damaged or of another.
    pub fn read(bytes: &[u8], gate: &str, key: &Key) -> Option<Self> {
        let entry =
            Self::of(bytes).filter(|entry| entry.report.id == gate && entry.key.parts == key.parts)?;
        entry.report.judged.then_some(entry)
    }

    /// Any verdict in those bytes.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let (check, text) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
        if check != digest([text]) {
            return None;
        }
        let mut entry: Self = serde_json::from_str(text).ok()?;
        for (finding, excerpt) in entry.report.findings.iter_mut().zip(&entry.excerpts) {
            finding.excerpt.clone_from(excerpt);
        }
        Some(entry)
    }

    /// The report as one from the cache.
    pub fn answer(&self) -> GateReport {
        let saved = self.report.duration_ms;
        GateReport { cached: true, saved_ms: Some(saved), duration_ms: 0, ..self.report.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::finding::{Finding, Place};
    use crate::report::FindingReport;

    fn key(text: &str) -> Key {
        let mut key = Key::default();
        key.text("files", text);
        key
    }

    fn report() -> GateReport {
        let finding = Finding::warning("todo/todo", "a TODO")
            .at(Place::line("src/a.rs", 3))
            .excerpt(Some(Excerpt { text: "// TODO".into(), first_line: 3, mark: 3..7 }));
        GateReport {
            status: Status::Warned,
            findings: vec![FindingReport::new(finding, "f".into())],
            ..GateReport::new("todo", Duration::from_millis(70))
        }
    }

    fn entry() -> Entry {
        Entry::new(key("a"), Elsewhere::default(), "now".into(), &report(), BTreeMap::new()).unwrap()
    }

    #[test]
    fn a_verdict_is_read_as_it_was_kept_with_its_excerpts() {
        let read = Entry::read(&entry().to_bytes(), "todo", &key("a")).unwrap();
        assert_eq!(read.report, report());
        let answer = read.answer();
        assert_eq!((answer.cached, answer.saved_ms, answer.duration_ms), (true, Some(70), 0));
    }

    #[test]
    fn a_verdict_of_another_gate_or_key_is_none() {
        let bytes = entry().to_bytes();
        assert!(Entry::read(&bytes, "fmt", &key("a")).is_none());
        assert!(Entry::read(&bytes, "todo", &key("b")).is_none());
    }

    #[test]
    fn only_what_was_judged_is_kept() {
        let new = |report: &GateReport| {
            Entry::new(key("a"), Elsewhere::default(), String::new(), report, BTreeMap::new())
        };
        for status in [Status::Broken, Status::Skipped] {
            assert!(new(&GateReport { status, ..report() }).is_none(), "{status:?}");
        }
        assert!(new(&GateReport { judged: false, ..report() }).is_none(), "waived");
        assert!(new(&GateReport { cached: true, ..report() }).is_none(), "kept already");
    }

    proptest::proptest! {
        #[test]
        fn a_damaged_verdict_is_none(place: proptest::sample::Index, bit in 0..8u8, cut: proptest::sample::Index) {
            let bytes = entry().to_bytes();
            let mut damaged = bytes.clone();
            damaged[place.index(bytes.len())] ^= 1 << bit;
            proptest::prop_assert!(Entry::of(&damaged).is_none());
            proptest::prop_assert!(Entry::of(&bytes[..cut.index(bytes.len())]).is_none());
        }

        #[test]
        fn any_bytes_give_a_verdict_or_none(bytes: Vec<u8>) {
            proptest::prop_assert!(Entry::of(&bytes).is_none());
        }
    }
}
