//! What the attributes in front of an item, or at the start of a block, say about it.

use super::file::Context;
use super::tokens::{Delimiter, Kind, Tokens, string_content};

/// Nested `all(..)`, `any(..)` and `cfg_attr(..)` beyond this depth are not looked into. People write
/// two or three; the bound keeps hostile input from exhausting the stack.
const MAX_DEPTH: usize = 32;

/// Attributes and documentation comments that stand together and belong to one item.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// The place after the last of them: where the item starts.
    pub(super) end: usize,
    /// `#![..]` and `//!`: about what is around them, not about what follows.
    pub(super) inner: bool,
    /// What the attributes say about the code that they are on.
    pub(super) context: Context,
    /// How many of them make a test.
    pub(super) tests: usize,
    /// The path in `#[path = ".."]`.
    pub(super) path: Option<String>,
    /// The paths in `#[cfg_attr(.., path = "..")]`.
    pub(super) conditional_paths: Vec<String>,
    pub(super) rustfmt_skip: bool,
    /// Whether there is documentation among them.
    pub(super) documented: bool,
}

/// Reads all attributes from the place `start`. The result ends at `start` where there are none.
pub(super) fn read(tokens: &Tokens<'_>, start: usize) -> Attributes {
    let inner = is_inner(tokens, start);
    let mut run = Attributes { end: start, inner, ..Attributes::default() };
    loop {
        let at = run.end;
        match tokens.kind(at) {
            Kind::OuterDoc if !inner => run.end = at + 1,
            Kind::InnerDoc if inner => run.end = at + 1,
            Kind::Pound if is_inner(tokens, at) == inner => {
                let Some(open) = bracket(tokens, at) else {
                    return run;
                };
                run.attribute(tokens, open + 1, Applied::Always, 0);
                run.end = tokens.after(open);
                continue;
            }
            _ => return run,
        }
        run.documented = true;
    }
}

/// The opening bracket of the attribute that starts at the `#` at `pound`.
pub(super) fn bracket(tokens: &Tokens<'_>, pound: usize) -> Option<usize> {
    let open = if tokens.kind(pound + 1) == Kind::Bang { pound + 2 } else { pound + 1 };
    let is_attribute =
        tokens.kind(pound) == Kind::Pound && tokens.kind(open) == Kind::Open(Delimiter::Bracket);
    is_attribute.then_some(open)
}

/// The literal of the attribute `doc = ".."` whose content starts at `at`.
pub(super) fn doc_literal(tokens: &Tokens<'_>, at: usize) -> Option<usize> {
    assigned_literal(tokens, at, "doc")
}

fn is_inner(tokens: &Tokens<'_>, at: usize) -> bool {
    match tokens.kind(at) {
        Kind::InnerDoc => true,
        Kind::Pound => tokens.kind(at + 1) == Kind::Bang,
        _ => false,
    }
}

/// The string literal in `name = ".."`.
fn assigned_literal(tokens: &Tokens<'_>, at: usize, name: &str) -> Option<usize> {
    let assigned = tokens.is(at, name) && tokens.kind(at + 1) == Kind::Eq && tokens.kind(at + 2) == Kind::Str;
    assigned.then_some(at + 2)
}

/// Whether an attribute holds in every build, or only where the predicate of its `cfg_attr` does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Applied {
    Always,
    Sometimes,
}

impl Attributes {
    /// Takes in the attribute whose content starts at `at`.
    fn attribute(&mut self, tokens: &Tokens<'_>, at: usize, applied: Applied, depth: usize) {
        let first = if tokens.is_path_separator(at) { at + 2 } else { at };
        let mut last = first;
        while tokens.is_path_separator(last + 1) {
            last += 3;
        }
        let single = first == last;
        match tokens.name(last) {
            "cfg" if single => self.cfg(tokens, last + 1),
            "cfg_attr" if single => self.cfg_attr(tokens, last + 1, depth),
            "path" if single => self.path_attribute(tokens, last, applied),
            "doc" if single => self.documented |= doc_literal(tokens, last).is_some(),
            "skip" if tokens.is(first, "rustfmt") => {
                self.rustfmt_skip |= applied == Applied::Always;
            }
            "rustfmt_skip" if single => self.rustfmt_skip |= applied == Applied::Always,
            name => {
                self.context.attribute |= !is_built_in(tokens.name(first), single);
                if applied == Applied::Always {
                    let test = is_test(name);
                    self.tests += usize::from(test);
                    self.context.test |= test || (name == "bench" && single);
                }
            }
        }
    }

