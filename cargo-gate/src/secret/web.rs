//! Secrets on their way over the net: passwords in addresses, bearer tokens, signed tokens, hooks.

use std::ops::Range;

use super::plausible::{contains_any, is_stand_in, looks_chosen, looks_generated};
use super::token::starts_word;

/// What stands before the host of an address.
pub(super) const ADDRESS: &str = "://";
/// What stands before a bearer token (RFC 6750).
pub(super) const BEARER: &str = "bearer ";
/// How each part of a JSON Web Token starts: `{"` in base64.
pub(super) const JWT: &str = "eyJ";
/// Addresses that need no other password: who knows them may post.
pub(super) const HOOKS: [(&str, &str); 3] = [
    ("hooks.slack.com/services/T", "Slack webhook"),
    ("discord.com/api/webhooks/", "Discord webhook"),
    ("webhook.office.com/webhookb2/", "Teams webhook"),
];

/// The password in `scheme://user:password@host`.
pub(super) fn address_password(text: &[u8], separator: &Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(separator.end..)?;
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"/\"'`<>?#\\|,;".contains(byte) || !byte.is_ascii();
    let authority = rest.get(..rest.iter().take(300).position(ends).unwrap_or(rest.len().min(300)))?;
    let at = memchr::memrchr(b'@', authority)?;
    let user = authority.get(..at)?;
    let colon = memchr::memchr(b':', user)?;
    let password = user.get(colon + 1..)?;
    let host = authority.get(at + 1..)?;
    let own = contains_any(host, &["localhost", "127.0.0.1", "example", "[::1]", "0.0.0.0"]);
    let real = looks_chosen(password) || looks_generated(password);
    let start = separator.end + colon + 1;
    (real && !own && !host.is_empty()).then(|| start..start + password.len())
}

/// The token after `Bearer `; a signed JSON Web Token is judged as such, where it stands.
pub(super) fn bearer(text: &[u8], word: &Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(word.end..).filter(|_| starts_word(text, word.start))?;
    let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let value = rest.get(..rest.iter().take(2048).take_while(inside).count())?;
    let signed = value.starts_with(JWT.as_bytes()) && value.split(|byte| *byte == b'.').count() == 3;
    (value.len() >= 20 && !signed && looks_generated(value)).then(|| word.end..word.end + value.len())
}

/// A signed JSON Web Token (RFC 7519): header, claims and signature.
pub(super) fn jwt(text: &[u8], start: &Range<usize>) -> Option<Range<usize>> {
    // subject, name and time of the example that every page on these tokens shows
    const EXAMPLE: &[&str] = &["eyJzdWIiOiIxMjM0NTY3ODkw"];
    let rest = text.get(start.start..).filter(|_| starts_word(text, start.start))?;
    let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let token = rest.get(..rest.iter().take(8192).take_while(inside).count())?;
    let mut parts = token.split(|byte| *byte == b'.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let three = parts.next().is_none_or(<[u8]>::is_empty);
    let sound = token.starts_with(JWT.as_bytes()) && claims.starts_with(JWT.as_bytes());
    let sizes = header.len() >= 16 && claims.len() >= 16 && signature.len() >= 40;
    let end = start.start + header.len() + claims.len() + signature.len() + 2;
    (three && sound && sizes && !contains_any(token, EXAMPLE)).then_some(start.start..end)
}

/// The secret part of such an address.
pub(super) fn hook(text: &[u8], start: &Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(start.end..)?;
    let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_/@.".contains(byte);
    let value = rest.get(..rest.iter().take(300).take_while(inside).count())?;
    let secret = value.rsplit(|byte| *byte == b'/').find(|part| !part.is_empty())?;
    let real = secret.len() >= 20 && looks_generated(secret) && !is_stand_in(secret);
    real.then(|| start.end..start.end + value.len())
}
