//! The private copy in which staged content and commits are judged. The user's tree, index, refs and stash are
//! only read; whatever happens to a run, there is nothing of theirs to mend.

mod blob;
mod bring;
mod checkout;
mod foreign;
mod found;
mod git;
mod git_dir;
mod index_file;
mod listed;
mod lock;
mod place;
mod pushed;
mod repository;
mod times;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use self::bring::brought;
use self::checkout::{Checkout, Entry};
use self::found::{Found, taken};
use self::git::Git;
use self::listed::Listed;
use self::lock::Held;
use self::place::{Place, joined};
pub use self::pushed::{Push, Pushed, hook_input, pushed};
use self::repository::{Judged, Repository};
use self::times::Built;
use super::files::is_empty_folder;
use super::format::StagedFormat;
use super::gather::path_of;
use super::{Cancel, Environment, Records};
use crate::facts::{Copied, Revision};
use crate::subject::{Subject, Wanted, below, is_absolute, paths};

/// Why there is no copy to judge.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// git is not there.
    #[error("git was not found on the search path: staged content and commits are read by it; install git")]
    NoGit,
    /// There is no repository.
    #[error("there is no git repository here, and so neither an index nor a commit to judge")]
    NoRepository,
    /// The folder that was asked about lies elsewhere.
    #[error("{}: the folder is not in the repository whose content is to be judged", .0.display())]
    Outside(PathBuf),
    /// Nothing to judge at that place.
    #[error("what is to be judged has no Cargo.toml {}", at(.0))]
    NoManifest(String),
    /// A revision that names no commit.
    #[error("`{0}` names no commit of this repository; fetch it, or name another (git log)")]
    Unknown(String),
    /// There is nothing that could be staged.
    #[error("there is no index to judge: {0}")]
    NoIndex(String),
    /// The index of a merge that is not done.
    #[error("the index holds conflicts, and no commit can be made of it: {0}; resolve them, then git add")]
    Unmerged(String),
    /// A submodule whose commit is not here.
    #[error("the submodule {0} is to be at {1}, which is not here: git submodule update --init {0}")]
    Submodule(String, String),
    /// A path that no commit can hold.
    #[error(
        "{0}: `{1}` leads out of the repository: a commit does not hold what lies there, and so it cannot be \
         judged; bring it into the repository, or judge the files on disk (without --rev and --staged)"
    )]
    Leaves(String, String),
    /// git has not told a hook what it has to know.
    #[error("pre-push: {0}")]
    Input(String),
    /// git cannot do it.
    #[error("{0}")]
    Git(String),
    /// A file cannot be read or written.
    #[error("{0}")]
    Disk(String),
    /// There is no folder for caches.
    #[error("the user's folder for caches cannot be found: set HOME (or XDG_CACHE_HOME)")]
    NoCache,
    /// The run was interrupted.
    #[error("the run was interrupted")]
    Interrupted,
}

impl SnapshotError {
    fn disk(path: &Path, error: &std::io::Error) -> Self {
        Self::Disk(format!("{}: {error}", path.display()))
    }
}

fn at(folder: &str) -> String {
    if folder.is_empty() { "at its top".to_owned() } else { format!("in {folder} or above it") }
}

/// Where a run takes place: in the user's tree, or in a copy that is this run's as long as this value is there.
#[derive(Debug)]
pub struct Ground {
    /// The folder in which cargo is asked about the workspace.
    pub(super) directory: PathBuf,
    /// The manifest that somebody names.
    pub(super) manifest: Option<PathBuf>,
    /// What is judged.
    pub(super) subject: Subject,
    /// What rustfmt makes of what is staged, as far as it was asked meanwhile: it ends before the copy is let go.
    staged: StagedFormat,
    pub(super) copy: Option<Copy>,
}

/// What only a copy has.
#[derive(Debug)]
pub(super) struct Copy {
    /// The workspace root in the user's own tree.
    pub(super) home: PathBuf,
    /// The top of the user's own tree; none for a bare repository.
    pub(super) users: Option<PathBuf>,
    /// The workspace root from the top of the repository.
    pub(super) below: String,
    /// What is known of its repository.
    pub(super) copied: Copied,
    /// The top of the copy.
    pub(super) top: PathBuf,
    /// What outlives a run.
    pub(super) state: PathBuf,
    /// Where cargo builds.
    pub(super) target: PathBuf,
    /// Its files.
    pub(super) listed: Listed,
    /// What git would say of the revision there.
    pub(super) revision: Option<Revision>,
    /// What is remembered of the workspace.
    pub(super) records: Arc<Records>,
    _built: Built,
    _held: Held,
}

/// A commit, and where what is kept of its workspace lies.
pub(super) struct Here {
    /// The workspace root in the user's own tree.
    pub(super) home: PathBuf,
    /// What outlives a run.
    pub(super) state: PathBuf,
    /// The commit's hash.
    pub(super) commit: String,
    /// Its tree's.
    pub(super) tree: String,
    /// Whether it is what `HEAD` names.
    pub(super) is_head: bool,
}

