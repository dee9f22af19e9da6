//! What is kept in a registry of container images: candidates, entries of the ledger and signed statements, each as an
//! image manifest of OCI whose bytes follow from what is kept, so that it has the same digest in every repository.
//! Format: OCI image specification 1.1, "Image Manifest Specification", its guidance for artifacts.
//!
//! Nothing is read through a tag: what a tag's name says is the digest by which it is read. Tags list what is there, and
//! keep a registry's own cleaning from it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::candidate::Candidate;
use crate::digest::Digest;
use crate::name::Label;

/// The media type of image manifests.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// What a candidate's image is.
const CANDIDATE_TYPE: &str = "application/vnd.cargo-promote.candidate.v1+json";
/// What the image of an entry is.
const ENTRY_TYPE: &str = "application/vnd.cargo-promote.ledger-entry.v1+json";
/// What the image of a signed statement is: the media type of DSSE.
const STATEMENT_TYPE: &str = "application/vnd.dsse.envelope.v1+json";
/// What is in an artifact is not said.
const ARTIFACT_TYPE: &str = "application/octet-stream";
/// The annotation by which other tools name the file of a layer.
const TITLE: &str = "org.opencontainers.image.title";
/// How many digits of a candidate's digest are in the tag of a statement: a tag has 128 letters at the most.
const PREFIX: usize = 40;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image<'a> {
    schema_version: u8,
    media_type: &'a str,
    artifact_type: &'a str,
    config: Layer<'a>,
    layers: Vec<Layer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer<'a> {
    media_type: &'a str,
    digest: Digest,
    size: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'a str, &'a str>,
}

impl<'a> Layer<'a> {
    fn new(media_type: &'a str, digest: Digest, size: u64) -> Self {
        Self { media_type, digest, size, annotations: BTreeMap::new() }
    }
}

fn bytes(artifact_type: &str, config: Layer<'_>, layers: Vec<Layer<'_>>) -> Vec<u8> {
    let image = Image { schema_version: 2, media_type: MANIFEST_TYPE, artifact_type, config, layers };
    // no map of an image has keys that are not text, which is all that could fail
    serde_json::to_vec(&image).unwrap_or_default()
}

/// The image of a candidate: its manifest is the config, its artifacts are the layers.
pub fn of_candidate(candidate: &Candidate) -> Vec<u8> {
    let layers = candidate.manifest().artifacts.iter().map(|artifact| Layer {
        annotations: BTreeMap::from([(TITLE, artifact.name.as_str())]),
        ..Layer::new(ARTIFACT_TYPE, artifact.digest, artifact.size)
    });
    let config = Layer::new(CANDIDATE_TYPE, candidate.digest(), candidate.bytes().len() as u64);
    bytes(CANDIDATE_TYPE, config, layers.collect())
}

/// The image of an entry of the ledger, or of a signed statement: the bytes are config and only layer.
pub fn of_bytes(tag: &Tag, blob: &[u8]) -> Vec<u8> {
    let kind = if matches!(tag, Tag::Entry { .. }) { ENTRY_TYPE } else { STATEMENT_TYPE };
    let layer = || Layer::new(kind, Digest::of(blob), blob.len() as u64);
    bytes(kind, layer(), vec![layer()])
}

/// A tag of ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// A candidate, by its digest.
    Candidate(Digest),
    /// An entry of the ledger.
    Entry {
        /// Its place.
        sequence: u64,
        /// Its digest.
        digest: Digest,
    },
    /// A statement about a candidate.
    Statement {
        /// The first digits of the candidate's digest.
        candidate: String,
        /// The statement's digest.
        digest: Digest,
    },
}

impl Tag {
    /// The tag of a statement about a candidate.
    pub fn statement(candidate: &Digest, envelope: &[u8]) -> Self {
        Self::Statement {
            candidate: candidate.hex().chars().take(PREFIX).collect(),
            digest: Digest::of(envelope),
        }
    }

    /// Whether it is the tag of a statement about that candidate.
    pub fn is_about(&self, about: &Digest) -> bool {
        matches!(self, Self::Statement { candidate, .. } if about.hex().starts_with(candidate))
    }

    /// Reads a tag; a tag of somebody else is none.
    pub fn read(tag: &str) -> Option<Self> {
        let (kind, rest) = tag.split_once('-')?;
        let digest = |hex: &str| format!("sha256:{hex}").parse::<Digest>().ok();
        let read = match kind {
            "candidate" => Self::Candidate(digest(rest)?),
            "ledger" => {
                let (sequence, hex) = rest.split_once('-')?;
                Self::Entry { sequence: sequence.parse().ok()?, digest: digest(hex)? }
            }
            "att" => {
                let (candidate, hex) = rest.split_once('-')?;
                let digits = candidate.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                let candidate = Some(candidate).filter(|it| digits && it.len() == PREFIX)?;
                Self::Statement { candidate: candidate.to_owned(), digest: digest(hex)? }
            }
            _ => return None,
        };
        // one spelling only, so that two tags are never the same entry
        (read.to_string() == tag).then_some(read)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Candidate(digest) => write!(f, "candidate-{}", digest.hex()),
            Self::Entry { sequence, digest } => write!(f, "ledger-{sequence:012}-{}", digest.hex()),
            Self::Statement { candidate, digest } => write!(f, "att-{candidate}-{}", digest.hex()),
        }
    }
}

