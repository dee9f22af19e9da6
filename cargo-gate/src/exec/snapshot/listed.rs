//! What a copy's files tell without being looked at.

use std::collections::BTreeSet;

use super::checkout::Entry;
use crate::cache::digest;
use crate::exec::memo;

/// The files of a copy.
#[derive(Debug)]
pub(in crate::exec) struct Listed {
    /// Those of the workspace, as `git ls-files -z` names them there.
    pub(in crate::exec) files: Vec<u8>,
    /// Those among them that are no plain files: links, submodules.
    pub(in crate::exec) others: BTreeSet<Vec<u8>>,
    /// A digest of the names in the copy by which cargo finds packages and targets; none where a link may lead elsewhere.
    pub(in crate::exec) names: Option<String>,
}

impl Listed {
    /// Those of a workspace in that folder of the repository.
    pub(super) fn of(entries: &[Entry], prefix: &str) -> Self {
        let (mut files, mut others) = (Vec::new(), BTreeSet::new());
        for entry in entries {
            let Some(name) = entry.name.strip_prefix(prefix.as_bytes()) else { continue };
            files.extend([name, b"\0"].concat());
            others.extend((!entry.is_plain()).then(|| name.to_owned()));
        }
        Self { files, others, names: names(entries) }
    }
}

fn names(entries: &[Entry]) -> Option<String> {
    if entries.iter().any(Entry::is_link) {
        return None;
    }
    let counted = entries.iter().filter(|entry| !entry.is_plain() || memo::name_counts(&entry.name));
    // of what is in a submodule its commit tells
    let head = |entry: &Entry| if entry.is_plain() { Vec::new() } else { entry.head.clone() };
    Some(digest(counted.flat_map(|entry| [head(entry), entry.name.clone()])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mode: &str, name: &str) -> Entry {
        Entry { head: format!("{mode} {} 0", "a".repeat(40)).into(), name: name.into() }
    }

    fn plain(names: &[&str]) -> Vec<Entry> {
        names.iter().map(|name| entry("100644", name)).collect()
    }

    #[test]
    fn the_files_of_a_workspace_are_those_below_its_folder() {
        let entries = [entry("100755", "ws/a.rs"), entry("160000", "ws/sub"), entry("100644", "b.rs")];
        let listed = Listed::of(&entries, "ws/");
        assert_eq!((listed.files, listed.others), (b"a.rs\0sub\0".to_vec(), [b"sub".to_vec()].into()));
    }

    #[test]
    fn files_where_cargo_looks_count_by_their_names_and_modules_do_not() {
        let of = |more: &[&str]| names(&plain(&[&["Cargo.toml", "src/lib.rs"], more].concat()));
        let before = of(&[]);
        assert!(before.is_some());
        assert_eq!(of(&["src/a/b.rs", "docs/a.md"]), before);
        let counting =
            ["build.rs", "src/main.rs", "src/bin/a.rs", "src/bin/a/main.rs", "tests/a.rs", "README.md"];
        for name in counting.into_iter().chain(["examples/a/main.rs", "a/Cargo.toml", "src/x/build.rs"]) {
            assert_ne!(of(&[name]), before, "{name}");
        }
    }

    #[test]
    fn of_a_submodule_its_commit_counts_and_of_a_link_nobody_knows() {
        let of = |head: &str| names(&[Entry { head: head.into(), name: b"sub".to_vec() }]);
        assert_ne!(of("160000 aa 0"), of("160000 bb 0"));
        assert_eq!(of("100644 aa 0"), of("100755 bb 0"));
        assert_eq!(of("120000 aa 0"), None);
    }
}
