//! Reads what a new version is made of, and carries it out: all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use cargo_gate::exec::{self, Cancel, Environment, GatherError};
use cargo_gate::facts::{Facts, Package, join};
use cargo_gate::last_release::{TAGS, last_release, read_tags};
use cargo_gate::versions::changelog::NAMES;
use cargo_gate::versions::tags::Pattern;
use cargo_gate::versions::workspace_version;
use semver::Version;

use super::git::{Git, GitError};
use super::write_all::{WriteAllError, restore, write_all};
use crate::version::{
    Commit, Ground, LOG, Last, Log, Member, OtherLock, Plan, Refusal, read_log, without_source,
};

/// Why there is no new version.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The tree has changes that are not committed.
    #[error("the tree has changes that are not committed, and a release is of a commit: {0}")]
    Dirty(String),
    /// A file is no longer what the plan was made of.
    #[error("{0} was changed while the version was being set; nothing was written")]
    Changed(String),
    /// Part of the history is missing.
    #[error("this clone is too shallow to know the last release; run `git fetch --unshallow --tags`")]
    Shallow,
    /// There is nothing to release.
    #[error("there is no commit yet, so there is nothing to release")]
    Unborn,
    /// The workspace cannot be read.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// git says no.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Files cannot be written.
    #[error(transparent)]
    Write(#[from] WriteAllError),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl VersionError {
    /// Whether a rule says no, rather than something that did not work.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Dirty(_) | Self::Changed(_) | Self::Unborn)
    }
}

/// A workspace that is about to be released.
#[derive(Debug)]
pub struct Release {
    /// All that the plan is made of.
    pub ground: Ground,
    root: PathBuf,
    cargo: Option<PathBuf>,
    head: String,
    git: Git,
    cancel: Cancel,
}

impl Release {
    /// Reads the workspace, its history and its changelogs.
    ///
    /// # Errors
    /// Where one of them cannot be read.
    pub fn prepare(manifest: Option<&Path>, create: bool, cancel: &Cancel) -> Result<Self, VersionError> {
        let environment = Environment::read().map_err(|error| VersionError::Other(error.to_string()))?;
        let facts = exec::gather(&environment, manifest, true, cancel)?;
        let git = Git::new(&facts.root, cancel)?;
        let head = match &facts.revision {
            Some(revision) => revision.commit.clone(),
            None => return Err(VersionError::Unborn),
        };
        if git.text(["rev-parse", "--is-shallow-repository"])? == "true" {
            return Err(VersionError::Shallow);
        }
        let ground = ground(&facts, &git, create)?;
        let cargo = facts.tools.get(&cargo_gate::step::Tool::Cargo).cloned();
        Ok(Self { ground, root: facts.root, cargo, head, git, cancel: cancel.clone() })
    }

    /// Writes the files, commits and tags them. Gives the commit that is the release.
    ///
    /// # Errors
    /// Where something does not work: everything is then as it was before.
    pub fn execute(&self, plan: &Plan) -> Result<String, VersionError> {
        let all = ["--untracked-files=normal", "--ignore-submodules=none"];
        let status = self.git.text(["status", "--porcelain"].into_iter().chain(all))?;
        if let Some(first) = status.lines().next() {
            let more = status.lines().count() - 1;
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            return Err(VersionError::Dirty(format!("`{}`{more}", first.trim())));
        }
        for file in &plan.files {
            let now = read(&self.root.join(&file.path))?;
            if now != file.before {
                return Err(VersionError::Changed(file.path.clone()));
            }
        }
        write_all(&self.root, &plan.files)?;
        let mut tagged = Vec::new();
        self.recorded(plan, &mut tagged).inspect_err(|_| self.take_back(plan, &tagged))
    }

    /// Commits and tags what was written.
    fn recorded(&self, plan: &Plan, tagged: &mut Vec<String>) -> Result<String, VersionError> {
        self.lock_is_right(plan)?;
        let paths: Vec<&str> = plan.files.iter().map(|file| file.path.as_str()).collect();
        let ignored =
            self.git.run(["check-ignore", "-z", "--"].into_iter().chain(paths.iter().copied()), None);
        let ignored = String::from_utf8_lossy(&ignored.stdout).into_owned();
        let committed: Vec<&str> =
            paths.into_iter().filter(|path| !ignored.split('\0').any(|one| one == *path)).collect();
        if !committed.is_empty() {
            self.git.bytes(["add", "--"].into_iter().chain(committed.iter().copied()), None)?;
            let commit = ["commit", "--quiet", "--message", &plan.message, "--only", "--"];
            self.git.bytes(commit.into_iter().chain(committed.iter().copied()), None)?;
        }
        let commit = self.git.text(["rev-parse", "HEAD"])?;
        for tag in &plan.tags {
            let message = format!("{} {}", self.ground.workspace.package, plan.to);
            self.git.bytes(["tag", "--annotate", "--message", &message, "--", tag, &commit], None)?;
            tagged.push(tag.clone());
        }
        Ok(commit)
    }

