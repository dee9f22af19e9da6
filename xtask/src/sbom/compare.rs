//! Two sets of packages.

use std::collections::BTreeSet;
use std::fmt;

/// Names with their versions.
pub(super) type Set = BTreeSet<(String, String)>;

/// A package that one side has and the other has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    what: &'static str,
    side: &'static str,
    package: (String, String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {} only in {}", self.what, self.package.0, self.package.1, self.side)
    }
}

/// What one set has and the other has not.
pub(super) fn differences(what: &'static str, ours: &Set, tree: &Set) -> Vec<Difference> {
    let of =
        |side: &'static str, package: &(String, String)| Difference { what, side, package: package.clone() };
    let only_ours = ours.difference(tree).map(|package| of("the document", package));
    only_ours.chain(tree.difference(ours).map(|package| of("cargo tree", package))).collect()
}

/// The packages of `cargo tree --prefix none --format {p}`: `name v1.2.3 (where it is)`.
pub(super) fn named_by_tree(text: &str) -> Set {
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_tree_name_packages_once_each() {
        let set = named_by_tree("a v1.0.0 (/ws/a)\nb v2.0.0 (proc-macro)\nb v2.0.0 (proc-macro) (*)\n\n");
        assert_eq!(set.len(), 2);
        assert!(set.contains(&("b".to_owned(), "2.0.0".to_owned())));
    }

    #[test]
    fn each_side_is_told() {
        let set =
            |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "1".to_owned())).collect::<Set>();
        let found = differences("all", &set(&["a", "b"]), &set(&["b", "c"]));
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["all: a 1 only in the document", "all: c 1 only in cargo tree"]);
    }
}
