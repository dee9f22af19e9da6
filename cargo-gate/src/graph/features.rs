//! Which optional dependencies anything turns on: cargo's rules for features, followed to the end.
//!
//! Every feature that `cargo metadata` reports for a member is on; from there `feature = ["other", "dep:x", "x/f",
//! "x?/f"]` and each dependency's `features` and `default-features` are followed
//! (<https://doc.rust-lang.org/cargo/reference/features.html>). Targets and kinds are not told apart.

use std::collections::{BTreeSet, HashMap, HashSet};

use cargo_metadata::{DepKindInfo, Dependency, DependencyKind, Node, NodeDep, Package};

use super::condition::Condition;
use crate::gate::Features;

/// Something that was turned on and has to be followed.
enum Task<'a> {
    /// A package is built.
    Package(usize),
    /// A feature of a package is on.
    Feature(usize, &'a str),
    /// An optional dependency of a package is on, by its name in the manifest.
    Dependency(usize, &'a str),
}

/// The state of all packages.
pub(super) struct Resolver<'a, 'g> {
    packages: &'g [&'a Package],
    members: &'g [usize],
    dependencies: &'g [Vec<(usize, &'a NodeDep)>],
    given: &'g [&'a Node],
    built: Vec<bool>,
    features: Vec<BTreeSet<&'a str>>,
    on: Vec<HashSet<&'a str>>,
    /// Features that wait for their dependency (`x?/f`), by package and dependency.
    weak: HashMap<(usize, &'a str), Vec<&'a str>>,
}