    /// cargo itself takes the lock file for the manifests' own, as far as it can tell without a network.
    fn lock_is_right(&self, plan: &Plan) -> Result<(), VersionError> {
        use cargo_gate::exec::process::{Command, run};
        let Some(cargo) = self.cargo.as_ref().filter(|_| self.ground.lock.is_some() && plan.from != plan.to)
        else {
            return Ok(());
        };
        let timeout = std::time::Duration::from_mins(2);
        let command = Command::new(cargo, &self.root, timeout).args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--offline",
        ]);
        let captured = run(&command, &self.cancel);
        let said = String::from_utf8_lossy(&captured.stderr).into_owned();
        let out_of_step =
            said.contains("cannot update the lock file") || said.contains("needs to be updated");
        if out_of_step {
            let said = said.trim();
            return Err(VersionError::Other(format!("the new lock file does not fit the manifests: {said}")));
        }
        Ok(())
    }

    /// Everything as it was: the tags and the commit of this release go, and the files get their old text. The tree
    /// had no other changes.
    fn take_back(&self, plan: &Plan, tagged: &[String]) {
        // the user's interruption must not keep this from being done
        let Ok(git) = Git::new(&self.root, &Cancel::default()) else { return };
        for tag in tagged {
            let _ = git.run(["tag", "--delete", "--", tag], None);
        }
        restore(&self.root, &plan.files);
        let _ = git.run(["reset", "--quiet", &self.head], None);
    }
}

fn ground(facts: &Facts, git: &Git, create: bool) -> Result<Ground, VersionError> {
    let other = |error: String| VersionError::Other(error);
    let (own, root_manifest) = exec::read_config(&facts.root).map_err(other)?;
    let config = cargo_gate::config::parse(own.as_deref(), &root_manifest)
        .map_err(|error| VersionError::Other(error.to_string()))?;
    let all: Vec<&Package> = facts.packages.iter().collect();
    let workspace = workspace_version(&root_manifest, &all)
        .ok_or_else(|| VersionError::Other("no package of the workspace states a version".to_owned()))?;
    let member = |package: &Package| {
        let version = package.version.parse::<Version>();
        version.map(|version| Member { name: package.name.clone(), version })
    };
    let members: Vec<Member> = facts
        .packages
        .iter()
        .map(member)
        .collect::<Result<_, _>>()
        .map_err(|error| VersionError::Other(error.to_string()))?;
    let mut manifests = BTreeMap::from([("Cargo.toml".to_owned(), root_manifest)]);
    for package in &facts.packages {
        let path = package.manifest();
        let text =
            read(&facts.root.join(&path))?.ok_or_else(|| VersionError::Other(format!("{path} is gone")))?;
        manifests.insert(path, text);
    }
    let patterns = config.tags().to_vec();
    let (last, tags) = last(git, &patterns, &workspace.package, &workspace.version)?;
    let since = last.as_ref().map(|last| format!("refs/tags/{}..HEAD", last.tag));
    let history = |folder: &str| commits(git, since.as_deref().unwrap_or("HEAD"), folder);
    let commits = history(if is_top(git)? { "" } else { "." })?;
    let named = config.gates.iter().find(|gate| gate.info.id == "changelog");
    let named = named.and_then(|gate| serde_json::from_str::<serde_json::Value>(&gate.settings().ok()?).ok());
    let named = named.and_then(|settings| Some(settings.get("file")?.as_str()?.to_owned()));
    let mut logs = Vec::new();
    let root_names: Vec<String> = named.map_or_else(|| NAMES.map(str::to_owned).to_vec(), |name| vec![name]);
    if let Some((path, text)) = first(&facts.root, root_names.iter().cloned())? {
        logs.push(Log { path, text, package: None, commits: commits.clone() });
    }
    let at_root = !logs.is_empty();
    let moved =
        |package: &&Package| !package.folder.is_empty() && package.version == workspace.version.to_string();
    for package in facts.packages.iter().filter(moved) {
        let own = NAMES.iter().map(|name| join(&package.folder, name));
        if let Some((path, text)) = first(&facts.root, own)? {
            let commits = history(&package.folder)?;
            logs.push(Log { path, text, package: Some(package.name.clone()), commits });
        }
    }
    let create_changelog = root_names.into_iter().next().filter(|_| create && !at_root);
    let lock = read(&facts.root.join("Cargo.lock"))?;
    let other_locks = other_locks(facts, git)?;
    let date = facts.today().to_string();
    Ok(Ground {
        workspace,
        members,
        manifests,
        lock,
        other_locks,
        logs,
        last,
        commits,
        tags,
        patterns,
        date,
        create_changelog,
    })
}