/// The tag that names what an environment runs, for others to read.
pub fn tag_of(environment: &Label) -> String {
    format!("env-{environment}")
}

/// Registry and repository of an address such as `ghcr.io/acme/tool`.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<(&str, &str), String> {
    let no = |why: &str| {
        let text = text.escape_debug();
        Err(format!("`{text}` is no address of a repository such as `ghcr.io/acme/tool`: {why}"))
    };
    let Some((registry, repository)) = text.split_once('/') else { return no("it has no `/`") };
    let host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let is_name = registry.bytes().all(host) && !registry.contains("..");
    if !is_name || !(registry.contains(['.', ':']) || registry == "localhost") {
        return no("it does not begin with the name of a registry");
    }
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let ends = |byte: Option<&u8>| byte.is_some_and(|byte| plain(*byte));
        ends(part.as_bytes().first())
            && ends(part.as_bytes().last())
            && part.bytes().all(|byte| plain(byte) || b"._-".contains(&byte))
            && !["..", "._", "_.", "___", "-.", ".-", "-_", "_-"].iter().any(|pair| part.contains(pair))
    };
    if repository.len() > 255 || !repository.split('/').all(part) {
        return no("a repository is lower-case letters and digits, in parts with `/` between them");
    }
    Ok((registry, repository))
}

/// Whether a registry is on this machine, so that nobody between can listen.
pub fn is_loopback(registry: &str) -> bool {
    let host = match registry.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => registry.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::candidate::{Artifact, Kind, Manifest, Toolchain};

    fn candidate() -> Candidate {
        let artifact = |name: &str| Artifact {
            name: name.parse().unwrap(),
            kind: Kind::Binary,
            target: None,
            digest: Digest::of(name.as_bytes()),
            size: name.len() as u64,
        };
        let toolchain = Toolchain {
            rustc: "rustc 1.95.0".to_owned(),
            cargo: "cargo 1.95.0".to_owned(),
            host: "x86_64-unknown-linux-gnu".to_owned(),
        };
        Candidate::new(&Manifest {
            schema_version: Manifest::schema_version(),
            name: "tool".to_owned(),
            version: semver::Version::new(1, 2, 3),
            commit: "1".repeat(40),
            tree: "2".repeat(40),
            toolchain,
            artifacts: vec![artifact("a"), artifact("b")],
        })
        .unwrap()
    }

    #[test]
    fn the_image_of_a_candidate_is_what_other_tools_read() {
        insta::assert_snapshot!(String::from_utf8(of_candidate(&candidate())).unwrap());
    }

    #[test]
    fn the_image_of_a_statement_is_what_other_tools_read() {
        let tag = Tag::statement(&candidate().digest(), b"{}");
        insta::assert_snapshot!(String::from_utf8(of_bytes(&tag, b"{}")).unwrap());
    }

    #[test]
    fn the_longest_tag_fits() {
        let statement = Tag::statement(&Digest::of(b"a"), b"b");
        let entry = Tag::Entry { sequence: u64::MAX, digest: Digest::of(b"a") };
        for tag in [statement, entry, Tag::Candidate(Digest::of(b"a"))] {
            assert!(tag.to_string().len() <= 128, "{tag}");
            assert_eq!(Tag::read(&tag.to_string()), Some(tag));
        }
    }

    #[test]
    fn a_statement_is_about_its_candidate_only() {
        let tag = Tag::statement(&Digest::of(b"a"), b"statement");
        assert!(tag.is_about(&Digest::of(b"a")) && !tag.is_about(&Digest::of(b"b")));
    }

    #[test]
    fn an_address_begins_with_a_registry_and_is_in_lower_case() {
        assert_eq!(address("ghcr.io/acme/tool"), Ok(("ghcr.io", "acme/tool")));
        assert_eq!(address("127.0.0.1:5000/a__b/c-d.e"), Ok(("127.0.0.1:5000", "a__b/c-d.e")));
        for bad in [
            "tool",
            "acme/tool",
            "ghcr.io/",
            "ghcr.io/Acme/tool",
            "ghcr.io/acme//tool",
            "ghcr.io/acme/tool:1",
            "ghcr.io/../tool",
            "ghcr.io../tool",
            "ghcr.io/a@b",
            "https://ghcr.io/acme/tool",
            "me:secret@ghcr.io/acme",
            "ghcr.io/a..b",
            "ghcr.io/-a",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_this_machine_is_this_machine() {
        for yes in ["localhost:5000", "127.0.0.1", "127.9.9.9:1", "[::1]:5000"] {
            assert!(is_loopback(yes), "{yes}");
        }
        for no in ["localhost.example.org", "10.0.0.1:5000", "127.0.0.1.example.org", "[::2]:80", "ghcr.io"] {
            assert!(!is_loopback(no), "{no}");
        }
    }

    proptest! {
        #[test]
        fn a_tag_has_one_spelling(text in "(candidate|ledger|att)-[0-9a-f-]{0,120}") {
            if let Some(tag) = Tag::read(&text) {
                prop_assert_eq!(tag.to_string(), text);
            }
        }
    }
}
