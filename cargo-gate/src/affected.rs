//! Which packages a change can matter to: changed file → package → everything that depends on it.
//!
//! The facts already have what the manifests name, so no second look at the dependency graph is needed: a change
//! of any manifest, which could turn a feature of a shared dependency on or off, selects everything, and so the
//! resolved graph has nothing to add.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{Facts, Need, is_rust, join};
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

/// A symbolic link of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its path, relative to the workspace root.
    pub path: String,
    /// Where it leads, in the same form; none where that is not in the workspace.
    pub target: Option<String>,
}

/// A package, and one whose files it reads without a manifest that says so. None stands for each of them.
type Reach = (Option<usize>, Option<usize>);

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
    pub fn new(
        facts: &Facts,
        since: &str,
        changed: &[String],
        sources: &[SourceFile],
        links: &[Link],
    ) -> Self {
        let everything = changed.iter().find_map(|path| Some(format!("{path} {}", shared(facts, path)?)));
        let touched = changed.iter().filter_map(|path| facts.owner(path)).chain(unseen(facts)).collect();
        let reached = sources.iter().flat_map(|source| named_elsewhere(facts, source));
        let reached = reached.chain(links.iter().flat_map(|link| linked(facts, link)));
        let chosen = match everything {
            Some(_) => (0..facts.packages.len()).collect(),
            None => dependents(facts, &touched, &reached.collect()),
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
    // what lies in the root package's folder lies beside all members as well
    let beside = owner.folder.is_empty() && facts.packages.len() > 1 && !is_rust(path);
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
fn dependents(facts: &Facts, touched: &BTreeSet<usize>, reached: &BTreeSet<Reach>) -> BTreeSet<usize> {
    let mut built: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let mut tested: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (user, package) in facts.packages.iter().enumerate() {
        for need in &package.needs {
            let users = if need.dev { &mut tested } else { &mut built };
            members(facts, need).for_each(|used| {
                users.entry(used).or_default().insert(user);
            });
        }
        for target in &package.targets {
            each(facts, facts.owner(&target.root)).for_each(|owner| {
                built.entry(owner).or_default().insert(user);
            });
        }
    }
    for (user, owner) in reached {
        for owner in each(facts, *owner) {
            built.entry(owner).or_default().extend(each(facts, *user));
        }
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

/// That package, or all of them.
fn each(facts: &Facts, which: Option<usize>) -> std::ops::Range<usize> {
    which.map_or(0..facts.packages.len(), |one| one..one + 1)
}

/// Packages of whose content git does not tell whether it changed: with a target that it does not list, or a
/// dependency in a folder of which it lists nothing.
fn unseen(facts: &Facts) -> impl Iterator<Item = usize> + '_ {
    let listed = |path: &String| facts.files.binary_search(path).is_ok();
    let is_member = |folder: &String| facts.packages.iter().any(|member| member.folder == *folder);
    let members = facts.packages.iter().enumerate();
    let unseen = members.filter(move |(_, package)| {
        let mut folders = package.needs.iter().filter_map(|need| need.folder.as_ref());
        folders.any(|folder| !is_member(folder) && !listed(&join(folder, "Cargo.toml")))
            || package.targets.iter().any(|target| !listed(&target.root))
    });
    unseen.map(|(index, _)| index)
}

/// The packages whose files a source may read by a path with `..` in it: `include_str!`, `#[path]`, test data. The
/// path is tried from the source's folder and from its package's; one that leads to a folder of several packages
/// may lead to each of them. Where it leads to code that is nobody's, or cannot be known, it may lead anywhere.
fn named_elsewhere(facts: &Facts, source: &SourceFile) -> BTreeSet<Reach> {
    let anywhere = || BTreeSet::from([(source.package, None)]);
    let Ok(text) = source.read() else { return anywhere() };
    // nobody's code is read by way of a package that names it
    let Some(user) = source.package else { return BTreeSet::new() };
    if climbs(text) || includes_other_files(text) {
        return anywhere();
    }
    let folder = folder_of(&source.path);
    let own = facts.packages.get(user).map_or("", |package| package.folder.as_str());
    let leads_up = |text: &&str| text.split(['/', '\\']).any(|part| part == "..");
    let lines = text.lines().filter(|line| memmem::find(line.as_bytes(), b"..").is_some());
    let mut reached = BTreeSet::new();
    for path in lines.flat_map(|line| line.split('"')).filter(leads_up) {
        let places: Vec<String> = [folder, own].iter().filter_map(|from| resolved(from, path)).collect();
        if is_rust(path) && !places.iter().any(|place| is_members(facts, place)) {
            return anywhere();
        }
        let owners = places.iter().flat_map(|place| owners_of(facts, place));
        reached.extend(owners.filter(|owner| *owner != user).map(|owner| (Some(user), Some(owner))));
    }
    reached
}

/// Whether a source goes up from its own place by a call rather than by a path.
fn climbs(text: &str) -> bool {
    let has =
        |names: &[&str]| names.iter().any(|name| memmem::find(text.as_bytes(), name.as_bytes()).is_some());
    has(&["CARGO_MANIFEST_DIR", "current_dir", "file!()"]) && has(&[".parent()", ".ancestors()", ".pop()"])
}

/// Whether a source takes in code of files that do not end in `.rs`, which are not among the sources that are read.
fn includes_other_files(text: &str) -> bool {
    let includes = ["include!", "#[path"].into_iter().flat_map(|name| {
        let starts = memmem::find_iter(text.as_bytes(), name);
        starts.filter_map(move |start| text.get(start + name.len()..)).collect::<Vec<_>>()
    });
    includes.into_iter().any(|rest| {
        let call = rest.split([';', '}', ']']).next().unwrap_or_default();
        let mut literals = call.split('"').skip(1).step_by(2).peekable();
        literals.peek().is_some() && !literals.any(is_rust)
    })
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether there is that file, and a member has it.
fn is_members(facts: &Facts, path: &str) -> bool {
    let listed = facts.files.binary_search_by(|file| file.as_str().cmp(path)).is_ok();
    let owner = facts.owner(path).and_then(|index| facts.packages.get(index)).filter(|_| listed);
    owner.is_some_and(|owner| nearest_manifest(facts, folder_of(path)) == Some(owner.folder.as_str()))
}

/// What is read by way of a link.
fn linked(facts: &Facts, link: &Link) -> BTreeSet<Reach> {
    let user = facts.owner(&link.path);
    match &link.target {
        Some(place) => owners_of(facts, place).into_iter().map(|owner| (user, Some(owner))).collect(),
        None => BTreeSet::from([(user, None)]),
    }
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