/// The lock files of other workspaces below the root that have a package of the name of a member without a source.
fn other_locks(facts: &Facts, git: &Git) -> Result<Vec<OtherLock>, VersionError> {
    let tracked = |file: &str| -> Result<Vec<String>, VersionError> {
        let listed = git.bytes(["ls-files", "-z", "--", &format!(":(glob)*/**/{file}")], None)?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        Ok(listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    };
    let is_member = |name: &str| facts.packages.iter().any(|package| package.name == name);
    let mut found = Vec::new();
    let mut manifests = None;
    for path in tracked("Cargo.lock")? {
        let Some(text) = read(&facts.root.join(&path))? else { continue };
        // one that cannot be read is not ours to judge
        let named = without_source(&text).unwrap_or_default();
        if !named.iter().any(|(name, _)| is_member(name)) {
            continue;
        }
        let all = match manifests.take() {
            Some(all) => all,
            None => tracked("Cargo.toml")?,
        };
        let folder = path.strip_suffix("Cargo.lock").unwrap_or_default();
        let mut own = BTreeSet::new();
        for manifest in all.iter().filter(|manifest| manifest.starts_with(folder)) {
            let text = read(&facts.root.join(manifest))?.unwrap_or_default();
            own.extend(package_name(&text));
        }
        manifests = Some(all);
        found.push(OtherLock { path, text, own });
    }
    Ok(found)
}

/// The name of the package of a manifest.
fn package_name(manifest: &str) -> Option<String> {
    let document = manifest.parse::<toml_edit::DocumentMut>().ok()?;
    Some(document.get("package")?.get("name")?.as_str()?.to_owned())
}

/// The last release in the history of the commit, whatever the manifests state now, and every tag there is.
fn last(
    git: &Git,
    patterns: &[Pattern],
    package: &str,
    version: &Version,
) -> Result<(Option<Last>, BTreeSet<String>), VersionError> {
    let merged = read_tags(&git.bytes(TAGS, None)?).map_err(VersionError::Other)?;
    let all = git.text(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/tags"])?;
    // no version is above this one; pre-releases count where the manifests state one
    let any = Version { pre: version.pre.clone(), ..Version::new(u64::MAX, u64::MAX, u64::MAX) };
    let last = last_release(&merged, patterns, package, &any, "").and_then(|release| {
        let tag = release.tag.name.clone();
        let version = patterns.iter().find_map(|pattern| pattern.version(package, &tag))?;
        Some(Last { tag, version })
    });
    Ok((last, all.lines().map(str::to_owned).collect()))
}

/// The commits of a range that touch a folder; all of them where it is the whole repository.
fn commits(git: &Git, range: &str, folder: &str) -> Result<Vec<Commit>, VersionError> {
    let mut args = LOG.to_vec();
    args.extend([range, "--"]);
    args.extend(Some(folder).filter(|folder| !folder.is_empty()));
    read_log(&git.bytes(args, None)?)
        .map_err(|why| VersionError::Other(format!("the answer of `git log` cannot be read: {why}")))
}

/// Whether the workspace is at the top of its repository.
fn is_top(git: &Git) -> Result<bool, VersionError> {
    Ok(git.text(["rev-parse", "--show-prefix"])?.is_empty())
}

fn first(root: &Path, names: impl Iterator<Item = String>) -> Result<Option<(String, String)>, VersionError> {
    for name in names {
        if let Some(text) = read(&root.join(&name))? {
            return Ok(Some((name, text)));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Option<String>, VersionError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(VersionError::Other(format!("{}: it cannot be read: {error}", path.display()))),
    }
}
