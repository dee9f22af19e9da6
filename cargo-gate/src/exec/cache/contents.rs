//! Digests of files by their content. What was hashed once is not read again as long as size, times and place on
//! disk are what they were. git's index would say the same of tracked files, but not what lies on disk where a
//! filter or `core.autocrlf` stands between the two.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;

use super::super::store::write_artifact;
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

/// What the system says of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    size: u64,
    modified: u128,
    changed: u128,
    place: u64,
}

/// Digests of files, known and new.
pub(super) struct Contents {
    record: PathBuf,
    known: HashMap<PathBuf, (Stat, String)>,
    news: bool,
    used: usize,
}

impl Contents {
    /// Those of the record; none where it is damaged.
    pub(super) fn open(record: PathBuf) -> Self {
        let known = fs::read_to_string(&record).ok().and_then(|text| parse(&text)).unwrap_or_default();
        Self { record, known, news: false, used: 0 }
    }

    /// The digest of each file, in their order.
    pub(super) fn of(&mut self, paths: &[PathBuf]) -> Vec<String> {
        let looked: Vec<(String, Option<Stat>)> = paths.par_iter().map(|path| self.look(path)).collect();
        self.used = self.used.max(paths.len());
        let digests = looked.into_iter().zip(paths).map(|((digest, stat), path)| {
            if let Some(stat) = stat {
                self.known.insert(path.clone(), (stat, digest.clone()));
                self.news = true;
            }
            digest
        });
        digests.collect()
    }

    /// The digest of one file.
    pub(super) fn one(&mut self, path: &Path) -> String {
        self.of(&[path.to_owned()]).pop().unwrap_or_default()
    }

    /// The digest, and what to remember it by where it is new and settled.
    fn look(&self, path: &Path) -> (String, Option<Stat>) {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return (without_content(&error), None),
        };
        if metadata.is_symlink() {
            let target = fs::read_link(path).map(|target| target.to_string_lossy().into_owned());
            let content = match fs::metadata(path) {
                Ok(behind) if behind.is_file() => hashed(path),
                Ok(_) => Ok("folder".to_owned()),
                Err(error) => Err(error),
            };
            let content = content.unwrap_or_else(|error| without_content(&error));
            return (digest(["link", &target.unwrap_or_default(), &content]), None);
        }
        if metadata.is_dir() {
            return ("folder".to_owned(), None);
        }
        let stat = stat(&metadata);
        if let Some((_, digest)) = self.known.get(path).filter(|(known, _)| *known == stat) {
            return (digest.clone(), None);
        }
        let now = SystemTime::now();
        let digest = match hashed(path) {
            Ok(digest) => digest,
            Err(error) => return (without_content(&error), None),
        };
        let settled = fs::symlink_metadata(path).is_ok_and(|after| self::stat(&after) == stat)
            && since_epoch(now).saturating_sub(stat.modified.max(stat.changed)) > SETTLED.as_nanos();
        (digest, settled.then_some(stat))
    }

    /// Keeps what was learnt; where that fails, it is learnt again.
    pub(super) fn save(&mut self) {
        if !std::mem::take(&mut self.news) {
            return;
        }
        if self.known.len() > self.used + MOST_OTHERS {
            self.known.retain(|path, _| path.exists());
        }
        let mut lines: Vec<String> = self.known.iter().filter_map(line).collect();
        lines.sort();
        let text = format!("{HEAD}\n{}", lines.concat());
        let _ = write_artifact(&self.record, format!("{text}{}\n", digest([&text])).as_bytes());
    }
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
fn line((path, (stat, digest)): (&PathBuf, &(Stat, String))) -> Option<String> {
    let Stat { size, modified, changed, place } = stat;
    let path = path.to_str().filter(|path| !path.contains(['\n', '\r']))?;
    Some(format!("{size} {modified} {changed} {place} {digest} {path}\n"))
}

fn parse(text: &str) -> Option<HashMap<PathBuf, (Stat, String)>> {
    let end = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (lines, check) = text.split_at_checked(end)?;
    if check.trim_end() != digest([lines]) {
        return None;
    }
    let mut lines = lines.lines();
    lines.next().filter(|head| *head == HEAD)?;
    lines.map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(PathBuf, (Stat, String))> {
    let mut fields = line.splitn(6, ' ');
    let stat = Stat {
        size: fields.next()?.parse().ok()?,
        modified: fields.next()?.parse().ok()?,
        changed: fields.next()?.parse().ok()?,
        place: fields.next()?.parse().ok()?,
    };
    let digest = fields.next()?.to_owned();
    Some((PathBuf::from(fields.next()?), (stat, digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn write(&self, name: &str, text: &str) -> PathBuf {
            let path = self.path(name);
            fs::write(&path, text).unwrap();
            path
        }

        /// A file that was written long ago, as far as its time of modification tells.
        fn old(&self, name: &str, text: &str) -> PathBuf {
            let path = self.write(name, text);
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
            path
        }

        fn contents(&self) -> Contents {
            Contents::open(self.path("record"))
        }
    }

    #[test]
    fn equal_content_has_one_digest_and_other_content_another() {
        let folder = Folder::new();
        let (a, b, c) = (folder.write("a", "x"), folder.write("b", "x"), folder.write("c", "y"));
        let digests = folder.contents().of(&[a, b, c, folder.path("d")]);
        assert_eq!(digests[0], digests[1]);
        assert_ne!(digests[0], digests[2]);
        assert_eq!(digests[3], ABSENT);
    }

    #[test]
    fn a_file_that_was_just_written_is_not_remembered() {
        let folder = Folder::new();
        let path = folder.write("a", "x");
        let mut contents = folder.contents();
        contents.one(&path);
        assert!(contents.known.is_empty());
    }

    #[test]
    fn a_remembered_digest_is_used_only_while_the_file_is_what_it_was() {
        let folder = Folder::new();
        let path = folder.old("a", "x");
        let mut contents = folder.contents();
        let (digest, _) = contents.look(&path);
        let stat = stat(&fs::symlink_metadata(&path).unwrap());
        contents.known.insert(path.clone(), (stat, "remembered".to_owned()));
        assert_eq!(contents.one(&path), "remembered");
        // the same size and the same time of modification: the inode's own time tells, where there is one
        folder.old("a", "y");
        if cfg!(unix) {
            assert_ne!(contents.one(&path), "remembered");
        }
        folder.write("a", "xx");
        assert_ne!(contents.one(&path), digest);
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_a_damaged_one_not_at_all() {
        let folder = Folder::new();
        let mut contents = folder.contents();
        let stat = Stat { size: 1, modified: 2, changed: 3, place: 4 };
        contents.known.insert(folder.path("a b"), (stat, "d".to_owned()));
        contents.news = true;
        contents.save();
        assert_eq!(folder.contents().known, contents.known);
        let text = fs::read_to_string(folder.path("record")).unwrap();
        for cut in 0..text.len() {
            assert_eq!(parse(text.get(..cut).unwrap()), None, "{cut}");
        }
        assert_eq!(parse(&text.replace(" d ", " e ")), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_counts_with_its_target_and_the_content_there() {
        let folder = Folder::new();
        let (a, link) = (folder.write("a", "x"), folder.path("link"));
        std::os::unix::fs::symlink(&a, &link).unwrap();
        let mut contents = folder.contents();
        let first = contents.one(&link);
        folder.write("a", "y");
        assert_ne!(contents.one(&link), first);
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("elsewhere", &link).unwrap();
        assert_ne!(contents.one(&link), first);
    }
}