impl<'a, 'g> Resolver<'a, 'g> {
    /// Follows everything from the members on; their features are those that cargo reports, unless others are named.
    pub(super) fn run(
        packages: &'g [&'a Package],
        members: &'g [usize],
        dependencies: &'g [Vec<(usize, &'a NodeDep)>],
        given: &'g [&'a Node],
        features: Option<&Features>,
    ) -> Self {
        let count = packages.len();
        let mut resolver = Self {
            packages,
            members,
            dependencies,
            given,
            built: vec![false; count],
            features: vec![BTreeSet::new(); count],
            on: vec![HashSet::new(); count],
            weak: HashMap::new(),
        };
        let mut tasks: Vec<Task<'a>> = Vec::new();
        for at in members {
            tasks.push(Task::Package(*at));
            match features {
                Some(features) => resolver.named(*at, features, &mut tasks),
                None => tasks.extend(reported(given, *at)),
            }
        }
        while let Some(task) = tasks.pop() {
            match task {
                Task::Package(at) => resolver.package(at, &mut tasks),
                Task::Feature(at, feature) => resolver.feature(at, feature, &mut tasks),
                Task::Dependency(at, name) => resolver.dependency(at, name, &mut tasks),
            }
        }
        resolver
    }

    /// The features that are on.
    pub(super) fn into_features(self) -> Vec<BTreeSet<&'a str>> {
        self.features
    }

    /// The features of a member that cargo's options would turn on.
    fn named(&self, at: usize, features: &Features, tasks: &mut Vec<Task<'a>>) {
        let Some(package) = self.packages.get(at).copied() else { return };
        let is_on = |name: &str| {
            let of_this = |wanted: &String| {
                wanted == name || wanted.split_once('/') == Some((package.name.as_str(), name))
            };
            features.all || (name == "default" && !features.no_default) || features.names.iter().any(of_this)
        };
        let on = package.features.keys().filter(|name| is_on(name));
        tasks.extend(on.map(|name| Task::Feature(at, name.as_str())));
    }

    fn package(&mut self, at: usize, tasks: &mut Vec<Task<'a>>) {
        let Some(built @ false) = self.built.get_mut(at) else { return };
        *built = true;
        let Some(package) = self.packages.get(at).copied() else { return };
        for dependency in package.dependencies.iter().filter(|one| !one.optional) {
            self.needs(at, dependency, tasks);
        }
        // what no line of the manifest accounts for is cargo's own doing, and needed
        for (to, _) in self.edges_without_a_line(at) {
            tasks.push(Task::Package(to));
            tasks.extend(reported(self.given, to));
        }
    }

    fn edges_without_a_line(&self, at: usize) -> Vec<(usize, &'a NodeDep)> {
        let list = self.dependencies.get(at).map(Vec::as_slice).unwrap_or_default();
        let alone = |(to, dependency): &&(usize, &'a NodeDep)| {
            dependency.dep_kinds.iter().any(|kind| self.lines(at, *to, kind).next().is_none())
        };
        list.iter().filter(alone).copied().collect()
    }

    fn feature(&mut self, at: usize, feature: &'a str, tasks: &mut Vec<Task<'a>>) {
        let Some(package) = self.packages.get(at).copied() else { return };
        // `default` is asked for of packages that have none
        if !package.features.contains_key(feature)
            || !self.features.get_mut(at).is_some_and(|features| features.insert(feature))
        {
            return;
        }
        for value in package.features.get(feature).into_iter().flatten() {
            if let Some(name) = value.strip_prefix("dep:") {
                tasks.push(Task::Dependency(at, name));
            } else if let Some((name, of_dependency)) = value.split_once('/') {
                if let Some(name) = name.strip_suffix('?') {
                    self.weak.entry((at, name)).or_default().push(of_dependency);
                    if self.is_on(package, at, name) {
                        self.pass_on(at, name, of_dependency, tasks);
                    }
                } else {
                    tasks.push(Task::Dependency(at, name));
                    if package.features.contains_key(name) {
                        tasks.push(Task::Feature(at, name));
                    }
                    self.pass_on(at, name, of_dependency, tasks);
                }
            } else {
                tasks.push(Task::Feature(at, value));
            }
        }
    }

    /// Whether a dependency of that name is on, or always is.
    fn is_on(&self, package: &Package, at: usize, name: &str) -> bool {
        let always = package.dependencies.iter().any(|one| manifest_name(one) == name && !one.optional);
        always || self.on.get(at).is_some_and(|on| on.contains(name))
    }

    fn dependency(&mut self, at: usize, name: &'a str, tasks: &mut Vec<Task<'a>>) {
        let Some(package) = self.packages.get(at).copied() else { return };
        if !self.on.get_mut(at).is_some_and(|on| on.insert(name)) {
            return;
        }
        for dependency in package.dependencies.iter().filter(|one| one.optional && manifest_name(one) == name)
        {
            self.needs(at, dependency, tasks);
        }
        for feature in self.weak.get(&(at, name)).into_iter().flatten() {
            self.pass_on(at, name, feature, tasks);
        }
    }

    /// Turns on a feature of the dependency of that name.
    fn pass_on(&self, at: usize, name: &str, feature: &'a str, tasks: &mut Vec<Task<'a>>) {
        let Some(package) = self.packages.get(at).copied() else { return };
        for dependency in package.dependencies.iter().filter(|one| manifest_name(one) == name) {
            tasks.extend(self.resolved(at, dependency).map(|to| Task::Feature(to, feature)));
        }
    }

    /// Turns on the package that a line of the manifest asks for, with the features that the line names.
    fn needs(&self, at: usize, dependency: &'a Dependency, tasks: &mut Vec<Task<'a>>) {
        if dependency.kind == DependencyKind::Development && !self.members.contains(&at) {
            return;
        }
        if dependency.target.as_ref().is_some_and(|target| !Condition::new(target).is_possible()) {
            return;
        }
        for to in self.resolved(at, dependency) {
            tasks.push(Task::Package(to));
            let default = dependency.uses_default_features.then_some("default");
            let features = default.into_iter().chain(dependency.features.iter().map(String::as_str));
            tasks.extend(features.map(|feature| Task::Feature(to, feature)));
        }
    }

    /// The packages that a line of the manifest was resolved to.
    fn resolved(&self, at: usize, dependency: &Dependency) -> impl Iterator<Item = usize> {
        let list = self.dependencies.get(at).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(move |(to, resolved)| {
            let of_line =
                |kind: &DepKindInfo| kind.kind == dependency.kind && kind.target == dependency.target;
            let package = self.packages.get(*to)?;
            let fits = resolved.dep_kinds.iter().any(of_line) && self.is_of(package, dependency);
            fits.then_some(*to)
        })
    }

    /// Whether the package may be what the line asks for. A package under two names or in two versions is told apart
    /// by its version; where a patch gives another version than the line asks for, its name decides.
    fn is_of(&self, package: &Package, dependency: &Dependency) -> bool {
        let same_name = |other: &Package| other.name.as_str() == dependency.name;
        let twins = || self.packages.iter().filter(|other| same_name(other));
        let fits = |other: &Package| dependency.req.matches(&other.version);
        same_name(package) && (fits(package) || !twins().any(|other| fits(other)))
    }

    /// The lines of a package's manifest that an edge may come from.
    fn lines(&self, from: usize, to: usize, kind: &DepKindInfo) -> impl Iterator<Item = &'a Dependency> {
        let lines = self.packages.get(from).into_iter().flat_map(|package| &package.dependencies);
        lines.filter(move |line| {
            let package = self.packages.get(to);
            line.kind == kind.kind
                && line.target == kind.target
                && package.is_some_and(|package| self.is_of(package, line))
        })
    }

    /// Whether something turns the edge on. One that no line of the manifest accounts for is taken as needed.
    pub(super) fn is_live(&self, from: usize, to: usize, kind: &DepKindInfo) -> bool {
        let mut lines = self.lines(from, to, kind).peekable();
        let on = |line: &Dependency| {
            !line.optional || self.on.get(from).is_some_and(|on| on.contains(manifest_name(line)))
        };
        lines.peek().is_none() || lines.any(on)
    }
}

/// The features of a package that cargo reports to be on.
fn reported<'a>(given: &[&'a Node], at: usize) -> impl Iterator<Item = Task<'a>> {
    let features = given.get(at).into_iter().flat_map(|node| &node.features);
    features.map(move |feature| Task::Feature(at, feature.as_str()))
}

/// What the manifest calls a dependency.
fn manifest_name(dependency: &Dependency) -> &str {
    dependency.rename.as_deref().unwrap_or(&dependency.name)
}
