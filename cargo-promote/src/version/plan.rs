//! What a new version changes: the files with their new text, the tags, the commit. Nothing is done here.

use std::collections::{BTreeMap, BTreeSet};

use cargo_gate::versions::WorkspaceVersion;
use cargo_gate::versions::tags::Pattern;
use semver::Version;
use serde::Serialize;

use super::bump::{self, Asked};
use super::changelog::{self, ChangelogError, Links, NewEntry};
use super::history::Commit;
use super::lock::{LockError, relock, without_source};
use super::manifest::{self, ManifestError};
use super::notes::notes;

/// What is known of the workspace.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Its version.
    pub workspace: WorkspaceVersion,
    /// Its members.
    pub members: Vec<Member>,
    /// The manifests by their path from the root.
    pub manifests: BTreeMap<String, String>,
    /// The lock file, where there is one.
    pub lock: Option<String>,
    /// The lock files of other workspaces in the repository.
    pub other_locks: Vec<OtherLock>,
    /// The changelogs.
    pub logs: Vec<Log>,
    /// The last release, where there is one.
    pub last: Option<Last>,
    /// The commits since then, newest first.
    pub commits: Vec<Commit>,
    /// Every tag of the repository.
    pub tags: BTreeSet<String>,
    /// How releases are tagged.
    pub patterns: Vec<Pattern>,
    /// The day of the release.
    pub date: String,
    /// Whether a changelog is made where there is none, and where.
    pub create_changelog: Option<String>,
}

/// A member of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
}

/// The lock file of another workspace, which may have members of this one as dependencies by their path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherLock {
    /// Its path from the root.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The names of the packages of that workspace itself, which are never members of this one.
    pub own: BTreeSet<String>,
}

/// The last release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// Its tag.
    pub tag: String,
    /// Its version.
    pub version: Version,
}

/// A changelog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its path from the root.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The member that it is of; none for the workspace's.
    pub package: Option<String>,
    /// The commits that it tells of, newest first.
    pub commits: Vec<Commit>,
}

/// What a new version changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The version that the manifests state.
    pub from: Version,
    /// The new one; the same where the first release has that of the manifests.
    pub to: Version,
    /// Why it is that one.
    pub because: String,
    /// The files that change.
    pub files: Vec<FileChange>,
    /// The message of the commit.
    pub message: String,
    /// The tags that it gets.
    pub tags: Vec<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// Its path from the workspace root.
    pub path: String,
    /// What it is; none where it is made.
    pub before: Option<String>,
    /// What it becomes.
    pub after: String,
}

/// Why there is no new version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing that users would notice.
    #[error("nothing to release: {0}; `cargo promote version patch` releases all the same")]
    Nothing(String),
    /// The version is no higher than what there is.
    #[error("{to} is not above {above}, {what}")]
    NotAbove {
        /// The version.
        to: Version,
        /// The one that it is not above.
        above: Version,
        /// What that one is.
        what: String,
    },
    /// The tag is there already.
    #[error("the tag {0} is there already; a release is never tagged twice")]
    Tagged(String),
    /// A file cannot be changed.
    #[error("{path}: {cause}")]
    Manifest {
        /// Which.
        path: String,
        /// Why.
        cause: ManifestError,
    },
    /// The lock file cannot be changed.
    #[error("{path}: {cause}")]
    Lock {
        /// Which.
        path: String,
        /// Why.
        cause: LockError,
    },
    /// A changelog cannot have the entry.
    #[error("{path}: {cause}")]
    Changelog {
        /// Which.
        path: String,
        /// Why.
        cause: ChangelogError,
    },
}

