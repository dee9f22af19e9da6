//! Digests of files by their content. What was hashed once is not read again as long as size, times and place on
//! disk are what they were. git's index would say the same of tracked files, but not what lies on disk where a
//! filter or `core.autocrlf` stands between the two.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use rayon::prelude::*;

use super::super::store::write_artifact;
use super::layers::Layers;
use crate::cache::digest;

/// The first line of the record.
const HEAD: &str = "contents 1";
/// A file that was written so shortly before it was read may be written again within the same tick of the file
/// system's clock (two seconds on FAT).
const SETTLED: Duration = Duration::from_secs(2);
/// So many files may be known beyond those that a run looks at.
const MOST_OTHERS: usize = 50_000;

/// What a file that is not there has for a digest.
pub(super) const ABSENT: &str = "absent";
/// What a file has for a digest that was written since the run began: it may not be what the run read, even where its
/// content is again what it was.
pub(super) const WRITTEN: &str = "written during the run";
/// What follows the digest of a file that can be executed.
const EXECUTABLE: &str = "+x";
/// File systems may date a file by a clock that lags behind by one tick of the system's timer.
const TICK: Duration = Duration::from_millis(20);
/// Those that count whole seconds may lag behind by this (FAT).
const WHOLE_SECONDS: Duration = Duration::from_secs(2);

/// What the system says of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    size: u64,
    modified: u128,
    changed: u128,
    place: u64,
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    /// The digest of its bytes.
    pub(super) digest: &'a str,
    /// How many there are.
    pub(super) size: u64,
}

impl<'a> Known<'a> {
    fn of(digest: &'a str, size: u64) -> Self {
        Self { digest: digest.strip_suffix(EXECUTABLE).unwrap_or(digest), size }
    }
}

/// What a look at a path gave.
struct Looked {
    digest: String,
    /// What the system says of a file whose bytes have that digest.
    stat: Option<Stat>,
    /// Whether that is not remembered yet, and settled.
    is_new: bool,
}

impl Looked {
    /// That of something whose bytes nobody is to ask for.
    fn other(digest: String) -> Self {
        Self { digest, stat: None, is_new: false }
    }
}

/// Digests of files, known and new.
#[derive(Debug, Clone)]
pub(super) struct Contents {
    record: PathBuf,
    known: Layers<(Stat, String)>,
    news: bool,
    used: usize,
    /// When the run began, for a look after it.
    since: Option<u128>,
    /// What was seen in the folder that is still: the digest of each, and how many bytes a file has.
    seen: Layers<(String, Option<u64>)>,
    /// A folder in which nothing changes while the run takes place.
    still: Option<PathBuf>,
}

impl Contents {
    /// Those of the record; none where it is damaged.
    pub(super) fn open(record: PathBuf) -> Self {
        let known = fs::read_to_string(&record).ok().and_then(|text| parse(&text)).unwrap_or_default();
        Self {
            record,
            known: known.into(),
            news: false,
            used: 0,
            since: None,
            seen: Layers::default(),
            still: None,
        }
    }

    /// The same to be cloned: the clones share what is known by now.
    pub(super) fn shared(mut self) -> Arc<Self> {
        self.known.share();
        self.seen.share();
        Arc::new(self)
    }

    /// For a look after a run that began then: what was written since has no digest but [`WRITTEN`].
    pub(super) fn since(mut self, began: Timestamp) -> Self {
        self.since = Some(since_epoch(began.into()));
        self
    }

    /// The same where nobody writes into that folder: what was seen there in this run is there.
    pub(super) fn still_in(mut self, folder: Option<&Path>) -> Self {
        self.still = folder.map(Path::to_owned);
        self
    }

    /// Whether there is a folder where nobody writes.
    pub(super) fn is_of_still(&self) -> bool {
        self.still.is_some()
    }

    /// The digest of what the run itself wrote.
    pub(super) fn result(&mut self, path: &Path) -> String {
        let since = self.since.take();
        let digest = self.one(path);
        self.since = since;
        digest
    }

