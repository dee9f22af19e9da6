//! What a change brings beside the files on disk: the contents that are staged, and those of every commit
//! since the base. A secret that a later commit takes out again is pushed all the same.

use std::collections::BTreeSet;

use super::base::Git;
use super::process::run;
use crate::gate::Unreadable;
use crate::parse::git_objects::{contents, of_raw_diff, of_rev_list, sizes};
use crate::secret::{Tree, scan, text_of};
use crate::step::Base;

/// How many bytes of contents are asked for at once.
const CHUNK: u64 = 64 << 20;

impl Git<'_> {
    /// Looks for secrets in what is staged and in the commits since the base; what the files on disk were
    /// already found to hold is not told again.
    pub(super) fn look_at_brought(
        &self,
        base: &Base,
        mut tree: Tree,
        most_bytes: u64,
    ) -> Result<Tree, Unreadable> {
        let odd =
            |what: &str| Unreadable::garbage(format!("`git {what}` gave an answer that cannot be read"));
        let prefix = self.line(&["rev-parse", "--show-prefix"])?;
        let range = format!("{}..HEAD", base.commit);
        let commits = self.stdout(&["rev-list", "--objects", &range, "--"])?;
        let form = ["diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff"];
        let staged = self.stdout(&[&form[..], &[base.commit.as_str(), "--"]].concat())?;
        let mut named = of_rev_list(&commits).ok_or_else(|| odd("rev-list"))?;
        named.extend(of_raw_diff(&staged).ok_or_else(|| odd("diff --cached"))?);
        named.retain(|_, path| path.starts_with(&prefix));
        let all: String = named.keys().flat_map(|hash| [hash, "\n"]).collect();
        let checked = self.fed(&["cat-file", "--batch-check"], &all)?;
        let blobs = sizes(&checked, named.len()).ok_or_else(|| odd("cat-file --batch-check"))?;
        let known: BTreeSet<(String, &'static str, String)> = tree
            .found
            .iter()
            .map(|(path, found)| (path.clone(), found.rule.name(), found.digest.clone()))
            .collect();
        let mut known = known;
        for chunk in chunks(blobs.into_iter().filter(|(_, size)| *size <= most_bytes)) {
            let asked: String = chunk.iter().flat_map(|(hash, _)| [hash, "\n"]).collect();
            let answer = self.fed(&["cat-file", "--batch"], &asked)?;
            let texts = contents(&answer, &chunk).ok_or_else(|| odd("cat-file --batch"))?;
            for ((hash, _), bytes) in chunk.iter().zip(texts) {
                let path = named.get(hash).and_then(|path| path.strip_prefix(&prefix)).unwrap_or_default();
                let Some(text) = text_of(bytes) else { continue };
                for mut found in scan(path, &text).map_err(Unreadable::defect)? {
                    if known.insert((path.to_owned(), found.rule.name(), found.digest.clone())) {
                        found.past = true;
                        tree.found.push((path.to_owned(), found));
                    }
                }
            }
        }
        Ok(tree)
    }

    /// The output of a call that reads those lines.
    fn fed(&self, args: &[&str], lines: &str) -> Result<Vec<u8>, Unreadable> {
        let mut command = self.command(args);
        command.stdin = Some(lines.as_bytes().to_vec());
        let captured = run(&command, self.cancel);
        match captured.exit_code()? {
            0 => Ok(captured.stdout),
            code => Err(Unreadable::crashed(format!("`{}` ended with {code}", captured.what))),
        }
    }
}

/// Blobs with their sizes, in lists that are not too large to be held at once.
fn chunks(blobs: impl Iterator<Item = (String, u64)>) -> Vec<Vec<(String, u64)>> {
    let mut all: Vec<Vec<(String, u64)>> = Vec::new();
    let mut held = CHUNK;
    for (hash, size) in blobs {
        if held + size >= CHUNK {
            all.push(Vec::new());
            held = 0;
        }
        held += size;
        if let Some(last) = all.last_mut() {
            last.push((hash, size));
        }
    }
    all
}
