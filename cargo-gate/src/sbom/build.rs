//! What a build of packages takes in: cargo's rules for features, targets, build dependencies and
//! procedural macros (<https://doc.rust-lang.org/cargo/reference/resolver.html#features>), followed on the
//! graph that `cargo metadata --all-features` gives, which holds at least as much.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cargo_metadata::{
    DepKindInfo, Dependency, DependencyKind, Metadata, NodeDep, Package, PackageId, TargetKind,
};
use thiserror::Error;

use super::conditions::Conditions;
use super::resolver::Resolver;
use crate::gate::Features;

/// Why nothing can be said of a build.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BuildError {
    /// Asked for with `--no-deps`.
    #[error("`cargo metadata` gave no dependency graph")]
    NoGraph,
    /// A package that is named and not described.
    #[error("`cargo metadata` names the package `{0}` and does not describe it")]
    Unknown(String),
    /// A line of a manifest that nothing was resolved to.
    #[error("`cargo metadata` does not say what `{0}` needs for `{1}`")]
    Unresolved(String, String),
    /// A feature that was asked for.
    #[error(
        "the feature `{0}` was asked for, and neither a package that is judged has it nor, as DEPENDENCY/FEATURE, \
         a dependency of one"
    )]
    NoFeature(String),
}

/// What is built, and for what.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The packages that are built together.
    pub roots: &'a [&'a PackageId],
    /// The features that are on in those.
    pub features: &'a Features,
    /// The resolver.
    pub resolver: Resolver,
    /// What holds on the target.
    pub target: &'a Conditions,
    /// What holds on the machine that builds.
    pub host: &'a Conditions,
}

/// A package as it is built: by its position, and whether it runs while building (a build script's or a procedural
/// macro's dependency) or is part of what is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// Its position in [`Units::packages`].
    pub package: usize,
    /// Whether it runs while building.
    pub host: bool,
}

/// What a build takes in.
#[derive(Debug)]
pub struct Units<'a> {
    /// Every package of the graph.
    pub packages: Vec<&'a Package>,
    /// What each unit of the build needs directly, with the kind of the dependency.
    pub edges: BTreeMap<Unit, BTreeSet<(Unit, bool)>>,
    positions: HashMap<&'a PackageId, usize>,
}

impl<'a> Units<'a> {
    /// Follows the build from its roots.
    ///
    /// # Errors
    /// [`BuildError`] where the metadata has no graph, or one with holes.
    pub fn new(metadata: &'a Metadata, asked: &Asked<'_>) -> Result<Self, BuildError> {
        let resolve = metadata.resolve.as_ref().ok_or(BuildError::NoGraph)?;
        let packages: Vec<&Package> = metadata.packages.iter().collect();
        let positions: HashMap<&PackageId, usize> =
            packages.iter().enumerate().map(|(at, package)| (&package.id, at)).collect();
        let position =
            |id: &PackageId| positions.get(id).copied().ok_or_else(|| BuildError::Unknown(id.repr.clone()));
        let mut resolved: Vec<Option<Vec<(usize, &NodeDep)>>> = vec![None; packages.len()];
        for node in &resolve.nodes {
            let deps =
                node.deps.iter().map(|dep| Ok((position(&dep.pkg)?, dep))).collect::<Result<_, _>>()?;
            if let Some(place) = resolved.get_mut(position(&node.id)?) {
                *place = Some(deps);
            }
        }
        let roots = asked.roots.iter().map(|id| position(id)).collect::<Result<Vec<usize>, _>>()?;
        let mut follow =
            Follow { packages: &packages, resolved, asked, roots: &roots, state: State::default() };
        follow.features()?;
        let edges = follow.edges()?;
        Ok(Self { packages, edges, positions })
    }

    /// The position of a package.
    pub fn position(&self, id: &PackageId) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// The package at a position.
    pub fn package(&self, at: usize) -> Option<&'a Package> {
        self.packages.get(at).copied()
    }
}

