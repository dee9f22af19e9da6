//! What a change brings beside the files on disk: the contents that are staged, and those of every commit that
//! no remote repository has. A secret that a later commit takes out again is pushed all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::thread;

use super::base::{Git, unknown};
use super::process::run;
use crate::gate::Unreadable;
use crate::parse::git_objects::{Named, contents, of_raw_diff, of_rev_list, sizes};
use crate::secret::{Tree, scan, text_of};
use crate::step::Base;

/// How git tells of each file that differs what it was and what it is.
pub(super) const RAW: [&str; 4] = ["--raw", "-z", "--no-abbrev", "--no-renames"];

/// What is staged, of the whole repository.
const STAGED: [&str; 4] = ["diff", "--cached", "--no-ext-diff", "--no-relative"];

/// Where the branches of remote repositories are known.
const REMOTES: &str = "refs/remotes";

/// How many bytes of contents are asked for at once.
const CHUNK: u64 = 64 << 20;

/// Which commits are searched, and which files.
pub(super) struct Outgoing {
    /// The commits, as arguments of `git rev-list`; none where no commit is searched.
    range: Option<String>,
    /// The commit that files are compared with. Without one it is `HEAD` where there are remote branches, else all files
    /// are searched.
    base: Option<String>,
    /// Whether there are remote branches.
    remotes: bool,
    /// Each of them with its commit, a line for each; none where git was not asked.
    branches: Option<String>,
}

/// What a change brings that nobody outside has yet.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// The files that the change touches, from the workspace root; none where every file has to be looked at.
    pub(super) files: Option<BTreeSet<String>>,
    /// What is staged or committed, by its path from the workspace root.
    pub(super) objects: Named,
    /// The folder of the repository that the workspace lies in.
    pub(super) prefix: String,
}

