//! What a change does to the packages of a lock file.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::advisory::LockedPackage;

/// What became of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// No version of it was there.
    New,
    /// It takes the place of another version.
    Updated,
    /// It joins the versions that were there.
    Further,
    /// The same version comes from elsewhere.
    Moved,
    /// It is not there any more, in any version.
    Removed,
    /// It is not there any more, and other versions are.
    Dropped,
}

impl Change {
    /// In a word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Updated => "updated",
            Self::Further => "further version",
            Self::Moved => "other source",
            Self::Removed | Self::Dropped => "removed",
        }
    }
}

/// One package that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference<'a> {
    /// What became of it.
    pub(crate) change: Change,
    /// The package, in the lock file in which it is.
    pub(crate) package: &'a LockedPackage,
    /// The versions whose place it takes.
    pub(crate) before: Vec<&'a Version>,
}

/// What differs from the base, by name and version. Packages of the workspace itself and those by path are left out,
/// since their versions say nothing.
pub(crate) fn differences<'a>(base: &'a [LockedPackage], head: &'a [LockedPackage]) -> Vec<Difference<'a>> {
    let (old, new) = (by_name(base), by_name(head));
    let none = Vec::new();
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let mut differences = Vec::new();
    for name in names {
        let (before, after) = (old.get(name).unwrap_or(&none), new.get(name).unwrap_or(&none));
        let same = |one: &LockedPackage, other: &&&LockedPackage| {
            one.version == other.version && one.source == other.source
        };
        let gone: Vec<&LockedPackage> =
            before.iter().copied().filter(|one| !after.iter().any(|other| same(one, &other))).collect();
        let come: Vec<&LockedPackage> =
            after.iter().copied().filter(|one| !before.iter().any(|other| same(one, &other))).collect();
        for package in &come {
            let moved = gone.iter().any(|old| old.version == package.version);
            let change = match (before.is_empty(), moved, gone.is_empty()) {
                (true, _, _) => Change::New,
                (false, true, _) => Change::Moved,
                (false, false, false) => Change::Updated,
                (false, false, true) => Change::Further,
            };
            let before = gone.iter().map(|old| &old.version).collect();
            differences.push(Difference { change, package, before });
        }
        let taken = !come.is_empty();
        for package in gone.into_iter().filter(|_| !taken) {
            let change = if after.is_empty() { Change::Removed } else { Change::Dropped };
            differences.push(Difference { change, package, before: Vec::new() });
        }
    }
    differences.sort_by(|a, b| {
        (a.change, &a.package.name, &a.package.version).cmp(&(b.change, &b.package.name, &b.package.version))
    });
    differences
}

/// Names with more versions than before, and more than one: each with its versions now.
pub(crate) fn more_versions<'a>(
    base: &'a [LockedPackage],
    head: &'a [LockedPackage],
) -> BTreeMap<&'a str, Vec<&'a LockedPackage>> {
    let old = by_name(base);
    let mut new = by_name(head);
    new.retain(|name, versions| versions.len() > old.get(name).map_or(1, Vec::len).max(1));
    new
}

fn by_name(lock: &[LockedPackage]) -> BTreeMap<&str, Vec<&LockedPackage>> {
    let mut by_name: BTreeMap<&str, Vec<&LockedPackage>> = BTreeMap::new();
    for package in lock.iter().filter(|package| package.source.is_some()) {
        by_name.entry(&package.name).or_default().push(package);
    }
    by_name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(packages: &[(&str, &str, &str)]) -> Vec<LockedPackage> {
        let package = |(name, version, source): &(&str, &str, &str)| LockedPackage {
            name: (*name).to_owned(),
            version: version.parse().unwrap(),
            source: (!source.is_empty()).then(|| (*source).to_owned()),
            from_registry: true,
            checksum: None,
            line: 1,
            dependencies: Vec::new(),
        };
        packages.iter().map(package).collect()
    }

    fn told(base: &[(&str, &str, &str)], head: &[(&str, &str, &str)]) -> Vec<(Change, String, Vec<String>)> {
        let (base, head) = (lock(base), lock(head));
        let told = |one: Difference<'_>| {
            let name = format!("{} {}", one.package.name, one.package.version);
            (one.change, name, one.before.iter().map(ToString::to_string).collect())
        };
        differences(&base, &head).into_iter().map(told).collect()
    }

    #[test]
    fn packages_come_go_change_their_version_and_their_source() {
        let base = [
            ("app", "1.0.0", ""),
            ("a", "1.0.0", "r"),
            ("b", "1.0.0", "r"),
            ("c", "1.0.0", "r"),
            ("d", "1.0.0", "r"),
        ];
        let head = [
            ("app", "1.0.1", ""),
            ("a", "1.0.1", "r"),
            ("b", "1.0.0", "r"),
            ("b", "2.0.0", "r"),
            ("c", "1.0.0", "g"),
            ("n", "0.1.0", "r"),
        ];
        assert_eq!(
            told(&base, &head),
            [
                (Change::New, "n 0.1.0".into(), vec![]),
                (Change::Updated, "a 1.0.1".into(), vec!["1.0.0".into()]),
                (Change::Further, "b 2.0.0".into(), vec![]),
                (Change::Moved, "c 1.0.0".into(), vec!["1.0.0".into()]),
                (Change::Removed, "d 1.0.0".into(), vec![]),
            ]
        );
        assert_eq!(told(&head, &head), []);
    }

    #[test]
    fn a_version_that_goes_while_others_stay_is_told() {
        let two = [("a", "1.0.0", "r"), ("a", "2.0.0", "r")];
        assert_eq!(told(&two, &two[..1]), [(Change::Dropped, "a 2.0.0".into(), vec![])]);
    }

    #[test]
    fn only_more_versions_than_before_are_news() {
        let names = |base: &[(&str, &str, &str)], head: &[(&str, &str, &str)]| {
            let (base, head) = (lock(base), lock(head));
            more_versions(&base, &head).keys().map(ToString::to_string).collect::<Vec<_>>()
        };
        let (one, two) = ([("a", "1.0.0", "r")], [("a", "1.0.0", "r"), ("a", "2.0.0", "r")]);
        let other = [("a", "1.0.0", "r"), ("a", "3.0.0", "r")];
        assert_eq!(names(&one, &two), ["a"]);
        assert_eq!(names(&[], &two), ["a"]);
        assert!(
            names(&two, &other).is_empty() && names(&two, &one).is_empty() && names(&[], &one).is_empty()
        );
    }
}