/// Whether the package is a procedural macro.
pub(super) fn is_proc_macro(package: &Package) -> bool {
    package.targets.iter().any(|target| target.is_kind(TargetKind::ProcMacro))
}

/// The name before the `/` of a feature, and whether it turns nothing on by itself (`name?`).
fn weak(name: &str) -> (&str, bool) {
    name.strip_suffix('?').map_or((name, false), |name| (name, true))
}

/// Something that was turned on and has to be followed.
enum Task<'a> {
    Unit(Unit),
    Feature(Unit, &'a str),
    Dependency(Unit, &'a str),
}

#[derive(Default)]
struct State<'a> {
    built: HashSet<Unit>,
    features: HashSet<(Unit, &'a str)>,
    /// Optional dependencies that are on, by their names in the manifest.
    on: HashSet<(Unit, &'a str)>,
    /// Features that wait for their dependency (`x?/f`).
    weak: HashMap<(Unit, &'a str), Vec<&'a str>>,
}

struct Follow<'a, 'f> {
    packages: &'f [&'a Package],
    /// What each package's dependencies were resolved to; none for a package without its place in the graph.
    resolved: Vec<Option<Vec<(usize, &'a NodeDep)>>>,
    asked: &'f Asked<'f>,
    roots: &'f [usize],
    state: State<'a>,
}

impl<'a> Follow<'a, '_> {
    /// Turns on everything that the roots turn on.
    fn features(&mut self) -> Result<(), BuildError> {
        let mut tasks: Vec<Task<'a>> = Vec::new();
        let asked = self.asked.features;
        for root in self.roots {
            let Some(package) = self.packages.get(*root).copied() else { continue };
            let unit = Unit { package: *root, host: false };
            tasks.push(Task::Unit(unit));
            let default = |feature: &str| feature == "default" && !asked.no_default;
            let on = package.features.keys().filter(|feature| asked.all || default(feature));
            tasks.extend(on.map(|feature| Task::Feature(unit, feature)));
        }
        for name in &asked.names {
            if !self.asked_for(name, &mut tasks) {
                return Err(BuildError::NoFeature(name.clone()));
            }
        }
        while let Some(task) = tasks.pop() {
            match task {
                Task::Unit(unit) => self.unit(unit, &mut tasks),
                Task::Feature(unit, feature) => self.feature(unit, feature, &mut tasks),
                Task::Dependency(unit, name) => self.dependency(unit, name, &mut tasks),
            }
        }
        Ok(())
    }

    /// Turns on what the command line names: a feature of the roots, of one of them (`package/feature`), or of
    /// their dependency (`name/feature`). Whether anything is of that name.
    fn asked_for(&mut self, name: &str, tasks: &mut Vec<Task<'a>>) -> bool {
        let (of, feature) = name.split_once('/').map_or((None, name), |(of, feature)| (Some(of), feature));
        let mut known = false;
        for root in self.roots {
            let Some(package) = self.packages.get(*root).copied() else { continue };
            let unit = Unit { package: *root, host: false };
            let own = package.features.get_key_value(feature);
            if let Some((own, _)) = own.filter(|_| of.is_none_or(|of| of == package.name.as_str())) {
                tasks.push(Task::Feature(unit, own));
                known = true;
            }
            let Some(of) = of else { continue };
            let (plain, weak) = weak(of);
            let lines = package.dependencies.iter().filter(|line| manifest_name(line) == plain);
            let found: Vec<(&'a str, &'a str)> = lines
                .flat_map(|line| self.found(*root, line).map(move |to| (line, to)))
                .filter_map(|(line, to)| {
                    let (feature, _) = self.packages.get(to)?.features.get_key_value(feature)?;
                    Some((manifest_name(line), feature.as_str()))
                })
                .collect();
            for (name, feature) in found {
                self.dependency_feature(unit, package, (name, weak), feature, tasks);
                known = true;
            }
        }
        known
    }

    fn package(&self, unit: Unit) -> Option<&'a Package> {
        self.packages.get(unit.package).copied()
    }

    fn unit(&mut self, unit: Unit, tasks: &mut Vec<Task<'a>>) {
        let Some(package) = self.package(unit).filter(|_| self.state.built.insert(unit)) else { return };
        for line in package.dependencies.iter().filter(|line| !line.optional) {
            self.needs(unit, line, tasks);
        }
    }

    fn feature(&mut self, unit: Unit, feature: &'a str, tasks: &mut Vec<Task<'a>>) {
        let Some(package) = self.package(unit).filter(|_| self.state.features.insert((unit, feature))) else {
            return;
        };
        for value in package.features.get(feature).into_iter().flatten() {
            if let Some(name) = value.strip_prefix("dep:") {
                tasks.push(Task::Dependency(unit, name));
            } else if let Some((name, of_dependency)) = value.split_once('/') {
                self.dependency_feature(unit, package, weak(name), of_dependency, tasks);
            } else {
                tasks.push(Task::Feature(unit, value));
            }
        }
    }

    /// `name/feature`, and `name?/feature`, which is weak.
    fn dependency_feature(
        &mut self,
        unit: Unit,
        package: &'a Package,
        (name, weak): (&'a str, bool),
        feature: &'a str,
        tasks: &mut Vec<Task<'a>>,
    ) {
        let optional = |name: &str| {
            let mut lines = package.dependencies.iter().filter(|line| manifest_name(line) == name);
            lines.any(|line| line.optional)
        };
        if weak {
            if optional(name) && !self.state.on.contains(&(unit, name)) {
                self.state.weak.entry((unit, name)).or_default().push(feature);
            } else {
                self.pass_on(unit, name, feature, tasks);
            }
            return;
        }
        if optional(name) {
            tasks.push(Task::Dependency(unit, name));
            if package.features.contains_key(name) {
                tasks.push(Task::Feature(unit, name));
            }
        }
        self.pass_on(unit, name, feature, tasks);
    }

    fn dependency(&mut self, unit: Unit, name: &'a str, tasks: &mut Vec<Task<'a>>) {
        let Some(package) = self.package(unit).filter(|_| self.state.on.insert((unit, name))) else { return };
        let lines = package.dependencies.iter().filter(|line| line.optional && manifest_name(line) == name);
        for line in lines {
            self.needs(unit, line, tasks);
        }
        for feature in self.state.weak.remove(&(unit, name)).into_iter().flatten() {
            self.pass_on(unit, name, feature, tasks);
        }
    }

    /// Turns on a feature of the dependency of that name.
    fn pass_on(&self, unit: Unit, name: &str, feature: &'a str, tasks: &mut Vec<Task<'a>>) {
        let Some(package) = self.package(unit) else { return };
        for line in package.dependencies.iter().filter(|line| manifest_name(line) == name) {
            if self.counts(unit, line) {
                tasks.extend(self.units(unit, line).map(|to| Task::Feature(to, feature)));
            }
        }
    }

    /// Turns on what a line of the manifest asks for, with the features that the line names.
    fn needs(&self, unit: Unit, line: &'a Dependency, tasks: &mut Vec<Task<'a>>) {
        if !self.counts(unit, line) {
            return;
        }
        for to in self.units(unit, line) {
            tasks.push(Task::Unit(to));
            let default = line.uses_default_features.then_some("default");
            let features = default.into_iter().chain(line.features.iter().map(String::as_str));
            let known = |feature: &&str| {
                self.package(to).is_some_and(|package| package.features.contains_key(*feature))
            };
            tasks.extend(features.filter(known).map(|feature| Task::Feature(to, feature)));
        }
    }

    /// Whether a line of the manifest turns on features in this build.
    fn counts(&self, unit: Unit, line: &Dependency) -> bool {
        match self.asked.resolver {
            Resolver::Two => line.kind != DependencyKind::Development && self.holds(unit, line),
            Resolver::One => line.kind != DependencyKind::Development || self.roots.contains(&unit.package),
        }
    }

    fn holds(&self, unit: Unit, line: &Dependency) -> bool {
        let host = unit.host || line.kind == DependencyKind::Build;
        let conditions = if host { self.asked.host } else { self.asked.target };
        conditions.hold(line.target.as_ref())
    }

    /// What a line of the manifest was resolved to, as it is built for that unit. The first resolver knows no
    /// difference between what runs while building and what is built.
    fn units(&self, unit: Unit, line: &Dependency) -> impl Iterator<Item = Unit> {
        let two = self.asked.resolver == Resolver::Two;
        let runs = unit.host || line.kind == DependencyKind::Build;
        self.found(unit.package, line).map(move |to| {
            let host = runs || self.packages.get(to).is_some_and(|package| is_proc_macro(package));
            Unit { package: to, host: two && host }
        })
    }

    /// The packages that a line of the manifest was resolved to.
    fn found(&self, from: usize, line: &Dependency) -> impl Iterator<Item = usize> {
        let list = self.resolved.get(from).and_then(Option::as_deref).unwrap_or_default();
        list.iter().filter_map(move |(to, dep)| {
            let of_line = |kind: &DepKindInfo| kind.kind == line.kind && kind.target == line.target;
            let package = self.packages.get(*to)?;
            (dep.dep_kinds.iter().any(of_line) && self.is_of(package, line)).then_some(*to)
        })
    }

    /// Whether the package may be what the line asks for. Where a patch gives another version than the line asks for,
    /// its name decides.
    fn is_of(&self, package: &Package, line: &Dependency) -> bool {
        let named = |other: &Package| other.name.as_str() == line.name;
        let fits = |other: &Package| named(other) && line.req.matches(&other.version);
        named(package)
            && (line.req.matches(&package.version) || !self.packages.iter().any(|other| fits(other)))
    }

    /// The edges of everything that is built. Of the first resolver's features only what the target needs is built.
    fn edges(&self) -> Result<BTreeMap<Unit, BTreeSet<(Unit, bool)>>, BuildError> {
        let mut edges: BTreeMap<Unit, BTreeSet<(Unit, bool)>> = BTreeMap::new();
        let mut open: Vec<Unit> =
            self.roots.iter().map(|root| Unit { package: *root, host: false }).collect();
        while let Some(unit) = open.pop() {
            if edges.contains_key(&unit) {
                continue;
            }
            let Some(package) = self.package(unit) else { continue };
            if self.resolved.get(unit.package).is_none_or(Option::is_none) {
                return Err(BuildError::Unknown(package.id.repr.clone()));
            }
            let mut to = BTreeSet::new();
            for line in package.dependencies.iter().filter(|line| self.is_built(unit, line)) {
                let before = to.len();
                let build = line.kind == DependencyKind::Build;
                to.extend(self.built(unit, line).map(|unit| (unit, build)));
                let named = line.name.clone();
                if to.len() == before && self.found(unit.package, line).next().is_none() {
                    return Err(BuildError::Unresolved(package.name.to_string(), named));
                }
            }
            open.extend(to.iter().map(|(unit, _)| *unit));
            edges.insert(unit, to);
        }
        Ok(edges)
    }

    fn is_built(&self, unit: Unit, line: &Dependency) -> bool {
        let as_followed = Unit { host: unit.host && self.asked.resolver == Resolver::Two, ..unit };
        let on = !line.optional || self.state.on.contains(&(as_followed, manifest_name(line)));
        on && line.kind != DependencyKind::Development && self.holds(unit, line)
    }

    /// Like [`Self::units`], with what runs while building told apart whatever the resolver.
    fn built(&self, unit: Unit, line: &Dependency) -> impl Iterator<Item = Unit> {
        let runs = unit.host || line.kind == DependencyKind::Build;
        self.found(unit.package, line).map(move |to| {
            let host = runs || self.packages.get(to).is_some_and(|package| is_proc_macro(package));
            Unit { package: to, host }
        })
    }
}

/// A dependency's name in the manifest: its own, or the one it was given there.
fn manifest_name(line: &Dependency) -> &str {
    line.rename.as_deref().unwrap_or(&line.name)
}
