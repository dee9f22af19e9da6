//! Which combinations of a package's features are compiled: each by itself, none, all, and on request
//! those of several, without those that would compile the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Package, Target};
use crate::gate::Features;

/// The most combinations that one package may have.
pub const MOST: usize = 4096;

/// Features, each with what it turns on, as cargo's manifest writes it.
pub type Known = BTreeMap<String, Vec<String>>;

/// What limits the combinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The most features that are named together.
    pub depth: usize,
    /// Whether an optional dependency counts as a feature.
    pub optional_deps: bool,
    /// Features that may not be on.
    pub skip: BTreeSet<String>,
    /// Groups of which no two may be on together.
    pub exclusive: Vec<BTreeSet<String>>,
    /// Groups of which at least one must be on.
    pub one_of: Vec<BTreeSet<String>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 1,
            optional_deps: true,
            skip: BTreeSet::new(),
            exclusive: Vec::new(),
            one_of: Vec::new(),
        }
    }
}

/// One way to compile a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combination {
    /// What cargo is told.
    pub flags: Features,
    /// The features that are then on.
    pub on: BTreeSet<String>,
}

/// There are more combinations of a package than [`MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are more than {MOST} combinations of features")]
pub struct TooMany;

/// The combinations to compile: none, the default ones, each, those of up to `depth` features, all.
/// A set in which one feature turns another of them on is left out: it is the set without that other.
///
/// # Errors
/// When there are more than [`MOST`].
pub fn combinations(known: &Known, limits: &Limits) -> Result<Vec<Combination>, TooMany> {
    if known.is_empty() {
        return Ok(vec![Combination { flags: Features::default(), on: BTreeSet::new() }]);
    }
    let named: Vec<Named<'_>> = candidates(known, limits)
        .map(|name| Named { name, turns_on: turned_on(known, std::iter::once(name)) })
        .collect();
    let mut sets = Sets { named: &named, limits, known, found: Vec::new() };
    sets.extend(&mut Vec::new(), 0)?;
    let Sets { mut found, .. } = sets;
    found.sort_by_key(|set: &Combination| (set.flags.names.len(), set.flags != Features::default()));
    let all: BTreeSet<String> = known.keys().cloned().collect();
    let rest = turned_on(known, named.iter().map(|one| one.name));
    let most = if limits.allow(known, &all) {
        Some(Combination { flags: Features { all: true, ..Features::default() }, on: all })
    } else {
        let allowed = named.iter().map(|one| one.name.to_owned()).collect();
        let flags = Features { names: allowed, no_default: true, all: false };
        Some(Combination { flags, on: rest }).filter(|most| limits.allow(known, &most.on))
    };
    let new = most.filter(|most| !found.iter().any(|set| set.on == most.on));
    found.extend(new);
    Ok(found)
}

/// The features that no combination turns on.
pub fn uncovered(known: &Known, limits: &Limits, combinations: &[Combination]) -> Vec<String> {
    let covered = |name: &str| combinations.iter().any(|combination| combination.on.contains(name));
    candidates(known, limits).filter(|name| !covered(name)).map(str::to_owned).collect()
}

/// The features that are on where those are named, themselves included.
pub fn turned_on<'a>(known: &'a Known, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut open: Vec<&str> = names.into_iter().filter(|name| known.contains_key(*name)).collect();
    let mut on = BTreeSet::new();
    while let Some(name) = open.pop() {
        if on.insert(name.to_owned()) {
            let next = known.get(name).into_iter().flatten().filter_map(|value| feature_of(value));
            open.extend(next.filter(|next| known.contains_key(*next)));
        }
    }
    on
}

