//! Which tokens are places that can panic.

use super::extent::is_arrow_head;
use super::file::PanicKind;
use super::tokens::{Delimiter, Kind, Tokens};

/// The kind of a method of `Option` and `Result` that panics.
fn method(name: &str) -> Option<PanicKind> {
    match name {
        "unwrap" | "unwrap_err" => Some(PanicKind::Unwrap),
        "expect" | "expect_err" => Some(PanicKind::Expect),
        _ => None,
    }
}

/// The kind of a macro that panics.
pub(super) fn panic_macro(name: &str) -> Option<PanicKind> {
    match name {
        "panic" => Some(PanicKind::Panic),
        "todo" => Some(PanicKind::Todo),
        "unimplemented" => Some(PanicKind::Unimplemented),
        "unreachable" => Some(PanicKind::Unreachable),
        _ => None,
    }
}

/// Whether the name at `at`, after a dot, is a call of a method that panics. Gives the closing
/// parenthesis with the kind.
pub(super) fn method_call(tokens: &Tokens<'_>, at: usize) -> Option<(PanicKind, usize)> {
    let kind = method(tokens.name(at))?;
    // `..unwrap()` is a range up to the value of a function.
    if tokens.before(at, 2) == Kind::Dot {
        return None;
    }
    Some((kind, call_end(tokens, at)?))
}

/// Whether the name at `at`, after `::`, is a function of `Option` or `Result` that panics, called or
/// not. Gives the last token with the kind.
pub(super) fn path_use(tokens: &Tokens<'_>, at: usize) -> Option<(PanicKind, usize)> {
    let kind = method(tokens.name(at))?;
    let separator = at.checked_sub(2)?;
    if !tokens.is_path_separator(separator) || !is_option_or_result(tokens, separator) {
        return None;
    }
    Some((kind, call_end(tokens, at).unwrap_or(at)))
}

/// The closing parenthesis of the call of the name at `at`: `name(..)` or `name::<..>(..)`.
fn call_end(tokens: &Tokens<'_>, at: usize) -> Option<usize> {
    let mut open = at + 1;
    if tokens.is_path_separator(open) && tokens.kind(open + 2) == Kind::Lt {
        open = after_angles(tokens, open + 2)?;
    }
    (tokens.kind(open) == Kind::Open(Delimiter::Paren)).then(|| tokens.partner(open))
}

