//! What a push brings: the commits to judge, each with where it left what the other side has.

use std::collections::BTreeMap;

use super::SnapshotError;
use super::git::{Git, failed};
use super::repository::Repository;
use crate::exec::{Cancel, Environment};
use crate::parse::git_objects::boundary;
use crate::parse::pushed_refs::PushedRef;
use crate::step::End;

/// A tree that is pushed, and what it is compared with. Refs that have both in common are judged once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pushed {
    /// The commit to judge.
    pub commit: String,
    /// The refs that it is pushed from.
    pub refs: Vec<String>,
    /// The commit to compare with; none where the usual rules find it.
    pub base: Option<String>,
    /// The commits that the other side gets, as arguments of `git rev-list`.
    pub range: String,
}

/// All that is pushed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Push {
    /// The trees to judge, in git's order.
    pub trees: Vec<Pushed>,
    /// Refs to objects that hold no commit, of which nothing is judged.
    pub others: Vec<String>,
}

/// Finds out what is pushed to that remote, by git's list of the refs that change.
///
/// # Errors
/// When git cannot tell.
pub fn pushed(
    environment: &Environment,
    remote: Option<&str>,
    refs: &[PushedRef],
    cancel: &Cancel,
) -> Result<Push, SnapshotError> {
    let program = crate::exec::tools::git().ok_or(SnapshotError::NoGit)?;
    let here = Git::in_folder(&program, &environment.directory, cancel);
    let repository = Repository::find(&here, environment)?;
    Side::of(&repository.git, remote)?.push(refs)
}

/// What is known here of the other side.
struct Side<'a> {
    git: &'a Git<'a>,
    /// `--remotes=NAME` where branches of the remote are known.
    branches: Option<String>,
}

impl<'a> Side<'a> {
    fn of(git: &'a Git<'a>, remote: Option<&str>) -> Result<Self, SnapshotError> {
        let known = |name: &&str| -> Result<bool, SnapshotError> {
            // a push to an address has no branches here
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
            let refs = format!("refs/remotes/{name}/");
            Ok(plain && !git.stdout(&["for-each-ref", "--count=1", &refs])?.is_empty())
        };
        let name = match remote {
            Some(name) if known(&name)? => Some(name),
            _ => None,
        };
        Ok(Self { git, branches: name.map(|name| format!("--remotes={name}")) })
    }

    fn push(&self, refs: &[PushedRef]) -> Result<Push, SnapshotError> {
        let mut push = Push::default();
        let mut places: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
        // the tips of each tree, and what the other side has of them
        let mut tips: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for one in refs {
            let Some(object) = &one.object else { continue };
            let Some(commit) = self.hash(&format!("{object}^{{commit}}"))? else {
                push.others.push(one.local.clone());
                continue;
            };
            let tree = self.hash(&format!("{commit}^{{tree}}"))?.unwrap_or_default();
            let before = match &one.before {
                Some(before) => self.hash(&format!("{before}^{{commit}}"))?,
                None => None,
            };
            let base = match &before {
                Some(before) if self.merge_base(&commit, &[before])?.is_some() => Some(before.clone()),
                _ => self.fork(&commit)?,
            };
            // the same files may be another change
            let place = *places.entry((tree, base.clone())).or_insert_with(|| {
                push.trees.push(Pushed { commit: commit.clone(), base, ..Pushed::default() });
                tips.push((Vec::new(), Vec::new()));
                push.trees.len() - 1
            });
            let (Some(pushed), Some((all, known))) = (push.trees.get_mut(place), tips.get_mut(place)) else {
                continue;
            };
            pushed.refs.push(one.local.clone());
            all.push(commit);
            known.extend(before);
        }
        for (pushed, (all, known)) in push.trees.iter_mut().zip(&tips) {
            let excluded = known.iter().cloned().chain(self.branches.clone());
            let parts = all.iter().cloned().chain(["--not".to_owned()]).chain(excluded);
            pushed.range = parts.collect::<Vec<_>>().join(" ");
        }
        Ok(push)
    }

    /// Where a commit left the branches of the other side; none where nothing of it is known there.
    fn fork(&self, commit: &str) -> Result<Option<String>, SnapshotError> {
        let Some(branches) = &self.branches else { return Ok(None) };
        let listed = self.git.stdout(&["rev-list", "--boundary", commit, "--not", branches])?;
        let listed = String::from_utf8_lossy(&listed);
        match boundary(&listed).as_slice() {
            [] => Ok(None),
            [one] => Ok(Some((*one).to_owned())),
            several => self.merge_base(commit, several),
        }
    }

    fn merge_base(&self, commit: &str, others: &[&str]) -> Result<Option<String>, SnapshotError> {
        let captured = self.git.ask(["merge-base", commit].iter().chain(others).copied())?;
        match captured.end {
            End::Code(0) => Ok(first_line(&captured.stdout)),
            End::Code(1) => Ok(None),
            _ => Err(failed(&captured)),
        }
    }

    fn hash(&self, name: &str) -> Result<Option<String>, SnapshotError> {
        let captured = self.git.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", name])?;
        Ok((captured.end == End::Code(0)).then(|| first_line(&captured.stdout)).flatten())
    }
}

fn first_line(stdout: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(stdout).ok()?;
    text.lines().next().map(str::to_owned)
}

/// What git tells a hook on its standard input.
///
/// # Errors
/// When it cannot be read, or a person would have to type it.
pub fn hook_input() -> Result<Vec<u8>, SnapshotError> {
    use std::io::{IsTerminal as _, Read as _};
    let mut input = std::io::stdin().lock();
    if input.is_terminal() {
        return Err(SnapshotError::Input(
            "git tells it what is pushed; by hand: cargo bulletproof --rev HEAD".into(),
        ));
    }
    let mut bytes = Vec::new();
    let read = input.read_to_end(&mut bytes);
    read.map_err(|error| SnapshotError::Input(format!("what git tells cannot be read: {error}")))?;
    Ok(bytes)
}
