//! What names come to.

use std::collections::BTreeMap;
use std::thread;

use super::{Git, is_hash, not_fetched, one_hash};
use crate::exec::process::run;
use crate::gate::Unreadable;
use crate::step::{AgainstBase, Captured};

/// What a change is compared with most often.
const WITH_TREE: [&str; 2] = ["HEAD", "HEAD^1"];

/// Commits as git knows them.
#[derive(Debug, Default)]
pub(super) struct Commits {
    /// By the names that they were asked for by.
    of_names: BTreeMap<String, String>,
    /// The trees of some of them, by their hashes.
    pub(super) trees: BTreeMap<String, String>,
}

impl Commits {
    /// The one of that name.
    pub(super) fn get(&self, name: &str) -> Option<&String> {
        self.of_names.get(name)
    }
}

impl Git<'_> {
    /// The commits that those names and `HEAD` come to, by as few calls of git as can be, which takes longer to start
    /// than to answer: a name that is not known here is not there. None without a repository.
    pub(super) fn commits(&self, names: &[String]) -> Result<Option<Commits>, Unreadable> {
        // no revision has a line break in its name, and of one that follows another git may end without an answer
        let names = names.iter().map(String::as_str).filter(|name| !name.contains('\n'));
        let (followed, names): (Vec<&str>, Vec<&str>) =
            std::iter::once("HEAD").chain(names).partition(|name| name.contains("@{"));
        let (found, followed) = thread::scope(|scope| {
            let followed: Vec<_> =
                followed.into_iter().map(|name| scope.spawn(move || (name, self.followed(name)))).collect();
            let found = self.named(&names);
            (found, followed.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>())
        });
        let Some(mut found) = found? else { return Ok(None) };
        for answer in followed {
            let (name, captured) = answer.map_err(|_| Unreadable::crashed("git could not be asked"))?;
            found.of_names.extend(one_hash(&captured, &[1, 128])?.map(|hash| (name.to_owned(), hash)));
        }
        Ok(Some(found))
    }

    fn followed(&self, name: &str) -> Captured {
        self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])
    }

    fn named(&self, names: &[&str]) -> Result<Option<Commits>, Unreadable> {
        let mut command = self.command(&["cat-file", "--batch-check=%(objectname)"]);
        // a branch that moves meanwhile has the tree of neither
        let asks = |name: &str| {
            if WITH_TREE.contains(&name) { &["commit", "tree", "commit"][..] } else { &["commit"] }
        };
        let asked =
            names.iter().flat_map(|name| asks(name).iter().map(move |kind| format!("{name}^{{{kind}}}\n")));
        command.stdin = Some(asked.collect::<String>().into_bytes());
        // a tree that a clone without trees lacks is fetched by who needs it
        command.env.push(("GIT_NO_LAZY_FETCH".into(), Some("1".into())));
        let captured = run(&command, self.cancel);
        if !self.is_repository(&captured)? {
            return Ok(None);
        }
        let answer = String::from_utf8_lossy(&captured.stdout);
        let mut lines = answer.lines();
        let mut found = Commits::default();
        for name in names {
            let answers: Vec<&str> = lines.by_ref().take(asks(name).len()).collect();
            if answers.len() != asks(name).len() {
                let reason = format!("`{}` gave an answer that is cut short", captured.what);
                return Err(Unreadable::garbage(reason));
            }
            let Some(commit) = answers.first().filter(|line| is_hash(line)) else { continue };
            if let &[commit, tree, again] = answers.as_slice()
                && commit == again
                && is_hash(tree)
            {
                found.trees.insert(commit.to_owned(), tree.to_owned());
            }
            found.of_names.insert((*name).to_owned(), (*commit).to_owned());
        }
        if lines.next().is_some() {
            return Err(Unreadable::garbage(format!(
                "`{}` gave more answers than there are questions",
                captured.what
            )));
        }
        Ok(Some(found))
    }

    /// `HEAD`'s commit; none without a repository or a commit.
    pub(in crate::exec) fn head(&self) -> AgainstBase<String> {
        self.head_of(self.commits(&[])?.as_ref())
    }

    /// The same, where it is known what names come to.
    pub(super) fn head_of(&self, known: Option<&Commits>) -> AgainstBase<String> {
        let Some(known) = known else { return Ok(None) };
        let damaged =
            || Ok(one_hash(&self.ask(&["rev-parse", "--verify", "--quiet", "HEAD"]), &[1])?.is_some());
        match known.get("HEAD") {
            Some(head) => Ok(Some(head.clone())),
            // a branch without a commit has no hash either
            None if damaged()? => {
                Err(Unreadable::garbage("the repository names a commit as HEAD that it does not have")
                    .help("git fsck tells what is damaged"))
            }
            None => Ok(None),
        }
    }
}

/// Of the revisions that the server names one must be here: else it has fetched too little to compare with.
pub(super) fn expect_one(names: &[String], known: &Commits) -> Result<(), Unreadable> {
    let first = names.first().filter(|_| !names.iter().any(|name| known.get(name).is_some()));
    first.map_or(Ok(()), |name| Err(not_fetched(name)))
}
