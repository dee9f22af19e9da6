//! The pass over the tokens of one file.

use super::attributes::{self, Attributes};
use super::declarations::{InlineModules, include};
use super::docs;
use super::extent::{is_arrow_head, is_constant, item_end, statement_end};
use super::file::{Context, FileScan, Literal, PanicKind, PanicSite};
use super::regions::Regions;
use super::safe::SafeComments;
use super::sites::{is_index, is_keyword, method_call, panic_macro, path_use};
use super::tokens::{Delimiter, Kind, Tokens};
use super::words;

const BRACE: Kind = Kind::Open(Delimiter::Brace);

/// Reads one Rust source file of any edition. Every input gives a result: what is not Rust gives
/// what its tokens look like.
pub fn scan(source: &str) -> FileScan {
    let mut scanner = Scanner::new(Tokens::new(source));
    scanner.run();
    let comments = scanner.tokens.comments;
    FileScan { capitals: words::capitals(source, &comments), comments, ..scanner.found }
}

struct Scanner<'a> {
    tokens: Tokens<'a>,
    safe: SafeComments,
    regions: Regions,
    inline_modules: InlineModules,
    /// The `=` after which the initialiser of the constant that was read last starts.
    initialiser: usize,
    /// The attributes that were read last.
    attributes: Attributes,
    found: FileScan,
}

impl<'a> Scanner<'a> {
    fn new(tokens: Tokens<'a>) -> Self {
        Self {
            safe: SafeComments::new(&tokens),
            tokens,
            regions: Regions::new(),
            inline_modules: InlineModules::default(),
            initialiser: usize::MAX,
            attributes: Attributes::default(),
            found: FileScan::default(),
        }
    }

    fn run(&mut self) {
        for at in 0..self.tokens.len() {
            self.regions.advance(at);
            match self.tokens.kind(at) {
                Kind::Ident => self.word(at),
                Kind::RawIdent => {
                    self.name(at);
                }
                Kind::Pound | Kind::OuterDoc | Kind::InnerDoc => self.attribute(at),
                Kind::Open(Delimiter::Bracket) if is_index(&self.tokens, at) => {
                    self.site(PanicKind::Indexing, at, self.tokens.partner(at));
                }
                Kind::Str => {
                    let (span, test) = (self.tokens.span(at), self.regions.now().test);
                    let home = words::names_a_home(self.tokens.text(at));
                    self.found.strings.push(Literal { span, test, home });
                }
                Kind::Eq if at == self.initialiser && self.may_start_constant() => {
                    let end = statement_end(&self.tokens, at);
                    self.regions.enter(end, Context::CONSTANT);
                }
                Kind::Or if self.regions.now().constant && self.starts_closure(at) => {
                    self.regions.runs_later();
                }
                _ => {}
            }
        }
    }

    /// Whether a `|` opens a closure; after an operand it is an operator or separates patterns.
    fn starts_closure(&self, at: usize) -> bool {
        let after_operand = |at: usize| match self.tokens.before(at, 1) {
            Kind::Ident => at.checked_sub(1).is_some_and(|at| !is_keyword(self.tokens.text(at))),
            Kind::RawIdent | Kind::Number | Kind::Str | Kind::Close(_) => true,
            _ => false,
        };
        // The second bar of `||` is judged by the first.
        let second = self.tokens.before(at, 1) == Kind::Or;
        !after_operand(at - usize::from(second))
    }

    // Attributes

    fn attribute(&mut self, at: usize) {
        if at >= self.attributes.end {
            self.attributes = attributes::read(&self.tokens, at);
            self.take_attributes(at);
        }
        if let Some(open) = attributes::bracket(&self.tokens, at) {
            // What an attribute contains is the input of a macro, as far as tokens tell.
            self.regions.enter(self.tokens.partner(open), Context::IN_MACRO);
        }
    }

    fn take_attributes(&mut self, start: usize) {
        let Attributes { end, inner, context, tests, documented, .. } = self.attributes;
        if end == start {
            return;
        }
        self.found.tests += tests;
        let around = self.regions.now() | context;
        if documented && !around.test && !around.in_macro {
            self.found.doc_examples += docs::examples(&self.tokens, start, end);
        }
        if around == self.regions.now() {
            return;
        }
        let region_end = if inner { self.block_end(end) } else { item_end(&self.tokens, end) };
        if around.test && !self.regions.now().test {
            let last = region_end.min(self.tokens.len()).saturating_sub(1);
            self.found.test_code.push(self.tokens.span_of(start, last));
        }
        if inner && region_end >= self.tokens.len() {
            self.found.whole_file = self.found.whole_file | context;
        }
        self.regions.enter(region_end, context);
    }