    fn cfg(&mut self, tokens: &Tokens<'_>, open: usize) {
        if holds_only_in_tests(tokens, open + 1, 0) {
            self.context.test = true;
        } else {
            self.context.cfg = true;
        }
    }

    fn cfg_attr(&mut self, tokens: &Tokens<'_>, open: usize, depth: usize) {
        if depth >= MAX_DEPTH {
            self.context.attribute = true;
            return;
        }
        let for_rustfmt = tokens.is(open + 1, "rustfmt") && tokens.kind(open + 2) == Kind::Comma;
        for argument in arguments(tokens, open).skip(1) {
            if for_rustfmt && tokens.is(argument, "rustfmt_skip") {
                self.rustfmt_skip = true;
            } else {
                self.attribute(tokens, argument, Applied::Sometimes, depth + 1);
            }
        }
    }

    fn path_attribute(&mut self, tokens: &Tokens<'_>, at: usize, applied: Applied) {
        let Some(literal) = assigned_literal(tokens, at, "path") else {
            return;
        };
        let path = string_content(tokens.text(literal)).0.to_owned();
        match applied {
            Applied::Always => self.path = Some(path),
            Applied::Sometimes => self.conditional_paths.push(path),
        }
    }
}

/// Whether a `cfg` predicate can hold only where `test` does. `at` is the place where it starts.
fn holds_only_in_tests(tokens: &Tokens<'_>, at: usize, depth: usize) -> bool {
    let open = at + 1;
    let is_list = tokens.kind(open) == Kind::Open(Delimiter::Paren) && depth < MAX_DEPTH;
    let holds = |argument| holds_only_in_tests(tokens, argument, depth + 1);
    match tokens.text(at) {
        "test" => matches!(tokens.kind(open), Kind::Comma | Kind::Close(_)),
        "all" if is_list => arguments(tokens, open).any(holds),
        "any" if is_list => {
            let mut all = arguments(tokens, open).peekable();
            all.peek().is_some() && all.all(holds)
        }
        _ => false,
    }
}

/// The places where the comma-separated arguments of a group start.
fn arguments<'t>(tokens: &'t Tokens<'_>, open: usize) -> impl Iterator<Item = usize> + 't {
    let end = if tokens.opens(open) { tokens.partner(open) } else { open };
    let mut next = open + 1;
    std::iter::from_fn(move || {
        let argument = next;
        if argument >= end {
            return None;
        }
        while next < end && tokens.kind(next) != Kind::Comma {
            next = tokens.after(next);
        }
        next += 1;
        Some(argument)
    })
}

fn is_test(last_segment: &str) -> bool {
    matches!(last_segment, "test" | "rstest" | "test_case" | "quickcheck")
}

/// Whether the compiler itself knows the attribute, so that no procedural macro rewrites the item.
fn is_built_in(first_segment: &str, single: bool) -> bool {
    if !single {
        return matches!(first_segment, "rustfmt" | "clippy" | "diagnostic" | "miri");
    }
    matches!(
        first_segment,
        // conditions, tests, documentation, lints
        "test" | "bench" | "ignore" | "should_panic" | "derive" | "deprecated" | "must_use"
        | "allow" | "warn" | "deny" | "forbid" | "expect" | "non_exhaustive"
        // code generation and layout
        | "inline" | "cold" | "track_caller" | "target_feature" | "repr" | "naked" | "no_mangle"
        | "used" | "export_name" | "link" | "link_name" | "link_section" | "link_ordinal"
        | "linkage" | "no_link" | "instruction_set" | "unsafe"
        // modules, macros, the crate
        | "macro_use" | "macro_export" | "automatically_derived" | "global_allocator"
        | "panic_handler" | "proc_macro" | "proc_macro_attribute" | "proc_macro_derive" | "feature"
        | "recursion_limit" | "type_length_limit" | "no_std" | "no_core" | "no_main" | "crate_type"
        | "crate_name" | "windows_subsystem" | "no_implicit_prelude" | "no_builtins"
        | "debugger_visualizer" | "default"
    )
}
