//! All entries of a ledger.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::session::Session;
use crate::ledger::{Action, Head, Ledger, Told, Unjoined, commit, history as told};
use crate::trouble::Trouble;

/// Every entry up to that end, the oldest first.
///
/// # Errors
/// Where one cannot be read, or is not what it should be.
pub fn history(ledger: &dyn Ledger, head: &Head) -> Result<Vec<Told>, Trouble> {
    told(head, &mut |digest| ledger.entry(digest)).map_err(|error| match error {
        Unjoined::Unread(error) => error.into(),
        Unjoined::Bad(bad) => Trouble::CouldNot(format!("{}: {bad}", ledger.name())),
    })
}

/// When the commits of all candidates were made, of those that this repository has.
pub fn commit_times(session: &Session, told: &[Told]) -> BTreeMap<String, Timestamp> {
    let staged = told.iter().filter_map(|one| match &one.entry.action {
        Action::Stage { staged, .. } => Some(staged.commit.clone()),
        _ => None,
    });
    let commits: Vec<String> = staged.collect();
    let asked = commits.join("\n") + "\n";
    // figures without the times of commits say that they are without
    let answer = session.git.bytes(["cat-file", "--batch"], Some(asked.as_bytes())).unwrap_or_default();
    let objects = commit::objects(&answer).unwrap_or_default();
    if objects.len() != commits.len() {
        return BTreeMap::new();
    }
    let times = objects.into_iter().map(|object| {
        object.filter(|(kind, _)| kind == "commit").and_then(|(_, object)| commit::time(&object))
    });
    commits.into_iter().zip(times).filter_map(|(commit, time)| Some((commit, time?))).collect()
}
