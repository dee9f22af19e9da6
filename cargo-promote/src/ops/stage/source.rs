//! The commit that is staged.

use std::fmt::Write as _;

use crate::ops::Git;
use crate::trouble::Trouble;

/// How many files that are not clean are named.
const MOST_NAMED: usize = 10;

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Its hash.
    pub(super) commit: String,
    /// Its tree's.
    pub(super) tree: String,
    /// When it was made, in seconds since 1970.
    pub(super) time: u64,
    /// The workspace root from the top of the repository, as git writes it; empty at its top.
    pub(super) below: String,
}

/// The commit of that revision. Without one it is `HEAD`, and the files that git tracks have to be its.
///
/// # Errors
/// Where they are not, or there is no such commit.
pub(super) fn source(git: &Git, revision: Option<&str>) -> Result<Source, Trouble> {
    if revision.is_none() {
        clean(git)?;
    }
    let named = revision.unwrap_or("HEAD");
    if named.starts_with('-') {
        return Err(Trouble::CouldNot(format!("`{}` is no revision", named.escape_debug())));
    }
    let ask = |what: String| git.text(["rev-parse", "--verify", "--quiet", "--end-of-options", &what]);
    let commit = ask(format!("{named}^{{commit}}")).map_err(|_| {
        Trouble::CouldNot(format!("`{}` names no commit of this repository", named.escape_debug()))
    })?;
    let tree = ask(format!("{commit}^{{tree}}"))?;
    let time = git.text(["show", "--no-show-signature", "--no-patch", "--format=%ct", &commit])?;
    let time = time.parse().map_err(|_| {
        Trouble::CouldNot(format!("the commit {commit} has no time that a file can have: {time}"))
    })?;
    Ok(Source { commit, tree, time, below: git.text(["rev-parse", "--show-prefix"])? })
}

/// Checks that the files that git tracks are those of the commit.
fn clean(git: &Git) -> Result<(), Trouble> {
    let form = ["status", "--porcelain", "-z", "--no-renames"];
    // whatever settings of the user's hide
    let tracked = ["--untracked-files=no", "--ignore-submodules=none"];
    let listed = git.bytes(form.into_iter().chain(tracked), None)?;
    let listed = String::from_utf8_lossy(&listed);
    let names: Vec<&str> = listed.split('\0').filter(|line| !line.is_empty()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let mut text = String::from("only a commit can be staged, and these files differ from HEAD:");
    for name in names.iter().take(MOST_NAMED) {
        text.push_str("\n  ");
        text.extend(name.escape_debug());
    }
    if names.len() > MOST_NAMED {
        let _ = write!(text, "\n  and {} more", names.len() - MOST_NAMED);
    }
    Err(Trouble::Refused(text + "\ncommit them, or name a commit with --rev"))
}
