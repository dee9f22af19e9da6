//! The shortest way from a package of the workspace to each package of the lock file.

use std::collections::VecDeque;

use super::lock::LockedPackage;

/// For each package of a lock file, the package through which it is first reached from the workspace.
pub(super) struct DependencyPaths<'a> {
    lock: &'a [LockedPackage],
    reached_from: Vec<Option<usize>>,
}

impl<'a> DependencyPaths<'a> {
    /// Walks the graph breadth first from every package without a source: the members of the workspace and their
    /// path dependencies.
    pub(super) fn new(lock: &'a [LockedPackage]) -> Self {
        let mut seen: Vec<bool> = lock.iter().map(|package| package.source.is_none()).collect();
        let mut reached_from = vec![None; lock.len()];
        let mut queue: VecDeque<usize> =
            seen.iter().enumerate().filter_map(|(at, root)| root.then_some(at)).collect();
        while let Some(from) = queue.pop_front() {
            for &to in lock.get(from).map_or(&[][..], |package| &package.dependencies) {
                if let (Some(seen @ false), Some(slot)) = (seen.get_mut(to), reached_from.get_mut(to)) {
                    *seen = true;
                    *slot = Some(from);
                    queue.push_back(to);
                }
            }
        }
        Self { lock, reached_from }
    }

    /// The way to the package at position `to`, itself last, as "name version". Only itself where no member of the
    /// workspace leads to it.
    pub(super) fn to(&self, to: usize) -> Vec<String> {
        let mut positions: Vec<usize> =
            std::iter::successors(Some(to), |&at| *self.reached_from.get(at)?).collect();
        positions.reverse();
        positions
            .into_iter()
            .filter_map(|at| self.lock.get(at))
            .map(|package| format!("{} {}", package.name, package.version))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, local: bool, dependencies: &[usize]) -> LockedPackage {
        LockedPackage {
            name: name.to_owned(),
            version: "1.0.0".parse().unwrap(),
            source: (!local).then(|| "registry".to_owned()),
            from_registry: !local,
            checksum: None,
            line: 1,
            dependencies: dependencies.to_vec(),
        }
    }

    #[test]
    fn the_shortest_of_two_ways_is_given() {
        let lock = [
            package("app", true, &[1, 2]),
            package("long", false, &[2]),
            package("b", false, &[3]),
            package("leaf", false, &[]),
        ];
        let paths = DependencyPaths::new(&lock);
        assert_eq!(paths.to(3), ["app 1.0.0", "b 1.0.0", "leaf 1.0.0"]);
    }

    #[test]
    fn the_nearest_member_of_the_workspace_starts_the_way() {
        let lock = [package("app", true, &[1]), package("lib", true, &[2]), package("leaf", false, &[])];
        assert_eq!(DependencyPaths::new(&lock).to(2), ["lib 1.0.0", "leaf 1.0.0"]);
    }

    #[test]
    fn cycles_end_and_unreached_packages_stand_alone() {
        let lock = [
            package("app", true, &[0, 1]),
            package("a", false, &[0, 1]),
            package("lost", false, &[3]),
            package("too", false, &[2, 99]),
        ];
        let paths = DependencyPaths::new(&lock);
        assert_eq!(paths.to(1), ["app 1.0.0", "a 1.0.0"]);
        assert_eq!(paths.to(2), ["lost 1.0.0"]);
        assert_eq!(paths.to(99), Vec::<String>::new());
    }
}
