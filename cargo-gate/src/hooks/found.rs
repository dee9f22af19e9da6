//! What is found in a repository.

use std::path::{Path, PathBuf};

use super::configured::GitConfig;
use super::{HookName, Owner, owner};

/// What is added to the name of a hook that was there before.
pub const KEPT: &str = ".before-bulletproof";

/// A repository's hooks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repository {
    /// The top of the work tree.
    pub top: PathBuf,
    /// The folder that git looks for hooks in.
    pub folder: PathBuf,
    /// The repository's own folder, shared by all its work trees.
    pub common: PathBuf,
    /// What git's configuration says about hooks.
    pub config: GitConfig,
    /// Whether this git runs hooks of its configuration.
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
}

impl Found {
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
