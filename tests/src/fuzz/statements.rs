//! Signed statements and keys of `cargo promote`.

use cargo_promote::attest::{Envelope, PublicKey, Statement, ssh};

use super::Input;

/// An envelope, and the statement in it.
pub(super) fn envelope(input: Input<'_>) {
    let read = match Envelope::read(input.bytes) {
        Ok(read) => read,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(Envelope::read(&read.bytes()).as_ref(), Ok(&read), "what is written reads the same");
    let mut names: Vec<_> = read.signatures.iter().map(|one| &one.keyid).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), read.signatures.len(), "each key signs once");
    let part = input.part();
    if part.len() < input.bytes.trim_ascii_end().len() {
        assert!(Envelope::read(part).is_err(), "what was cut short is none");
    }
    statement(Input::new(&read.payload));
}

/// A statement that is written again means the same.
pub(super) fn statement(input: Input<'_>) {
    let read = match Statement::read(input.bytes) {
        Ok(read) => read,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    if let Ok(bytes) = read.bytes() {
        assert_eq!(Statement::read(&bytes).as_ref(), Ok(&read), "what is written reads the same");
    }
}

/// A public key, or an armoured signature of OpenSSH.
pub(super) fn key(input: Input<'_>) {
    let _ = ssh::read(input.bytes);
    let Some(text) = input.text() else { return };
    match PublicKey::read(text) {
        Ok(key) => assert!(!key.id().is_empty() && !key.identity().is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
