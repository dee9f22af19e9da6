//! Where an item, statement, expression, match arm or field ends, as far as its attributes go.
//!
//! Tokens do not always tell. Where in doubt the answer is the nearer end: an attribute that excuses
//! code, such as `#[cfg(test)]`, then covers less and never the code after its item.

use super::tokens::{Delimiter, Kind, Tokens};

const BRACE: Kind = Kind::Open(Delimiter::Brace);

/// The place after the item that starts at `start`. Its own `;` or `,` belongs to it; the delimiter
/// that closes what is around it does not.
pub(super) fn item_end(tokens: &Tokens<'_>, start: usize) -> usize {
    let (form, at) = form(tokens, start);
    match form {
        Form::Header => header_end(tokens, at),
        Form::Statement => statement_end(tokens, at),
        Form::Block => block_end(tokens, at),
        Form::Other => other_end(tokens, at),
    }
}

/// What the first word says about the end.
enum Form {
    /// `fn`, `impl`, `struct` and so on: to the end of the first braces, or to `;`.
    Header,
    /// `let`, `use`, `const` and so on: to `;`.
    Statement,
    /// `if`, `match`, `{` and so on: to the end of the braces and of each `else`.
    Block,
    /// A field, variant, match arm, parameter or expression: to `,` or `;`.
    Other,
}

/// Skips what can stand before the word that decides, and returns the place of that word.
fn form(tokens: &Tokens<'_>, mut at: usize) -> (Form, usize) {
    if tokens.kind(at) == Kind::Lifetime && tokens.kind(at + 1) == Kind::Colon {
        at += 2;
    }
    loop {
        match tokens.kind(at) {
            Kind::Dollar if tokens.kind(at + 1) == Kind::Ident => at += 2,
            BRACE => return (Form::Block, at),
            Kind::Ident => match tokens.text(at) {
                "pub" | "extern" => {
                    at += 1;
                    if matches!(tokens.kind(at), Kind::Str | Kind::Open(Delimiter::Paren)) {
                        at = tokens.after(at);
                    }
                }
                "unsafe" | "async" | "default" | "auto" | "safe" | "gen" | "move" => at += 1,
                "const" if !is_constant(tokens, at) => at += 1,
                "fn" | "impl" | "trait" | "mod" | "enum" | "struct" | "macro" => {
                    return (Form::Header, at);
                }
                "union" if tokens.is_name(at + 1) => return (Form::Header, at),
                "let" | "use" | "const" | "static" | "type" => return (Form::Statement, at),
                "if" | "match" | "for" | "while" | "loop" => return (Form::Block, at),
                _ => return (Form::Other, at),
            },
            _ => return (Form::Other, at),
        }
    }
}

/// Whether `const` at this place starts a constant: `const NAME:`.
pub(super) fn is_constant(tokens: &Tokens<'_>, at: usize) -> bool {
    tokens.is_name(at + 1)
        && tokens.kind(at + 2) == Kind::Colon
        && !tokens.is_path_separator(at + 2)
        // `<const N: usize>` and `<T, const N: usize>` are parameters.
        && !matches!(tokens.before(at, 1), Kind::Lt | Kind::Comma)
}

fn header_end(tokens: &Tokens<'_>, mut at: usize) -> usize {
    let mut angles = 0_usize;
    loop {
        match tokens.kind(at) {
            Kind::End | Kind::Close(_) => return at,
            Kind::Semi => return at + 1,
            // Braces between angle brackets are a const argument.
            BRACE if angles == 0 => return tokens.after(at),
            Kind::Lt => angles += 1,
            Kind::Gt if !is_arrow_head(tokens, at) => angles = angles.saturating_sub(1),
            _ => {}
        }
        at = tokens.after(at);
    }
}

/// The place after the `;` that ends a statement, or of the delimiter that closes around it.
pub(super) fn statement_end(tokens: &Tokens<'_>, mut at: usize) -> usize {
    loop {
        match tokens.kind(at) {
            Kind::End | Kind::Close(_) => return at,
            Kind::Semi => return at + 1,
            _ => at = tokens.after(at),
        }
    }
}

/// `first` is the word that starts the expression, or the brace where it is a plain block.
fn block_end(tokens: &Tokens<'_>, first: usize) -> usize {
    let mut at = first;
    loop {
        match tokens.kind(at) {
            Kind::End | Kind::Close(_) => return at,
            Kind::Semi | Kind::Comma => return at + 1,
            BRACE => {
                let is_plain = at == first;
                at = tokens.after(at);
                match tokens.kind(at) {
                    Kind::Dot | Kind::Question => return other_end(tokens, at),
                    Kind::Comma => return at + 1,
                    // `cfg_if! { if #[cfg(test)] { .. } else { .. } }`
                    _ if is_plain => return at,
                    // The braces of a pattern: `if let Point { x } = here {`.
                    Kind::Eq | Kind::Or => {}
                    Kind::Ident if matches!(tokens.text(at), "else" | "in") => {}
                    _ => return at,
                }
            }
            _ => at = tokens.after(at),
        }
    }
}

fn other_end(tokens: &Tokens<'_>, mut at: usize) -> usize {
    let mut angles = 0_usize;
    loop {
        match tokens.kind(at) {
            Kind::End | Kind::Close(_) => return at,
            Kind::Semi | Kind::Comma => return at + 1,
            Kind::Lt => angles += 1,
            Kind::Gt if tokens.before(at, 1) == Kind::Eq => {
                if let Some(end) = arm_end(tokens, at + 1) {
                    return end;
                }
            }
            // The end of the generic parameters around this one: `<#[cfg(test)] T>`.
            Kind::Gt if angles == 0 && !is_arrow_head(tokens, at) => return at,
            Kind::Gt => angles = angles.saturating_sub(1),
            BRACE if is_macro_input(tokens, at) => {
                let end = tokens.after(at);
                if !matches!(tokens.kind(end), Kind::Dot | Kind::Question) {
                    return end;
                }
            }
            _ => {}
        }
        at = tokens.after(at);
    }
}

/// The end of a match arm whose body is a block, which needs no comma. `body` is the place after `=>`.
fn arm_end(tokens: &Tokens<'_>, body: usize) -> Option<usize> {
    if tokens.kind(body) == BRACE {
        let end = tokens.after(body);
        return Some(if tokens.kind(end) == Kind::Comma { end + 1 } else { end });
    }
    match form(tokens, body) {
        (Form::Block, at) => Some(block_end(tokens, at)),
        _ => None,
    }
}

/// `name! {` and `macro_rules! name {`.
fn is_macro_input(tokens: &Tokens<'_>, brace: usize) -> bool {
    tokens.before(brace, 1) == Kind::Bang
        || (tokens.before(brace, 1) == Kind::Ident && tokens.before(brace, 2) == Kind::Bang)
}

/// Whether this `>` is part of `->` or `=>`.
pub(super) fn is_arrow_head(tokens: &Tokens<'_>, at: usize) -> bool {
    matches!(tokens.before(at, 1), Kind::Minus | Kind::Eq)
}
