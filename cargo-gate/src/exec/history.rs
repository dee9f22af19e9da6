//! The record of test outcomes: one file for each tree under the target folder.

use std::path::Path;

use super::gather::steady_tree;
use super::steps::Bench;
use super::store::{prune, write_artifact};
use crate::gate::{Context, Unreadable};
use crate::step::{Evidence, Step};
use crate::test_run::{History, judge_unit_tests};

/// So many records are kept; the oldest go first.
const MOST_RECORDS: usize = 200;

impl Bench<'_> {
    /// Adds the run to the record of its tree, and gives the whole record; none where files differ from
    /// the commit, or did not when the run began, since then nothing says that two runs met the same code.
    pub(super) fn test_history(
        &self,
        run: &Step,
        key: &str,
        before: &Evidence,
    ) -> Result<Option<History>, Unreadable> {
        let Some(tree) = steady_tree(self.facts, self.cancel) else { return Ok(None) };
        let selected = std::collections::BTreeSet::new();
        let cx = Context::new(self.facts, self.options, &selected).with_tests(self.tests);
        let tests = judge_unit_tests(&cx, before.tool(run)?)?;
        let folder = self.facts.state.join("history").join("tests");
        let path = folder.join(format!("{tree}-{key}.json"));
        let mut history = read(&path)?;
        history.add(&tests.ended, &tests.retried);
        write_artifact(&path, &history.to_bytes()).map_err(|error| Unreadable::crashed(error.to_string()))?;
        prune(&folder, MOST_RECORDS, MOST_RECORDS);
        Ok(Some(history))
    }
}

fn read(path: &Path) -> Result<History, Unreadable> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Unreadable::garbage(format!("{}: {error}", path.display()))
            .help("remove the file; what is known of earlier runs on this tree is then lost")
    };
    match std::fs::read(path) {
        Ok(bytes) => History::parse(&bytes).map_err(|error| unreadable(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(History::default()),
        Err(error) => Err(Unreadable::crashed(format!("{}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_not_there_is_empty_and_a_damaged_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert_eq!(read(&path), Ok(History::default()));
        std::fs::write(&path, "{\"runs\":1").unwrap();
        assert!(read(&path).unwrap_err().reason.contains("a.json"));
    }
}
