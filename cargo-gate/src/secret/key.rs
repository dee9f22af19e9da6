//! Private keys in PEM form (RFC 7468 and what came before it).

use std::ops::Range;

/// How every PEM block starts.
pub(super) const BEGIN: &str = "-----BEGIN ";

/// The least of base64 that a private key has: 48 bytes for Ed25519.
const LEAST: usize = 60;

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

/// Whether base64 enough for a key follows before the block ends, line breaks written out or not.
fn has_key(body: &[u8]) -> bool {
    let end = memchr::memmem::find(body, b"-----").unwrap_or(body.len()).min(8192);
    let body = body.get(..end).unwrap_or_default();
    let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'+' | b'/');
    let mut seen = [false; 256];
    let mut count = 0_usize;
    for byte in body.iter().filter(is_base64) {
        count += 1;
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let longest = body.split(|byte| !is_base64(&byte)).map(<[u8]>::len).max().unwrap_or_default();
    count >= LEAST && longest >= 32 && seen.iter().filter(|seen| **seen).count() >= 20
}
