//! The revisions of what gates read beside the tree and the tools.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::super::base::Git;
use super::super::{Cancel, Environment};
use super::super::{advisory_db, advisory_update, figures, hooks, index_cache};
use super::Asked;
use crate::advisory::{LockedPackage, parse_lock};
use crate::cache::digest;
use crate::facts::Facts;
use crate::gate::{Options, Unreadable};
use crate::hooks::Repository;
use crate::step::{AgainstBase, Base, Data, Evidence, Inputs, Observed, Step};

/// The longest that a look at one of them may take; no longer than any gate of the run may.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// With what data is looked at.
pub(super) struct Look<'a> {
    pub(super) facts: &'a Facts,
    pub(super) environment: &'a Environment,
    pub(super) options: &'a Options,
    pub(super) timeout: Duration,
    pub(super) cancel: &'a Cancel,
    /// What several kinds of data rest on.
    pub(super) shared: Shared,
}

/// What is looked for once.
#[derive(Default)]
pub(super) struct Shared {
    /// The bases, by the names that they were asked for by.
    bases: Mutex<BTreeMap<Option<String>, LookedFor>>,
    /// The packages of the lock file.
    locked: OnceLock<Result<Vec<LockedPackage>, String>>,
}

/// A base, once somebody has looked for it.
type LookedFor = Arc<OnceLock<AgainstBase<Base>>>;

impl Look<'_> {
    fn base(&self, named: Option<&str>) -> AgainstBase<Base> {
        let mut bases = self.shared.bases.lock().unwrap_or_else(PoisonError::into_inner);
        let found = Arc::clone(bases.entry(named.map(str::to_owned)).or_default());
        drop(bases);
        found.get_or_init(|| git(self).base(named)).clone()
    }

    fn locked(&self) -> Result<&[LockedPackage], String> {
        let read = || {
            let bytes =
                std::fs::read(self.facts.root.join("Cargo.lock")).map_err(|error| error.to_string())?;
            parse_lock(&bytes).map_err(|error| error.to_string())
        };
        self.shared.locked.get_or_init(read).as_deref().map_err(Clone::clone)
    }
}

impl<'a> From<Asked<'a>> for Look<'a> {
    fn from(Asked { facts, environment, options, plan, cancel, .. }: Asked<'a>) -> Self {
        let longest = plan.steps.iter().map(|planned| planned.timeout).max();
        let timeout = TIMEOUT.min(longest.unwrap_or(TIMEOUT));
        Self { facts, environment, options, timeout, cancel, shared: Shared::default() }
    }
}

/// The revisions of data, as they were when they were looked at.
pub(super) type Revisions = BTreeMap<Data, Result<String, String>>;

