//! What is signed: a statement of in-toto's, version 1
//! (<https://github.com/in-toto/attestation/tree/main/spec/v1>), about a candidate.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::build::Provenance;
use super::verdict::Verdict;
use crate::candidate::Candidate;
use crate::digest::Digest;
use crate::name::Label;

/// The type of every statement.
pub const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// The type of SLSA's provenance, version 1.
pub const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
/// The type of the gates' verdict. It is a name and nothing is read from there.
pub const VERDICT: &str = "https://cargo-promote.dev/verdict/v1";
/// The type of an approval.
pub const APPROVAL: &str = "https://cargo-promote.dev/approval/v1";
/// What a statement calls a candidate's manifest; no artifact can have that name.
const MANIFEST: &str = "promote/manifest.json";
/// The longest comment of an approval, in bytes.
pub const MOST_COMMENT: usize = 2000;

/// A statement about the artifacts of one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// What it says.
    pub predicate: Predicate,
}

/// One thing that a statement is about, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its name, for people.
    pub name: String,
    /// Its digest.
    pub digest: SubjectDigest,
}

/// A digest as in-toto writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectDigest {
    /// SHA-256 in 64 hexadecimal digits.
    pub sha256: String,
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// What the artifacts were built from, and how.
    Provenance(Provenance),
    /// How the gates judged the tree that they were built from.
    Verdict(Verdict),
    /// Somebody agrees to a promotion.
    Approval(Approval),
    /// Something of another type, which nothing here rests on.
    Other(String),
}

/// Somebody agrees that the candidate goes to an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The environment.
    pub environment: Label,
    /// The candidate.
    pub candidate: Digest,
    /// Why, or under what condition.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// When it was given.
    pub time: Timestamp,
}

/// Bytes that are no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the statement {0}")]
pub struct BadStatement(pub String);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire<P> {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: P,
}

impl Subject {
    /// Everything that a candidate consists of: its manifest first, then its artifacts.
    pub fn all_of(candidate: &Candidate) -> Vec<Self> {
        let subject = |name: &str, digest: &Digest| Self {
            name: name.to_owned(),
            digest: SubjectDigest { sha256: digest.hex() },
        };
        let manifest = subject(MANIFEST, &candidate.digest());
        let artifacts = &candidate.manifest().artifacts;
        let artifacts = artifacts.iter().map(|artifact| subject(artifact.name.as_str(), &artifact.digest));
        std::iter::once(manifest).chain(artifacts).collect()
    }
}

impl Statement {
    /// A statement about a candidate.
    pub fn about(candidate: &Candidate, predicate: Predicate) -> Self {
        Self { subjects: Subject::all_of(candidate), predicate }
    }

    /// Whether it is about exactly this candidate: its manifest, and each of its artifacts.
    pub fn is_about(&self, candidate: &Candidate) -> bool {
        let set = |subjects: &[Subject]| subjects.iter().cloned().collect::<BTreeSet<_>>();
        let ours = Subject::all_of(candidate);
        self.subjects.len() == ours.len() && set(&self.subjects) == set(&ours)
    }

    /// Its bytes.
    ///
    /// # Errors
    /// Where it has a type that is not written here.
    pub fn bytes(&self) -> Result<Vec<u8>, BadStatement> {
        let subjects = &self.subjects;
        match &self.predicate {
            Predicate::Provenance(provenance) => write(subjects, PROVENANCE, provenance),
            Predicate::Verdict(verdict) => write(subjects, VERDICT, verdict),
            Predicate::Approval(approval) => write(subjects, APPROVAL, approval),
            Predicate::Other(kind) => Err(BadStatement(format!("`{kind}` is not written here"))),
        }
    }

    /// Reads a statement. Those of the types that are known here have known fields only, each once.
    ///
    /// # Errors
    /// Where the bytes are none.
    pub fn read(bytes: &[u8]) -> Result<Self, BadStatement> {
        let Wire { kind, subject, predicate_type, .. } = decode::<IgnoredAny>(bytes)?;
        if kind != STATEMENT {
            return Err(BadStatement(format!("has the type `{}`, not `{STATEMENT}`", kind.escape_debug())));
        }
        let predicate = match predicate_type.as_str() {
            PROVENANCE => Predicate::Provenance(decode(bytes)?.predicate),
            VERDICT => Predicate::Verdict(decode::<Verdict>(bytes)?.predicate.checked()?),
            APPROVAL => Predicate::Approval(decode::<Approval>(bytes)?.predicate.checked()?),
            _ => Predicate::Other(predicate_type),
        };
        Ok(Self { subjects: subject, predicate })
    }
}

impl Approval {
    fn checked(self) -> Result<Self, BadStatement> {
        let odd = |text: &str| text.chars().any(|letter| letter.is_control() && letter != '\n');
        if self.comment.len() > MOST_COMMENT || odd(&self.comment) {
            return Err(BadStatement("has a comment that is too long, or no plain text".to_owned()));
        }
        Ok(self)
    }
}

impl Predicate {
    /// What it is, in a word or two.
    pub fn name(&self) -> &str {
        match self {
            Self::Provenance(_) => "provenance",
            Self::Verdict(_) => "verdict",
            Self::Approval(_) => "approval",
            Self::Other(kind) => kind,
        }
    }
}

fn decode<P: DeserializeOwned>(bytes: &[u8]) -> Result<Wire<P>, BadStatement> {
    serde_json::from_slice(bytes).map_err(|error| BadStatement(format!("is damaged: {error}")))
}

fn write<P: Serialize>(subjects: &[Subject], kind: &str, predicate: &P) -> Result<Vec<u8>, BadStatement> {
    let wire = Wire {
        kind: STATEMENT.to_owned(),
        subject: subjects.to_vec(),
        predicate_type: kind.to_owned(),
        predicate,
    };
    serde_json::to_vec(&wire).map_err(|error| BadStatement(format!("cannot be written: {error}")))
}
