//! Which sources are production code: the module trees of all targets, over the scanned sources.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use crate::facts::{Facts, Target};
use crate::gate::Context;
use crate::scan::{Reach, Root, RootKind, reach};
use crate::step::{SourceFile, Sources};

/// How each source is reached from targets.
#[derive(Debug)]
pub struct Reached {
    files: BTreeMap<String, Reach>,
    /// Paths that the module trees name and that are not among the sources. Few of them exist: the code may be left out
    /// of every build. One that does is compiled, and so is to be judged, though `.gitignore` keeps it out of the list
    /// of files.
    pub unlisted: BTreeSet<String>,
}

impl Reached {
    /// How that file is reached, if at all.
    pub fn get(&self, path: &str) -> Option<&Reach> {
        self.files.get(path)
    }

    /// Whether the file is code that users run. A file that no target reaches counts where it lies
    /// beside the sources, since a macro may name it; below a folder of tests, benches or examples
    /// it does not.
    pub fn is_production(&self, file: &SourceFile) -> bool {
        match self.get(&file.path) {
            Some(reach) => reach.production,
            None => file.package.is_some() && !in_test_folder(&file.path),
        }
    }
}

fn in_test_folder(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| ["tests", "benches", "examples", "fuzz"].contains(&folder))
        || path.rsplit('/').next() == Some("build.rs")
}

/// Whether the judged packages have no library and no program at all.
pub fn ships_nothing(cx: &Context<'_>) -> bool {
    !cx.facts.judged(cx.options).flat_map(|package| &package.targets).any(Target::is_production)
}

/// Reaches the sources from all targets of the workspace. [`Sources::reached`] keeps the answer.
pub(crate) fn of(facts: &Facts, sources: &Sources) -> Reached {
    from(facts.packages.iter().flat_map(|package| &package.targets), sources)
}

/// Reaches the sources from these targets. Scans them first, on all cores.
pub fn from<'a>(targets: impl Iterator<Item = &'a Target>, sources: &Sources) -> Reached {
    sources.files.par_iter().filter(|file| !file.is_scanned()).for_each(|file| {
        file.scan();
    });
    // a path is asked for with every name that a module's file may have
    let by_path: HashMap<&str, &SourceFile> =
        sources.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let (files, unlisted) = reach(&roots(targets), |path| by_path.get(path).map(|file| file.scan()));
    Reached { files, unlisted }
}

fn roots<'a>(targets: impl Iterator<Item = &'a Target>) -> Vec<Root> {
    let kind = |target: &Target| match target {
        target if target.is("custom-build") => RootKind::Build,
        target if target.is_production() => RootKind::Production,
        _ => RootKind::Test,
    };
    targets.map(|target| Root { path: target.root.clone(), kind: kind(target) }).collect()
}