/// What names its content.
///
/// # Errors
/// Why that cannot be known: then no verdict that rests on it is used again.
pub(super) fn revision(asked: &Look<'_>, data: &Data) -> Result<String, String> {
    match data {
        Data::Advisories { database } => advisories(asked, database.as_deref()),
        Data::Index => {
            let packages: Vec<_> = asked
                .locked()?
                .iter()
                .filter(|package| package.from_registry)
                .map(|package| (package.name.clone(), package.version.clone()))
                .collect();
            let home = asked.environment.cargo_home.clone().unwrap_or_default();
            Ok(format!("{:?}", index_cache::yanked(&home, &packages)))
        }
        Data::Base { named } => {
            let base = asked.base(named.as_deref()).map_err(|unreadable| unreadable.reason)?;
            Ok(base.map_or_else(
                || "none".to_owned(),
                |base| format!("{} {} {}", base.commit, base.tree, base.how),
            ))
        }
        Data::Figures { gate, base } => {
            let base = asked.base(base.as_deref()).map_err(|unreadable| unreadable.reason)?;
            let Some(base) = base else { return Ok("none".to_owned()) };
            let read = figures::read(&asked.facts.state, &base, gate, asked.options);
            read.map(|figures| format!("{figures:?}")).map_err(|unreadable| unreadable.reason)
        }
        Data::Changes { base } => {
            let base = asked.base(base.as_deref()).map_err(|unreadable| unreadable.reason)?;
            let Some(base) = base else { return Ok("none".to_owned()) };
            let changes = git(asked).changes(&base).map_err(|unreadable| unreadable.reason)?;
            Ok(digest([format!("{changes:?}")]))
        }
        Data::Commit => {
            let commit = asked.facts.revision.as_ref().map(|revision| &revision.commit);
            Ok(format!("{commit:?} {:?}", asked.environment.source_date_epoch))
        }
        Data::Commits { base, pushed } => {
            let head = asked.facts.revision.as_ref().map(|revision| revision.commit.as_str());
            let (git, range) = (git(asked), asked.options.range.as_deref());
            let outgoing = git.outgoing(head, base.as_deref(), *pushed, range);
            outgoing.and_then(|outgoing| git.exactly(&outgoing)).map_err(|unreadable| unreadable.reason)
        }
        Data::Hooks => hooks_revision(&hooks::of_user(&git(asked))),
        // those of registries do not change, and the run tells of the others where they lie
        Data::Packages => Ok(String::new()),
    }
}

/// The same for a record: of a base only what is compared with, and not how it was found. What is known already is not
/// looked at again.
pub(super) fn recorded(asked: &Look<'_>, data: &Data, known: &Revisions) -> Result<String, String> {
    // the judged tree and that of the base tell them; of the files on disk nothing is recorded
    if matches!(data, Data::Changes { .. }) {
        return Ok(String::new());
    }
    // what a push names as its base may be what is found without a name
    let data = match &asked.options.base {
        Some(base) => data.clone().with_base(Some(base)),
        None => data.clone(),
    };
    let revision = known.get(&data).cloned().unwrap_or_else(|| revision(asked, &data))?;
    if matches!(data, Data::Base { .. }) {
        return Ok(revision.split(' ').take(2).collect::<Vec<_>>().join(" "));
    }
    Ok(revision)
}

/// Whether that is all that is looked at which the evidence of a run tells: a gate's verdict rests on it alone.
pub(super) fn is_seen(inputs: &Inputs) -> bool {
    *inputs == Step::Hooks.inputs()
}

/// What was seen by a step, which is not looked at again.
pub(super) fn seen(evidence: &Evidence) -> Revisions {
    let hooks = match evidence.get(&Step::Hooks) {
        Some(Observed::Hooks(found)) => Some((Data::Hooks, hooks_revision(found))),
        _ => None,
    };
    hooks.into_iter().collect()
}

fn hooks_revision(found: &Result<Option<Repository>, Unreadable>) -> Result<String, String> {
    found.as_ref().map(|found| digest([format!("{found:?}")])).map_err(|unreadable| unreadable.reason.clone())
}

fn git<'a>(asked: &Look<'a>) -> Git<'a> {
    Git { facts: asked.facts, environment: asked.environment, timeout: asked.timeout, cancel: asked.cancel }
}

/// The advisories themselves, since a clone may hold more than its commit.
fn advisories(asked: &Look<'_>, database: Option<&str>) -> Result<String, String> {
    let folder = match database {
        Some(folder) => asked.environment.directory.join(folder),
        None => advisory_update::managed_dir().map_err(|error| error.to_string())?,
    };
    let names = asked.locked()?.iter().map(|package| package.name.clone()).collect();
    let read =
        advisory_db::read(&folder, &names, asked.timeout, asked.cancel).map_err(|error| error.to_string())?;
    let commit = format!("{:?} {:?} {:?}", read.commit, read.commit_time, read.fetched);
    let files = read.files.iter().map(|file| format!("{file:?}"));
    Ok(digest([folder.to_string_lossy().into_owned(), commit].into_iter().chain(files)))
}