/// Plans a new version.
///
/// # Errors
/// Where there is nothing to release, or something that only a person can decide.
pub fn plan(ground: &Ground, asked: &Asked) -> Result<Plan, Refusal> {
    let from = ground.workspace.version.clone();
    let (to, because) = target(ground, asked)?;
    let tags = tags(ground, &to);
    if let Some(taken) = all_tags(ground, &to).find(|tag| ground.tags.contains(tag)) {
        return Err(Refusal::Tagged(taken));
    }
    let mut files = Vec::new();
    if to != from {
        files.extend(manifests(ground, &to)?);
        if let Some(lock) = &ground.lock {
            files.push(locked("Cargo.lock", lock, (&from, &to), &bumped(ground))?);
        }
        for other in &ground.other_locks {
            files.push(other_lock(ground, other, &to)?);
        }
    }
    let tag = tags.first().cloned().unwrap_or_default();
    let mut told = unread(&ground.commits);
    for log in &ground.logs {
        let (file, what) = changelog(ground, log, &to, &tag)?;
        told.push(format!("{}: {what}", log.path));
        files.push(file);
    }
    if let Some(path) = ground.create_changelog.as_ref() {
        let (path, commits) = (path.clone(), ground.commits.clone());
        let log = Log { path, text: changelog::BEGINNING.to_owned(), package: None, commits };
        let (file, what) = changelog(ground, &log, &to, &tag)?;
        told.push(format!("{}: made, {what}", log.path));
        files.push(FileChange { before: None, ..file });
    }
    if ground.logs.is_empty() && ground.create_changelog.is_none() {
        told.push("there is no changelog; `--create-changelog` makes one".to_owned());
    }
    let others = ground.members.iter().filter(|member| member.version != from);
    told.extend(others.map(|member| format!("{} keeps its own version, {}", member.name, member.version)));
    files.retain(|file| file.before.as_ref() != Some(&file.after));
    let message = format!("chore: release {to}");
    Ok(Plan { from, to, because, files, message, tags, notes: told })
}

/// The version that is asked for, and why it is that one.
fn target(ground: &Ground, asked: &Asked) -> Result<(Version, String), Refusal> {
    let current = &ground.workspace.version;
    let (to, because) = match asked {
        Asked::Auto => automatic(ground)?,
        Asked::Level(level) => (bump::next(current, *level), format!("`{}` was asked for", level.word())),
        Asked::Exact(version) => (version.clone(), "it was asked for".to_owned()),
    };
    let not_above =
        |above: &Version, what: String| Err(Refusal::NotAbove { to: to.clone(), above: above.clone(), what });
    if to < *current {
        return not_above(current, "the version of the manifests".to_owned());
    }
    match &ground.last {
        Some(last) if to <= last.version => not_above(&last.version, format!("the release {}", last.tag)),
        _ => Ok((to, because)),
    }
}

/// What the commits ask for. The manifests may be ahead of the last release: where they state enough, theirs it is.
fn automatic(ground: &Ground) -> Result<(Version, String), Refusal> {
    let current = &ground.workspace.version;
    let Some(last) = &ground.last else {
        if ground.commits.is_empty() {
            return Err(Refusal::Nothing("there is no commit".to_owned()));
        }
        return Ok((
            current.clone(),
            "no release is tagged yet: the first has the manifests' version".to_owned(),
        ));
    };
    let many = ground.commits.len();
    let Some(level) = bump::needed(&ground.commits) else {
        let why = match many {
            0 => format!("there is no commit since {}", last.tag),
            _ => format!("users would notice none of the {many} commits since {}", last.tag),
        };
        return Err(Refusal::Nothing(why));
    };
    let wanted = bump::after(&last.version, level);
    let word = match level {
        bump::Level::Major => "something breaks",
        bump::Level::Minor => "something is new",
        bump::Level::Patch => "something is corrected",
    };
    let because = format!("{word} in the {many} commits since {}", last.tag);
    let stated = Version { pre: semver::Prerelease::EMPTY, ..current.clone() };
    if *current > last.version && stated >= wanted {
        return Ok((stated, format!("{because}, and the manifests are that far already")));
    }
    Ok((wanted, because))
}

/// The members that go with the workspace.
fn bumped(ground: &Ground) -> BTreeSet<String> {
    let with = ground.members.iter().filter(|member| member.version == ground.workspace.version);
    with.map(|member| member.name.clone()).collect()
}

fn manifests(ground: &Ground, to: &Version) -> Result<Vec<FileChange>, Refusal> {
    let members = bumped(ground);
    let edited = ground.manifests.iter().map(|(path, text)| {
        let edited = manifest::edit(text, &ground.workspace.version, to, &members)
            .map_err(|cause| Refusal::Manifest { path: path.clone(), cause })?;
        Ok(change(path, text, edited.text))
    });
    edited.collect()
}