    /// The delimiter that closes the block around a place, or the end of the file.
    fn block_end(&self, mut at: usize) -> usize {
        while !matches!(self.tokens.kind(at), Kind::Close(_) | Kind::End) {
            at = self.tokens.after(at);
        }
        at
    }

    // Words

    /// A word that may be a keyword.
    fn word(&mut self, at: usize) {
        if self.name(at) {
            return;
        }
        match self.tokens.text(at) {
            "mod" => {
                let context = self.regions.now();
                let found = self.inline_modules.module(&self.tokens, at, &self.attributes, context);
                self.found.modules.extend(found);
            }
            "const" => self.constant(at),
            "static" => {
                let name = at + usize::from(self.tokens.is(at + 1, "mut"));
                if is_constant(&self.tokens, name) {
                    self.initialiser(name + 3);
                }
            }
            "fn" if self.regions.now().constant => self.regions.runs_later(),
            // `macro name(..) { .. }` and `macro name { .. }`
            "macro" if self.tokens.is_name(at + 1) && self.tokens.opens(at + 2) => {
                let end = item_end(&self.tokens, at);
                self.regions.enter(end, Context::IN_MACRO);
            }
            _ => {}
        }
    }

    /// A word where its neighbours make it a name. Returns whether they do.
    fn name(&mut self, at: usize) -> bool {
        if self.tokens.kind(at + 1) == Kind::Bang && self.macro_call(at) {
            return true;
        }
        let site = match self.tokens.before(at, 1) {
            Kind::Dot => method_call(&self.tokens, at),
            Kind::Colon => path_use(&self.tokens, at),
            _ => return false,
        };
        if let Some((kind, last)) = site {
            self.site(kind, at, last);
        }
        site.is_some()
    }

    fn site(&mut self, kind: PanicKind, at: usize, last: usize) {
        let excuse = self.safe.excuse(&self.tokens, at, last);
        let span = self.tokens.span_of(at, last);
        self.found.panics.push(PanicSite { kind, span, context: self.regions.now(), excuse });
    }

    /// `name!(..)`, `name! { .. }` and `macro_rules! name { .. }`.
    fn macro_call(&mut self, at: usize) -> bool {
        let open = at + 2 + usize::from(self.tokens.is_name(at + 2));
        let name = self.tokens.name(at);
        let is_raw = self.tokens.kind(at) == Kind::RawIdent;
        if !self.tokens.opens(open) || (!is_raw && is_keyword(name)) {
            return false;
        }
        let close = self.tokens.partner(open);
        if let Some(kind) = panic_macro(name) {
            self.site(kind, at, close);
        }
        match name {
            "include" => {
                let context = self.regions.now();
                self.found.includes.extend(include(&self.tokens, open, close, context));
            }
            "proptest" => self.found.tests += 1,
            _ => {}
        }
        let cfg = matches!(name, "cfg_if" | "cfg_select" | "cfg_match");
        let in_place = panic_macro(name).is_some() || matches!(name, "assert" | "matches");
        self.regions.enter_macro(close, cfg, in_place);
        true
    }

    // Constants

    fn constant(&mut self, at: usize) {
        if is_constant(&self.tokens, at) {
            self.initialiser(at + 3);
        } else if self.tokens.kind(at + 1) == BRACE && self.may_start_constant() {
            self.regions.enter(self.tokens.partner(at + 1), Context::CONSTANT);
        }
    }

    /// What is a constant inside a macro is for the macro to say: `thread_local!` runs the
    /// initialisers of its statics later.
    fn may_start_constant(&self) -> bool {
        let Context { constant, in_macro, .. } = self.regions.now();
        !constant && !in_macro
    }

    /// Finds the `=` of a constant whose type starts at `at`.
    fn initialiser(&mut self, mut at: usize) {
        let mut angles = 0_usize;
        loop {
            match self.tokens.kind(at) {
                Kind::Semi | Kind::Close(_) | Kind::End => return,
                Kind::Eq if angles == 0 => break,
                Kind::Lt => angles += 1,
                Kind::Gt if !is_arrow_head(&self.tokens, at) => angles = angles.saturating_sub(1),
                _ => {}
            }
            at = self.tokens.after(at);
        }
        self.initialiser = at;
    }
}

#[cfg(test)]
mod tests;