    /// The digest of each file, in their order.
    pub(super) fn of(&mut self, paths: &[PathBuf]) -> Vec<String> {
        let looked: Vec<Looked> = paths.par_iter().map(|path| self.look(path)).collect();
        self.used = self.used.max(paths.len());
        let digests = looked.into_iter().zip(paths).map(|(Looked { digest, stat, is_new }, path)| {
            if let Some(stat) = stat.filter(|_| is_new) {
                self.known.insert(path.into(), (stat, digest.clone()));
                self.news = true;
            }
            // a second look tells no size, and behind a link lies what may change
            let is_own = stat.is_some() || digest == ABSENT;
            if is_own && self.is_still(path) && self.seen(path).is_none() {
                self.seen.insert(path.into(), (digest.clone(), stat.map(|stat| stat.size)));
            }
            digest
        });
        digests.collect()
    }

    /// The same, of which nothing is learnt.
    pub(super) fn peek(&self, paths: &[PathBuf]) -> Vec<String> {
        paths.par_iter().map(|path| self.look(path).digest).collect()
    }

    /// The digest of the bytes that a file has now, where they are known without reading it: also those that somebody
    /// has read before this is asked.
    pub(super) fn known(&self, path: &Path) -> Option<Known<'_>> {
        if let Some((digest, size)) = self.seen(path) {
            return Some(Known::of(digest, (*size)?));
        }
        let (before, digest) = self.known.get(path.as_os_str())?;
        let metadata = fs::symlink_metadata(path).ok().filter(Metadata::is_file)?;
        (stat(&metadata) == *before).then(|| Known::of(digest, before.size))
    }

    /// The digest of one file.
    pub(super) fn one(&mut self, path: &Path) -> String {
        self.of(&[path.to_owned()]).pop().unwrap_or_default()
    }

    /// Whether a path lies there for certain: one that is written in another way may do so as well.
    fn is_still(&self, path: &Path) -> bool {
        let below = self.still.as_ref().and_then(|folder| bytes(path).strip_prefix(bytes(folder)));
        below.is_some_and(|below| {
            let first = below.first().is_some_and(|first| std::path::is_separator(char::from(*first)));
            first && memchr::memmem::find(below, b"..").is_none()
        })
    }

    /// Whether that path was looked at, and is the same as long as the run takes.
    pub(super) fn has_seen(&self, path: &Path) -> bool {
        self.seen(path).is_some()
    }

    /// What was seen of a path that is the same still.
    fn seen(&self, path: &Path) -> Option<&(String, Option<u64>)> {
        self.seen.get(path.as_os_str())
    }

    fn look(&self, path: &Path) -> Looked {
        if let Some((digest, _)) = self.seen(path) {
            return Looked::other(digest.clone());
        }
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return Looked::other(without_content(&error)),
        };
        if self.is_written(&stat(&metadata)) && !metadata.is_dir() {
            return Looked::other(WRITTEN.to_owned());
        }
        if metadata.is_symlink() {
            if fs::metadata(path).is_ok_and(|behind| behind.is_file() && self.is_written(&stat(&behind))) {
                return Looked::other(WRITTEN.to_owned());
            }
            let target = fs::read_link(path).map(|target| target.to_string_lossy().into_owned());
            let content = match fs::metadata(path) {
                Ok(behind) if behind.is_file() => hashed(path),
                Ok(_) => Ok("folder".to_owned()),
                Err(error) => Err(error),
            };
            let content = content.unwrap_or_else(|error| without_content(&error));
            return Looked::other(digest(["link", &target.unwrap_or_default(), &content]));
        }
        if metadata.is_dir() {
            return Looked::other("folder".to_owned());
        }
        let stat = stat(&metadata);
        if let Some((_, digest)) = self.known.get(path.as_os_str()).filter(|(known, _)| *known == stat) {
            return Looked { digest: digest.clone(), stat: Some(stat), is_new: false };
        }
        let now = SystemTime::now();
        let digest = match hashed(path) {
            Ok(digest) if is_executable(&metadata) => digest + EXECUTABLE,
            Ok(digest) => digest,
            Err(error) => return Looked::other(without_content(&error)),
        };
        let same = fs::symlink_metadata(path).is_ok_and(|after| self::stat(&after) == stat);
        let age = since_epoch(now).saturating_sub(stat.modified.max(stat.changed));
        Looked { digest, stat: same.then_some(stat), is_new: same && age > SETTLED.as_nanos() }
    }

    fn is_written(&self, stat: &Stat) -> bool {
        let last = |time: u128| {
            let lag = if time.is_multiple_of(1_000_000_000) { WHOLE_SECONDS } else { TICK };
            time.saturating_add(lag.as_nanos())
        };
        self.since.is_some_and(|since| last(stat.modified).max(last(stat.changed)) >= since)
    }

    /// Keeps what was learnt; where that fails, it is learnt again.
    pub(super) fn save(&mut self) {
        if !std::mem::take(&mut self.news) {
            return;
        }
        let mut known = self.known.all();
        if known.len() > self.used + MOST_OTHERS {
            known.retain(|path, _| Path::new(path).exists());
        }
        let mut lines: Vec<String> = known.into_iter().filter_map(line).collect();
        lines.sort();
        let text = format!("{HEAD}\n{}", lines.concat());
        let _ = write_artifact(&self.record, format!("{text}{}\n", digest([&text])).as_bytes());
    }
}

