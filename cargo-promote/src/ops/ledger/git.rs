//! The ledger as a branch of a git repository. Each commit holds one entry and has the one before as its parent, so
//! that a plain push, which only takes a child of what is there, is a compare-and-swap. Objects are written into the
//! local repository; its index, its tree, its HEAD and its references are never touched, but that git notes where a branch
//! of a remote is, as after any push.

use std::cell::RefCell;
use std::collections::BTreeMap;

use cargo_gate::step::{Captured, End};

use crate::digest::Digest;
use crate::ledger::commit::{self, FILE, Object, Pushed};
use crate::ledger::{Appended, Entry, Guarantee, Head, Ledger};
use crate::ops::mirrors::shown;
use crate::ops::{Git, GitError, failed};
use crate::store::StoreError;
use crate::trouble::Trouble;

/// The ledger in a branch of a remote.
#[derive(Debug)]
pub struct GitLedger {
    git: Git,
    remote: String,
    branch: String,
    known: RefCell<Known>,
}

/// What was read and checked before.
#[derive(Debug, Default)]
struct Known {
    head: Head,
    entries: BTreeMap<Digest, Entry>,
}

impl GitLedger {
    /// The ledger in that branch; git is asked where the objects are to be.
    ///
    /// # Errors
    /// Where the remote's address has a password in it, which would be seen by everybody on this machine.
    pub fn new(git: &Git, remote: &str, branch: &str) -> Result<Self, Trouble> {
        let has_secret = url::Url::parse(remote).is_ok_and(|url| url.password().is_some());
        if has_secret
            || remote.starts_with('-')
            || branch.starts_with('-')
            || branch.contains([':', '*', ' '])
        {
            return Err(Trouble::CouldNot(format!(
                "promote.toml: [ledger] cannot be the branch `{branch}` of {}: passwords belong to git's credential \
                 helpers, and names have no `:`, `*` or space",
                shown(remote)
            )));
        }
        let known = RefCell::default();
        Ok(Self { git: git.clone(), remote: remote.to_owned(), branch: branch.to_owned(), known })
    }

    fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    fn failed(&self, doing: &str, error: &GitError) -> StoreError {
        StoreError::Failed { place: self.name(), doing: doing.to_owned(), cause: error.to_string() }
    }

    fn damaged(&self, what: &str, how: String) -> StoreError {
        StoreError::Damaged { place: self.name(), what: what.to_owned(), how }
    }

    /// The commit at the end of the branch, as the remote has it now.
    fn tip(&self) -> Result<Option<String>, StoreError> {
        let reference = self.reference();
        let told = self.git.text(["ls-remote", "--quiet", "--", &self.remote, &reference]);
        let told = told.map_err(|error| self.failed("reading the branch", &error))?;
        let references = crate::mirrors::references(&told).map_err(|why| self.damaged("the branch", why))?;
        Ok(references.get(&reference).map(|found| found.object.clone()))
    }

