//! What changed since a revision, as git tells it, and which packages that can matter to.

use std::time::Duration;

use super::base::Git;
use super::{Cancel, Environment, files};
use crate::affected::Affected;
use crate::facts::{Facts, Source};
use crate::gate::Unreadable;

/// The longest that a question to git may take.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The largest source that is read for the paths in it.
const MOST_BYTES: u64 = 16 << 20;

/// The packages that what changed since `HEAD` left that revision can matter to.
///
/// # Errors
/// When git cannot tell what changed.
pub fn affected(
    facts: &Facts,
    environment: &Environment,
    since: &str,
    cancel: &Cancel,
) -> Result<Affected, Unreadable> {
    let named = |error: Unreadable| Unreadable {
        help: error.help.map(|help| help.replace("--base", "--since")),
        ..error
    };
    let git = Git { facts, environment, timeout: TIMEOUT, cancel };
    let base = git.base(Some(since)).map_err(named)?.ok_or_else(|| named(super::base::unknown(since)))?;
    let changed = git.changed_files(&base)?;
    let every: Vec<&Source> = facts.sources.iter().collect();
    let sources = files::read_sources(&facts.root, &every, MOST_BYTES);
    Ok(Affected::new(facts, since, &changed, &sources.files))
}
