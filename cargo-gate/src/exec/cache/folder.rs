//! The folder of kept verdicts: a file each, written beside its place and moved there, the oldest use evicted.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::super::store::{touch, write_artifact};
use crate::cache::{Entry, FORMAT, Key, Names};
use crate::verdict::Status;

/// The most that is kept, in bytes.
const MOST_BYTES: u64 = 64 << 20;
/// The most verdicts of one gate that are kept.
const MOST_OF_A_GATE: usize = 100;

/// So many verdicts may come to be kept before those that are too many are looked for.
const MOST_UNCOUNTED: u64 = 50;

/// The most failures of one gate that are remembered.
const MOST_FAILURES: usize = 1000;

/// The folder.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
}

/// A file of the cache.
struct Kept {
    used: SystemTime,
    path: PathBuf,
    bytes: u64,
}

impl Folder {
    /// That of a state folder.
    pub(super) fn of(state: &Path) -> Self {
        Self { root: state.join("cache").join(FORMAT) }
    }

    /// Where it lies.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where digests of files are remembered.
    pub(super) fn contents(&self) -> PathBuf {
        self.root.join("contents")
    }

    fn place(&self, gate: &str, key: &Key) -> PathBuf {
        self.root.join("verdicts").join(gate).join(key.digest())
    }

    /// The verdict of that gate for that key. A damaged one is removed.
    pub(super) fn read(&self, gate: &str, key: &Key) -> Option<Entry> {
        let path = self.place(gate, key);
        let bytes = fs::read(&path).ok()?;
        let entry = Entry::read(&bytes, gate, key);
        if entry.is_none() {
            let _ = fs::remove_file(&path);
        }
        entry.filter(|entry| !self.is_contradicted(entry))
    }

    /// Whether the gate has failed with the key with which it passed.
    fn is_contradicted(&self, entry: &Entry) -> bool {
        !is_failure(entry) && self.failures(&entry.report.id).join(entry.key.digest()).exists()
    }

    /// Marks a verdict as used now, so that it stays. One that cannot be marked is evicted earlier.
    pub(super) fn touch(&self, gate: &str, key: &Key) {
        touch(&self.place(gate, key));
    }

    /// Keeps a verdict, unless the gate failed with the same key before. Where that fails, the gate runs again next
    /// time.
    ///
    /// # Errors
    /// Why it is not kept.
    pub(super) fn write(&self, entry: &Entry) -> Result<(), String> {
        if self.is_contradicted(entry) {
            return Err("it failed before on the same inputs: something else decides".to_owned());
        }
        for (part, names) in &entry.key.names {
            let Some(digest) = entry.key.parts.get(part) else { continue };
            let path = self.names(digest);
            if !path.exists() {
                let _ = write_artifact(&path, &serde_json::to_vec(&**names).unwrap_or_default());
            }
        }
        let place = self.place(&entry.report.id, &entry.key);
        write_artifact(&place, &entry.to_bytes())
            .map_err(|error| format!("its verdict could not be written to {}: {error}", place.display()))
    }

    /// Remembers that the gate failed with that key: where it has passed with the same key, or does later, something
    /// that is not in the key decides, and no verdict is used again. Forgets one that was kept.
    pub(super) fn failed(&self, gate: &str, key: &Key) {
        let folder = self.failures(gate);
        if self.read(gate, key).is_some_and(|entry| !is_failure(&entry)) {
            self.forget(gate, key);
        }
        let _ = write_artifact(&folder.join(key.digest()), b"");
        let mut known = files(&folder);
        known.sort_by_key(|kept| kept.used);
        let surplus = known.len().saturating_sub(MOST_FAILURES);
        known.iter().take(surplus).for_each(remove);
    }

    /// Forgets the verdict of that gate for that key.
    pub(super) fn forget(&self, gate: &str, key: &Key) {
        let _ = fs::remove_file(self.place(gate, key));
    }

    fn failures(&self, gate: &str) -> PathBuf {
        self.root.join("failed").join(gate)
    }

    fn names(&self, digest: &str) -> PathBuf {
        self.root.join("names").join(digest)
    }

    /// The items of a kind of input, by its digest.
    pub(super) fn read_names(&self, digest: &str) -> Option<Names> {
        serde_json::from_slice(&fs::read(self.names(digest)).ok()?).ok()
    }

