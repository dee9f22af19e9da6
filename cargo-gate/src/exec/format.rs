//! rustfmt over the sources.
//!
//! Most files are reached from a target's root file: rustfmt follows the `mod` lines by itself, so a
//! few processes check them all. Files that those did not look at, since no `mod` that rustfmt can see
//! reaches them, are named to a second round. What is still left (a tree that rustfmt cannot read as a
//! whole) is given to it file by file through standard input, where it formats this file and no other,
//! and its whole answer is the evidence.

mod ahead;
mod staged;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use rayon::prelude::*;

pub(super) use self::ahead::Ahead;
pub use self::staged::StagedFormat;
use super::Cancel;
use super::cache::FormattedFiles;
use super::process::{Command, run};
use crate::facts::{Facts, relative};
use crate::parse::rustfmt::{self, Checked, Finished, Hunk};
use crate::step::{Captured, End, Formatted, SourceFile, Sources, Tool};

/// The most root files that one rustfmt is given: the length of a command line is limited.
const MOST_ROOTS: usize = 200;

/// So many files are given to rustfmt before all sources are known: each has a process of its own.
pub(super) const MOST_AHEAD: usize = 4;

/// Up to so many files are given to rustfmt one by one: their trees are those of the others too.
const FEW: usize = 16;

/// What rustfmt makes of every source, in their order. Those that are known to be formatted it does not see again, nor
/// those that somebody gave it ahead.
pub(super) fn all(
    facts: &Facts,
    sources: &Sources,
    (known, ahead): (&FormattedFiles<'_>, &Ahead),
    timeout: Duration,
    cancel: &Cancel,
) -> Vec<Formatted> {
    let Some(program) = facts.tools.get(&Tool::Rustfmt) else {
        return sources.files.iter().map(|file| Formatted::Answered(file.path.clone(), missing())).collect();
    };
    let rustfmt = Rustfmt { program, facts, timeout, cancel };
    let files: Vec<(&SourceFile, &str)> =
        sources.files.iter().map(|file| (file, edition(facts, file.package))).collect();
    let is_known = known.look_up(&files);
    let fresh: Vec<&SourceFile> =
        files.iter().zip(&is_known).filter(|(_, is_known)| !**is_known).map(|((file, _), _)| *file).collect();
    // line ends other than Unix's are kept in trees only: what comes by standard input loses them
    let as_trees = fresh.len() > FEW || fresh.iter().any(|file| file.text().contains('\r'));
    let (mut checked, stopped) = if as_trees { rustfmt.all_trees(sources) } else { (BTreeMap::new(), None) };
    let asked = files.iter().zip(&is_known).map(|((file, _), is_known)| {
        let nothing = is_known.then(Vec::new);
        (*file, nothing.or_else(|| checked.remove(&file.path)))
    });
    let asked: Vec<_> = asked.collect();
    let one = |(file, checked): (&SourceFile, Option<Vec<Hunk>>)| match (checked, &stopped) {
        (Some(hunks), _) => Formatted::Checked(file.path.clone(), hunks),
        (None, Some(run)) => Formatted::Answered(file.path.clone(), run.clone()),
        (None, None) => {
            let key = || known.key(&file.path, file.digest(), edition(facts, file.package));
            let answer = ahead.take(&key(), timeout, cancel).unwrap_or_else(|| rustfmt.file(file));
            Formatted::Answered(file.path.clone(), answer)
        }
    };
    let formatted: Vec<Formatted> = match fresh.len() {
        ..=1 => asked.into_iter().map(one).collect(),
        _ => beside_the_pool(|| asked.into_par_iter().map(one).collect()),
    };
    let answers = files.into_iter().zip(&formatted).zip(is_known);
    let found = answers.filter(|((of, answer), is_known)| !is_known && is_formatted(facts, of.0, answer));
    known.learn(&found.map(|((of, _), _)| of).collect::<Vec<_>>());
    formatted
}

/// Whether rustfmt looked at the text that the file is remembered by, and found nothing to change. In a tree it reads
/// what lies there by then, which somebody may have changed.
fn is_formatted(facts: &Facts, file: &SourceFile, answer: &Formatted) -> bool {
    let Ok(text) = file.read() else { return false };
    match answer {
        Formatted::Checked(_, hunks) => {
            hunks.is_empty()
                && std::fs::read(facts.root.join(&file.path)).is_ok_and(|now| now == text.as_bytes())
        }
        Formatted::Answered(_, run) => run.end == End::Code(0) && run.stdout == text.as_bytes(),
    }
}

/// Waits for processes on threads of their own: those of the shared pool compute meanwhile.
fn beside_the_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    match rayon::ThreadPoolBuilder::new().build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

/// What rustfmt makes of one file's text.
pub(super) fn one(facts: &Facts, file: &SourceFile, timeout: Duration, cancel: &Cancel) -> Captured {
    match facts.tools.get(&Tool::Rustfmt) {
        Some(program) => Rustfmt { program, facts, timeout, cancel }.file(file),
        None => missing(),
    }
}

fn missing() -> Captured {
    let (stdout, stderr) = (Vec::new(), Vec::new());
    Captured { what: "rustfmt".to_owned(), end: End::NotFound, stdout, stderr, duration: Duration::ZERO }
}

struct Rustfmt<'a> {
    program: &'a Path,
    facts: &'a Facts,
    timeout: Duration,
    cancel: &'a Cancel,
}

