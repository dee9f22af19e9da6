//! What is found in a repository.

use std::path::{Path, PathBuf};

use super::configured::GitConfig;
use super::script::{Script, VERSION, posix_path};
use super::{HookName, Owner, owner};

/// What is added to the name of a hook that was there before.
pub const KEPT: &str = ".before-bulletproof";
/// What is added to the name of a hook of ours that somebody changed, before it goes.
pub const CHANGED: &str = ".changed";
/// What managers of hooks add to the name of a hook that they find.
pub const MOVED: [&str; 2] = [LEGACY, ".old"];
const LEGACY: &str = ".legacy";

/// A repository's hooks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repository {
    /// The top of the work tree.
    pub top: PathBuf,
    /// The folder that git looks for hooks in.
    pub folder: PathBuf,
    /// The folder of the workspace that is asked about, without links; none where there is none.
    pub workspace: Option<PathBuf>,
    /// The repository's own folder, shared by all its work trees.
    pub common: PathBuf,
    /// What git's configuration says about hooks.
    pub config: GitConfig,
    /// Whether this git runs hooks of its configuration; where it has none, git is not asked.
    pub runs_config_hooks: bool,
    /// Each hook, in the order of [`HookName::ALL`].
    pub hooks: Vec<Found>,
}

/// What is there of one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The hook.
    pub hook: HookName,
    /// The file that git runs.
    pub file: Option<HookFile>,
    /// The one that was there before ours.
    pub kept: Option<HookFile>,
    /// One of ours that a manager of hooks moved away, with what it added to its name.
    pub moved: Option<(&'static str, HookFile)>,
    /// The program that a script of ours starts; none where it finds none.
    pub program: Option<PathBuf>,
}

/// A hook's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookFile {
    /// Its content.
    pub content: Vec<u8>,
    /// Whether git runs it: it may be executed.
    pub executable: bool,
}

impl HookFile {
    /// Whose it is.
    pub fn owner(&self, hook: HookName) -> Owner {
        owner(hook, &self.content)
    }

    /// Whether it is ours.
    pub fn is_ours(&self, hook: HookName) -> bool {
        matches!(self.owner(hook), Owner::Ours { .. })
    }

    /// Whether it is ours as some version wrote it. Nobody knows the text of another version any more.
    pub fn is_unchanged(&self, hook: HookName) -> bool {
        self.owner(hook) == Owner::Ours { version: Some(VERSION) }
            && Script::read(hook, &self.content).is_some_and(|script| script.text() == self.content)
    }
}

impl Found {
    /// Ours, where the manager of hooks whose hook is there runs it: pre-commit runs what it found, kept as
    /// `NAME.legacy`, and fails where that fails.
    pub fn run_by_manager(&self) -> Option<&HookFile> {
        let (ending, ours) = self.moved.as_ref()?;
        let file = self.file.as_ref().filter(|file| file.executable)?;
        let is_run = file.owner(self.hook) == Owner::Foreign { manager: Some("pre-commit") };
        (is_run && *ending == LEGACY).then_some(ours)
    }

    /// The hook that was there before, unless that is a copy of ours.
    pub fn before(&self) -> Option<&HookFile> {
        self.kept.as_ref().filter(|kept| !kept.is_ours(self.hook))
    }
}

impl Repository {
    /// The file of a hook.
    pub fn file(&self, hook: HookName) -> PathBuf {
        self.folder.join(hook.name())
    }

    /// Where a hook is kept that was there before ours.
    pub fn kept(&self, hook: HookName) -> PathBuf {
        self.folder.join(format!("{hook}{KEPT}"))
    }

    /// Where a manager of hooks moved ours to.
    pub fn moved(&self, hook: HookName, ending: &str) -> PathBuf {
        self.folder.join(format!("{hook}{ending}"))
    }

    /// Where a hook of ours is kept that somebody changed.
    pub fn changed(&self, hook: HookName) -> PathBuf {
        self.folder.join(format!("{hook}{CHANGED}"))
    }

    /// The manifest of the workspace, as a script names it: from the top of the work tree, and none where it lies
    /// there.
    pub fn manifest(&self) -> Option<Vec<u8>> {
        let below = self.workspace.as_ref()?.strip_prefix(&self.top).ok()?;
        let manifest = below.join("Cargo.toml");
        let bytes = || posix_path(manifest.as_os_str().as_encoded_bytes(), cfg!(windows));
        (!below.as_os_str().is_empty()).then(bytes)
    }

    /// Whether the hooks lie in the repository's own folder or in its work tree.
    pub fn holds_its_hooks(&self) -> bool {
        self.folder.starts_with(&self.common) || self.folder.starts_with(&self.top)
    }

    /// Whether the hooks lie among the files of the work tree.
    pub fn hooks_are_files_of_the_tree(&self) -> bool {
        self.folder.starts_with(&self.top) && !self.folder.starts_with(&self.common)
    }

    /// A path as people read it: from the top of the work tree where it lies there.
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.top).unwrap_or(path).display()
    }
}
