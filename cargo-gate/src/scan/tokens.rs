//! The tokens that carry meaning, with the partner of each delimiter.

use std::ops::Range;

use memchr::memchr;
use ra_ap_rustc_lexer::{DocStyle, FrontmatterAllowed, LiteralKind, TokenKind, strip_shebang, tokenize};

use super::file::Comment;

/// The kinds of token that the scanner tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Ident,
    /// `r#name`: never a keyword.
    RawIdent,
    Lifetime,
    Str,
    Number,
    /// `///` or `/** */`: the same as an attribute `#[doc]`.
    OuterDoc,
    /// `//!` or `/*! */`: the same as an attribute `#![doc]`.
    InnerDoc,
    Open(Delimiter),
    Close(Delimiter),
    Semi,
    Comma,
    Dot,
    Colon,
    Pound,
    Bang,
    Question,
    Eq,
    Lt,
    Gt,
    Or,
    Minus,
    Dollar,
    Other,
    /// There is no token at this place.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    Paren,
    Bracket,
    Brace,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
    /// Of an opening delimiter: the token that closes it, or the number of tokens. Of a closing
    /// one: the token that opens it, or itself.
    partner: usize,
}

/// The significant tokens of a file, addressed by their number. A number past the end is allowed
/// everywhere and stands for [`Kind::End`], so that looking around needs no checks.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    pub(super) source: &'a str,
    pub(super) comments: Vec<Comment>,
    list: Vec<Token>,
}

impl<'a> Tokens<'a> {
    /// Splits the source into tokens, as every edition reads it.
    pub(super) fn new(source: &'a str) -> Self {
        let bom = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let rest = source.get(bom..).unwrap_or("");
        let mut start = bom + strip_shebang(rest).unwrap_or(0);
        let mut frontmatter = FrontmatterAllowed::Yes;
        let mut lexer = Lexer::new(source);
        while let Some(rest) = source.get(start..).filter(|rest| !rest.is_empty()) {
            start = lexer.read(rest, start, frontmatter);
            frontmatter = FrontmatterAllowed::No;
        }
        lexer.finish()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn kind(&self, at: usize) -> Kind {
        self.list.get(at).map_or(Kind::End, |token| token.kind)
    }

    /// The kind of the token `back` places before.
    pub(super) fn before(&self, at: usize, back: usize) -> Kind {
        at.checked_sub(back).map_or(Kind::End, |at| self.kind(at))
    }

    pub(super) fn span(&self, at: usize) -> Range<usize> {
        let end = self.source.len();
        self.list.get(at).map_or(end..end, |token| token.start..token.end)
    }

    pub(super) fn text(&self, at: usize) -> &'a str {
        self.source.get(self.span(at)).unwrap_or("")
    }

    /// The name that an identifier stands for, without `r#`.
    pub(super) fn name(&self, at: usize) -> &'a str {
        let text = self.text(at);
        if self.kind(at) == Kind::RawIdent { text.strip_prefix("r#").unwrap_or(text) } else { text }
    }

    /// Whether this is the keyword (or the plain identifier) `word`.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.kind(at) == Kind::Ident && self.text(at) == word
    }

    pub(super) fn is_name(&self, at: usize) -> bool {
        matches!(self.kind(at), Kind::Ident | Kind::RawIdent)
    }

    pub(super) fn opens(&self, at: usize) -> bool {
        matches!(self.kind(at), Kind::Open(_))
    }

    pub(super) fn is_path_separator(&self, at: usize) -> bool {
        self.kind(at) == Kind::Colon && self.kind(at + 1) == Kind::Colon
    }

    /// The other end of a delimiter. See [`Token::partner`].
    pub(super) fn partner(&self, at: usize) -> usize {
        self.list.get(at).map_or(at, |token| token.partner)
    }

    /// The place after a token, or after the whole group where it opens one.
    pub(super) fn after(&self, at: usize) -> usize {
        if self.opens(at) { self.partner(at).max(at) + 1 } else { at + 1 }
    }

    /// From the start of one token to the end of another.
    pub(super) fn span_of(&self, first: usize, last: usize) -> Range<usize> {
        let start = self.span(first).start;
        start..self.span(last).end.max(start)
    }
}

struct Lexer<'a> {
    tokens: Tokens<'a>,
    /// The opening delimiters that wait for their partner.
    open: Vec<usize>,
    /// How many of each [`Delimiter`] are in `open`.
    waiting: [usize; 3],
}

impl<'a> Lexer<'a> {
    fn new(source: &'a str) -> Self {
        // Real sources have a significant token every six bytes or so.
        let list = Vec::with_capacity(source.len() / 6);
        let tokens = Tokens { source, comments: Vec::new(), list };
        Self { tokens, open: Vec::new(), waiting: [0; 3] }
    }

    /// Reads `rest`, which starts at the offset `start`, and returns where it stopped.
    fn read(&mut self, rest: &str, mut start: usize, frontmatter: FrontmatterAllowed) -> usize {
        for token in tokenize(rest, frontmatter) {
            let end = start + usize::try_from(token.len).unwrap_or(rest.len());
            if token.kind == TokenKind::GuardedStrPrefix {
                // `#"` and `##` are one token in edition 2024 only, where they are errors. In macro
                // input of older editions a `#` stands before a string or before another `#`.
                self.push(Kind::Pound, start, start + 1);
                return start + 1;
            }
            self.token(token.kind, start, end);
            start = end;
        }
        self.tokens.source.len()
    }

