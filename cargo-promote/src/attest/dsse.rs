//! The envelope of a signed statement: DSSE, version 1 (<https://github.com/secure-systems-lab/dsse>).

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::keys::PublicKey;
use super::ssh::MOST_SIGNATURE;
use crate::digest::Digest;
use crate::name::Label;

/// What an envelope holds: a statement of in-toto's.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The largest envelope that is read, in bytes.
pub const MOST_ENVELOPE: usize = 8 << 20;
/// The most signatures of one envelope.
const MOST_SIGNATURES: usize = 16;
/// The longest name of a key, in bytes.
const MOST_KEYID: usize = 200;

/// A statement's bytes with the signatures over them; without any it is only claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The statement's bytes.
    pub payload: Vec<u8>,
    /// The signatures.
    pub signatures: Vec<Signature>,
}

/// A signature with the name of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The key's name: see [`PublicKey::id`].
    pub keyid: String,
    /// The signature: 64 bytes of ed25519, or the armoured text of OpenSSH.
    pub bytes: Vec<u8>,
}

/// Bytes that are no envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signed statement {digest} {why}")]
pub struct BadEnvelope {
    /// The digest of the bytes, shortened.
    pub digest: String,
    /// What is wrong with them.
    pub why: String,
}

/// Whose signatures an envelope has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signers {
    /// Keys whose signatures are right.
    pub by: BTreeSet<Label>,
    /// Names of keys that nobody knows here.
    pub unknown: Vec<String>,
    /// Known keys whose signatures are wrong: the key, and in which way.
    pub wrong: Vec<(Label, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    payload: String,
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSignature {
    keyid: String,
    sig: String,
}

/// What is signed: the type and the statement, each with its length before it.
pub fn pae(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

impl Envelope {
    /// Reads an envelope: known fields only, each once; base64 in its only right form.
    ///
    /// # Errors
    /// Where the bytes are none.
    pub fn read(bytes: &[u8]) -> Result<Self, BadEnvelope> {
        let bad = |why: String| BadEnvelope { digest: Digest::of(bytes).short(), why };
        if bytes.len() > MOST_ENVELOPE {
            return Err(bad(format!("is larger than {MOST_ENVELOPE} bytes")));
        }
        let wire: Wire =
            serde_json::from_slice(bytes).map_err(|error| bad(format!("is damaged: {error}")))?;
        if wire.payload_type != PAYLOAD_TYPE {
            return Err(bad(format!("holds `{}`, not a statement", wire.payload_type.escape_debug())));
        }
        if wire.signatures.len() > MOST_SIGNATURES {
            return Err(bad(format!("has more than {MOST_SIGNATURES} signatures")));
        }
        let decode = |what: &str, text: &str| {
            STANDARD.decode(text).map_err(|error| bad(format!("has a {what} that is no base64: {error}")))
        };
        let payload = decode("payload", &wire.payload)?;
        let mut names = BTreeSet::new();
        let mut signatures = Vec::new();
        for WireSignature { keyid, sig } in wire.signatures {
            let bytes = decode("signature", &sig)?;
            if keyid.is_empty() || keyid.len() > MOST_KEYID || keyid.chars().any(char::is_control) {
                return Err(bad("has a signature whose key has no proper name".to_owned()));
            }
            if bytes.is_empty() || bytes.len() > MOST_SIGNATURE {
                return Err(bad(format!("has a signature of {} bytes", bytes.len())));
            }
            if !names.insert(keyid.clone()) {
                return Err(bad(format!("has two signatures of one key, `{keyid}`")));
            }
            signatures.push(Signature { keyid, bytes });
        }
        Ok(Self { payload, signatures })
    }

    /// Its bytes: JSON on one line, without a line end.
    pub fn bytes(&self) -> Vec<u8> {
        let signature =
            |one: &Signature| WireSignature { keyid: one.keyid.clone(), sig: STANDARD.encode(&one.bytes) };
        let wire = Wire {
            payload: STANDARD.encode(&self.payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: self.signatures.iter().map(signature).collect(),
        };
        // nothing but text and lists of text, which JSON always has a form for
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// The bundle of sigstore, version 0.3, in which its programs take an envelope with one plain signature and a key
    /// that they are given by its name; none of another envelope.
    pub fn bundle(&self) -> Option<Vec<u8>> {
        let [Signature { keyid, bytes }] = self.signatures.as_slice() else { return None };
        if bytes.len() != ed25519_dalek::SIGNATURE_LENGTH {
            return None;
        }
        let envelope: serde_json::Value = serde_json::from_slice(&self.bytes()).ok()?;
        let bundle = serde_json::json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": { "publicKey": { "hint": keyid }, "tlogEntries": [] },
            "dsseEnvelope": envelope,
        });
        serde_json::to_vec(&bundle).ok()
    }

    /// What its signatures are over.
    pub fn pae(&self) -> Vec<u8> {
        pae(&self.payload)
    }

    /// Whose signatures it has. How many are needed is the caller's to say: `by` holds each key once.
    pub fn signers(&self, keys: &BTreeMap<Label, PublicKey>) -> Signers {
        let pae = self.pae();
        let mut signers = Signers::default();
        for signature in &self.signatures {
            let named = keys.iter().find(|(_, key)| key.id() == signature.keyid);
            match named.map(|(name, key)| (name, key.verify(&pae, &signature.bytes))) {
                None => signers.unknown.push(signature.keyid.clone()),
                Some((name, Ok(()))) => drop(signers.by.insert(name.clone())),
                Some((name, Err(why))) => signers.wrong.push((name.clone(), why)),
            }
        }
        signers
    }
}
