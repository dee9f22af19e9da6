//! The hooks that there are.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A hook of git's that our gates run in.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum HookName {
    /// Before a commit: what is staged is judged.
    PreCommit,
    /// Before a push: the commits that are pushed are judged.
    PrePush,
    /// Before a commit: its message is judged.
    CommitMsg,
}

impl HookName {
    /// Every hook, in the order of reports.
    pub const ALL: [Self; 3] = [Self::PreCommit, Self::PrePush, Self::CommitMsg];
    /// Those that are installed where nobody says which.
    pub const USUAL: [Self; 2] = [Self::PreCommit, Self::PrePush];

    /// git's name of it, which is that of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
            Self::CommitMsg => "commit-msg",
        }
    }
}

impl fmt::Display for HookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