/// A lock file with the new version of those members.
fn locked(
    path: &str,
    text: &str,
    (from, to): (&Version, &Version),
    members: &BTreeSet<String>,
) -> Result<FileChange, Refusal> {
    let after = relock(text, from, to, members);
    let after = after.map_err(|cause| Refusal::Lock { path: path.to_owned(), cause })?;
    Ok(change(path, text, after))
}

/// The lock file of another workspace with the new version of what it has of this one.
fn other_lock(ground: &Ground, other: &OtherLock, to: &Version) -> Result<FileChange, Refusal> {
    let OtherLock { path, text, own } = other;
    let from = &ground.workspace.version;
    let named = without_source(text).map_err(|cause| Refusal::Lock { path: path.clone(), cause })?;
    let is_there = |name: &String| named.contains(&(name.clone(), from.to_string()));
    let members = bumped(ground).into_iter().filter(|name| is_there(name) && !own.contains(name)).collect();
    locked(path, text, (from, to), &members)
}

fn change(path: &str, before: &str, after: String) -> FileChange {
    FileChange { path: path.to_owned(), before: Some(before.to_owned()), after }
}

/// The tags of the release: each pattern by which the last one is tagged, else the first of the config. Where packages
/// have tags of their own, every member that goes along and had one gets one.
fn tags(ground: &Ground, to: &Version) -> Vec<String> {
    let workspace = &ground.workspace.package;
    let Some(last) = &ground.last else {
        return ground.patterns.first().map(|pattern| pattern.name(workspace, to)).into_iter().collect();
    };
    let fits = |pattern: &&Pattern, name: &str| ground.tags.contains(&pattern.name(name, &last.version));
    let of_workspace = ground
        .patterns
        .iter()
        .find(|pattern| pattern.version(workspace, &last.tag).as_ref() == Some(&last.version));
    let mut tags: Vec<String> = of_workspace.map(|pattern| pattern.name(workspace, to)).into_iter().collect();
    for name in bumped(ground) {
        let own = ground.patterns.iter().filter(|pattern| pattern.is_per_package());
        let tag = own.filter(|pattern| fits(pattern, &name)).map(|pattern| pattern.name(&name, to)).next();
        tags.extend(tag.filter(|tag| !tags.contains(tag)).into_iter().collect::<Vec<_>>());
    }
    tags
}

/// Every name that the release could be tagged with.
fn all_tags<'a>(ground: &'a Ground, to: &'a Version) -> impl Iterator<Item = String> + 'a {
    let names = bumped(ground).into_iter().chain([ground.workspace.package.clone()]);
    names.flat_map(move |name| {
        ground.patterns.iter().map(move |pattern| pattern.name(&name, to)).collect::<Vec<_>>()
    })
}

/// One changelog with the entry.
fn changelog(ground: &Ground, log: &Log, to: &Version, tag: &str) -> Result<(FileChange, String), Refusal> {
    let own = log.package.as_ref().unwrap_or(&ground.workspace.package);
    let others =
        ground.members.iter().map(|member| member.name.as_str()).filter(|name| name != own).collect();
    let mut notes = notes(&log.commits);
    if notes.is_empty() && log.package.is_some() {
        notes.push(("Changed", vec!["- Released together with the rest of the workspace.".to_owned()]));
    }
    let links = Links { before: ground.last.as_ref().map(|last| last.tag.as_str()), tag };
    let new = NewEntry { version: to, date: &ground.date, notes: &notes, links, others: &others };
    let changed = changelog::release(&log.text, &new)
        .map_err(|cause| Refusal::Changelog { path: log.path.clone(), cause })?;
    Ok((change(&log.path, &log.text, changed.text), changed.what))
}

/// The commits that are no conventional ones: they count for nothing, which is told.
fn unread(commits: &[Commit]) -> Vec<String> {
    const SHOWN: usize = 3;
    let unread: Vec<&Commit> = commits.iter().filter(|commit| commit.change.is_none()).collect();
    let line = |commit: &&Commit| {
        let short: String = commit.hash.chars().take(10).collect();
        format!("{short} is no conventional commit and counts for nothing: {}", commit.subject)
    };
    let mut told: Vec<String> = unread.iter().take(SHOWN).map(line).collect();
    if let Some(more) = unread.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        told.push(format!("so do {more} other commits"));
    }
    told
}
