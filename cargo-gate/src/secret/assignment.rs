//! Assignments whose name speaks of a secret and whose value looks like one.

use std::ops::Range;

use super::plausible::{contains_any, looks_chosen, looks_generated};

/// Words at the end of a name that speak of a password.
pub(super) const PASSWORDS: [&str; 6] = ["password", "passwd", "passphrase", "pwd", "_pass", "passwort"];
/// Words at the end of a name that speak of a key that a machine made.
pub(super) const KEYS: [&str; 14] = [
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "accesskey",
    "access-key",
    "auth_key",
    "private_key",
    "encryption_key",
    "signing_key",
    "account_key",
    "accountkey",
];
/// What may follow such a word in a name.
const TAILS: [&str; 10] = ["", "s", "key", "_key", "-key", "_value", "_base64", "_key_base", "1", "2"];

/// The longest name, the longest value.
const NAME: usize = 64;
const VALUE: usize = 512;

/// The value that is assigned to the name around that word, where it looks like a secret.
pub(super) fn assigned(text: &[u8], word: &Range<usize>, password: bool, bare: bool) -> Option<Range<usize>> {
    let name = name(text, word)?;
    let before = name.start.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(b' ');
    // in a connection string or an address, values stand bare whatever the file is
    let joined = b";?&".contains(&before);
    let mut value = value_of(text, name.end, bare || joined, b"\"'`".contains(&before))?;
    let bytes = text.get(value.clone())?;
    let end = |byte: &u8| joined && b";&".contains(byte);
    let bytes = bytes.get(..bytes.iter().position(end).unwrap_or(bytes.len()))?;
    let bytes = bytes.strip_suffix(b"\\0").unwrap_or(bytes);
    value.end = value.start + bytes.len();
    let real = looks_generated(bytes) || (password && looks_chosen(bytes));
    (real && bytes.len() <= VALUE).then_some(value)
}

/// The name around the word, where the word is what the name speaks of.
fn name(text: &[u8], word: &Range<usize>) -> Option<Range<usize>> {
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'-');
    let tail = text.get(word.end..)?;
    let tail = tail.get(..tail.iter().take(NAME).take_while(part).count())?;
    let fits = TAILS.iter().any(|known| tail.eq_ignore_ascii_case(known.as_bytes()));
    let head = text.get(..word.start)?;
    let start = word.start - head.iter().rev().take(NAME).take_while(part).count();
    let public = contains_any(text.get(start..word.start)?, &["public"]);
    (fits && !public).then_some(start..word.end + tail.len())
}

/// The value after a name: quoted, or bare where the file's kind has bare values. `opened` says whether a
/// quote stands before the name.
fn value_of(text: &[u8], after: usize, bare: bool, opened: bool) -> Option<Range<usize>> {
    let mut cursor = Cursor { text, at: after };
    let quoted_name = cursor.closing() && opened;
    cursor.spaces();
    let operator = cursor.operator(quoted_name)?;
    cursor.spaces();
    let start = cursor.at;
    cursor.wrappers();
    if let Some(value) = cursor.quoted() {
        return Some(value);
    }
    cursor.at = start;
    (bare && operator == Operator::Assigns).then(|| cursor.bare()).flatten()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `=`, `:`, `=>`, `:=`, and `>` of a tag.
    Assigns,
    /// `(` or `,`: the value is an argument.
    Passes,
}

/// Reads what stands around an assignment in most languages. It never leaves the line.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, part: &[u8]) -> bool {
        let found = self.rest().starts_with(part);
        self.at += if found { part.len() } else { 0 };
        found
    }

    fn spaces(&mut self) {
        self.at += self.rest().iter().take(40).take_while(|byte| matches!(**byte, b' ' | b'\t')).count();
    }

    /// The quote or bracket that closes a name; says whether there was a quote.
    fn closing(&mut self) -> bool {
        self.eat(b"\\");
        let quoted = self.eat(b"\"") || self.eat(b"'") || self.eat(b"`");
        let _ = self.eat(b"]");
        quoted
    }

    fn operator(&mut self, quoted_name: bool) -> Option<Operator> {
        if [&b"==="[..], b"==", b"=~", b"::"].iter().any(|other| self.rest().starts_with(other)) {
            return None;
        }
        if self.eat(b"=>") || self.eat(b":=") || self.eat(b"=") || self.eat(b">") {
            return Some(Operator::Assigns);
        }
        if self.eat(b":") {
            self.type_annotation();
            return Some(Operator::Assigns);
        }
        (self.eat(b"(") || (quoted_name && self.eat(b","))).then_some(Operator::Passes)
    }

    /// A type between `:` and `=`, as in `const KEY: &str = "…"`.
    fn type_annotation(&mut self) {
        let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || b" &'<>_:[];|?".contains(byte);
        let length = self.rest().iter().take(48).take_while(inside).count();
        let then = self.rest().get(length..length + 2);
        if then.is_some_and(|then| then.starts_with(b"=") && then != b"==" && then != b"=>") {
            self.at += length + 1;
        }
    }

    /// `String::from(`, `Some(`, and the letters before a quote.
    fn wrappers(&mut self) {
        for _ in 0..2 {
            let word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:.!&".contains(byte);
            let length = self.rest().iter().take(40).take_while(word).count();
            if self.rest().get(length) == Some(&b'(') {
                self.at += length + 1;
                self.spaces();
            }
        }
        let letters = self.rest().iter().take(4).take_while(|byte| b"bBrRfFuU#&@".contains(byte)).count();
        self.at += letters;
    }

    fn quoted(&mut self) -> Option<Range<usize>> {
        let escaped = self.eat(b"\\");
        let quote = self.peek().filter(|byte| b"\"'`".contains(byte))?;
        let start = self.at + 1;
        let body = self.text.get(start..)?;
        let stop = |byte: &u8| *byte == quote || *byte == b'\n' || (escaped && *byte == b'\\');
        let length = body.iter().take(VALUE + 1).position(stop)?;
        (body.get(length) != Some(&b'\n')).then_some(start..start + length)
    }

    fn bare(&mut self) -> Option<Range<usize>> {
        let stop = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>,;()[]{}|".contains(byte);
        let length =
            self.rest().iter().take(VALUE + 1).position(stop).unwrap_or(self.rest().len().min(VALUE + 1));
        (length > 0).then(|| self.at..self.at + length)
    }
}