/// Finds a commit without asking cargo.
pub(super) fn commit_here(
    environment: &Environment,
    manifest: Option<&Path>,
    revision: &str,
    cancel: &Cancel,
) -> Result<Here, SnapshotError> {
    let program = super::tools::git().ok_or(SnapshotError::NoGit)?;
    let here = Git::in_folder(&program, &environment.directory, cancel);
    let repository = Repository::find(&here, environment)?;
    let judged = repository.commit(revision)?;
    let commit = judged.head.clone().unwrap_or_default();
    let head = repository.head.clone().or_else(|| repository.ask_head().ok().flatten());
    let is_head = head.is_some_and(|(head, _)| head == commit);
    let wanted = Wanted::Commit(revision.to_owned());
    let place = Place::find(&repository, environment, manifest, &wanted, &commit)?;
    Ok(Here { home: place.home, state: place.state, commit, tree: judged.tree, is_head })
}

impl Ground {
    /// The user's own tree.
    pub fn worktree(environment: &Environment, manifest: Option<&Path>) -> Self {
        Self {
            directory: environment.directory.clone(),
            manifest: manifest.map(Path::to_owned),
            subject: Subject::default(),
            copy: None,
            staged: StagedFormat::default(),
        }
    }

    /// The ground for what is wanted: a copy of the index or of a commit, brought up to date. Where another run has
    /// the copy, this waits for it, and says so.
    ///
    /// # Errors
    /// When there is nothing to judge, or the copy cannot be made.
    pub fn settle(
        environment: &Environment,
        manifest: Option<&Path>,
        wanted: &Wanted,
        cancel: &Cancel,
        say: &dyn Fn(&str),
    ) -> Result<Self, SnapshotError> {
        if *wanted == Wanted::Worktree {
            return Ok(Self::worktree(environment, manifest));
        }
        if *wanted == Wanted::Index {
            // of what is staged something is new, and there is little else to do before git has answered
            rayon::spawn(crate::secret::prepare);
        }
        let program = super::tools::git().ok_or(SnapshotError::NoGit)?;
        let here = Git::in_folder(&program, &environment.directory, cancel);
        let Found { repository, commit, place, refs, conversion, clone, begun } =
            Found::of(&here, environment, manifest, wanted)?;
        private(&place.state)?;
        let (held, index) = taken(&place, begun, cancel, say)?;
        let records = if environment.asks_anew { Records::default() } else { Records::begin(&place.state) };
        let built = Built::begin(&place.folder)?;
        let judged = match commit.or(index) {
            Some(judged) => judged,
            None => repository.index(environment, &place.folder, !held.waited)?,
        };
        let top = place.folder.join("tree");
        let (tree, own) = (top.clone(), place.folder.join("git"));
        let checkout = Checkout { tree, own, users: repository.clone(), refs, conversion };
        let format = asked_ahead(environment, &checkout, (&place, wanted), &judged, cancel);
        let files = brought(&checkout, &place, &judged)?;
        let directory = directory(&place, &top)?;
        let named = manifest.and_then(Path::file_name).map(|name| joined(&top, &place.asked).join(name));
        let prefix = crate::facts::join(&place.below, "");
        let (listed, has_remotes) = (Listed::of(&files, &prefix), checkout.has_remotes());
        let revision = judged.revision();
        let (staged, contents) = judged.staged.unzip();
        let copy = Copy {
            home: place.home,
            users: repository.top,
            below: place.below,
            copied: Copied {
                is_plain: listed.names.is_some(),
                submodule: submodule(&files, &top),
                prefix,
                has_remotes,
                staged,
                contents: contents.unwrap_or_default(),
                conversion: checkout.conversion,
                // while another run was waited for they may have been changed
                clone: clone.filter(|_| !held.waited),
            },
            state: place.state,
            target: place.folder.join("target"),
            top,
            listed,
            revision,
            records: Arc::new(records),
            _built: built,
            _held: held,
        };
        Ok(Self { directory, manifest: named, subject: judged.subject, copy: Some(copy), staged: format })
    }

    /// What is remembered of the workspace, as far as it was read meanwhile.
    pub fn records(&self) -> Arc<Records> {
        self.copy.as_ref().map(|copy| Arc::clone(&copy.records)).unwrap_or_default()
    }

    /// What rustfmt makes of what is staged, as far as it was asked meanwhile.
    pub fn staged_format(&self) -> &StagedFormat {
        &self.staged
    }

    /// What is judged.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Variables for every program that runs on the judged files: builds go to the copy's own target folder, since
    /// cargo takes a file that is older than its last build for built; and a git that lost its way ends at the
    /// copy's top.
    pub(super) fn variables(&self) -> Vec<(OsString, OsString)> {
        let Some(copy) = &self.copy else { return Vec::new() };
        let above = copy.top.parent().unwrap_or(&copy.top).to_owned();
        let target = &copy.target;
        let variables = [
            ("CARGO_TARGET_DIR", target),
            ("CARGO_BUILD_TARGET_DIR", target),
            ("CARGO_BUILD_BUILD_DIR", target),
            ("GIT_CEILING_DIRECTORIES", &above),
        ];
        variables.map(|(name, value)| (name.into(), value.into())).into()
    }
}

