//! The revisions of what gates read beside the tree and the tools.

use std::time::Duration;

use super::super::base::Git;
use super::super::{advisory_db, advisory_update, figures, index_cache};
use super::Asked;
use crate::advisory::{LockedPackage, parse_lock};
use crate::cache::digest;
use crate::step::Data;

/// The longest that a look at one of them may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The name of such data in keys.
pub(super) fn name(data: &Data) -> &'static str {
    match data {
        Data::Advisories { .. } => "advisory database",
        Data::Index => "index cache",
        Data::Base { .. } => "base revision",
        Data::Figures { .. } => "figures of the base",
        Data::Commit => "commit",
        Data::Packages => "packages elsewhere",
    }
}

/// What names its content.
///
/// # Errors
/// Why that cannot be known: then no verdict that rests on it is used again.
pub(super) fn revision(asked: &Asked<'_>, data: &Data) -> Result<String, String> {
    match data {
        Data::Advisories { database } => advisories(asked, database.as_deref()),
        Data::Index => {
            let packages: Vec<_> = locked(asked)?
                .into_iter()
                .filter(|package| package.from_registry)
                .map(|package| (package.name, package.version))
                .collect();
            let home = asked.environment.cargo_home.clone().unwrap_or_default();
            Ok(format!("{:?}", index_cache::yanked(&home, &packages)))
        }
        Data::Base { named } => {
            let base = git(asked).base(named.as_deref()).map_err(|unreadable| unreadable.reason)?;
            Ok(base.map_or_else(
                || "none".to_owned(),
                |base| format!("{} {} {}", base.commit, base.tree, base.how),
            ))
        }
        Data::Figures { gate, base } => {
            let base = git(asked).base(base.as_deref()).map_err(|unreadable| unreadable.reason)?;
            let Some(base) = base else { return Ok("none".to_owned()) };
            let read = figures::read(&asked.facts.target, &base, gate, asked.options);
            read.map(|figures| format!("{figures:?}")).map_err(|unreadable| unreadable.reason)
        }
        Data::Commit => {
            let commit = asked.facts.revision.as_ref().map(|revision| &revision.commit);
            Ok(format!("{commit:?} {:?}", asked.environment.source_date_epoch))
        }
        // those of registries do not change, and the run tells of the others where they lie
        Data::Packages => Ok(String::new()),
    }
}

fn git<'a>(asked: &Asked<'a>) -> Git<'a> {
    Git { facts: asked.facts, environment: asked.environment, timeout: TIMEOUT, cancel: asked.cancel }
}

fn locked(asked: &Asked<'_>) -> Result<Vec<LockedPackage>, String> {
    let bytes = std::fs::read(asked.facts.root.join("Cargo.lock")).map_err(|error| error.to_string())?;
    parse_lock(&bytes).map_err(|error| error.to_string())
}

/// The advisories themselves, since a clone may hold more than its commit.
fn advisories(asked: &Asked<'_>, database: Option<&str>) -> Result<String, String> {
    let folder = match database {
        Some(folder) => asked.environment.directory.join(folder),
        None => advisory_update::managed_dir().map_err(|error| error.to_string())?,
    };
    let names = locked(asked)?.into_iter().map(|package| package.name).collect();
    let read =
        advisory_db::read(&folder, &names, TIMEOUT, asked.cancel).map_err(|error| error.to_string())?;
    let commit = format!("{:?} {:?} {:?}", read.commit, read.commit_time, read.fetched);
    let files = read.files.iter().map(|file| format!("{file:?}"));
    Ok(digest([folder.to_string_lossy().into_owned(), commit].into_iter().chain(files)))
}
