//! A Rust source as tokens, with what is test code told apart.

use std::ops::Range;

use cargo_gate::scan::{LineIndex, scan};
use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, strip_shebang, tokenize};

/// A Rust source. Tokens are addressed by their number; a number past the end stands for an empty
/// text, so that looking around needs no checks.
pub(super) struct Source<'a> {
    /// Relative to the top folder.
    pub(super) path: &'a str,
    text: &'a str,
    tokens: Vec<(Range<usize>, TokenKind)>,
    lines: LineIndex,
    comments: Vec<Range<usize>>,
    test_code: Vec<Range<usize>>,
}

/// A path such as `std::fs::read`, also one that a `use` with braces spells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// Its parts.
    pub(super) parts: Vec<&'a str>,
    /// The number of its first token.
    pub(super) first: usize,
    /// The number of the token after it.
    pub(super) after: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(path: &'a str, text: &'a str) -> Self {
        let scanned = scan(text);
        let mut start = strip_shebang(text).unwrap_or(0);
        let mut tokens = Vec::new();
        for token in tokenize(text.get(start..).unwrap_or_default(), FrontmatterAllowed::No) {
            let end = start + usize::try_from(token.len).unwrap_or(text.len());
            if !is_blank(token.kind) {
                tokens.push((start..end, token.kind));
            }
            start = end;
        }
        let whole = is_test_file(path) || scanned.whole_file.test;
        let test_code = if whole { std::iter::once(0..text.len()).collect() } else { scanned.test_code };
        let comments = scanned.comments.into_iter().map(|comment| comment.span).collect();
        Self { path, text, tokens, lines: LineIndex::new(text), comments, test_code }
    }

    /// The number of tokens.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The text of a token.
    pub(super) fn token(&self, at: usize) -> &'a str {
        self.tokens.get(at).and_then(|(span, _)| self.text.get(span.clone())).unwrap_or_default()
    }

    /// The text of the token `back` places before.
    pub(super) fn before(&self, at: usize, back: usize) -> &'a str {
        at.checked_sub(back).map_or("", |at| self.token(at))
    }

    /// Whether these are the texts of the tokens from `at` on.
    pub(super) fn reads(&self, at: usize, texts: &[&str]) -> bool {
        texts.iter().enumerate().all(|(place, text)| self.token(at + place) == *text)
    }

    /// Whether a token is an identifier or a keyword.
    pub(super) fn is_word(&self, at: usize) -> bool {
        matches!(self.tokens.get(at), Some((_, TokenKind::Ident | TokenKind::RawIdent)))
    }

    /// The line of a token, from 1.
    pub(super) fn line(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(1, |(span, _)| self.lines.position(span.start).line)
    }

    /// Whether a token is compiled for tests only.
    pub(super) fn is_test(&self, at: usize) -> bool {
        let start = self.tokens.get(at).map_or(0, |(span, _)| span.start);
        self.test_code.iter().any(|range| range.contains(&start))
    }

    /// How many lines are not test code.
    pub(super) fn lines_without_tests(&self) -> usize {
        let tests = self
            .test_code
            .iter()
            .map(|range| self.text.get(range.clone()).unwrap_or_default().lines().count());
        self.text.lines().count().saturating_sub(tests.sum())
    }

    /// Every comment, with its first line.
    pub(super) fn comments(&self) -> impl Iterator<Item = (u32, &'a str)> {
        self.comments.iter().map(|span| {
            (self.lines.position(span.start).line, self.text.get(span.clone()).unwrap_or_default())
        })
    }

    /// The token after a token, or after the whole group where it opens one.
    pub(super) fn skip(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for next in at..self.len() {
            match self.token(next) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return next + 1;
            }
        }
        self.len()
    }

    /// Every path outside test code; one that a `use` with braces spells counts once for each name.
    pub(super) fn names(&self) -> Vec<Name<'a>> {
        let mut names = Vec::new();
        for at in (0..self.len()).filter(|at| self.is_word(*at) && !self.is_test(*at)) {
            let inside = self.before(at, 1) == ":"
                && self.before(at, 2) == ":"
                && at.checked_sub(3).is_some_and(|at| self.is_word(at) || self.token(at) == ">");
            if !inside {
                self.name(at, at, Vec::new(), &mut names);
            }
        }
        names
    }

    fn name(&self, first: usize, mut at: usize, mut parts: Vec<&'a str>, names: &mut Vec<Name<'a>>) {
        parts.push(self.token(at));
        at += 1;
        while self.reads(at, &[":", ":"]) {
            at += 2;
            if self.token(at) == "{" {
                return self.group(at, &parts, names);
            }
            if !self.is_word(at) {
                break;
            }
            parts.push(self.token(at));
            at += 1;
        }
        names.push(Name { parts, first, after: at });
    }

    fn group(&self, open: usize, parts: &[&'a str], names: &mut Vec<Name<'a>>) {
        let close = self.skip(open).saturating_sub(1);
        let mut at = open + 1;
        while at < close {
            if self.is_word(at) {
                self.name(at, at, parts.to_vec(), names);
            }
            while at < close && self.token(at) != "," {
                at = self.skip(at);
            }
            at += 1;
        }
    }
}

fn is_blank(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. })
}

/// Whether a file holds nothing but tests: by its name, or by its folder.
fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.split('/').any(|part| part == "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        Source::new("a.rs", text).names().iter().map(|name| name.parts.join("::")).collect()
    }

    #[test]
    fn a_use_with_braces_spells_each_of_its_names() {
        let found = names("use std::{fs::{self, File}, io};");
        for name in ["std::fs::self", "std::fs::File", "std::io"] {
            assert!(found.contains(&name.to_owned()), "{name}: {found:?}");
        }
    }

    #[test]
    fn a_path_counts_once_and_strings_and_comments_hold_none() {
        assert_eq!(names("std::fs::read(\"std::env\") // std::env"), ["std::fs::read"]);
        assert_eq!(names("x(::std::fs::read)"), ["x", "std::fs::read"]);
    }

    #[test]
    fn test_code_is_told_apart() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
        assert_eq!(Source::new("src/a.rs", text).lines_without_tests(), 1);
        assert_eq!(Source::new("src/a/tests.rs", text).lines_without_tests(), 0);
        assert_eq!(Source::new("tests/src/a.rs", text).lines_without_tests(), 0);
    }
}
