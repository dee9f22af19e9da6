//! The file of checksums, as `sha256sum --check` reads it: a digest, two spaces, a name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::candidate::{Artifact, Kind};
use crate::digest::Digest;
use crate::name::FileName;

/// What the file is called.
pub const NAME: &str = "SHA256SUMS";

/// Why a file of checksums is none, or not that of the candidate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChecksums {
    /// No text, or a line of another form.
    #[error("line {line} is not `DIGEST  NAME`")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// It does not end with a line end: it may have been cut.
    #[error("its last line has no end")]
    Cut,
    /// A name twice.
    #[error("it names {0} twice")]
    Twice(FileName),
    /// An artifact that is not in it.
    #[error("it does not name {0}")]
    Missing(FileName),
    /// A file that is no artifact.
    #[error("it names {0}, which the manifest does not")]
    Extra(FileName),
    /// Another digest.
    #[error("it says {theirs} of {name}; the manifest says {ours}")]
    Differs {
        /// The artifact.
        name: FileName,
        /// What the file says.
        theirs: Digest,
        /// What the manifest says.
        ours: Digest,
    },
}

/// The file for these artifacts, in their order.
pub fn write<'a>(artifacts: impl IntoIterator<Item = &'a Artifact>) -> String {
    let mut text = String::new();
    for artifact in listed(artifacts) {
        let _ = writeln!(text, "{}  {}", artifact.digest.hex(), artifact.name);
    }
    text
}

/// Reads such a file.
///
/// # Errors
/// The first line that is of another form.
pub fn read(bytes: &[u8]) -> Result<BTreeMap<FileName, Digest>, BadChecksums> {
    let mut found = BTreeMap::new();
    let text = bytes.strip_suffix(b"\n").ok_or(BadChecksums::Cut)?;
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let (name, digest) = parsed(line).ok_or(BadChecksums::Line { line: at + 1 })?;
        if found.insert(name.clone(), digest).is_some() {
            return Err(BadChecksums::Twice(name));
        }
    }
    Ok(found)
}

/// Checks that a file of checksums says of each artifact what the manifest says, and nothing else.
///
/// # Errors
/// The first difference.
pub fn check<'a>(
    bytes: &[u8],
    artifacts: impl IntoIterator<Item = &'a Artifact>,
) -> Result<(), BadChecksums> {
    let mut found = read(bytes)?;
    for artifact in listed(artifacts) {
        let (name, ours) = (artifact.name.clone(), artifact.digest);
        match found.remove(&name) {
            None => return Err(BadChecksums::Missing(name)),
            Some(theirs) if theirs != ours => return Err(BadChecksums::Differs { name, theirs, ours }),
            Some(_) => {}
        }
    }
    found.into_keys().next().map_or(Ok(()), |name| Err(BadChecksums::Extra(name)))
}

fn listed<'a>(artifacts: impl IntoIterator<Item = &'a Artifact>) -> impl Iterator<Item = &'a Artifact> {
    artifacts.into_iter().filter(|artifact| artifact.kind != Kind::Checksums)
}

fn parsed(line: &[u8]) -> Option<(FileName, Digest)> {
    let (digest, rest) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    // a second space stands for text, `*` for bytes; both are read alike everywhere but on DOS
    let name = rest.strip_prefix([' ', '*'])?;
    Some((name.parse().ok()?, format!("sha256:{digest}").parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn artifacts() -> Vec<Artifact> {
        let artifact = |name: &str, kind| {
            let (name, digest) = (name.parse().unwrap(), Digest::of(name.as_bytes()));
            Artifact { name, kind, target: None, digest, size: 1 }
        };
        vec![
            artifact("SHA256SUMS", Kind::Checksums),
            artifact("a.crate", Kind::Crate),
            artifact("b", Kind::Binary),
        ]
    }

    #[test]
    fn what_is_written_is_what_the_manifest_says() {
        let text = write(&artifacts());
        let digest = Digest::of(b"a.crate").hex();
        assert!(text.starts_with(&format!("{digest}  a.crate\n")), "{text}");
        assert_eq!(text.lines().count(), 2);
        assert_eq!(check(text.as_bytes(), &artifacts()), Ok(()));
    }

    #[test]
    fn each_difference_from_the_manifest_is_told() {
        let text = write(&artifacts());
        let b = "b".parse::<FileName>().unwrap();
        let without = text.lines().next().unwrap().to_owned() + "\n";
        assert_eq!(check(without.as_bytes(), &artifacts()), Err(BadChecksums::Missing(b.clone())));
        let more = text.clone() + &format!("{}  c\n", Digest::of(b"c").hex());
        assert_eq!(check(more.as_bytes(), &artifacts()), Err(BadChecksums::Extra("c".parse().unwrap())));
        let other = text.replace(&Digest::of(b"b").hex(), &Digest::of(b"x").hex());
        assert!(
            matches!(check(other.as_bytes(), &artifacts()), Err(BadChecksums::Differs { name, .. }) if name == b)
        );
        let twice = text.clone() + text.lines().next().unwrap() + "\n";
        assert!(matches!(check(twice.as_bytes(), &artifacts()), Err(BadChecksums::Twice(_))));
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_no_line() {
        let digest = Digest::of(b"").hex();
        for name in ["../a", "/a", "a/b", ""] {
            let line = format!("{digest}  {name}\n");
            assert_eq!(read(line.as_bytes()), Err(BadChecksums::Line { line: 1 }), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_checksums_or_none(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_file_that_is_cut_is_never_that_of_the_manifest(cut in 0_usize..150) {
            let text = write(&artifacts());
            let cut = cut % text.len();
            prop_assert!(check(&text.as_bytes()[..cut], &artifacts()).is_err());
        }
    }
}