#[cfg(test)]
impl Contents {
    /// None, and nothing is kept.
    pub(super) fn unknown() -> Self {
        Self::open(PathBuf::new())
    }

    /// Remembers a file as if it had been written long ago.
    pub(super) fn settle(&mut self, path: &Path) {
        self.settle_as(path, hashed(path).unwrap());
    }

    /// The same with that digest.
    pub(super) fn settle_as(&mut self, path: &Path, digest: String) {
        let stat = stat(&fs::symlink_metadata(path).unwrap());
        self.known.insert(path.into(), (stat, digest + EXECUTABLE));
    }
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

fn since_epoch(time: SystemTime) -> u128 {
    time.duration_since(SystemTime::UNIX_EPOCH).map(|passed| passed.as_nanos()).unwrap_or_default()
}

fn stat(metadata: &Metadata) -> Stat {
    let modified = metadata.modified().map(since_epoch).unwrap_or_default();
    #[cfg(unix)]
    let (changed, place) = {
        use std::os::unix::fs::MetadataExt as _;
        let nanoseconds = i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec());
        (u128::try_from(nanoseconds).unwrap_or_default(), metadata.ino())
    };
    #[cfg(not(unix))]
    let (changed, place) = (metadata.created().map(since_epoch).unwrap_or_default(), 0);
    Stat { size: metadata.len(), modified, changed, place }
}

/// A program by all that the system says of it: one that is replaced in place by another of the same size and time has
/// another inode, or another time of its change.
pub(in crate::exec) fn stamp(program: &Path) -> std::io::Result<String> {
    let real = fs::canonicalize(program)?;
    let Stat { size, modified, changed, place } = stat(&fs::metadata(&real)?);
    Ok(format!("{} {size} {modified} {changed} {place}", real.display()))
}

fn is_executable(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}

fn hashed(path: &Path) -> std::io::Result<String> {
    fs::read(path).map(|bytes| digest([bytes]))
}

fn without_content(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ABSENT.to_owned(),
        kind => format!("unreadable: {kind}"),
    }
}

/// A line of the record; none for a path that does not fit into one.
fn line((path, (stat, digest)): (&OsString, &(Stat, String))) -> Option<String> {
    let Stat { size, modified, changed, place } = stat;
    let path = path.to_str().filter(|path| !path.contains(['\n', '\r']))?;
    Some(format!("{size} {modified} {changed} {place} {digest} {path}\n"))
}

fn parse(text: &str) -> Option<HashMap<OsString, (Stat, String)>> {
    let end = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (lines, check) = text.split_at_checked(end)?;
    if check.trim_end() != digest([lines]) {
        return None;
    }
    let mut lines = lines.lines();
    lines.next().filter(|head| *head == HEAD)?;
    lines.map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(OsString, (Stat, String))> {
    let mut fields = line.splitn(6, ' ');
    let stat = Stat {
        size: fields.next()?.parse().ok()?,
        modified: fields.next()?.parse().ok()?,
        changed: fields.next()?.parse().ok()?,
        place: fields.next()?.parse().ok()?,
    };
    let digest = fields.next()?.to_owned();
    Some((fields.next()?.into(), (stat, digest)))
}

#[cfg(test)]
mod tests;