    /// Has git bring what the branch ends in, without any reference of this repository.
    fn fetch(&self) -> Result<(), StoreError> {
        let fixed = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-prune",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--recurse-submodules=no",
            "--refmap=",
        ];
        let known = self.known.borrow().head.version.clone();
        // else the remote is told of every branch of this repository, none of which is the ledger's
        let tip = (!known.is_empty()).then(|| format!("--negotiation-tip={known}"));
        let what = ["--".to_owned(), self.remote.clone(), self.reference()];
        let fetched = self.git.bytes(fixed.into_iter().map(str::to_owned).chain(tip).chain(what), None);
        fetched.map(|_| ()).map_err(|error| self.failed("fetching the branch", &error))
    }

    fn objects(&self, names: &[String]) -> Result<Vec<Option<Object>>, StoreError> {
        let asked: String = names.iter().flat_map(|name| [name.as_str(), "\n"]).collect();
        let told = self.git.bytes(["--no-replace-objects", "cat-file", "--batch"], Some(asked.as_bytes()));
        let told = told.map_err(|error| self.failed("reading objects", &error))?;
        let found = commit::objects(&told).map_err(|why| self.damaged("the local repository", why))?;
        if found.len() == names.len() {
            return Ok(found);
        }
        Err(self.damaged("the local repository", "git cat-file told too little".to_owned()))
    }

    /// A commit, its entry, and the entry before it.
    fn read(&self, tip: &str) -> Result<Head, StoreError> {
        let names = [tip.to_owned(), format!("{tip}:{FILE}"), format!("{tip}^1:{FILE}")];
        // what somebody else wrote since this session looked is not here
        let is_new = !self.known.borrow().head.version.is_empty();
        if is_new {
            self.fetch()?;
        }
        let mut found = self.objects(&names)?;
        let parents = |found: &[Option<Object>]| match found.first() {
            Some(Some((kind, bytes))) if kind == "commit" => Some(commit::parents(bytes)),
            _ => None,
        };
        // it, or the one before it, is not here yet
        let is_whole = parents(&found)
            .is_some_and(|parents| found.iter().flatten().count() == if parents.is_empty() { 2 } else { 3 });
        if !is_whole && !is_new {
            self.fetch()?;
            found = self.objects(&names)?;
        }
        let parents = parents(&found).ok_or_else(|| self.damaged(tip, "it is no commit".to_owned()))?;
        if parents.len() > 1 {
            return Err(self.damaged(tip, "it is a merge, which no entry is".to_owned()));
        }
        let mut files = found.into_iter().skip(1);
        let entry = self.decode(tip, files.next().flatten())?;
        let before = match files.next() {
            Some(file) if !parents.is_empty() => Some(self.decode("the commit before the last", file)?),
            _ => None,
        };
        entry.1.check_follows(before.as_ref()).map_err(|bad| self.damaged(tip, bad.to_string()))?;
        self.known.borrow_mut().entries.extend(before.into_iter().chain([entry.clone()]));
        Ok(Head { version: tip.to_owned(), last: Some(entry), joined: None })
    }

    fn decode(&self, commit: &str, file: Option<Object>) -> Result<(Digest, Entry), StoreError> {
        match file {
            Some((kind, bytes)) if kind == "blob" => {
                let entry = Entry::read(&bytes).map_err(|bad| self.damaged(commit, bad.to_string()))?;
                Ok((Digest::of(&bytes), entry))
            }
            _ => Err(self.damaged(commit, format!("it has no file {FILE}"))),
        }
    }

    /// Reads every entry up to what was seen as the end.
    fn read_all(&self) -> Result<(), StoreError> {
        let tip = self.head()?.version;
        if tip.is_empty() {
            return Ok(());
        }
        let commits = self.git.text(["--no-replace-objects", "rev-list", "--first-parent", &tip]);
        let commits = commits.map_err(|error| self.failed("listing the commits", &error))?;
        let names: Vec<String> = commits.lines().map(|commit| format!("{commit}:{FILE}")).collect();
        let files = self.objects(&names)?;
        let entries: Result<Vec<_>, _> =
            names.iter().zip(files).map(|(name, file)| self.decode(name, file)).collect();
        self.known.borrow_mut().entries.extend(entries?);
        Ok(())
    }

    /// Writes the commit that holds an entry; gives its name.
    fn write(&self, on: &Head, entry: &Entry) -> Result<String, GitError> {
        let hash = |kind: &str, bytes: &[u8]| {
            let name = self.git.bytes(["hash-object", "-t", kind, "-w", "--stdin"], Some(bytes))?;
            Ok::<_, GitError>(String::from_utf8_lossy(&name).trim().to_owned())
        };
        let blob = hash("blob", &entry.bytes())?;
        let listing = format!("100644 blob {blob}\t{FILE}\n");
        let tree = self.git.bytes(["mktree"], Some(listing.as_bytes()))?;
        let tree = String::from_utf8_lossy(&tree).trim().to_owned();
        let parent = Some(on.version.as_str()).filter(|version| !version.is_empty());
        hash("commit", &commit::commit(&tree, parent, entry))
    }

    /// A plain push: never forced, and without what the user's settings would add to it.
    fn push(&self, commit: &str) -> Captured {
        let moves = format!("{commit}:{}", self.reference());
        let args = [
            "push",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--no-signed",
            "--no-force-with-lease",
            "--recurse-submodules=no",
            "--",
            &self.remote,
            &moves,
        ];
        self.git.run(args, None)
    }

    /// What was added need not be read again where it is still the last.
    fn learn(&self, on: &Head, commit: String, entry: &Entry) {
        if entry.check_follows(on.last.as_ref()).is_ok() {
            let last = (entry.digest(), entry.clone());
            let mut known = self.known.borrow_mut();
            known.entries.extend([last.clone()]);
            known.head = Head { version: commit, last: Some(last), joined: None };
        }
    }

    /// The remote said no: because somebody else was first, or for good.
    fn declined(&self, on: &Head, commit: &str, why: String) -> Result<Appended, StoreError> {
        let now = self.tip()?.unwrap_or_default();
        if now == commit {
            return Ok(Appended::Done);
        }
        // two who write at the same time: one finds the lock taken, or the branch elsewhere
        let passing = ["lock", "failed to update ref", "reference already exists", "incorrect old value"];
        if now != on.version || passing.iter().any(|word| why.contains(word)) {
            return Ok(Appended::Moved);
        }
        Err(StoreError::Refused { place: self.name(), doing: "pushing an entry".to_owned(), why })
    }
}

impl Ledger for GitLedger {
    fn name(&self) -> String {
        format!("the branch {} of {}", self.branch, shown(&self.remote))
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::CompareAndSwap
    }

    fn head(&self) -> Result<Head, StoreError> {
        let Some(tip) = self.tip()? else { return Ok(Head::default()) };
        if self.known.borrow().head.version == tip {
            return Ok(self.known.borrow().head.clone());
        }
        let head = self.read(&tip)?;
        self.known.borrow_mut().head = head.clone();
        Ok(head)
    }

    fn append(&self, on: &Head, entry: &Entry) -> Result<Appended, StoreError> {
        let commit = self.write(on, entry).map_err(|error| self.failed("writing an entry", &error))?;
        let captured = self.push(&commit);
        let told = String::from_utf8_lossy(&captured.stdout);
        let appended = match commit::pushed(&told, captured.end == End::Code(0)) {
            Pushed::Done => Appended::Done,
            Pushed::Moved => Appended::Moved,
            Pushed::Declined(why) => self.declined(on, &commit, why)?,
            Pushed::Unknown => {
                return Err(StoreError::Unknown {
                    place: self.name(),
                    doing: "pushing an entry".to_owned(),
                    cause: failed(&captured).to_string(),
                });
            }
        };
        if appended == Appended::Done {
            self.learn(on, commit, entry);
        }
        Ok(appended)
    }

    fn entry(&self, digest: &Digest) -> Result<Entry, StoreError> {
        let known = || self.known.borrow().entries.get(digest).cloned();
        if known().is_none() {
            self.read_all()?;
        }
        let what = format!("the entry {}", digest.short());
        known().ok_or_else(|| StoreError::Missing { place: self.name(), what })
    }
}

#[cfg(test)]
mod tests;