/// The features that a target requires and that a build with the chosen ones leaves off, as far as its package
/// alone tells: other members may turn them on too.
pub fn required_but_off<'a>(package: &Package, target: &'a Target, chosen: &Features) -> Vec<&'a str> {
    if chosen.all {
        return Vec::new();
    }
    let default = (package.passed_by || !chosen.no_default).then_some("default");
    // `package/feature` is a feature of the package, or of a dependency with one of ours
    let prefix = format!("{}/", package.name);
    let named = chosen.names.iter().filter_map(|name| match name.strip_prefix(&prefix) {
        None if package.passed_by => None,
        own => Some(own.unwrap_or(name)),
    });
    let on = turned_on(&package.features, default.into_iter().chain(named));
    target.required_features.iter().map(String::as_str).filter(|name| !on.contains(*name)).collect()
}

/// Whether all features are on that the target requires: cargo builds it, then.
pub fn has_required(package: &Package, target: &Target, chosen: &Features) -> bool {
    required_but_off(package, target, chosen).is_empty()
}

/// The feature of the same package that an entry of a feature turns on: itself, or for
/// `dependency/feature` the optional dependency's own. `dep:x` and `x?/feature` turn none on.
fn feature_of(value: &str) -> Option<&str> {
    match value.split_once('/') {
        Some((dependency, _)) => Some(dependency).filter(|name| !name.ends_with('?')),
        None => Some(value).filter(|name| !name.starts_with("dep:")),
    }
}

/// Whether a feature is nothing but an optional dependency.
fn is_dependency(name: &str, values: &[String]) -> bool {
    matches!(values, [only] if only.strip_prefix("dep:") == Some(name))
}

fn candidates<'a>(known: &'a Known, limits: &'a Limits) -> impl Iterator<Item = &'a str> {
    let counts =
        |(name, values): &(&String, &Vec<String>)| limits.optional_deps || !is_dependency(name, values);
    let allowed = |name: &&str| turned_on(known, [*name]).is_disjoint(&limits.skip);
    known.iter().filter(counts).map(|(name, _)| name.as_str()).filter(allowed)
}

struct Named<'a> {
    name: &'a str,
    turns_on: BTreeSet<String>,
}

struct Sets<'a> {
    named: &'a [Named<'a>],
    limits: &'a Limits,
    known: &'a Known,
    found: Vec<Combination>,
}

impl Sets<'_> {
    /// Adds the set of those places, and all sets with further ones from that place on.
    fn extend(&mut self, places: &mut Vec<usize>, from: usize) -> Result<(), TooMany> {
        self.add(places)?;
        if places.len() == self.limits.depth {
            return Ok(());
        }
        for next in from..self.named.len() {
            if !self.implied(places, next) {
                places.push(next);
                self.extend(places, next + 1)?;
                places.pop();
            }
        }
        Ok(())
    }

    fn add(&mut self, places: &[usize]) -> Result<(), TooMany> {
        let set: Vec<&Named<'_>> = places.iter().filter_map(|place| self.named.get(*place)).collect();
        let on: BTreeSet<String> = set.iter().flat_map(|one| one.turns_on.iter().cloned()).collect();
        if self.limits.allow(self.known, &on) {
            let names: Vec<String> = set.iter().map(|one| one.name.to_owned()).collect();
            let flags = match names.as_slice() {
                [only] if only == "default" => Features::default(),
                _ => Features { names, no_default: true, all: false },
            };
            self.found.push(Combination { flags, on });
        }
        if self.found.len() > MOST { Err(TooMany) } else { Ok(()) }
    }

    /// Whether the next feature turns one of the set on, or is turned on by one.
    fn implied(&self, places: &[usize], next: usize) -> bool {
        let Some(next) = self.named.get(next) else { return true };
        let set = places.iter().filter_map(|place| self.named.get(*place));
        set.into_iter().any(|one| one.turns_on.contains(next.name) || next.turns_on.contains(one.name))
    }
}

impl Limits {
    fn allow(&self, known: &Known, on: &BTreeSet<String>) -> bool {
        let satisfied = |group: &BTreeSet<String>| {
            !group.is_disjoint(on) || !group.iter().any(|name| known.contains_key(name))
        };
        on.is_disjoint(&self.skip)
            && self.exclusive.iter().all(|group| group.intersection(on).count() <= 1)
            && self.one_of.iter().all(satisfied)
    }
}

#[cfg(test)]
mod tests;
