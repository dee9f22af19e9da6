//! The `// SAFE: reason` comments, and which places that can panic they speak for.
//!
//! A comment speaks for what is on its own line; a comment on lines of its own speaks for the line
//! below: the line of the site, the first line of the expression (an argument, a match arm) or the
//! first line of the statement. It does not reach into the braces that the statement opens.

use std::ops::Range;

use memchr::{memchr, memrchr};

use super::file::{Comment, Excuse};
use super::tokens::{Delimiter, Kind, Tokens};

/// A statement is followed back over this many tokens and groups, which bounds the time on generated
/// tables. A longer one needs its comment nearer.
const MAX_STATEMENT: usize = 4096;

/// The `SAFE:` comments of a file, in the order of the source.
#[derive(Debug)]
pub(super) struct SafeComments {
    notes: Vec<(Range<usize>, Excuse)>,
}

impl SafeComments {
    pub(super) fn new(tokens: &Tokens<'_>) -> Self {
        let notes = tokens.comments.iter().filter(|comment| !comment.doc);
        let notes = notes.filter_map(|comment| {
            let text = tokens.source.get(comment.span.clone())?;
            Some((comment.span.clone(), stated(text)?))
        });
        Self { notes: notes.collect() }
    }

    /// What the comments say for a site: the token `at`, whose text ends with the token `last`.
    pub(super) fn excuse(&self, tokens: &Tokens<'_>, at: usize, last: usize) -> Excuse {
        if self.notes.is_empty() {
            return Excuse::None;
        }
        let start = tokens.span(at).start;
        let end = tokens.span_of(at, last).end;
        let (expression, statement) = first_tokens(tokens, at);
        self.on(&line(tokens.source, start))
            .max(self.on(&line(tokens.source, end)))
            .max(self.above(tokens, start))
            .max(self.above(tokens, tokens.span(expression).start))
            .max(self.above(tokens, tokens.span(statement).start))
    }

    /// The best of the comments that touch the range.
    fn on(&self, range: &Range<usize>) -> Excuse {
        let first = self.notes.partition_point(|(span, _)| span.end <= range.start);
        let notes = self.notes.get(first..).unwrap_or_default().iter();
        let touching = notes.take_while(|(span, _)| span.start < range.end);
        touching.map(|&(_, excuse)| excuse).max().unwrap_or_default()
    }

    /// The best of the comments on the run of comment-only lines above the line of `offset`.
    /// Attributes may stand between.
    fn above(&self, tokens: &Tokens<'_>, offset: usize) -> Excuse {
        let mut best = Excuse::None;
        let mut current = line(tokens.source, offset);
        while let Some(newline) = current.start.checked_sub(1) {
            current = line(tokens.source, newline);
            let text = tokens.source.get(current.clone()).unwrap_or("").trim();
            if is_comment_only(tokens, &current) {
                best = best.max(self.on(&current));
            } else if !(text.starts_with("#[") && text.ends_with(']')) {
                break;
            }
        }
        best
    }
}

/// What a comment states, if one of its lines starts with `SAFE:`.
fn stated(comment: &str) -> Option<Excuse> {
    let body = comment.get(2..)?;
    let body = if comment.starts_with("/*") { body.strip_suffix("*/").unwrap_or(body) } else { body };
    let mut rest = Some(body);
    while let Some(text) = rest {
        let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '*' || c == '/');
        if let Some(reason) = start.strip_prefix("SAFE:") {
            let said = reason.contains(char::is_alphanumeric);
            return Some(if said { Excuse::Reason } else { Excuse::EmptyReason });
        }
        rest = start.split_once('\n').map(|(_, next)| next);
    }
    None
}

/// The line that holds the byte at `offset`, without its `\n`.
fn line(source: &str, offset: usize) -> Range<usize> {
    let offset = offset.min(source.len());
    let (before, after) = source.as_bytes().split_at_checked(offset).unwrap_or_default();
    let start = memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let end = memchr(b'\n', after).map_or(source.len(), |length| offset + length);
    start..end
}

/// Whether the line holds comments that are not documentation, and nothing else.
fn is_comment_only(tokens: &Tokens<'_>, line: &Range<usize>) -> bool {
    let first = tokens.comments.partition_point(|comment| comment.span.end <= line.start);
    let comments = tokens.comments.get(first..).unwrap_or_default().iter();
    let mut at = line.start;
    for Comment { span, doc } in comments.take_while(|comment| comment.span.start < line.end) {
        let gap = tokens.source.get(at..span.start).unwrap_or("");
        if *doc || !gap.trim().is_empty() {
            return false;
        }
        at = span.end;
    }
    at > line.start && tokens.source.get(at..line.end).unwrap_or("").trim().is_empty()
}

/// The first token of the expression around a site, up to the nearest comma or delimiter, and the
/// first token of the statement, which goes on through parentheses and brackets up to the braces.
fn first_tokens(tokens: &Tokens<'_>, site: usize) -> (usize, usize) {
    let mut at = site;
    let mut expression = None;
    // What follows the last comma seen: where the expression starts, should the comma turn out to be
    // inside parentheses, and the match arm or field, should it be inside braces.
    let mut item = None;
    for _ in 0..MAX_STATEMENT {
        let Some(before) = at.checked_sub(1) else {
            break;
        };
        match tokens.kind(before) {
            Kind::Semi | Kind::Open(Delimiter::Brace) => break,
            Kind::Close(Delimiter::Brace) if !goes_on(tokens.kind(at)) => break,
            Kind::Close(_) => at = tokens.partner(before),
            Kind::Open(_) => {
                expression = expression.or(item).or(Some(at));
                item = None;
                at = before;
            }
            Kind::Comma => {
                item = item.or(Some(at));
                at = before;
            }
            _ => at = before,
        }
    }
    let statement = item.unwrap_or(at);
    (expression.unwrap_or(statement), statement)
}

/// Whether a token after a `}` continues the expression that the braces are part of.
fn goes_on(kind: Kind) -> bool {
    matches!(kind, Kind::Dot | Kind::Question | Kind::Eq | Kind::Comma)
}

#[cfg(test)]
mod tests;