/// The place after the `>` that belongs to the `<` at `open`.
fn after_angles(tokens: &Tokens<'_>, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = open;
    loop {
        match tokens.kind(at) {
            Kind::End | Kind::Close(_) | Kind::Semi => return None,
            Kind::Lt => depth += 1,
            Kind::Gt if !is_arrow_head(tokens, at) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at = tokens.after(at);
    }
}

/// The `<` that belongs to the `>` at `close`.
fn angles_start(tokens: &Tokens<'_>, close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = close;
    loop {
        match tokens.kind(at) {
            Kind::Open(_) | Kind::Semi => return None,
            Kind::Gt if !is_arrow_head(tokens, at) => depth += 1,
            Kind::Lt => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            Kind::Close(_) => at = tokens.partner(at),
            _ => {}
        }
        at = at.checked_sub(1)?;
    }
}

/// Whether the path before the `::` at `separator` names the type `Option` or `Result`: by its name,
/// with generic arguments, or in angle brackets.
fn is_option_or_result(tokens: &Tokens<'_>, separator: usize) -> bool {
    let Some(mut last) = separator.checked_sub(1) else {
        return false;
    };
    if tokens.kind(last) == Kind::Gt {
        let Some(open) = angles_start(tokens, last) else {
            return false;
        };
        last = if tokens.before(open, 1) == Kind::Colon && tokens.before(open, 2) == Kind::Colon {
            // `Option::<T>::unwrap`
            open.saturating_sub(3)
        } else {
            // `<std::option::Option<T>>::unwrap`
            let mut name = if tokens.is_path_separator(open + 1) { open + 3 } else { open + 1 };
            while tokens.is_path_separator(name + 1) && tokens.is_name(name + 3) {
                name += 3;
            }
            name
        };
    }
    matches!(tokens.name(last), "Option" | "Result")
}

/// Whether the bracket at `open` indexes or slices a value. `value[..]` is not counted: it takes the
/// whole and cannot fail.
pub(super) fn is_index(tokens: &Tokens<'_>, open: usize) -> bool {
    let Some(last) = open.checked_sub(1) else {
        return false;
    };
    let is_value = match tokens.kind(last) {
        Kind::RawIdent | Kind::Question | Kind::Str => true,
        Kind::Ident => is_named_value(tokens, last),
        // `tuple.0[i]`, and `tuple.0.1[i]` where the lexer takes `0.1` for one number.
        Kind::Number => tokens.before(last, 1) == Kind::Dot,
        Kind::Close(Delimiter::Bracket) => !closes_attribute(tokens, last),
        // `struct Digest(pub(crate) [u8; 32])`
        Kind::Close(Delimiter::Paren) => !follows_word(tokens, tokens.partner(last), "pub"),
        Kind::Close(Delimiter::Brace) => closes_operand(tokens, last),
        _ => false,
    };
    is_value && !is_full_range(tokens, open)
}

fn is_named_value(tokens: &Tokens<'_>, at: usize) -> bool {
    match tokens.text(at) {
        "await" => tokens.before(at, 1) == Kind::Dot,
        // `macro_rules! name [ .. ]`
        _ if tokens.before(at, 1) == Kind::Bang && follows_word(tokens, at - 1, "macro_rules") => false,
        // `$name:ident [ .. ]` in the pattern of a macro
        _ if tokens.before(at, 1) == Kind::Colon && tokens.before(at, 3) == Kind::Dollar => false,
        word => !is_keyword(word),
    }
}

fn follows_word(tokens: &Tokens<'_>, at: usize, word: &str) -> bool {
    at.checked_sub(1).is_some_and(|before| tokens.is(before, word))
}

fn closes_attribute(tokens: &Tokens<'_>, close: usize) -> bool {
    let open = tokens.partner(close);
    match tokens.before(open, 1) {
        Kind::Pound => true,
        Kind::Bang => tokens.before(open, 2) == Kind::Pound,
        _ => false,
    }
}

/// `= unsafe { .. }[i]`: a block in the place of an operand. After a block that is a statement a
/// bracket starts the next statement.
fn closes_operand(tokens: &Tokens<'_>, close: usize) -> bool {
    let open = tokens.partner(close);
    let start = if follows_word(tokens, open, "unsafe") { open.saturating_sub(1) } else { open };
    match tokens.before(start, 1) {
        Kind::Eq | Kind::Comma | Kind::Minus | Kind::Other => true,
        Kind::Open(delimiter) => delimiter != Delimiter::Brace,
        Kind::Ident => start != open && start.checked_sub(1).is_some_and(|at| tokens.is(at, "return")),
        _ => false,
    }
}

fn is_full_range(tokens: &Tokens<'_>, open: usize) -> bool {
    tokens.kind(open + 1) == Kind::Dot
        && tokens.kind(open + 2) == Kind::Dot
        && tokens.partner(open) == open + 3
}

/// The keywords after which a bracket starts a type, a pattern or an array; also, among the words
/// before a `!`, those that no macro is called by. `self` is a value and so is not among them.
pub(super) fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "async"
            | "break"
            | "const"
            | "continue"
            | "crate"
            | "dyn"
            | "else"
            | "enum"
            | "extern"
            | "false"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "mod"
            | "move"
            | "mut"
            | "pub"
            | "ref"
            | "return"
            | "static"
            | "struct"
            | "super"
            | "trait"
            | "true"
            | "type"
            | "unsafe"
            | "use"
            | "where"
            | "while"
            | "yield"
            | "become"
            | "box"
            | "do"
            | "_"
    )
}
