//! Files of two candidates.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::candidate::{Artifact, Manifest};

/// A file of one candidate or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// Its name in the second, else in the first.
    pub name: String,
    /// Its size in the first, in bytes.
    pub from: Option<u64>,
    /// Its size in the second, in bytes.
    pub to: Option<u64>,
    /// Whether its bytes are the same in both.
    pub same: bool,
}

/// The files of both, by name. Names that differ by the version only are those of one file.
pub fn files(from: &Manifest, to: &Manifest) -> Vec<FileChange> {
    let (old, new) = (by_name(from), by_name(to));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let each = names.into_iter().filter_map(|name| {
        let (old, new) = (old.get(name), new.get(name));
        Some(FileChange {
            name: new.or(old)?.name.to_string(),
            from: old.map(|artifact| artifact.size),
            to: new.map(|artifact| artifact.size),
            same: old.map(|artifact| artifact.digest) == new.map(|artifact| artifact.digest),
        })
    });
    each.collect()
}

fn by_name(manifest: &Manifest) -> BTreeMap<String, &Artifact> {
    let version = manifest.version.to_string();
    let key = |artifact: &Artifact| artifact.name.as_str().replace(&version, "VERSION");
    manifest.artifacts.iter().map(|artifact| (key(artifact), artifact)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::{Kind, Toolchain};
    use crate::digest::Digest;

    fn manifest(version: &str, files: &[(&str, &[u8])]) -> Manifest {
        let artifact = |(name, bytes): &(&str, &[u8])| Artifact {
            name: name.parse().unwrap(),
            kind: Kind::File,
            target: None,
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
        };
        Manifest {
            schema_version: Manifest::schema_version(),
            name: "tool".into(),
            version: version.parse().unwrap(),
            commit: "1".repeat(40),
            tree: "2".repeat(40),
            toolchain: Toolchain { rustc: "r".into(), cargo: "c".into(), host: "h".into() },
            artifacts: files.iter().map(artifact).collect(),
        }
    }

    #[test]
    fn a_file_with_another_version_in_its_name_is_the_same_file() {
        let from = manifest("1.0.0", &[("tool", b"12"), ("tool-1.0.0.crate", b"1"), ("old", b"")]);
        let to = manifest("1.1.0", &[("tool", b"12"), ("tool-1.1.0.crate", b"123"), ("new", b"1")]);
        let found = files(&from, &to);
        let shown: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.from, one.to, one.same)).collect();
        let expected = [
            ("new", None, Some(1), false),
            ("old", Some(0), None, false),
            ("tool", Some(2), Some(2), true),
            ("tool-1.1.0.crate", Some(1), Some(3), false),
        ];
        assert_eq!(shown, expected);
    }
}
