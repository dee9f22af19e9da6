//! Verdicts of earlier runs: which gates are answered from them, and what is kept of this one.

mod beyond;
mod contents;
mod data;
mod digests;
mod early;
mod elsewhere;
mod folder;
mod formatted;
mod fresh;
mod ground;
mod ignored;
mod layers;
mod on_disk;
mod proof;
mod recorded;
mod scanned;
mod searched;
mod surroundings;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::contents::Contents;
pub(super) use self::contents::stamp;
use self::data::Revisions;
pub use self::early::Records;
use self::folder::Folder;
pub(super) use self::formatted::FormattedFiles;
use self::formatted::formatter;
pub use self::fresh::Support;
use self::ground::{Keyed, Keys};
pub use self::recorded::{Held, NotHeld, keep_verdict, recorded};
pub(super) use self::scanned::ScannedFiles;
pub(super) use self::searched::SearchedFiles;
pub(super) use self::surroundings::{Stamps, formatting_stamps};
use self::tree::Tree;
use super::Asked;
use crate::cache::{Entry, Explained, Input};
use crate::facts::Facts;
use crate::gate::Options;
use crate::report::GateReport;
use crate::verdict::Status;

/// What the cache may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// Verdicts are read and kept.
    Full,
    /// Verdicts are kept, and none is read.
    Keep,
    /// None is read, none is kept.
    Off,
}

/// What the cache knows of a run. The default one knows nothing and keeps nothing.
#[derive(Default)]
pub struct Kept {
    folder: Option<Folder>,
    /// Whether what was kept may stand for an answer.
    reads: bool,
    keys: BTreeMap<&'static str, Keyed>,
    /// The revisions of data that the keys were made of.
    data: Revisions,
    hits: BTreeMap<&'static str, Entry>,
    /// The files whose digests are known as the run begins.
    contents: Option<Arc<Contents>>,
    /// What else is remembered, as far as it was read early.
    records: Arc<Records>,
    /// What the keys found in the tree, where that stays as it is while the run takes place.
    tree: Option<Arc<Tree>>,
    /// Which rustfmt, with which settings, there was before any step began; of a private copy only.
    formatter: Option<String>,
}

impl Kept {
    /// The cache with what is known of the sources, for steps that begin before any gate is looked up.
    pub fn open(asked: &Asked<'_>, to: CacheUse, records: Arc<Records>) -> Self {
        if to == CacheUse::Off {
            return Self::default();
        }
        let folder = Folder::of(&asked.facts.state);
        let still = asked.is_still().then_some(asked.facts.root.as_path());
        let contents = records.contents.or_read(|| Contents::open(folder.contents()));
        let mut contents = contents.still_in(still);
        let formatter = still.and_then(|root| {
            let sources = asked.facts.sources.iter().map(|source| root.join(&source.path));
            contents.of(&sources.collect::<Vec<_>>());
            formatter(asked.facts, &contents)
        });
        let contents = Some(contents.shared());
        let reads = to == CacheUse::Full;
        Self { folder: Some(folder), reads, contents, records, formatter, ..Self::default() }
    }

    /// Looks each gate of the plan up.
    #[must_use]
    pub fn look_up(&self, asked: &Asked<'_>) -> Self {
        let (Some(folder), Some(contents)) = (&self.folder, &self.contents) else { return Self::default() };
        let mut contents = Contents::clone(contents);
        let Keys { of_gates: keys, tree, data } = ground::keys(asked, &mut contents, None, |_| true);
        let mut hits = BTreeMap::new();
        for (gate, key) in keys.iter().filter(|_| self.reads) {
            let Ok(key) = key else { continue };
            let Some(entry) = folder.read(gate, key).filter(|entry| still_holds(asked, entry, &mut contents))
            else {
                continue;
            };
            folder.touch(gate, key);
            hits.insert(*gate, entry);
        }
        contents.save();
        let contents = Some(contents.shared());
        let tree = Some(tree).filter(|_| asked.is_still());
        let Self { folder, reads, records, formatter, .. } = self;
        let (folder, records, formatter) = (folder.clone(), Arc::clone(records), formatter.clone());
        Self { folder, reads: *reads, keys, data, hits, contents, records, tree, formatter }
    }