    fn token(&mut self, kind: TokenKind, start: usize, end: usize) {
        let kind = match kind {
            TokenKind::Whitespace | TokenKind::Frontmatter { .. } => return,
            TokenKind::LineComment { doc_style } => {
                let text = self.tokens.source.get(start..end).unwrap_or("");
                let end = start + text.strip_suffix('\r').unwrap_or(text).len();
                return self.comment(doc_style, start, end);
            }
            TokenKind::BlockComment { doc_style, .. } => {
                return self.comment(doc_style, start, end);
            }
            TokenKind::OpenParen => return self.open(Delimiter::Paren, start, end),
            TokenKind::OpenBracket => return self.open(Delimiter::Bracket, start, end),
            TokenKind::OpenBrace => return self.open(Delimiter::Brace, start, end),
            TokenKind::CloseParen => return self.close(Delimiter::Paren, start, end),
            TokenKind::CloseBracket => return self.close(Delimiter::Bracket, start, end),
            TokenKind::CloseBrace => return self.close(Delimiter::Brace, start, end),
            // A reserved prefix is an identifier before edition 2021.
            TokenKind::Ident | TokenKind::UnknownPrefix => Kind::Ident,
            TokenKind::RawIdent => Kind::RawIdent,
            TokenKind::Lifetime { .. } | TokenKind::RawLifetime | TokenKind::UnknownPrefixLifetime => {
                Kind::Lifetime
            }
            TokenKind::Literal { kind, .. } => literal(kind),
            TokenKind::Semi => Kind::Semi,
            TokenKind::Comma => Kind::Comma,
            TokenKind::Dot => Kind::Dot,
            TokenKind::Colon => Kind::Colon,
            TokenKind::Pound => Kind::Pound,
            TokenKind::Bang => Kind::Bang,
            TokenKind::Question => Kind::Question,
            TokenKind::Eq => Kind::Eq,
            TokenKind::Lt => Kind::Lt,
            TokenKind::Gt => Kind::Gt,
            TokenKind::Or => Kind::Or,
            TokenKind::Minus => Kind::Minus,
            TokenKind::Dollar => Kind::Dollar,
            _ => Kind::Other,
        };
        self.push(kind, start, end);
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let partner = self.tokens.list.len();
        self.tokens.list.push(Token { kind, start, end, partner });
    }

    fn comment(&mut self, style: Option<DocStyle>, start: usize, end: usize) {
        self.tokens.comments.push(Comment { span: start..end, doc: style.is_some() });
        match style {
            Some(DocStyle::Outer) => self.push(Kind::OuterDoc, start, end),
            Some(DocStyle::Inner) => self.push(Kind::InnerDoc, start, end),
            None => {}
        }
    }

    fn open(&mut self, delimiter: Delimiter, start: usize, end: usize) {
        self.open.push(self.tokens.list.len());
        self.count(delimiter, usize::saturating_add);
        self.push(Kind::Open(delimiter), start, end);
    }

    /// Closes the nearest open delimiter of the same sort, and with it all that were forgotten inside.
    fn close(&mut self, delimiter: Delimiter, start: usize, end: usize) {
        let closing = self.tokens.list.len();
        self.push(Kind::Close(delimiter), start, end);
        if self.waiting.get(delimiter as usize) == Some(&0) {
            return;
        }
        while let Some(opening) = self.open.pop() {
            let Some(token) = self.tokens.list.get_mut(opening) else {
                return;
            };
            token.partner = closing;
            let Kind::Open(opened) = token.kind else {
                return;
            };
            self.count(opened, usize::saturating_sub);
            if opened == delimiter {
                if let Some(token) = self.tokens.list.get_mut(closing) {
                    token.partner = opening;
                }
                return;
            }
        }
    }

    fn count(&mut self, delimiter: Delimiter, change: fn(usize, usize) -> usize) {
        if let Some(waiting) = self.waiting.get_mut(delimiter as usize) {
            *waiting = change(*waiting, 1);
        }
    }

    fn finish(mut self) -> Tokens<'a> {
        let end = self.tokens.list.len();
        for opening in self.open {
            if let Some(token) = self.tokens.list.get_mut(opening) {
                token.partner = end;
            }
        }
        self.tokens
    }
}

fn literal(kind: LiteralKind) -> Kind {
    match kind {
        LiteralKind::Int { .. } | LiteralKind::Float { .. } => Kind::Number,
        LiteralKind::Char { .. } | LiteralKind::Byte { .. } => Kind::Other,
        LiteralKind::Str { .. }
        | LiteralKind::ByteStr { .. }
        | LiteralKind::CStr { .. }
        | LiteralKind::RawStr { .. }
        | LiteralKind::RawByteStr { .. }
        | LiteralKind::RawCStr { .. } => Kind::Str,
    }
}

/// What stands between the quotes of a string literal, escapes left as they are, and whether it is raw.
pub(super) fn string_content(literal: &str) -> (&str, bool) {
    let Some((prefix, rest)) =
        memchr(b'"', literal.as_bytes()).and_then(|quote| literal.split_at_checked(quote))
    else {
        return ("", false);
    };
    let rest = rest.get(1..).unwrap_or("");
    let content = rest.rsplit_once('"').map_or(rest, |(content, _)| content);
    (content, prefix.contains('r'))
}