impl Copy {
    /// Whether that is the workspace root in the copy.
    pub(super) fn is_root(&self, root: &Path) -> bool {
        let own = std::fs::canonicalize(joined(&self.top, &self.below));
        own.is_ok_and(|own| std::fs::canonicalize(root).is_ok_and(|root| root == own))
    }

    /// Whether what the manifests in those folders of the workspace name lies in the repository, and what the manifests
    /// there name.
    pub(super) fn stays<'a>(&self, folders: impl IntoIterator<Item = &'a str>) -> Result<(), SnapshotError> {
        let folders = folders.into_iter().map(|folder| crate::facts::join(&self.below, folder));
        let mut seen: BTreeSet<String> =
            folders.map(|folder| folder.trim_end_matches('/').to_owned()).collect();
        let mut open: Vec<String> = seen.iter().cloned().collect();
        let named = |folder: &String| {
            let manifest = joined(&self.top, &crate::facts::join(folder, "Cargo.toml"));
            paths(&std::fs::read_to_string(manifest).unwrap_or_default())
        };
        while !open.is_empty() {
            let found: Vec<Vec<String>> = open.par_iter().map(named).collect();
            let mut more = Vec::new();
            for (folder, path) in open
                .iter()
                .zip(found)
                .flat_map(|(folder, paths)| paths.into_iter().map(move |path| (folder, path)))
            {
                match below(folder, &path).filter(|_| !is_absolute(&path)) {
                    Some(inner) if seen.insert(inner.clone()) => more.push(inner),
                    Some(_) => {}
                    None if is_absolute(&path) && !self.is_users(Path::new(&path)) => {}
                    None => {
                        return Err(SnapshotError::Leaves(crate::facts::join(folder, "Cargo.toml"), path));
                    }
                }
            }
            open = more;
        }
        Ok(())
    }

    /// Whether that lies in the user's own tree.
    fn is_users(&self, path: &Path) -> bool {
        self.users.as_ref().is_some_and(|top| lies_in(path, top))
    }
}

/// The folder of the copy in which cargo is asked: the one that was asked about, or the nearest above it that is there.
fn directory(place: &Place, top: &Path) -> Result<PathBuf, SnapshotError> {
    if !joined(top, &place.below).join("Cargo.toml").is_file() {
        // one that is only meant to be added, or a link to what is not there: cargo would look above the copy
        return Err(SnapshotError::NoManifest(place.below.clone()));
    }
    let mut directory = joined(top, &place.asked);
    while !directory.is_dir() && directory.pop() {}
    Ok(directory)
}

/// Whether a path lies in a folder, wherever links lead; of what is not there the folder above tells.
fn lies_in(path: &Path, folder: &Path) -> bool {
    let real = |path: &Path| {
        let mut above = path.ancestors();
        let there = above.find_map(|above| Some((above, std::fs::canonicalize(above).ok()?)));
        there.map_or_else(
            || path.to_owned(),
            |(above, real)| path.strip_prefix(above).map_or_else(|_| real.clone(), |rest| real.join(rest)),
        )
    };
    real(path).starts_with(real(folder))
}

/// What rustfmt makes of what is staged, for which nobody waits while git brings the copy up to date.
fn asked_ahead(
    environment: &Environment,
    checkout: &Checkout<'_>,
    (place, wanted): (&Place, &Wanted),
    judged: &Judged,
    cancel: &Cancel,
) -> StagedFormat {
    if environment.asks_anew || *wanted != Wanted::Index {
        return StagedFormat::default();
    }
    let mut format = StagedFormat::open(&place.state, cancel);
    // a folder in which a program works cannot be removed on every system: of a copy that is made anew nobody asks
    if let Some((staged, contents)) = judged.staged.as_ref().filter(|_| checkout.is_kept()) {
        format.begin(&joined(&checkout.tree, &place.below), &place.below, (staged, contents));
    }
    format
}

/// A submodule that is checked out there.
fn submodule(files: &[Entry], top: &Path) -> Option<String> {
    let submodules = files.iter().filter(|file| file.is_submodule()).map(|file| path_of(&file.name));
    let mut checked_out = submodules.filter(|path| !is_empty_folder(&top.join(path)));
    checked_out.next().map(|path| path.display().to_string())
}

/// Makes the folder of all that is kept, which no `git add` is to take in where nobody ignores the target folder.
fn private(state: &Path) -> Result<(), SnapshotError> {
    let ignore = state.join(".gitignore");
    if ignore.is_file() {
        return Ok(());
    }
    let made = std::fs::create_dir_all(state).and_then(|()| std::fs::write(&ignore, "*\n"));
    made.map_err(|error| SnapshotError::disk(state, &error))
}

#[cfg(test)]
mod tests;
