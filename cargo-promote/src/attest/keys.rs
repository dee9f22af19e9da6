//! Public keys, and by what a signature names its key.

use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::{Signature, VerifyingKey};
use ssh_key::HashAlg;
use ssh_key::public::KeyData;

use super::ssh;
use crate::digest::Digest;

/// The longest text of a key that is read, in bytes.
const MOST_KEY: usize = 4096;

/// A key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// An ed25519 key as a PEM block: its signatures are those that the specification of DSSE means.
    Plain(VerifyingKey),
    /// A key of OpenSSH: its signatures are those of `ssh-keygen -Y sign`.
    Ssh(Box<ssh_key::PublicKey>),
}

/// Text that is no key which signatures are checked with here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadKey(pub String);

impl PublicKey {
    /// Reads a line as in OpenSSH's `.pub` files, or a PEM block `PUBLIC KEY` (RFC 8410).
    ///
    /// # Errors
    /// Where it is neither, or a kind of key that is not accepted.
    pub fn read(text: &str) -> Result<Self, BadKey> {
        let text = text.trim();
        if text.len() > MOST_KEY {
            return Err(BadKey(format!("a public key has at most {MOST_KEY} bytes, this text is longer")));
        }
        if text.contains("PRIVATE KEY") {
            return Err(BadKey(
                "this is a private key: take it out, make a new one, and name only the public one".to_owned(),
            ));
        }
        if text.starts_with("-----BEGIN") {
            let key = VerifyingKey::from_public_key_pem(text).map_err(|error| {
                BadKey(format!(
                    "this PEM block is no ed25519 public key ({error}); `cargo promote keys generate` makes one"
                ))
            })?;
            return if key.is_weak() {
                Err(BadKey("this key is weak: anybody could sign for it".to_owned()))
            } else {
                Ok(Self::Plain(key))
            };
        }
        let key = ssh_key::PublicKey::from_openssh(text).map_err(|error| {
            BadKey(format!(
                "this is no public key ({error}): write the line of a `.pub` file of OpenSSH, or a PEM block \
                 `PUBLIC KEY` of an ed25519 key"
            ))
        })?;
        match key.key_data() {
            KeyData::Ed25519(_)
            | KeyData::SkEd25519(_)
            | KeyData::SkEcdsaSha2NistP256(_)
            | KeyData::Ecdsa(ssh_key::public::EcdsaPublicKey::NistP256(_)) => {}
            _ => {
                return Err(BadKey(format!(
                    "signatures of {} are not checked here; make a key with `ssh-keygen -t ed25519`, or with \
                     `-t ed25519-sk` or `-t ecdsa-sk` for a hardware key",
                    key.algorithm()
                )));
            }
        }
        Ok(Self::Ssh(Box::new(key)))
    }

    /// By what signatures name it. A plain key has the name that securesystemslib gives it, so that its `Envelope.verify`
    /// finds the key: the SHA-256 of the key in canonical JSON. A key of OpenSSH has its fingerprint.
    pub fn id(&self) -> String {
        match self {
            Self::Plain(key) => {
                let public = crate::digest::hex(key.as_bytes());
                let canonical =
                    format!(r#"{{"keytype":"ed25519","keyval":{{"public":"{public}"}},"scheme":"ed25519"}}"#);
                Digest::of(canonical.as_bytes()).hex()
            }
            Self::Ssh(key) => key.fingerprint(HashAlg::Sha256).to_string(),
        }
    }

    /// What two keys share that are one key in two forms.
    pub fn identity(&self) -> Vec<u8> {
        match self {
            Self::Plain(key) => key.as_bytes().to_vec(),
            Self::Ssh(key) => match key.key_data().ed25519() {
                Some(key) => key.as_ref().to_vec(),
                None => key.to_bytes().unwrap_or_default(),
            },
        }
    }

    /// What it is, in words.
    pub fn kind(&self) -> String {
        match self {
            Self::Plain(_) => "ed25519".to_owned(),
            Self::Ssh(key) => format!("OpenSSH {}", key.algorithm()),
        }
    }

    /// Whether a signature over this message is this key's.
    ///
    /// # Errors
    /// In which way it is not.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), String> {
        match self {
            Self::Plain(key) => {
                let signature = Signature::from_slice(signature)
                    .map_err(|_| format!("an ed25519 signature has 64 bytes, not {}", signature.len()))?;
                key.verify_strict(message, &signature).map_err(|_| "it is not of these bytes".to_owned())
            }
            Self::Ssh(key) => ssh::verify(key, message, signature),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with securesystemslib 1.6.0: `SSlibKey.from_crypto(load_pem_public_key(PEM)).keyid`.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    const KEYID: &str = "74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916";
    const SSH: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea me@example.org";

    #[test]
    fn a_plain_key_has_the_name_that_securesystemslib_gives_it() {
        let key = PublicKey::read(PEM).unwrap();
        assert_eq!((key.id(), key.kind()), (KEYID.to_owned(), "ed25519".to_owned()));
    }

    #[test]
    fn a_key_of_openssh_has_its_fingerprint() {
        let key = PublicKey::read(SSH).unwrap();
        assert_eq!(key.id(), "SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8");
        assert_eq!(key.kind(), "OpenSSH ssh-ed25519");
    }

    #[test]
    fn one_key_in_two_forms_is_one() {
        assert_eq!(PublicKey::read(PEM).unwrap().identity(), PublicKey::read(SSH).unwrap().identity());
    }

    #[test]
    fn what_is_no_key_to_check_with_is_refused_in_words() {
        let why = |text: &str| PublicKey::read(text).unwrap_err().to_string();
        assert!(why("").contains("no public key"));
        assert!(why("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----").contains("private key"));
        assert!(why("-----BEGIN OPENSSH PRIVATE KEY-----\n").contains("private key"));
        assert!(why(&PEM.replace("MCow", "MCox")).contains("no ed25519 public key"));
        assert!(why(&"a".repeat(5000)).contains("longer"));
        assert!(why(RSA).contains("ssh-keygen -t ed25519"), "{}", why(RSA));
        // all zeros but one: a point of small order
        let weak = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----";
        assert!(why(weak).contains("weak"), "{}", why(weak));
    }

    const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC43j5oOo7x+Wg7hSx7rp9opVhRk/LA1RGWS+QdpcXKTyjZiBqnW1uk/MrPp48dWXev1IR0kZdb5w+Vi6mat/vXUQ0bg5/NtrrCAOapaV68EtDEU05G0bItIui2XoKhQAG+08E1sbzBklHtdVJQVgQXkh6wuqstgXSf0H30hTBf6ROplxZuqyMV61iffEqHfhQ5/nRJVRTJ0t7A13oB+23HVpTbMe4ZXs7Zjji40kJ7GhuTPMnmjhx+uFHwykih9H+VdXA4MriWx1Q3Wk7Rj5TyIcHzFBc/AHNJXUNVfb3gchjaRPi9OtY6DpobVliESUcJISalzAENB3bTHvBmwcaR";
}
