//! A secret that was found, without its value.

use std::ops::Range;

use crate::finding::digest;

/// What kind of secret it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A token of a known issuer.
    Token,
    /// A private key.
    PrivateKey,
    /// A private key of a test.
    TestKey,
    /// A value that looks like a secret, assigned to a name that speaks of one.
    Assignment,
    /// A password in an address.
    Address,
    /// A signed JSON Web Token.
    Jwt,
}

impl Rule {
    /// Its name in the gate.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::PrivateKey => "private-key",
            Self::TestKey => "test-key",
            Self::Assignment => "assignment",
            Self::Address => "address-password",
            Self::Jwt => "jwt",
        }
    }
}

/// A secret that was found. The value itself is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What kind of secret.
    pub rule: Rule,
    /// What it is, for people.
    pub name: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// Whether it is not in the file on disk, but in what is staged or was committed since the base.
    pub past: bool,
    /// The line up to the value, and stars in its place; none where the value stands far to the right.
    pub masked: Option<(String, Range<usize>)>,
    /// Four hexadecimal digits: enough to tell one value from the next in the same place, too few to
    /// find the value by.
    pub digest: String,
}

/// What a look at a tree's files gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// The secrets, with the file of each; by path.
    pub found: Vec<(String, Found)>,
    /// Whether it was all of them, not only those of a change.
    pub whole: bool,
    /// The folder of the repository that the workspace lies in, with a `/` at its end; empty at its top. Nothing
    /// beside it was looked at.
    pub below: String,
    /// How many text files were looked at.
    pub files: usize,
    /// How many texts were looked at beside them: what is staged, and what commits bring.
    pub contents: usize,
    /// How many bytes the files have.
    pub bytes: u64,
    /// How many files are no text.
    pub binary: usize,
    /// Files with more bytes than the bound, and how many.
    pub large: Vec<(String, u64)>,
    /// Files that cannot be read, and why.
    pub unread: Vec<(String, String)>,
}

/// A place in a text where a secret stands.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) rule: Rule,
    pub(super) name: &'static str,
    /// The bytes of the value.
    pub(super) span: Range<usize>,
    /// How many of them everybody knows: a token's prefix, a key's first line.
    pub(super) known: usize,
}

/// What stands in for a value.
const STARS: &str = "********";
/// How far to the right a value may begin and still be shown in its line.
const WIDE: usize = 120;

/// The hits, in order of place, without their values.
pub(super) fn found(path: &str, text: &[u8], hits: &[Hit]) -> Vec<Found> {
    let (mut line, mut counted, mut shown_to) = (0, 0, 0);
    let mut all = Vec::with_capacity(hits.len());
    for hit in hits {
        let between = text.get(counted..hit.span.start).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', between).count();
        counted = hit.span.start;
        let before = text.get(..hit.span.start).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        // a line with another value before this one is not shown
        all.push(without_value(path, text, hit, line, start, start >= shown_to));
        shown_to = hit.span.end;
    }
    all
}

fn without_value(path: &str, text: &[u8], hit: &Hit, line: usize, start: usize, alone: bool) -> Found {
    let lead = String::from_utf8_lossy(text.get(start..hit.span.start).unwrap_or_default()).into_owned();
    let column = lead.chars().count();
    let value = text.get(hit.span.clone()).unwrap_or_default();
    let masked = (alone && column < WIDE).then(|| {
        let known = String::from_utf8_lossy(value.get(..hit.known).unwrap_or_default()).into_owned();
        (format!("{lead}{known}{STARS}"), lead.len()..lead.len() + known.len() + STARS.len())
    });
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    let full = digest(&[hit.rule.name(), path, &String::from_utf8_lossy(value)]);
    Found {
        rule: hit.rule,
        name: hit.name.to_owned(),
        line: number(line),
        column: number(column),
        past: false,
        masked,
        digest: full.chars().take(4).collect(),
    }
}
