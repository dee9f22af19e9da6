//! Which packages a change can matter to: changed file → package → everything that depends on it.
//!
//! The facts already have what the manifests name, so no second look at the dependency graph is needed: a change
//! of any manifest, which could turn a feature of a shared dependency on or off, selects everything, and so the
//! resolved graph has nothing to add.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use memchr::memmem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{Facts, Need, join};
use crate::step::SourceFile;

/// The packages that a change can matter to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Affected {
    /// The revision that was named.
    pub since: String,
    /// How many files differ.
    pub changed: usize,
    /// The packages, in cargo's order.
    pub packages: Vec<String>,
    /// How many packages there are.
    pub of: usize,
    /// Why every package is among them, where one file decides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub everything: Option<String>,
}

/// How many packages a sentence names.
const NAMED: usize = 8;

/// Files that matter to every package, wherever they lie.
const SHARED: [&str; 16] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain",
    "rust-toolchain.toml",
    "rustfmt.toml",
    ".rustfmt.toml",
    "clippy.toml",
    ".clippy.toml",
    "deny.toml",
    ".deny.toml",
    "bulletproof.toml",
    "bulletproof.baseline.json",
    "nextest.toml",
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
];

impl Affected {
    /// The packages that those changed files can matter to. `changed` are paths relative to the workspace root;
    /// one that leaves it matters to all. `sources` are read for the files that they name outside of their package.
    pub fn new(facts: &Facts, since: &str, changed: &[String], sources: &[SourceFile]) -> Self {
        let everything = changed.iter().find_map(|path| Some(format!("{path} {}", shared(facts, path)?)));
        let touched = changed.iter().filter_map(|path| facts.owner(path)).collect();
        let chosen = match everything {
            Some(_) => (0..facts.packages.len()).collect(),
            None => dependents(facts, &touched, sources),
        };
        let packages = facts.packages.iter().enumerate().filter(|(index, _)| chosen.contains(index));
        Self {
            since: since.to_owned(),
            changed: changed.len(),
            packages: packages.map(|(_, package)| package.name.clone()).collect(),
            of: facts.packages.len(),
            everything,
        }
    }

    /// Whether every package is among them.
    pub fn is_whole(&self) -> bool {
        self.packages.len() == self.of
    }

    /// How many there are, in words.
    pub fn count(&self) -> String {
        let verb = if self.packages.len() == 1 { "is" } else { "are" };
        format!("{} of {} packages {verb} affected since {}", self.packages.len(), self.of, self.since)
    }

    /// The same with which or why.
    pub fn sentence(&self) -> String {
        let names = || match self.packages.get(NAMED..).filter(|more| !more.is_empty()) {
            Some(more) => {
                let first = self.packages.get(..NAMED).unwrap_or_default();
                format!("{} and {} more", first.join(", "), more.len())
            }
            None => self.packages.join(", "),
        };
        match &self.everything {
            Some(why) => format!("{}: {why}", self.count()),
            None if self.packages.is_empty() => format!("{}: no file changed", self.count()),
            None => format!("{}: {}", self.count(), names()),
        }
    }
}

/// Why a change of that file can matter to every package.
fn shared(facts: &Facts, path: &str) -> Option<&'static str> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if SHARED.contains(&name) || folder.split('/').any(|part| part == ".cargo") {
        return Some("matters to every package");
    }
    let Some(owner) = facts.owner(path).and_then(|index| facts.packages.get(index)) else {
        return Some("belongs to no package");
    };
    if nearest_manifest(facts, folder) != Some(owner.folder.as_str()) {
        return Some("belongs to a package that is no member");
    }
    let is_source = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    // what lies in the root package's folder lies beside all members as well
    let beside = owner.folder.is_empty() && facts.packages.len() > 1 && !is_source;
    beside.then_some("lies beside every package")
}

/// The folder of the nearest manifest at that folder or above it.
fn nearest_manifest<'a>(facts: &Facts, folder: &'a str) -> Option<&'a str> {
    let mut folder = folder;
    loop {
        let manifest = join(folder, "Cargo.toml");
        if facts.files.binary_search(&manifest).is_ok() {
            return Some(folder);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// Those packages, whatever is built with them, and whatever is tested with any of these.
fn dependents(facts: &Facts, touched: &BTreeSet<usize>, sources: &[SourceFile]) -> BTreeSet<usize> {
    let mut built: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let mut tested: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (user, package) in facts.packages.iter().enumerate() {
        for need in &package.needs {
            let users = if need.dev { &mut tested } else { &mut built };
            members(facts, need).for_each(|used| {
                users.entry(used).or_default().insert(user);
            });
        }
        for owner in package.targets.iter().filter_map(|target| facts.owner(&target.root)) {
            built.entry(owner).or_default().insert(user);
        }
    }
    for (user, owner) in sources.iter().flat_map(|source| named_elsewhere(facts, source)) {
        built.entry(owner).or_default().insert(user);
    }
    let mut chosen = touched.clone();
    let mut open: Vec<usize> = touched.iter().copied().collect();
    while let Some(one) = open.pop() {
        open.extend(built.get(&one).into_iter().flatten().filter(|user| chosen.insert(**user)));
    }
    // nothing is built with the tests of another package
    let testers: Vec<usize> = chosen.iter().filter_map(|one| tested.get(one)).flatten().copied().collect();
    chosen.extend(testers);
    chosen
}

/// The members that a manifest may mean: by folder, or by name where `[patch]` may put a member in the place of
/// another source.
fn members<'a>(facts: &'a Facts, need: &'a Need) -> impl Iterator<Item = usize> + 'a {
    let means = |folder: &str, name: &str| match &need.folder {
        Some(own) => own == folder,
        None => need.name == name,
    };
    let members = facts.packages.iter().enumerate();
    members.filter(move |(_, member)| means(&member.folder, &member.name)).map(|(index, _)| index)
}

/// The packages whose files a source may read by a path with `..` in it: `include_str!`, `#[path]`, test data. The
/// path is tried from the source's folder and from its package's; one that leads to a folder of several packages
/// may lead to each of them.
fn named_elsewhere(facts: &Facts, source: &SourceFile) -> BTreeSet<(usize, usize)> {
    let (Some(user), Ok(text)) = (source.package, source.text.as_deref()) else { return BTreeSet::new() };
    let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = facts.packages.get(user).map_or("", |package| package.folder.as_str());
    let leads_up = |text: &&str| text.split(['/', '\\']).any(|part| part == "..");
    let lines = text.lines().filter(|line| memmem::find(line.as_bytes(), b"..").is_some());
    let paths = lines.flat_map(|line| line.split('"')).filter(leads_up);
    let places = paths.flat_map(|path| [folder, own].map(|from| resolved(from, path))).flatten();
    let owners = places.flat_map(|place| owners_of(facts, &place));
    owners.filter(|owner| *owner != user).map(|owner| (user, owner)).collect()
}

/// The package that has that file or folder, and those below it.
fn owners_of(facts: &Facts, place: &str) -> BTreeSet<usize> {
    let is_below =
        |folder: &str| place.is_empty() || folder == place || folder.starts_with(&format!("{place}/"));
    let members = facts.packages.iter().enumerate();
    let below = members.filter(|(_, member)| is_below(&member.folder)).map(|(index, _)| index);
    below.chain(facts.owner(place)).collect()
}

/// The path from that folder, without `..`; none where it leaves the workspace.
fn resolved(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests;