impl Git<'_> {
    /// Which commits and files a change brings: what the commits of `HEAD` bring that no remote-tracking branch holds,
    /// and what changed on disk; of what is to be pushed, as a push of `HEAD` has it, also what differs from where the
    /// remote branches were left. A base that somebody names, or the server that runs us, stands in for the remote
    /// branches. Where there is neither, that is every file; of the commits all, where they are to be pushed. Where git
    /// has told which commits a push brings, it is those.
    pub(super) fn outgoing(
        &self,
        head: Option<&str>,
        named: Option<&str>,
        pushed: bool,
        range: Option<&str>,
    ) -> Result<Outgoing, Unreadable> {
        if let (None, Some(name)) = (head, named) {
            return Err(unknown(name));
        }
        let hinted = self.environment.before.is_some() || !self.environment.base_hints.is_empty();
        let base = if named.is_some() || hinted { self.base(named)? } else { None };
        let base = base.map(|base| base.commit);
        let copied = self.facts.copied.as_ref();
        let branches = if copied.is_some() { None } else { Some(self.remote_branches()?) };
        let known = branches.as_ref().is_some_and(|branches| !branches.is_empty());
        let remotes = copied.map_or(known, |copied| copied.has_remotes);
        let (range, base) = match (range, head, base) {
            (Some(range), _, base) => (Some(range.to_owned()), base),
            (None, None, base) => (None, base),
            (None, Some(head), Some(base)) => (Some(format!("{head} --not {base}")), Some(base)),
            (None, Some(head), None) if remotes => {
                let left = if pushed { self.left_remotes(head)? } else { None };
                (Some(format!("{head} --not --remotes")), left)
            }
            (None, Some(head), None) => (pushed.then(|| head.to_owned()), None),
        };
        Ok(Outgoing { range, base, remotes, branches })
    }

    fn remote_branches(&self) -> Result<String, Unreadable> {
        let listed = self.stdout(&["for-each-ref", "--format=%(objectname) %(refname)", REMOTES])?;
        Ok(String::from_utf8_lossy(&listed).into_owned())
    }

    /// The same by the hashes of all commits that tell what is searched, in whichever way it was asked for.
    pub(super) fn exactly(&self, outgoing: &Outgoing) -> Result<String, Unreadable> {
        let Outgoing { range, base, remotes, branches } = outgoing;
        let refs = match (range, branches) {
            (_, Some(branches)) => branches.clone(),
            (Some(range), None) if range.contains("--remotes") => self.remote_branches()?,
            _ => String::new(),
        };
        let below = |folder: &str| {
            let all = refs.lines().filter_map(|line| line.split_once(' '));
            let all =
                all.filter(|(_, name)| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
            all.map(|(hash, _)| hash.to_owned()).collect::<Vec<_>>()
        };
        let (mut tips, mut excluded) = (BTreeSet::new(), BTreeSet::new());
        let mut side = &mut tips;
        for part in range.iter().flat_map(|range| range.split(' ')) {
            match (part, part.strip_prefix("--remotes=")) {
                ("--not", _) => side = &mut excluded,
                ("--remotes", _) => side.extend(below(REMOTES)),
                (_, Some(remote)) => side.extend(below(&format!("{REMOTES}/{remote}"))),
                (hash, None) => side.extend([hash.to_owned()]),
            }
        }
        // how far back commits are there
        let shallow = self.is_shallow()?;
        Ok(format!("{tips:?} {excluded:?} {base:?} {remotes} {shallow}"))
    }

    /// What no remote repository has, as far as is known here, and what is staged.
    pub(super) fn brought(
        &self,
        named: Option<&str>,
        pushed: bool,
        range: Option<&str>,
    ) -> Result<Brought, Unreadable> {
        let outgoing = |head: Option<&str>| self.outgoing(head, named, pushed, range);
        let (place, known) = both(|| self.place(), || self.known_head().map(|head| outgoing(Some(head))));
        let Some((prefix, head)) = place? else {
            return named.map_or_else(|| Ok(Brought::default()), |name| Err(unknown(name)));
        };
        let known = known.unwrap_or_else(|| outgoing(head.as_deref()));
        let Outgoing { range, base, remotes, .. } = known?;
        let committed = || range.map_or_else(|| Ok(Named::new()), |range| self.committed(&range));
        let (committed, staged) = both(committed, || self.staged());
        let mut objects = committed?;
        objects.extend(of_raw_diff(&staged?).ok_or_else(|| odd("diff --cached"))?);
        let below = |(hash, path): (String, String)| {
            path.strip_prefix(&prefix)
                .map(|path| (hash, path.to_owned()))
                .filter(|(_, path)| !path.is_empty())
        };
        let objects: Named = objects.into_iter().filter_map(below).collect();
        let since = base.or(head.filter(|_| remotes));
        let changes =
            since.map(|commit| self.changes(&Base { commit, tree: String::new(), how: String::new() }));
        let files = changes.transpose()?.map(|changes| {
            objects.iter().map(|(_, path)| path.clone()).chain(changes.files.into_keys()).collect()
        });
        Ok(Brought { files, objects, prefix })
    }

    /// How what is staged differs from `HEAD`.
    fn staged(&self) -> Result<Vec<u8>, Unreadable> {
        let known = self.facts.copied.as_ref().and_then(|copied| copied.staged.clone());
        known.map_or_else(|| self.stdout(&[&STAGED[..], &RAW].concat()), Ok)
    }

    /// The folder of the repository that the workspace lies in, and `HEAD`'s commit; none without a repository.
    fn place(&self) -> Result<Option<(String, Option<String>)>, Unreadable> {
        if let Some(copied) = &self.facts.copied {
            let head = self.facts.revision.as_ref().map(|head| head.commit.clone());
            return Ok(Some((copied.prefix.clone(), head)));
        }
        let asked = self.about::<2>(&["--is-inside-work-tree", "--show-prefix"])?;
        let head = || self.known_head().map_or_else(|| self.head(), |head| Ok(Some(head.to_owned())));
        asked.map(|[_, prefix]| Ok((prefix, head()?))).transpose()
    }

    /// The commit that the run is about, wherever `HEAD` has gone since.
    fn known_head(&self) -> Option<&str> {
        self.facts.revision.as_ref().map(|head| head.commit.as_str()).filter(|head| !head.is_empty())
    }

    /// The contents that commits bring, each under all its paths.
    fn committed(&self, range: &str) -> Result<Named, Unreadable> {
        let call = |first: &[&str]| -> Result<Vec<u8>, Unreadable> {
            let args: Vec<&str> = first.iter().copied().chain(range.split(' ')).chain(["--"]).collect();
            self.stdout(&args)
        };
        let (listed, count) = both(|| call(&["rev-list", "--objects"]), || call(&["rev-list", "--count"]));
        let (commits, mut objects) = of_rev_list(&listed?).ok_or_else(|| odd("rev-list"))?;
        // a list without a commit is no evidence that there is none
        if count?.trim_ascii() != commits.len().to_string().as_bytes() {
            return Err(odd("rev-list"));
        }
        let new: BTreeSet<&String> = objects.iter().map(|(hash, _)| hash).collect();
        let form = ["diff-tree", "--stdin", "-r", "--root", "-m", "--raw", "-z"];
        let plain = ["--no-abbrev", "--no-renames", "--no-commit-id"];
        let asked: String = commits.iter().flat_map(|hash| [hash, "\n"]).collect();
        let touched = self.fed(&[&form[..], &plain[..]].concat(), &asked)?;
        let touched = of_raw_diff(&touched).ok_or_else(|| odd("diff-tree"))?;
        let more: Vec<_> = touched.into_iter().filter(|(hash, _)| new.contains(hash)).collect();
        objects.extend(more);
        Ok(objects)
    }

    /// Looks for secrets in what is staged and committed; what the files on disk were already found to hold is
    /// not told again.
    pub(super) fn look_at_brought(
        &self,
        objects: &Named,
        mut tree: Tree,
        most_bytes: u64,
    ) -> Result<Tree, Unreadable> {
        let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (hash, path) in objects {
            paths.entry(hash).or_default().push(path);
        }
        let none = BTreeMap::new();
        let known = self.facts.copied.as_ref().map_or(&none, |copied| &copied.contents);
        let (blobs, large): (Vec<_>, Vec<_>) =
            self.sizes(paths.keys(), known)?.into_iter().partition(|(_, size)| *size <= most_bytes);
        let paths_of = |hash: &str| paths.get(hash).into_iter().flatten().copied();
        for (path, size) in large.iter().flat_map(|(hash, size)| paths_of(hash).map(|path| (path, *size))) {
            if tree.large.iter().all(|(known, _)| known != path) {
                tree.large.push((path.to_owned(), size));
            }
        }
        let mut told: BTreeSet<(String, &'static str, String)> = tree
            .found
            .iter()
            .map(|(path, found)| (path.clone(), found.rule.name(), found.digest.clone()))
            .collect();
        let mut look = |hash: &str, bytes: &[u8]| -> Result<(), Unreadable> {
            let Some(text) = text_of(bytes) else { return Ok(()) };
            tree.contents += 1;
            for path in paths_of(hash) {
                for mut found in scan(path, &text).map_err(Unreadable::defect)? {
                    if told.insert((path.to_owned(), found.rule.name(), found.digest.clone())) {
                        found.past = true;
                        tree.found.push((path.to_owned(), found));
                    }
                }
            }
            Ok(())
        };
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            blobs.into_iter().partition(|(hash, _)| known.contains_key(hash));
        for (hash, bytes) in here.iter().filter_map(|(hash, _)| known.get_key_value(hash)) {
            look(hash, bytes)?;
        }
        for chunk in chunks(elsewhere.into_iter()) {
            let asked: String = chunk.iter().flat_map(|(hash, _)| [hash, "\n"]).collect();
            let answer = self.fed(&["cat-file", "--batch"], &asked)?;
            let texts = contents(&answer, &chunk).ok_or_else(|| odd("cat-file --batch"))?;
            for ((hash, _), bytes) in chunk.iter().zip(texts) {
                look(hash, bytes)?;
            }
        }
        Ok(tree)
    }

    /// The blobs among those objects, each with its size; git is not asked about those whose contents are known.
    fn sizes<'h>(
        &self,
        hashes: impl Iterator<Item = &'h &'h str>,
        known: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Vec<(String, u64)>, Unreadable> {
        let (here, elsewhere): (Vec<&str>, Vec<&str>) =
            hashes.copied().partition(|hash| known.contains_key(*hash));
        let size = |hash: &&str| Some(((*hash).to_owned(), known.get(*hash)?.len() as u64));
        let mut blobs: Vec<(String, u64)> = here.iter().filter_map(size).collect();
        if !elsewhere.is_empty() {
            let asked: String = elsewhere.iter().flat_map(|hash| [hash, "\n"]).collect();
            let checked = self.fed(&["cat-file", "--batch-check"], &asked)?;
            blobs.extend(sizes(&checked, elsewhere.len()).ok_or_else(|| odd("cat-file --batch-check"))?);
        }
        Ok(blobs)
    }

    /// The output of a call that reads those lines.
    fn fed(&self, args: &[&str], lines: &str) -> Result<Vec<u8>, Unreadable> {
        let mut command = self.command(args);
        command.stdin = Some(lines.as_bytes().to_vec());
        let captured = run(&command, self.cancel);
        match captured.exit_code()? {
            0 => Ok(captured.stdout),
            code => Err(Unreadable::crashed(format!("`{}` ended with {code}", captured.what))),
        }
    }
}

/// What two questions to git give that are put at once.
fn both<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        let first = first.join().unwrap_or_else(|panic| resume_unwind(panic));
        (first, second)
    })
}

fn odd(what: &str) -> Unreadable {
    Unreadable::garbage(format!("`git {what}` gave an answer that cannot be read"))
}

/// Blobs with their sizes, in lists that are not too large to be held at once.
fn chunks(blobs: impl Iterator<Item = (String, u64)>) -> Vec<Vec<(String, u64)>> {
    let mut all: Vec<Vec<(String, u64)>> = Vec::new();
    let mut held = CHUNK;
    for (hash, size) in blobs {
        if held + size >= CHUNK {
            all.push(Vec::new());
            held = 0;
        }
        held += size;
        if let Some(last) = all.last_mut() {
            last.push((hash, size));
        }
    }
    all
}
