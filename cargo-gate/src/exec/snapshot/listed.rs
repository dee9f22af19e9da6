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
    /// A digest of the names in the copy by which cargo finds packages and targets; none where it has a link, which may
    /// lead elsewhere, or a submodule, of which nobody has listed the files.
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
    let names: Vec<&Vec<u8>> = entries.iter().map(|entry| &entry.name).collect();
    let is_plain = entries.iter().all(Entry::is_plain);
    is_plain.then(|| digest(names.into_iter().filter(|name| memo::name_counts(name))))
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
        for name in counting.into_iter().chain(["Tests/a/main.rs", "a/Cargo.toml", "src/x/build.rs"]) {
            assert_ne!(of(&[name]), before, "{name}");
        }
    }

    #[test]
    fn nothing_is_known_of_names_beside_links_and_submodules() {
        let of = |mode: &str| names(&[entry(mode, "sub"), entry("100644", "Cargo.toml")]);
        assert_eq!([of("120000"), of("160000")], [None, None]);
        assert!(of("100755").is_some());
    }
}
