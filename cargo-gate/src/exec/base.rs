//! The revision that a change is compared with, as git knows it. The user's tree, index and refs are only
//! read: what has to be written out goes to a private folder, by way of a private index.

mod changes;
mod commits;
mod tree;

use std::time::Duration;

use self::commits::{Commits, expect_one};
use super::git::git;
use super::process::{Command, run};
use super::{Cancel, Environment};
use crate::facts::Facts;
use crate::gate::Unreadable;
use crate::parse::git_objects::boundary;
use crate::step::{AgainstBase, Base, Captured, End, Tool};

/// Branches that a change usually starts from, in the order in which they are tried.
const USUAL: [&str; 6] = ["origin/HEAD", "origin/main", "origin/master", UPSTREAM, "main", "master"];

/// What the branch that is checked out follows.
const UPSTREAM: &str = "@{upstream}";

/// git in the workspace root.
pub(super) struct Git<'a> {
    pub(super) facts: &'a Facts,
    pub(super) environment: &'a Environment,
    pub(super) timeout: Duration,
    pub(super) cancel: &'a Cancel,
}

impl Git<'_> {
    /// The base: the named revision's, or a usual branch's, merge base with `HEAD`; where that is `HEAD`
    /// itself, what the server had before the push, the commit before `HEAD`, or `HEAD` for a tree whose tracked
    /// files have changes that are not committed.
    pub(super) fn base(&self, named: Option<&str>) -> AgainstBase<Base> {
        let Environment { base_hints: targets, before, .. } = self.environment;
        let others = if let Some(name) = named {
            vec![name.to_owned()]
        } else {
            let usual = targets.iter().chain(before).cloned();
            usual.chain(USUAL.map(|name| self.in_users_tree(name))).chain(["HEAD^1".to_owned()]).collect()
        };
        let known = self.commits(&others)?;
        let Some(head) = self.head_of(known.as_ref())? else {
            // a revision that somebody names is no matter to pass over
            return named.map_or(Ok(None), |name| Err(unknown(name)));
        };
        let known = known.unwrap_or_default();
        if let Some(name) = named {
            let commit = known.get(name).cloned().ok_or_else(|| unknown(name))?;
            let fork = self.merge_base(&commit)?.ok_or_else(|| unrelated(name))?;
            return self.described(fork, &known, format!("the base {name}")).map(Some);
        }
        expect_one(targets, &known)?;
        if let Some(base) = self.left(targets.iter().map(String::as_str).chain(USUAL), &head, &known)? {
            return Ok(Some(base));
        }
        expect_one(before.as_slice(), &known)?;
        if let Some(base) = self.left(before.iter().map(String::as_str), &head, &known)? {
            return Ok(Some(base));
        }
        if self.has_changes()? {
            return self.described(head, &known, "HEAD".to_owned()).map(Some);
        }
        match known.get("HEAD^1") {
            Some(parent) => {
                self.described(parent.clone(), &known, "the commit before HEAD".to_owned()).map(Some)
            }
            None if self.is_shallow()? => Err(shallow("the commit before HEAD")),
            // after the first commit of all, new files are what there is to compare
            None if self.facts.revision.as_ref().is_some_and(|revision| revision.dirty) => {
                self.described(head, &known, "HEAD".to_owned()).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Whether tracked files of what is judged have changes that are not committed: of a commit none has, whatever lies
    /// in the user's tree. A file that git does not know changes nothing of what the last commit brought.
    fn has_changes(&self) -> Result<bool, Unreadable> {
        if self.facts.revision.as_ref().is_some_and(|revision| !revision.dirty) {
            return Ok(false);
        }
        let tracked = ["--untracked-files=no", "--ignore-submodules=untracked"];
        Ok(!self.stdout(&[&["status", "--porcelain", "-z"], &tracked[..]].concat())?.is_empty())
    }

    /// A copy has no branch of its own: what counts is that of the user's tree.
    fn in_users_tree(&self, name: &str) -> String {
        let branch = self.facts.subject.branch.as_ref().and_then(|branch| branch.strip_prefix("refs/heads/"));
        let theirs = branch.filter(|_| name == UPSTREAM).map(|branch| format!("{branch}{name}"));
        theirs.unwrap_or_else(|| name.to_owned())
    }

    /// Where `HEAD` left the first of those revisions that it left at all; one that is not known here is passed
    /// over.
    fn left<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
        head: &str,
        known: &Commits,
    ) -> AgainstBase<Base> {
        for name in names {
            // what is at `HEAD` itself was not left
            let commit = known.get(&self.in_users_tree(name)).filter(|commit| *commit != head);
            let Some(commit) = commit else { continue };
            if let Some(fork) = self.merge_base(commit)?.filter(|fork| fork != head) {
                return self.described(fork, known, format!("where HEAD left {name}")).map(Some);
            }
        }
        Ok(None)
    }

    /// Where a commit left the branches of remote repositories, as a push finds it; none where it did not, or shares nothing
    /// with them.
    pub(super) fn left_remotes(&self, commit: &str) -> AgainstBase<String> {
        let listed = self.stdout(&["rev-list", "--boundary", commit, "--not", "--remotes"])?;
        let listed = String::from_utf8_lossy(&listed);
        match boundary(&listed).as_slice() {
            [] => Ok(None),
            [one] => Ok(Some((*one).to_owned())),
            several => one_hash(&self.ask(&[&["merge-base", commit], several].concat()), &[1]),
        }
    }

    /// Whether the workspace is in a repository.
    pub(super) fn in_repository(&self) -> Result<bool, Unreadable> {
        self.is_repository(&self.ask(&["rev-parse", "--is-inside-work-tree"]))
    }

    /// What git says of the place in the repository, so many lines; none without a repository. In a folder of git's own
    /// it has no more to say than that it is not in a work tree.
    pub(super) fn about<const N: usize>(&self, asked: &[&str]) -> Result<Option<[String; N]>, Unreadable> {
        let captured = self.ask(&[&["rev-parse"], asked].concat());
        if String::from_utf8_lossy(&captured.stdout).lines().next() == Some("false") {
            let mut said = [const { String::new() }; N];
            said.first_mut().into_iter().for_each(|first| "false".clone_into(first));
            return Ok(Some(said));
        }
        if !self.is_repository(&captured)? {
            return Ok(None);
        }
        let text = String::from_utf8(captured.stdout)
            .map_err(|_| Unreadable::garbage("git names a path that is not UTF-8"))?;
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let said = lines.try_into();
        said.map(Some).map_err(|_| Unreadable::garbage(format!("`{}` gave no clear answer", captured.what)))
    }

    /// The same by the end of any call that fails only without a repository.
    fn is_repository(&self, captured: &Captured) -> Result<bool, Unreadable> {
        match captured {
            // without git nobody can say what a repository holds
            Captured { end: End::NotFound, .. } if self.has_repository() => Err(no_git()),
            Captured { end: End::NotFound, .. } => Ok(false),
            captured if captured.exit_code()? == 0 => Ok(true),
            captured if String::from_utf8_lossy(&captured.stderr).contains("not a git repository") => {
                if self.has_repository() { Err(refused(captured)) } else { Ok(false) }
            }
            captured => Err(failed(captured)),
        }
    }

    /// Whether there is a `.git` at the workspace root or above it.
    fn has_repository(&self) -> bool {
        self.facts.root.ancestors().any(|folder| folder.join(".git").exists())
    }

    /// The time of the last commit, in seconds since 1970.
    pub(super) fn commit_time(&self) -> Result<String, Unreadable> {
        let text = self.line(&["log", "-1", "--no-show-signature", "--format=%ct", "HEAD"])?;
        let is_time = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_time.then_some(text).ok_or_else(|| Unreadable::garbage("`git log` gave no time"))
    }

    fn merge_base(&self, commit: &str) -> AgainstBase<String> {
        let found = one_hash(&self.ask(&["merge-base", "HEAD", commit]), &[1])?;
        if found.is_none() && self.is_shallow()? { Err(shallow(commit)) } else { Ok(found) }
    }

    fn described(&self, commit: String, known: &Commits, how: String) -> Result<Base, Unreadable> {
        let ask = || one_hash(&self.ask(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")]), &[]);
        let tree = known.trees.get(&commit).map_or_else(ask, |tree| Ok(Some(tree.clone())))?;
        let tree = tree.ok_or_else(|| Unreadable::garbage("git names no tree of the base"))?;
        Ok(Base { commit, tree, how })
    }

    pub(super) fn is_shallow(&self) -> Result<bool, Unreadable> {
        let captured = self.ask(&["rev-parse", "--is-shallow-repository"]);
        match (captured.exit_code()?, captured.stdout.trim_ascii()) {
            (0, b"true") => Ok(true),
            (0, b"false") => Ok(false),
            _ => Err(failed(&captured)),
        }
    }

    /// A file as of the base; none where it was not there.
    pub(super) fn file(&self, base: &Base, name: &str) -> AgainstBase<Vec<u8>> {
        let listed = self.stdout(&["ls-tree", "-z", &base.commit, "--", name])?;
        if listed.is_empty() {
            return Ok(None);
        }
        let line = std::str::from_utf8(&listed).ok().and_then(|text| text.strip_suffix('\0'));
        let blob = line.and_then(|line| line.split_once('\t')?.0.split(' ').nth(2));
        let blob =
            blob.ok_or_else(|| Unreadable::garbage("`git ls-tree` gave an answer that is cut short"))?;
        self.stdout(&["cat-file", "blob", blob]).map(Some)
    }

    /// The folder of the repository that the workspace lies in, with a `/` at its end; empty at its top.
    pub(super) fn prefix(&self) -> Result<String, Unreadable> {
        self.line(&["rev-parse", "--show-prefix"])
    }

    pub(super) fn line(&self, args: &[&str]) -> Result<String, Unreadable> {
        let stdout = self.stdout(args)?;
        let text = String::from_utf8(stdout)
            .map_err(|_| Unreadable::garbage("git names a path that is not UTF-8"))?;
        Ok(text.trim_end_matches(['\n', '\r']).to_owned())
    }

    pub(super) fn stdout(&self, args: &[&str]) -> Result<Vec<u8>, Unreadable> {
        let captured = self.ask(args);
        if captured.exit_code()? == 0 { Ok(captured.stdout) } else { Err(failed(&captured)) }
    }

    /// What git prints; none where it ends with 1, as it does where it has nothing of what was asked for.
    pub(super) fn none_or_stdout(&self, args: &[&str]) -> Result<Option<Vec<u8>>, Unreadable> {
        let captured = self.ask(args);
        match captured.exit_code()? {
            0 => Ok(Some(captured.stdout)),
            1 if captured.stdout.is_empty() && captured.stderr.is_empty() => Ok(None),
            _ => Err(failed(&captured)),
        }
    }

    /// What a question with the answers yes (0) and no (1) comes to.
    pub(super) fn holds(&self, args: &[&str]) -> Result<bool, Unreadable> {
        let captured = self.ask(args);
        match captured.exit_code()? {
            0 => Ok(true),
            1 if captured.stderr.is_empty() => Ok(false),
            _ => Err(failed(&captured)),
        }
    }

    fn ask(&self, args: &[&str]) -> Captured {
        run(&self.command(args), self.cancel)
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let program = self.facts.tools.get(&Tool::Git).cloned().unwrap_or_else(|| "git".into());
        let mut command =
            git(program, &self.facts.root, self.timeout).args(["--no-optional-locks"]).args(args);
        // a number of context lines that would go before ours
        command.env.push(("GIT_DIFF_OPTS".into(), None));
        command
    }
}

/// The one hash that git answers with; none where it ends with one of those codes and says nothing.
fn one_hash(captured: &Captured, none: &[i32]) -> AgainstBase<String> {
    let code = captured.exit_code()?;
    let text = std::str::from_utf8(&captured.stdout).unwrap_or_default().trim();
    if none.contains(&code) && text.is_empty() {
        return Ok(None);
    }
    // criss-cross merges have several bases; the first is as good as the others
    let hash = text.lines().next().unwrap_or_default();
    match code {
        0 if is_hash(hash) => Ok(Some(hash.to_owned())),
        0 => Err(Unreadable::garbage(format!("`{}` gave no hash", captured.what))),
        _ => Err(failed(captured)),
    }
}

fn is_hash(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn failed(captured: &Captured) -> Unreadable {
    let said = String::from_utf8_lossy(&captured.stderr);
    Unreadable::crashed(format!("`{}` failed: {}", captured.what, said.trim()))
}

fn no_git() -> Unreadable {
    Unreadable::unavailable("git is not installed, and the workspace is in a git repository")
        .help(Tool::Git.install())
}

/// There is a `.git`, and git says that there is no repository.
fn refused(captured: &Captured) -> Unreadable {
    let said = String::from_utf8_lossy(&captured.stderr);
    let reason = format!("there is a .git here, and git finds no repository behind it: {}", said.trim());
    Unreadable::unavailable(reason)
        .help("a worktree or submodule needs the repository that its .git file names: mount that too")
}

fn not_fetched(name: &str) -> Unreadable {
    let reason = format!("the CI server names the base revision `{name}`, which is not known here");
    Unreadable::unavailable(reason).help(
        "check out with the whole history (fetch-depth: 0, GIT_DEPTH: 0); after a forced push fetch the old \
         commit by its hash (git fetch origin HASH), or name another base with --base",
    )
}

pub(super) fn unknown(name: &str) -> Unreadable {
    Unreadable::unavailable(format!("the base revision `{name}` is not known here"))
        .help("fetch it (git fetch), or name another with --base")
}

fn unrelated(name: &str) -> Unreadable {
    Unreadable::unavailable(format!("HEAD and the base revision `{name}` have no commit in common"))
        .help("name another base with --base")
}

fn shallow(what: &str) -> Unreadable {
    Unreadable::unavailable(format!("this clone is too shallow to know {what}"))
        .help("git fetch --unshallow; in CI: check out with the whole history (fetch-depth: 0)")
}

#[cfg(test)]
mod tests;
