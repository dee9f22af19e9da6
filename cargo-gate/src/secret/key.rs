//! Private keys in PEM form (RFC 7468 and what came before it).

use std::ops::Range;

use super::plausible::entropy;

/// How every PEM block starts.
pub(super) const BEGIN: &str = "-----BEGIN ";

/// The least of base64 that a private key has: 48 bytes for Ed25519.
const LEAST: usize = 60;
/// How far headers may reach ("Proc-Type", "Version") with the first line of base64 after them.
const HEADERS: usize = 400;
/// The least of a line of base64.
const LINE: usize = 32;

/// The first line of a private key block that begins there and holds a key.
pub(super) fn private_key(text: &[u8], begin: &Range<usize>) -> Option<Range<usize>> {
    if text.get(begin.clone())? != BEGIN.as_bytes() {
        return None;
    }
    let rest = text.get(begin.end..)?;
    let label = rest
        .iter()
        .take(40)
        .take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b' ');
    let label = rest.get(..label.count())?;
    let names_key = label.ends_with(b"PRIVATE KEY") || label.ends_with(b"PRIVATE KEY BLOCK");
    let body = rest.get(label.len()..)?.strip_prefix(b"-----").filter(|_| names_key)?;
    has_key(body).then(|| begin.start..begin.end + label.len() + 5)
}

/// Whether base64 enough for a key follows before the block ends, line breaks written out or not: first
/// headers at the most, then a line of it.
fn has_key(body: &[u8]) -> bool {
    let end = memchr::memmem::find(body, b"-----").unwrap_or(body.len()).min(8192);
    let body = body.get(..end).unwrap_or_default();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let head = body.get(..HEADERS).unwrap_or(body);
    let is_line = |run: &[u8]| run.len() >= LINE && looks_mixed(run);
    body.iter().filter(|byte| is_base64(byte)).count() >= LEAST
        && head.split(|byte| !is_base64(byte)).any(is_line)
}

/// Whether a run has what base64 of a key has: capitals, small letters and many different characters.
fn looks_mixed(run: &[u8]) -> bool {
    run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase) && entropy(run) >= 3.5
}
