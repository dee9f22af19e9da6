//! What steps read beside the tree and the tools.

use serde::{Deserialize, Serialize};

/// Data from elsewhere than the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Data {
    /// The advisory database.
    Advisories {
        /// Its folder; none for the managed one.
        database: Option<String>,
    },
    /// cargo's index cache.
    Index,
    /// The base revision.
    Base {
        /// As the user names it.
        named: Option<String>,
    },
    /// The figures that a gate recorded for the base.
    Figures {
        /// The gate.
        gate: String,
        /// The base, as in [`Data::Base`].
        base: Option<String>,
    },
    /// What differs from the base, as git tells it: flags of the index and attributes elsewhere bend that.
    Changes {
        /// The base, as in [`Data::Base`].
        base: Option<String>,
    },
    /// The commit that is checked out.
    Commit,
    /// What packages outside the workspace hold.
    Packages,
    /// The commits that are searched, and what files are compared with to be searched.
    Commits {
        /// The base, as in [`Data::Base`].
        base: Option<String>,
        /// Whether they are to be pushed.
        pushed: bool,
    },
    /// The hooks of the repository.
    Hooks,
}

impl Data {
    /// Its name for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Advisories { .. } => "advisory database",
            Self::Index => "index cache",
            Self::Base { .. } => "base revision",
            Self::Figures { .. } => "figures of the base",
            Self::Changes { .. } => "changes since the base",
            Self::Commit => "commit",
            Self::Packages => "packages elsewhere",
            Self::Commits { .. } => "commits, remotes and base",
            Self::Hooks => "hooks",
        }
    }

    /// The same for another base, where it has one.
    #[must_use]
    pub fn with_base(self, base: Option<&str>) -> Self {
        let base = base.map(str::to_owned);
        match self {
            Self::Base { .. } => Self::Base { named: base },
            Self::Figures { gate, .. } => Self::Figures { gate, base },
            Self::Changes { .. } => Self::Changes { base },
            Self::Commits { pushed, .. } => Self::Commits { base, pushed },
            other => other,
        }
    }

    /// Whether it hangs on the commit that is checked out, and not on its tree alone.
    pub fn is_of_commit(&self) -> bool {
        matches!(
            self,
            Self::Base { .. }
                | Self::Figures { .. }
                | Self::Changes { .. }
                | Self::Commit
                | Self::Commits { .. }
        )
    }

    /// Whether it may be another for the same tree, in which case only the gates that look at it are judged anew: what
    /// hangs on the commit, and the hooks.
    pub fn is_of_repository(&self) -> bool {
        self.is_of_commit() || *self == Self::Hooks
    }
}
