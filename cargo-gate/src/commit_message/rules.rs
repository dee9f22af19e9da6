//! What a team asks of its messages.

/// What the `commit-msg` hook asks of a message, beyond the specification of conventional commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRules {
    /// The types that a commit may have; empty for any.
    pub types: Vec<String>,
    /// The scopes that a commit may have; empty for any.
    pub scopes: Vec<String>,
    /// The longest that the first line may be, in characters; 0 for any length.
    pub longest_subject: usize,
}

impl Default for MessageRules {
    fn default() -> Self {
        let types =
            ["build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test"];
        Self { types: types.map(str::to_owned).to_vec(), scopes: Vec::new(), longest_subject: 0 }
    }
}
