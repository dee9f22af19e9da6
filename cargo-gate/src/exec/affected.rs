//! What changed since a revision, as git tells it, and which packages that can matter to.

use std::time::Duration;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::base::Git;
use super::cache::ScannedFiles;
use super::{Cancel, Environment, files};
use crate::affected::{Affected, Link};
use crate::facts::{Facts, Source};
use crate::gate::Unreadable;
use crate::subject::{below, is_absolute};

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
    let mut changed = git.changed_files(&base)?;
    changed.extend(git.unseen_files()?);
    changed.sort();
    changed.dedup();
    let every: Vec<&Source> = facts.sources.iter().collect();
    let sources = files::read_sources(&facts.root, &every, MOST_BYTES, &ScannedFiles::default());
    Ok(Affected::new(facts, since, &changed, &sources, &links(facts)))
}

/// The links among the files, each with where it leads by its own words, and in the end.
fn links(facts: &Facts) -> Vec<Link> {
    let root = std::fs::canonicalize(&facts.root).unwrap_or_else(|_| facts.root.clone());
    let of_file = |path: &String| {
        let Ok(target) = std::fs::read_link(facts.root.join(path)) else { return Vec::new() };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = target.to_string_lossy();
        let said = if is_absolute(&target) { None } else { below(folder, &target) };
        let real = std::fs::canonicalize(facts.root.join(path)).ok();
        let real =
            real.and_then(|real| Some(real.strip_prefix(&root).ok()?.to_string_lossy().replace('\\', "/")));
        let link = |target: Option<String>| Link { path: path.clone(), target };
        match (said, real) {
            (None, None) => vec![link(None)],
            (said, real) => said.into_iter().chain(real).map(|place| link(Some(place))).collect(),
        }
    };
    facts.files.par_iter().flat_map_iter(of_file).collect()
}
