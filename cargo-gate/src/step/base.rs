//! Steps and evidence about the revision that a change is compared with.

use std::collections::BTreeMap;

use super::{Evidence, Observed, Step};
use crate::gate::{Context, Metric, Unreadable};
use crate::parse::git_diff::Changes;

/// The revision that a change is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The commit's hash.
    pub commit: String,
    /// Its tree's hash.
    pub tree: String,
    /// How it was found, in words.
    pub how: String,
}

impl Base {
    /// The hash as people read it.
    pub fn short(&self) -> &str {
        self.commit.get(..10).unwrap_or(&self.commit)
    }
}

/// What was found out about the base. Nothing means that there is provably nothing to compare with: no
/// repository, no commit, or the first commit of all.
pub type AgainstBase<T> = Result<Option<T>, Unreadable>;

/// The base revision.
pub fn base(cx: &Context<'_>) -> Step {
    Step::Base { named: cx.options.base.clone() }
}

/// The lines that differ from the base.
pub fn changes(cx: &Context<'_>) -> Step {
    Step::Changes { base: cx.options.base.clone() }
}

/// A file, named relative to the workspace root, as of the base.
pub fn base_file(cx: &Context<'_>, path: &str) -> Step {
    Step::BaseFile { path: path.to_owned(), base: cx.options.base.clone() }
}

/// The figures that an earlier run of the gate recorded for the base's tree.
pub fn base_figures(cx: &Context<'_>, gate: &str) -> Step {
    Step::BaseFigures { gate: gate.to_owned(), base: cx.options.base.clone() }
}

impl Evidence {
    /// The base revision; none where there is nothing to compare with.
    ///
    /// # Errors
    /// When the step was not done, or the base could not be found out.
    pub fn base(&self, cx: &Context<'_>) -> Result<Option<&Base>, Unreadable> {
        let step = base(cx);
        match self.get(&step) {
            Some(Observed::Base(found)) => found.as_ref().map(Option::as_ref).map_err(Clone::clone),
            _ => Err(Unreadable::not_done(&step)),
        }
    }

    /// The lines that differ from the base; none where there is no base.
    ///
    /// # Errors
    /// When the step was not done, or git gave no answer.
    pub fn changes(&self, cx: &Context<'_>) -> Result<Option<&Changes>, Unreadable> {
        let step = changes(cx);
        match self.get(&step) {
            Some(Observed::Changes(found)) => found.as_ref().map(Option::as_ref).map_err(Clone::clone),
            _ => Err(Unreadable::not_done(&step)),
        }
    }

    /// A file as of the base; none where there is no base, or the file was not there.
    ///
    /// # Errors
    /// When the step was not done, or git gave no answer.
    pub fn base_file(&self, step: &Step) -> Result<Option<&[u8]>, Unreadable> {
        match self.get(step) {
            Some(Observed::BaseFile(found)) => found.as_ref().map(Option::as_deref).map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// The recorded figures of the base; none where there is no base, or nothing is recorded for it.
    ///
    /// # Errors
    /// When the step was not done, or the record cannot be read.
    pub fn figures(&self, step: &Step) -> Result<Option<&BTreeMap<String, Metric>>, Unreadable> {
        match self.get(step) {
            Some(Observed::BaseFigures(found)) => found.as_ref().map(Option::as_ref).map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }
}
