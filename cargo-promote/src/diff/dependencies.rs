//! Packages of two bills of materials.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// What became of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It has other versions.
    Changed,
}

/// A package that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// The versions before.
    pub from: Vec<String>,
    /// The versions since.
    pub to: Vec<String>,
}

/// Name and version of each package.
type Packages = BTreeSet<(String, String)>;

/// The packages that differ, by name.
pub fn dependencies(from: &Packages, to: &Packages) -> Vec<Dependency> {
    let (old, new) = (by_name(from), by_name(to));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let versions = |of: &BTreeMap<&str, Vec<String>>, name: &str| of.get(name).cloned().unwrap_or_default();
    let each = names.into_iter().filter_map(|name| {
        let (from, to) = (versions(&old, name), versions(&new, name));
        let change = match (from.is_empty(), to.is_empty()) {
            (true, _) => Change::Added,
            (_, true) => Change::Removed,
            _ if from == to => return None,
            _ => Change::Changed,
        };
        Some(Dependency { name: name.to_owned(), change, from, to })
    });
    each.collect()
}

fn by_name(packages: &Packages) -> BTreeMap<&str, Vec<String>> {
    let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, version) in packages {
        names.entry(name).or_default().push(version.clone());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_removed_and_changed_packages_are_told_and_the_others_not() {
        let of = |list: &[(&str, &str)]| -> Packages {
            list.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
        };
        let from = of(&[("a", "1.0.0"), ("b", "1.0.0"), ("c", "1.0.0"), ("d", "1.0.0")]);
        let to = of(&[("a", "1.0.0"), ("b", "1.1.0"), ("d", "1.0.0"), ("d", "2.0.0"), ("e", "0.1.0")]);
        let found = dependencies(&from, &to);
        let shown: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.change, one.from.len(), one.to.len())).collect();
        let expected = [
            ("b", Change::Changed, 1, 1),
            ("c", Change::Removed, 1, 0),
            ("d", Change::Changed, 1, 2),
            ("e", Change::Added, 0, 1),
        ];
        assert_eq!(shown, expected);
        assert_eq!(dependencies(&to, &to), []);
    }
}