    /// The gates that are answered, each with when its verdict was given.
    pub fn answered(&self) -> BTreeMap<&'static str, String> {
        self.hits.iter().map(|(gate, entry)| (*gate, entry.at.clone())).collect()
    }

    /// The answer for a gate.
    pub(super) fn answer(&self, gate: &str) -> Option<GateReport> {
        let report = self.hits.get(gate).map(Entry::answer)?;
        Some(self.with_key(report))
    }

    /// The report with what it rests on.
    pub(super) fn with_key(&self, mut report: GateReport) -> GateReport {
        if let Some(Ok(key)) = self.keys.get(report.id.as_str()) {
            report.key.clone_from(&key.parts);
        }
        report
    }

    /// Which inputs of a gate are as they were at its last verdict.
    pub fn explain(&self, asked: &Asked<'_>, gate: &str) -> Explained {
        let (key, folder) = match (self.keys.get(gate), &self.folder) {
            (Some(Ok(key)), Some(folder)) => (key, folder),
            (Some(Err(why)), _) => return Explained::Never(why.clone()),
            _ => return Explained::Never("it is not judged here, or has nothing to judge".to_owned()),
        };
        let Some(entry) = self.hits.get(gate).cloned().or_else(|| folder.last(gate)) else {
            return Explained::Unknown;
        };
        let differences = key.differences(&entry.key.parts, |digest| folder.read_names(digest));
        let of = |part: &String| match differences.iter().find(|one| one.part == *part) {
            None => Input::Same,
            Some(difference) => Input::Changed(difference.names.clone()),
        };
        let kinds: BTreeSet<&String> = key.parts.keys().chain(entry.key.parts.keys()).collect();
        let mut inputs: Vec<_> = kinds.into_iter().map(|part| (part.clone(), of(part))).collect();
        let mut contents = Contents::open(folder.contents());
        let elsewhere = elsewhere::changed(&entry.elsewhere, &asked.facts.root, &mut contents);
        let elsewhere = elsewhere.map_or(Input::Same, |name| Input::Changed(vec![format!("changed {name}")]));
        inputs.push(("read elsewhere".to_owned(), elsewhere));
        Explained::Known { at: entry.at, inputs, answer: self.hits.contains_key(gate) }
    }

    /// The time that the answers save, in milliseconds: that of each step once, however many gates share it.
    pub fn saved_ms(&self) -> Option<u64> {
        let mut times: BTreeMap<&String, u64> = BTreeMap::new();
        for (step, time) in self.hits.values().flat_map(|entry| &entry.times) {
            let known = times.entry(step).or_default();
            *known = (*known).max(*time);
        }
        (!self.hits.is_empty()).then(|| times.values().sum())
    }
}

#[cfg(test)]
impl Kept {
    /// One that takes a file for one with those bytes.
    pub(super) fn taking(facts: &Facts, file: &std::path::Path, bytes: &str) -> Self {
        let folder = Folder::of(&facts.state);
        let mut contents = Contents::open(folder.contents());
        contents.settle_as(file, crate::cache::digest([bytes]));
        Self { folder: Some(folder), reads: true, contents: Some(Arc::new(contents)), ..Self::default() }
    }
}

/// What the command line asks, without what a whole verdict does not hang on and what the config, which is part of
/// the tree, adds.
pub fn request(options: &Options) -> String {
    format!("{:?}", Options { fail_fast: false, base: None, range: None, ..options.clone() })
}

/// Whether a gate's verdict is one to use again. One that failed is given anew each time.
fn stands(report: &GateReport) -> bool {
    report.judged && matches!(report.status, Status::Passed | Status::Warned)
}

/// Whether what a verdict rests on beyond its key is still as it was: what the run read elsewhere, the files that it
/// wrote, and what the baseline accepts.
fn still_holds(asked: &Asked<'_>, entry: &Entry, contents: &mut Contents) -> bool {
    // a failure that the baseline accepted then may be none that it accepts now
    let mut report = entry.report.clone();
    asked.baseline.apply(&mut report);
    stands(&report) && elsewhere::changed(&entry.elsewhere, &asked.facts.root, contents).is_none()
}

/// What is kept for the workspace, for people.
pub fn cache_status(facts: &Facts) -> String {
    use std::fmt::Write as _;
    let folder = Folder::of(&facts.state);
    let (counts, bytes) = folder.status();
    let mut text =
        format!("folder      {}\nsize        {} kB\n", folder.root().display(), bytes.div_ceil(1024));
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    let _ = writeln!(text, "verdicts    {all}");
    for (gate, count) in &counts {
        let _ = writeln!(text, "  {gate:<12} {count}");
    }
    text
}

/// Forgets everything that is kept for the workspace.
///
/// # Errors
/// When a file cannot be removed.
pub fn clear_cache(facts: &Facts) -> std::io::Result<()> {
    for name in ["cache", "verdicts"] {
        match std::fs::remove_dir_all(facts.state.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    super::memo::clear()
}
