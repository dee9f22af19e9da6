//! A candidate: the artifacts of one release build, named by the digest of their manifest.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::name::FileName;

/// The form of manifests that this version writes.
const SCHEMA_VERSION: &str = "1.0";
/// The largest manifest that is read, in bytes.
pub const MOST_MANIFEST: u64 = 4 << 20;
/// The most artifacts of one candidate.
const MOST_ARTIFACTS: usize = 10_000;
/// The largest artifact, in bytes.
pub const MOST_ARTIFACT: u64 = 16 << 30;

/// What a candidate is. Equal builds of one commit have equal manifests: nothing in it tells when, where or by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of this file.
    pub schema_version: String,
    /// What is released.
    pub name: String,
    /// Its version.
    pub version: semver::Version,
    /// The commit that it was built from, in hexadecimal digits.
    pub commit: String,
    /// That commit's tree, in hexadecimal digits.
    pub tree: String,
    /// What built it.
    pub toolchain: Toolchain,
    /// What it consists of, sorted by name.
    pub artifacts: Vec<Artifact>,
}

/// What built a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// `rustc --version`.
    pub rustc: String,
    /// `cargo --version`.
    pub cargo: String,
    /// The target that it ran on.
    pub host: String,
}

/// One file of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// The file's name.
    pub name: FileName,
    /// What it is.
    pub kind: Kind,
    /// The target that it was built for, where it runs on one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Its bytes.
    pub digest: Digest,
    /// How many they are.
    pub size: u64,
}

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A program.
    Binary,
    /// A `.crate` package, as a registry takes it.
    Crate,
    /// An archive with programs and what belongs to them.
    Archive,
    /// A bill of materials.
    Sbom,
    /// The digests of the other artifacts, as `sha256sum --check` reads them.
    Checksums,
    /// A file that was given.
    File,
}

/// A manifest with its bytes and their digest, by which the candidate is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    digest: Digest,
    bytes: Vec<u8>,
    manifest: Manifest,
}

/// Bytes that are no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the manifest of the candidate {digest}{why}; stage it again")]
pub struct BadManifest {
    /// The digest of the bytes.
    pub digest: String,
    /// What is wrong with them.
    pub why: String,
}

impl Candidate {
    /// The candidate of a manifest.
    ///
    /// # Errors
    /// Where the manifest breaks a rule of manifests.
    pub fn new(manifest: &Manifest) -> Result<Self, BadManifest> {
        let mut bytes = serde_json::to_vec_pretty(manifest).map_err(|error| BadManifest {
            digest: String::new(),
            why: format!(" cannot be written: {error}"),
        })?;
        bytes.push(b'\n');
        Self::read(bytes)
    }

    /// Reads a manifest. Only the very bytes that [`Candidate::new`] would write are one, so that no two digests name
    /// the same candidate.
    ///
    /// # Errors
    /// Where the bytes are none.
    pub fn read(bytes: Vec<u8>) -> Result<Self, BadManifest> {
        let digest = Digest::of(&bytes);
        let bad = |why: String| BadManifest { digest: digest.short(), why };
        if bytes.len() as u64 > MOST_MANIFEST {
            return Err(bad(format!(" is larger than {MOST_MANIFEST} bytes")));
        }
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| bad(format!(" is damaged: {error}")))?;
        if let Some(why) = fault(&manifest) {
            return Err(bad(why));
        }
        let mut written = serde_json::to_vec_pretty(&manifest).map_err(|error| bad(format!(": {error}")))?;
        written.push(b'\n');
        if written != bytes {
            return Err(bad(" is not written as this program writes it".to_owned()));
        }
        Ok(Self { digest, bytes, manifest })
    }

    /// By what it is named.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The bytes of its manifest.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it is.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// `name version (digest)`, for people.
    pub fn shown(&self) -> String {
        format!("{} {} ({})", self.manifest.name, self.manifest.version, self.digest.short())
    }
}

impl Manifest {
    /// The form of manifests that this version writes.
    pub fn schema_version() -> String {
        SCHEMA_VERSION.to_owned()
    }
}

