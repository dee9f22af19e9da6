//! Signatures in OpenSSH's own form (its file `PROTOCOL.sshsig`).
//!
//! Such a signature is not one over the bytes themselves but over a small block with a namespace and their hash, so it
//! cannot stand where a plain ed25519 signature is expected. In an envelope it is the armoured text, as `ssh-keygen -Y sign`
//! writes it, over the envelope's pre-authentication encoding; its `keyid` is the key's fingerprint, `SHA256:…`.
//! `ssh-keygen -Y verify -n attest@cargo-promote.dev` accepts both as they are.

use ssh_key::{LineEnding, PublicKey, SshSig};

/// What the signatures of statements are for. A signature of a commit or of a file, which has another one, is none of a
/// statement, whoever made it.
pub const NAMESPACE: &str = "attest@cargo-promote.dev";
/// The longest signature, in bytes.
pub const MOST_SIGNATURE: usize = 4096;
/// The bit of a hardware key's signature that says that somebody touched it.
const TOUCHED: u8 = 1;

/// Reads an armoured signature.
///
/// # Errors
/// Where it is none, or not written as OpenSSH writes it.
pub fn read(armoured: &[u8]) -> Result<SshSig, String> {
    if armoured.len() > MOST_SIGNATURE {
        return Err(format!("it is longer than {MOST_SIGNATURE} bytes"));
    }
    let signature =
        SshSig::from_pem(armoured).map_err(|error| format!("it is no SSH signature ({error})"))?;
    if signature.version() != SshSig::VERSION {
        return Err(format!("it has the form {}, not {}", signature.version(), SshSig::VERSION));
    }
    // one signature has one text: nothing in it can be changed that nobody looks at
    let written = signature.to_pem(LineEnding::LF).map_err(|error| error.to_string())?;
    if format!("{}\n", written.trim_end()).as_bytes() == armoured {
        Ok(signature)
    } else {
        Err("it is not written as OpenSSH writes it".to_owned())
    }
}

/// Whether an armoured signature over this message is this key's.
///
/// # Errors
/// In which way it is not.
pub fn verify(key: &PublicKey, message: &[u8], armoured: &[u8]) -> Result<(), String> {
    let signature = read(armoured)?;
    if signature.public_key() != key.key_data() {
        return Err("another key made it".to_owned());
    }
    if signature.namespace() != NAMESPACE {
        let namespace = signature.namespace().escape_debug();
        return Err(format!("it is for `{namespace}`, not for `{NAMESPACE}`"));
    }
    let hardware = key.key_data().is_sk_ed25519() || key.key_data().is_sk_ecdsa_p256();
    // the last five bytes of such a signature are flags and a counter, both signed
    let flags = signature.signature_bytes().iter().rev().nth(4).copied().unwrap_or_default();
    if hardware && flags & TOUCHED == 0 {
        return Err("nobody touched the hardware key when it was made".to_owned());
    }
    key.verify(NAMESPACE, message, &signature).map_err(|_| "it is not of these bytes".to_owned())
}

/// What an envelope keeps of a signature that OpenSSH has just made: the name of its key, and its only text.
///
/// # Errors
/// Where it is not a signature over the message by a key that is accepted.
pub fn taken(armoured: &[u8], message: &[u8]) -> Result<(String, Vec<u8>), String> {
    let signature =
        SshSig::from_pem(armoured).map_err(|error| format!("it is no SSH signature ({error})"))?;
    let line = PublicKey::from(signature.public_key().clone()).to_openssh().map_err(|bad| bad.to_string())?;
    let key = super::PublicKey::read(&line).map_err(|bad| bad.to_string())?;
    let text = signature.to_pem(LineEnding::LF).map_err(|error| error.to_string())?;
    let bytes = format!("{}\n", text.trim_end()).into_bytes();
    key.verify(message, &bytes)?;
    Ok((key.id(), bytes))
}
