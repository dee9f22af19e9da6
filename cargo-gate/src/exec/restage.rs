//! Puts a mended text into the user's index, where the config asks for it in a hook.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::base::Git;
use super::process::run;
use super::{Cancel, Environment, replace_file, text_of};
use crate::facts::Facts;
use crate::gate::Unreadable;

/// The longest that a question to git may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Where a mended text went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restaged {
    /// Into the index and the file on disk, which was as staged.
    Both,
    /// Into the index only: the file on disk has other changes.
    Index,
}

/// The user's index beside the copy of it that was judged.
#[derive(Debug)]
pub struct Restage<'a> {
    /// The user's own tree.
    user: Facts,
    /// What the copy is of.
    tree: Option<String>,
    environment: &'a Environment,
    cancel: &'a Cancel,
}

impl<'a> Restage<'a> {
    /// From the facts of the copy.
    pub fn new(copy: &Facts, environment: &'a Environment, cancel: &'a Cancel) -> Self {
        let user = Facts { root: copy.home.clone(), tools: copy.tools.clone(), ..Facts::default() };
        Self { user, tree: copy.subject.tree.clone(), environment, cancel }
    }

    fn git(&self) -> Git<'_> {
        Git { facts: &self.user, environment: self.environment, timeout: TIMEOUT, cancel: self.cancel }
    }

    /// The files that the commit is about, relative to the workspace root.
    ///
    /// # Errors
    /// When git cannot tell, or is about to commit from another index than the one that it has.
    pub fn files(&self) -> Result<BTreeSet<String>, Unreadable> {
        let git = self.git();
        self.own_index(&git)?;
        let form =
            ["diff", "--cached", "--name-only", "-z", "--no-renames", "--relative", "--diff-filter=AM"];
        let names = git.stdout(&[&form[..], &["--no-ext-diff", "--"]].concat())?;
        let names = String::from_utf8(names)
            .map_err(|_| Unreadable::garbage("git names a path that is not UTF-8"))?;
        Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Puts the text into the index, and into the file on disk where that is as it was staged.
    ///
    /// # Errors
    /// When the index is no more what was judged, or git cannot write it.
    pub fn write(&self, file: &str, before: &str, after: &str) -> Result<Restaged, Unreadable> {
        let git = self.git();
        let named = git.prefix()? + file;
        let literal = format!(":(literal){file}");
        let entry = git.line(&["ls-files", "--stage", "-z", "--full-name", "--", &literal])?;
        let changed = || Unreadable::garbage("the index changed meanwhile");
        let (entry, name) = entry.trim_end_matches('\0').split_once('\t').ok_or_else(changed)?;
        let [mode, blob, "0"] = entry.split(' ').collect::<Vec<_>>()[..] else { return Err(changed()) };
        let tree = self.tree.as_deref().ok_or_else(changed)?;
        if name != named || git.line(&["rev-parse", "--verify", &format!("{tree}:{named}")])? != blob {
            return Err(changed());
        }
        let mut hash = git.command(&["hash-object", "-w", "--stdin", "--path", file]);
        hash.stdin = Some(after.as_bytes().to_vec());
        let captured = run(&hash, self.cancel);
        let code = captured.exit_code()?;
        let text = String::from_utf8_lossy(&captured.stdout).trim().to_owned();
        if code != 0 || text.len() < 40 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Unreadable::crashed("`git hash-object` gave no hash"));
        }
        git.stdout(&["update-index", "--cacheinfo", &format!("{mode},{text},{named}")])?;
        let path = self.user.root.join(file);
        if text_of(&path).as_deref() != Some(before) {
            return Ok(Restaged::Index);
        }
        let written = replace_file(&path, after.as_bytes());
        written.map(|()| Restaged::Both).map_err(|error| Unreadable::crashed(error.to_string()))
    }

    /// A commit of paths, or of everything, has an index of its own for the time of the hook.
    fn own_index(&self, git: &Git<'_>) -> Result<(), Unreadable> {
        let Some(named) = &self.environment.git_index else { return Ok(()) };
        let own = self.user.root.join(git.line(&["rev-parse", "--git-path", "index"])?);
        let real = |path: PathBuf| std::fs::canonicalize(&path).unwrap_or(path);
        if real(self.environment.directory.join(named)) == real(own) {
            return Ok(());
        }
        Err(Unreadable::unavailable(
            "nothing is fixed: this commit takes paths, or everything, and not the index as it is",
        ))
    }
}