    /// The verdict of that gate that was used last.
    pub(super) fn last(&self, gate: &str) -> Option<Entry> {
        let newest =
            files(&self.root.join("verdicts").join(gate)).into_iter().max_by_key(|kept| kept.used)?;
        Entry::of(&fs::read(newest.path).ok()?)
    }

    /// Counts verdicts that were kept. Every so often removes what was not used for longest, until what is left keeps
    /// within the bounds.
    pub(super) fn count(&self, kept: usize) {
        let path = self.root.join("uncounted");
        let file = fs::File::options().append(true).create(true).open(&path);
        let added = file.and_then(|mut file| {
            file.write_all(&vec![b'.'; kept])?;
            file.metadata()
        });
        if added.is_ok_and(|metadata| metadata.len() <= MOST_UNCOUNTED) {
            return;
        }
        let _ = fs::remove_file(&path);
        self.evict_to(MOST_BYTES, MOST_OF_A_GATE);
    }

    fn evict_to(&self, most_bytes: u64, most_of_a_gate: usize) {
        let mut left = files(&self.root.join("names"));
        for gate in folders(&self.root.join("verdicts")) {
            let mut kept = files(&gate);
            kept.sort_by_key(|kept| kept.used);
            let surplus = kept.len().saturating_sub(most_of_a_gate);
            kept.drain(..surplus).for_each(|kept| remove(&kept));
            left.extend(kept);
        }
        left.sort_by_key(|kept| kept.used);
        let mut bytes: u64 = left.iter().map(|kept| kept.bytes).sum();
        for oldest in left {
            if bytes <= most_bytes {
                return;
            }
            bytes -= oldest.bytes;
            remove(&oldest);
        }
    }

    fn files(&self) -> Vec<Kept> {
        let gates = folders(&self.root.join("verdicts"));
        gates.iter().chain([&self.root.join("names")]).flat_map(|folder| files(folder)).collect()
    }

    /// For each gate how many verdicts are kept, and the bytes of everything.
    pub(super) fn status(&self) -> (Vec<(String, usize)>, u64) {
        let name = |folder: &PathBuf| folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let gates = folders(&self.root.join("verdicts"));
        let mut counts: Vec<(String, usize)> =
            gates.iter().map(|gate| (name(gate), files(gate).len())).collect();
        counts.sort();
        let records = [self.contents(), self.root.join("formatted"), self.root.join("scanned")];
        let records = records.iter().filter_map(|record| Some(fs::metadata(record).ok()?.len()));
        (counts, self.files().iter().map(|kept| kept.bytes).chain(records).sum())
    }
}

/// A failure is kept where the baseline accepts all of it.
fn is_failure(entry: &Entry) -> bool {
    entry.report.status == Status::Failed
}

