//! Which inputs of a gate are as they were.

/// What is known of a gate's last verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explained {
    /// Its verdicts are never kept, and why.
    Never(String),
    /// None is kept.
    Unknown,
    /// One is kept.
    Known {
        /// When it was given (RFC 3339).
        at: String,
        /// Each kind of input.
        inputs: Vec<(String, Input)>,
        /// Whether the gate is answered from the cache now.
        answer: bool,
    },
}

/// How a kind of input is, compared with that verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// As it was.
    Same,
    /// Not as it was; with what changed in it, as far as that is known: `changed NAME`, `new NAME`, `gone NAME`.
    Changed(Vec<String>),
}