impl Rustfmt<'_> {
    /// The files that rustfmt reaches from the targets, and those of the others that it can read as trees.
    fn all_trees(&self, sources: &Sources) -> (BTreeMap<String, Vec<Hunk>>, Option<Captured>) {
        let targets = self.facts.packages.iter().flat_map(|package| &package.targets);
        let (mut checked, stopped) = self.trees(targets.filter_map(|target| sources.get(&target.root)));
        if stopped.is_some() {
            return (checked, stopped);
        }
        let left: Vec<_> = sources.files.iter().filter(|file| !checked.contains_key(&file.path)).collect();
        let (more, stopped) = self.trees(left.into_iter());
        checked.extend(more);
        (checked, stopped)
    }

    /// The files that rustfmt reaches from these, with what it would change; and a run that did not
    /// end by itself, after which no other is worth trying.
    fn trees<'c>(
        &'c self,
        roots: impl Iterator<Item = &'c SourceFile>,
    ) -> (BTreeMap<String, Vec<Hunk>>, Option<Captured>) {
        let shares = self.shares(roots);
        let runs: Vec<Captured> =
            beside_the_pool(|| shares.par_iter().map(|share| self.check(share)).collect());
        // rustfmt prints paths with their links resolved
        let root = std::fs::canonicalize(&self.facts.root).unwrap_or_else(|_| self.facts.root.clone());
        let mut checked: BTreeMap<String, Vec<Hunk>> = BTreeMap::new();
        for file in shares.iter().zip(&runs).flat_map(|(share, run)| sound(share, run)) {
            let hunks = checked.entry(relative(&root, Path::new(&file.path))).or_default();
            if hunks.is_empty() {
                *hunks = file.hunks;
            }
        }
        (checked, runs.into_iter().find(|run| !matches!(run.end, End::Code(_))))
    }

    fn check(&self, share: &Share<'_>) -> Captured {
        let flags = ["--check", "--verbose", "--color", "never", "--edition", share.edition];
        let roots = share.roots.iter().map(|root| self.facts.root.join(root).into_os_string());
        let command = Command::new(self.program, &self.facts.root, self.timeout).args(flags).args(roots);
        run(&Command { what: "rustfmt --check".to_owned(), ..command }, self.cancel)
    }

    /// Root files, dealt out to as many processes as there are cores.
    fn shares<'c>(&'c self, roots: impl Iterator<Item = &'c SourceFile>) -> Vec<Share<'c>> {
        let mut by_edition: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for root in roots {
            by_edition.entry(edition(self.facts, root.package)).or_default().insert(&root.path);
        }
        let cores = rayon::current_num_threads();
        let deal = |(edition, roots): (&'c str, BTreeSet<&'c str>)| {
            let roots: Vec<&str> = roots.into_iter().collect();
            let size = roots.len().div_ceil(cores).clamp(1, MOST_ROOTS);
            roots.chunks(size).map(|roots| Share { edition, roots: roots.to_vec() }).collect::<Vec<_>>()
        };
        by_edition.into_iter().flat_map(deal).collect()
    }

    /// One file through standard input, by the `rustfmt.toml` above it.
    fn file(&self, file: &SourceFile) -> Captured {
        let path = self.facts.root.join(&file.path);
        let folder = path.parent().unwrap_or(&self.facts.root);
        let edition = edition(self.facts, file.package);
        OneText { program: self.program, folder, edition, text: file.text() }.ask(self.timeout, self.cancel)
    }
}

