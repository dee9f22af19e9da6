//! What a comparison gives.

/// One comparison on one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::corpus) struct Comparison {
    /// Its column on the page.
    pub(in crate::corpus) column: &'static str,
    /// What our gate says, in short.
    pub(in crate::corpus) ours: String,
    /// What the tool says, in short; none where there is no tool to ask.
    pub(in crate::corpus) truth: Option<String>,
    /// Where the two differ.
    pub(in crate::corpus) differences: Vec<Difference>,
}

impl Comparison {
    /// How many differences have no explanation.
    pub(in crate::corpus) fn unexplained(&self) -> usize {
        self.differences.iter().filter(|difference| !difference.explained).count()
    }
}

/// One thing that only one side says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::corpus) struct Difference {
    /// Whether the reason is one that a gate is made for.
    pub(in crate::corpus) explained: bool,
    /// The kind of difference: those of one kind are shown together.
    pub(in crate::corpus) reason: &'static str,
    /// What it is about.
    pub(in crate::corpus) what: String,
}

impl Difference {
    /// One that must not be.
    pub(in crate::corpus) fn unexplained(reason: &'static str, what: &(impl ToString + ?Sized)) -> Self {
        Self { explained: false, reason, what: what.to_string() }
    }

    /// One that is as it should be.
    pub(in crate::corpus) fn explained(reason: &'static str, what: &(impl ToString + ?Sized)) -> Self {
        Self { explained: true, reason, what: what.to_string() }
    }
}