/// What breaks a rule of manifests, if anything does.
fn fault(manifest: &Manifest) -> Option<String> {
    let object = |text: &str| {
        matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let line = |text: &str| !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control);
    let Toolchain { rustc, cargo, host } = &manifest.toolchain;
    if manifest.schema_version != SCHEMA_VERSION {
        let theirs = manifest.schema_version.escape_debug();
        return Some(format!(" has the form `{theirs}`; this version knows {SCHEMA_VERSION}"));
    }
    if !object(&manifest.commit) || !object(&manifest.tree) {
        return Some(" names a commit or a tree that is none of git's".to_owned());
    }
    if ![&manifest.name, rustc, cargo, host].into_iter().all(|text| line(text)) {
        return Some(" has a name or a toolchain that is empty, too long or no single line".to_owned());
    }
    if manifest.artifacts.is_empty() || manifest.artifacts.len() > MOST_ARTIFACTS {
        return Some(format!(" names {} artifacts", manifest.artifacts.len()));
    }
    if let Some(large) = manifest.artifacts.iter().find(|artifact| artifact.size > MOST_ARTIFACT) {
        return Some(format!(
            " names the artifact {} with {} bytes, more than any may have",
            large.name, large.size
        ));
    }
    // two names that a file system may take for one
    let names: BTreeSet<String> =
        manifest.artifacts.iter().map(|artifact| artifact.name.as_str().to_ascii_lowercase()).collect();
    if names.len() < manifest.artifacts.len() {
        return Some(" names an artifact twice".to_owned());
    }
    let sorted = manifest.artifacts.is_sorted_by(|a, b| a.name < b.name);
    (!sorted).then(|| " does not have its artifacts in the order of their names".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn manifest() -> Manifest {
        let artifact = |name: &str, bytes: &[u8]| Artifact {
            name: name.parse().unwrap(),
            kind: Kind::Binary,
            target: Some("x86_64-unknown-linux-gnu".to_owned()),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
        };
        Manifest {
            schema_version: Manifest::schema_version(),
            name: "tool".to_owned(),
            version: semver::Version::new(1, 2, 3),
            commit: "1".repeat(40),
            tree: "2".repeat(40),
            toolchain: Toolchain {
                rustc: "rustc 1.95.0".to_owned(),
                cargo: "cargo 1.95.0".to_owned(),
                host: "x86_64-unknown-linux-gnu".to_owned(),
            },
            artifacts: vec![artifact("a", b"first"), artifact("b", b"second")],
        }
    }

    fn why(change: impl FnOnce(&mut Manifest)) -> String {
        let mut manifest = manifest();
        change(&mut manifest);
        Candidate::new(&manifest).unwrap_err().why
    }

    #[test]
    fn a_manifest_reads_back_under_its_digest() {
        let candidate = Candidate::new(&manifest()).unwrap();
        assert_eq!(Candidate::read(candidate.bytes().to_vec()).unwrap(), candidate);
        assert_eq!(candidate.digest(), Digest::of(candidate.bytes()));
    }

    #[test]
    fn each_rule_of_manifests_is_kept() {
        assert!(why(|it| it.schema_version = "2.0".into()).contains("form `2.0`"));
        assert!(why(|it| it.commit = "main".into()).contains("commit"));
        assert!(why(|it| it.tree = "A".repeat(40)).contains("tree"));
        assert!(why(|it| it.name = "a\nb".into()).contains("single line"));
        assert!(why(|it| it.artifacts.clear()).contains("0 artifacts"));
        assert!(why(|it| it.artifacts[0].size = u64::MAX).contains("more than any may have"));
        assert!(why(|it| it.artifacts[1].name = "A".parse().unwrap()).contains("twice"));
        assert!(why(|it| it.artifacts.reverse()).contains("order"));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let text = String::from_utf8(Candidate::new(&manifest()).unwrap().bytes().to_vec()).unwrap();
        for name in ["../a", "/a", "a/b", "nul"] {
            let other = text.replacen("\"a\"", &format!("{name:?}"), 1);
            assert!(Candidate::read(other.into_bytes()).unwrap_err().why.contains("damaged"), "{name}");
        }
    }

    #[test]
    fn a_manifest_that_is_too_large_is_refused_before_it_is_read() {
        let blanks = vec![b' '; usize::try_from(MOST_MANIFEST).unwrap() + 1];
        assert!(Candidate::read(blanks).unwrap_err().why.contains("larger than"));
    }

    #[test]
    fn bytes_that_mean_the_same_are_not_the_same_candidate() {
        let bytes = Candidate::new(&manifest()).unwrap().bytes().to_vec();
        let mut spaced = bytes.clone();
        spaced.push(b'\n');
        assert!(Candidate::read(spaced).is_err());
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert!(Candidate::read(value.to_string().into_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_flipped_bit_gives_another_name_or_no_manifest(place in 0_usize..10_000, bit in 0_u8..8) {
            let candidate = Candidate::new(&manifest()).unwrap();
            let mut bytes = candidate.bytes().to_vec();
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            if let Ok(other) = Candidate::read(bytes) {
                prop_assert_ne!(other.digest(), candidate.digest());
            }
        }
    }
}