/// The text of a file that lies in a folder.
struct OneText<'a> {
    program: &'a Path,
    folder: &'a Path,
    edition: &'a str,
    text: &'a str,
}

impl OneText<'_> {
    /// What rustfmt makes of it through standard input, where it reads no other file but its settings.
    fn ask(&self, timeout: Duration, cancel: &Cancel) -> Captured {
        let flags = ["--edition", self.edition, "--emit", "stdout", "--quiet"];
        let mut command = Command::new(self.program, self.folder, timeout).args(flags);
        command.stdin = Some(self.text.as_bytes().to_vec());
        run(&command, cancel)
    }
}

/// The edition of the package that owns a file; the newest of all where none does.
fn edition(facts: &Facts, package: Option<usize>) -> &str {
    let package = package.and_then(|index| facts.packages.get(index));
    let newest = || facts.packages.iter().map(|package| package.edition.as_str()).max();
    package.map(|package| package.edition.as_str()).or_else(newest).unwrap_or("2024")
}

/// The files that a run surely checked. A run without an error has finished one tree for each root
/// file, and its exit code says whether anything differs; of one with an error the finished trees count.
fn sound(share: &Share<'_>, run: &Captured) -> Vec<Checked> {
    let Finished { files, trees } = rustfmt::parse(&run.stdout);
    let differs = files.iter().any(|file| !file.hunks.is_empty());
    let whole = trees == share.roots.len() && run.end == End::Code(i32::from(differs));
    let partly = run.end == End::Code(1) && !run.stderr.is_empty();
    if whole || partly { files } else { Vec::new() }
}

/// What one rustfmt process checks.
struct Share<'a> {
    edition: &'a str,
    roots: Vec<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::digest;
    use crate::scan::FileScan;

    #[test]
    fn a_file_is_remembered_as_formatted_only_by_the_text_that_rustfmt_saw() {
        let folder = tempfile::tempdir().unwrap();
        let facts = Facts { root: folder.path().to_owned(), ..Facts::default() };
        let file = SourceFile::new("a.rs".to_owned(), None, Ok("fn a() {}\n".to_owned()));
        let checked = |hunks| Formatted::Checked("a.rs".to_owned(), hunks);
        let hunk = Hunk { line: 1, text: String::new() };
        assert!(!is_formatted(&facts, &file, &checked(Vec::new())), "it is gone");
        std::fs::write(folder.path().join("a.rs"), "fn a() {}\n").unwrap();
        assert!(is_formatted(&facts, &file, &checked(Vec::new())));
        assert!(!is_formatted(&facts, &file, &checked(vec![hunk])));
        std::fs::write(folder.path().join("a.rs"), "fn b() {}\n").unwrap();
        assert!(!is_formatted(&facts, &file, &checked(Vec::new())), "rustfmt may have seen either");
    }

    #[test]
    fn a_text_that_is_another_one_by_then_is_not_remembered() {
        let late = || Ok(String::new());
        let file = SourceFile::known("a.rs".into(), None, digest(["fn a( ) {}"]), FileScan::default(), late);
        assert!(file.text().is_empty());
        let empty = Captured { end: End::Code(0), ..missing() };
        assert!(!is_formatted(&Facts::default(), &file, &Formatted::Answered("a.rs".into(), empty)));
    }
}