/// One that another run removed at the same time is gone all the same.
fn remove(kept: &Kept) {
    let _ = fs::remove_file(&kept.path);
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

fn files(folder: &Path) -> Vec<Kept> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let kept = |entry: fs::DirEntry| {
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some(Kept { used: metadata.modified().ok()?, path: entry.path(), bytes: metadata.len() })
    };
    entries.filter_map(kept).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::cache::{Elsewhere, Part};
    use crate::report::GateReport;

    fn key(text: &str) -> Key {
        let mut key = Key::default();
        key.part("files", &Part::named([("a", text)]));
        key
    }

    fn entry(gate: &str, text: &str) -> Entry {
        let report = GateReport::new(gate, Duration::ZERO);
        Entry::new(key(text), Elsewhere::default(), text.to_owned(), &report, BTreeMap::new()).unwrap()
    }

    fn folder() -> (tempfile::TempDir, Folder) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::of(temporary.path());
        (temporary, folder)
    }

    fn aged(folder: &Folder, gate: &str, text: &str, seconds: u64) {
        folder.write(&entry(gate, text)).unwrap();
        let file = fs::File::options().append(true).open(folder.place(gate, &key(text))).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    }

    #[test]
    fn a_verdict_is_found_by_its_gate_and_key() {
        let (_kept, folder) = folder();
        folder.write(&entry("fmt", "a")).unwrap();
        assert_eq!(folder.read("fmt", &key("a")).unwrap().at, "a");
        assert!(folder.read("fmt", &key("b")).is_none());
        assert!(folder.read("todo", &key("a")).is_none());
        let names = folder.read_names(&key("a").parts["files"]).unwrap();
        assert_eq!(names, *key("a").names["files"]);
    }

    #[test]
    fn a_damaged_or_foreign_verdict_is_removed() {
        let (_kept, folder) = folder();
        for bytes in [&b""[..], b"{}", &entry("fmt", "b").to_bytes(), &entry("todo", "a").to_bytes()[..40]] {
            let path = folder.place("fmt", &key("a"));
            write_artifact(&path, bytes).unwrap();
            assert!(folder.read("fmt", &key("a")).is_none());
            assert!(!path.exists());
        }
    }

    #[test]
    fn what_failed_once_never_passes_from_the_cache() {
        let (_kept, folder) = folder();
        folder.write(&entry("fmt", "a")).unwrap();
        folder.write(&entry("fmt", "b")).unwrap();
        folder.failed("fmt", &key("a"));
        assert!(folder.read("fmt", &key("a")).is_none());
        let why = folder.write(&entry("fmt", "a")).unwrap_err();
        assert_eq!(why, "it failed before on the same inputs: something else decides");
        assert!(folder.read("fmt", &key("a")).is_none(), "it passes another time");
        assert!(folder.read("fmt", &key("b")).is_some(), "another key");
        let mut accepted = entry("fmt", "a");
        accepted.report.status = Status::Failed;
        folder.write(&accepted).unwrap();
        assert!(folder.read("fmt", &key("a")).is_some(), "what the baseline accepts failed both times");
        folder.failed("fmt", &key("a"));
        assert!(folder.read("fmt", &key("a")).is_some());
        folder.forget("fmt", &key("a"));
        assert!(folder.read("fmt", &key("a")).is_none());
    }

    #[test]
    fn the_verdicts_that_were_not_used_for_longest_go_first() {
        let (_kept, folder) = folder();
        for (text, seconds) in [("a", 1), ("b", 2), ("c", 3)] {
            aged(&folder, "fmt", text, seconds);
        }
        folder.touch("fmt", &key("a"));
        folder.evict_to(u64::MAX, 2);
        let left: Vec<&str> =
            ["a", "b", "c"].into_iter().filter(|t| folder.read("fmt", &key(t)).is_some()).collect();
        assert_eq!(left, ["a", "c"]);
        folder.evict_to(0, 2);
        assert_eq!(folder.status().0, [("fmt".to_owned(), 0)]);
    }

    #[test]
    fn the_bounds_are_looked_at_whenever_so_many_verdicts_were_kept() {
        let (_kept, folder) = folder();
        for number in 0..=MOST_OF_A_GATE as u64 {
            aged(&folder, "fmt", &number.to_string(), number);
        }
        let kept = || folder.status().0[0].1;
        folder.count(30);
        folder.count(20);
        assert_eq!(kept(), MOST_OF_A_GATE + 1);
        folder.count(1);
        assert_eq!(kept(), MOST_OF_A_GATE);
        assert!(folder.read("fmt", &key("0")).is_none(), "the oldest");
        folder.count(50);
        assert!(folder.root.join("uncounted").exists(), "it is counted from the beginning again");
    }

    #[test]
    fn verdicts_are_counted_and_the_newest_is_known() {
        let (_kept, folder) = folder();
        aged(&folder, "fmt", "a", 1);
        aged(&folder, "fmt", "b", 2);
        let (counts, bytes) = folder.status();
        assert_eq!(counts, [("fmt".to_owned(), 2)]);
        assert!(bytes > 0);
        assert_eq!(folder.last("fmt").unwrap().at, "b");
        assert!(folder.last("todo").is_none());
    }

    #[test]
    fn runs_at_the_same_time_do_not_hurt_each_other() {
        let (_kept, folder) = folder();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let folder = &folder;
                scope.spawn(move || {
                    for round in 0..50 {
                        // another run may be removing it
                        let _ = folder.write(&entry("fmt", "a"));
                        if round % 10 == writer {
                            folder.evict_to(0, 1);
                        }
                        let read = folder.read("fmt", &key("a"));
                        assert!(read.is_none_or(|entry| entry.at == "a"));
                    }
                });
            }
        });
    }
}
