//! Which crates a source names, told from its tokens.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use super::attributes::{bracket, doc_literal};
use super::sites::is_keyword;
use super::tokens::{Delimiter, Kind, Tokens, string_content};

/// What a source tells about crates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Every place that names one of the crates, in the order of the source.
    pub mentions: Vec<Mention>,
    /// Whether it includes code that a build script or a macro makes: `include!` of anything but a Rust
    /// source, or a macro named like `include_proto!`.
    pub generated: bool,
    /// The files that its documentation includes, `#![doc = include_str!("README.md")]`, as written.
    pub doc_files: Vec<String>,
}

/// A place that names a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The crate's name in code.
    pub name: String,
    /// How it is named.
    pub how: How,
    /// Where.
    pub span: Range<usize>,
}

/// How a crate is named, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// As the start of a path, in a `use`, by `extern crate`, in a string of an attribute.
    Path,
    /// In documentation, whose examples rustdoc compiles.
    Doc,
    /// In the input of a macro, or in a string that looks like code.
    Text,
}

/// Finds the crates of those names in a source.
pub fn names(source: &str, wanted: &BTreeSet<String>) -> Names {
    let tokens = Tokens::new(source);
    let mut finder = Finder {
        tokens: &tokens,
        wanted,
        rooted: HashSet::new(),
        loose: 0,
        attribute: 0,
        found: Names::default(),
    };
    for at in 0..tokens.len() {
        finder.token(at);
    }
    finder.found
}

/// Finds the crates of those names in a text that is documentation.
pub fn doc_names(text: &str, wanted: &BTreeSet<String>) -> BTreeSet<String> {
    words_of_paths(text, wanted).map(|(name, _)| name.to_owned()).collect()
}

struct Finder<'a> {
    tokens: &'a Tokens<'a>,
    wanted: &'a BTreeSet<String>,
    /// Names in the braces of a `use {a, b};`, which are crates without a path behind them.
    rooted: HashSet<usize>,
    /// Up to here runs the input of a macro that may do anything with a bare name.
    loose: usize,
    /// Up to here runs an attribute.
    attribute: usize,
    found: Names,
}

impl Finder<'_> {
    fn token(&mut self, at: usize) {
        match self.tokens.kind(at) {
            Kind::Ident if self.tokens.is(at, "use") => self.use_tree(at),
            Kind::Ident | Kind::RawIdent => self.name(at),
            Kind::Str => self.string(at),
            Kind::OuterDoc | Kind::InnerDoc => self.text(at, self.tokens.text(at), How::Doc),
            Kind::Pound => {
                if let Some(open) = bracket(self.tokens, at) {
                    self.attribute = self.attribute.max(self.tokens.partner(open));
                    self.doc_attribute(open);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, name: &str, how: How, span: Range<usize>) {
        self.found.mentions.push(Mention { name: name.to_owned(), how, span });
    }

    /// `use {a, b::c};`: the names right in the braces.
    fn use_tree(&mut self, at: usize) {
        let open = if self.tokens.is_path_separator(at + 1) { at + 3 } else { at + 1 };
        if self.tokens.is_name(open) {
            self.rooted.insert(open);
        }
        if self.tokens.kind(open) != Kind::Open(Delimiter::Brace) {
            return;
        }
        let close = self.tokens.partner(open);
        let mut inner = open + 1;
        let mut first = true;
        while inner < close {
            if first && self.tokens.is_name(inner) {
                self.rooted.insert(inner);
            }
            first = self.tokens.kind(inner) == Kind::Comma;
            inner = self.tokens.after(inner);
        }
    }

    fn name(&mut self, at: usize) {
        let name = self.tokens.name(at);
        if self.tokens.kind(at + 1) == Kind::Bang && self.tokens.opens(at + 2) {
            self.macro_call(at, name);
        }
        if !self.wanted.contains(name) {
            return;
        }
        let path = self.tokens.is_path_separator(at + 1) && self.tokens.kind(at + 3) != Kind::Lt;
        let extern_crate = at
            .checked_sub(2)
            .is_some_and(|before| self.tokens.is(before, "extern") && self.tokens.is(before + 1, "crate"));
        if extern_crate || self.rooted.contains(&at) || (path && self.starts_path(at)) {
            self.add(name, How::Path, self.tokens.span(at));
        } else if at < self.loose && self.stands_alone(at) {
            self.add(name, How::Text, self.tokens.span(at));
        }
    }

    /// Whether nothing of a path stands in front of the name, or only the `::` that says "a crate".
    fn starts_path(&self, at: usize) -> bool {
        match self.tokens.before(at, 1) {
            Kind::Dot | Kind::Dollar => false,
            Kind::Colon if self.tokens.before(at, 2) == Kind::Colon => match self.tokens.before(at, 3) {
                Kind::RawIdent => false,
                Kind::Gt => self.tokens.before(at, 4) == Kind::Minus,
                Kind::Ident => {
                    let word = at.checked_sub(3).map_or("", |at| self.tokens.text(at));
                    is_keyword(word) && !matches!(word, "crate" | "self" | "super" | "Self")
                }
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether a name in a macro's input is an argument of its own.
    fn stands_alone(&self, at: usize) -> bool {
        let before = self.tokens.before(at, 1);
        let after = self.tokens.kind(at + 1);
        let starts = matches!(before, Kind::Open(_) | Kind::Comma | Kind::Semi | Kind::Eq | Kind::Ident);
        starts && matches!(after, Kind::Close(_) | Kind::Comma | Kind::Semi | Kind::Eq | Kind::Open(_))
    }

    fn macro_call(&mut self, at: usize, name: &str) {
        let open = at + 2;
        if name == "include" {
            let literal = open + 1;
            let (path, _) = string_content(self.tokens.text(literal));
            let rust = std::path::Path::new(path).extension().is_some_and(|extension| extension == "rs");
            self.found.generated |= self.tokens.kind(literal) != Kind::Str || !rust;
        } else if name.starts_with("include_") && !matches!(name, "include_str" | "include_bytes") {
            self.found.generated = true;
        }
        if !takes_values(name) {
            self.loose = self.loose.max(self.tokens.partner(open));
        }
    }

    fn string(&mut self, at: usize) {
        let (content, _) = string_content(self.tokens.text(at));
        if at < self.attribute {
            // `#[serde(with = "humantime_serde")]`, and paths of any depth
            if let Some(name) = self.wanted.get(content) {
                self.add(name, How::Path, self.tokens.span(at));
            } else {
                self.text(at, content, How::Path);
            }
        } else {
            self.text(at, content, How::Text);
        }
    }

    /// `#[doc = "…"]` and `#[doc = include_str!("…")]`.
    fn doc_attribute(&mut self, open: usize) {
        if let Some(literal) = doc_literal(self.tokens, open + 1) {
            let (content, _) = string_content(self.tokens.text(literal));
            self.text(literal, content, How::Doc);
        }
        let close = self.tokens.partner(open).min(self.tokens.len());
        for at in open..close {
            let include = self.tokens.is(at, "include_str") && self.tokens.kind(at + 1) == Kind::Bang;
            if include && self.tokens.kind(at + 3) == Kind::Str {
                let (path, _) = string_content(self.tokens.text(at + 3));
                self.found.doc_files.push(path.to_owned());
            }
        }
    }

    fn text(&mut self, at: usize, text: &str, how: How) {
        let start = self.tokens.span(at).start;
        for (name, offset) in words_of_paths(text, self.wanted) {
            let from = start + offset;
            self.found.mentions.push(Mention { name: name.to_owned(), how, span: from..from + name.len() });
        }
    }
}

/// The words of a text that are crates in code: at the start of a path, after `use` or `extern crate`, as a
/// link. Each with its offset.
fn words_of_paths<'a>(text: &'a str, wanted: &'a BTreeSet<String>) -> impl Iterator<Item = (&'a str, usize)> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut rest = text;
    let words = std::iter::from_fn(move || {
        let start = rest.find(is_word)?;
        let tail = rest.get(start..)?;
        let end = tail.find(|character| !is_word(character)).unwrap_or(tail.len());
        let word = tail.get(..end)?;
        rest = tail.get(end..)?;
        let offset = text.len() - tail.len();
        Some((word, offset, rest))
    });
    words.filter_map(move |(word, offset, rest)| {
        if !wanted.contains(word) {
            return None;
        }
        let before = text.get(..offset).unwrap_or_default();
        let inner = before.strip_suffix("::").is_some_and(|path| path.ends_with(|c| is_word(c) || c == '>'));
        let after_use = before.ends_with("use ") || before.ends_with("extern crate ");
        // `[name]` and [`name`] are links that rustdoc resolves
        let link = (before.ends_with('[') && rest.starts_with(']'))
            || (before.ends_with("[`") && rest.starts_with("`]"));
        ((rest.starts_with("::") || after_use || link) && !inner).then_some((word, offset))
    })
}

/// Macros whose input is values and text: a bare name in it is a variable.
fn takes_values(name: &str) -> bool {
    const NAMES: [&str; 36] = [
        "assert",
        "assert_eq",
        "assert_ne",
        "debug_assert",
        "debug_assert_eq",
        "debug_assert_ne",
        "print",
        "println",
        "eprint",
        "eprintln",
        "format",
        "format_args",
        "write",
        "writeln",
        "panic",
        "todo",
        "unimplemented",
        "unreachable",
        "vec",
        "matches",
        "dbg",
        "concat",
        "stringify",
        "env",
        "option_env",
        "cfg",
        "compile_error",
        "trace",
        "debug",
        "info",
        "warn",
        "error",
        "anyhow",
        "bail",
        "ensure",
        "json",
    ];
    NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<(String, How)> {
        let wanted = ["a", "b", "serde_x"].map(str::to_owned).into();
        names(source, &wanted).mentions.into_iter().map(|mention| (mention.name, mention.how)).collect()
    }

    fn hows(source: &str) -> Vec<How> {
        found(source).into_iter().map(|(_, how)| how).collect()
    }

    #[test]
    fn paths_uses_and_extern_crates_name_a_crate() {
        for source in [
            "use a;",
            "use a::b_c;",
            "use ::a::X;",
            "use {a, c::d};",
            "use {c::d, a as x};",
            "pub use a as y;",
            "extern crate a;",
            "extern crate a as c;",
            "fn f() -> ::a::T {}",
            "let x = a::f();",
            "x: a::T",
            "#[a::attribute] fn f() {}",
            "#[derive(a::Derive)] struct S;",
            "a::go!(1)",
            "m! { a::f() }",
            "#[cfg_attr(x, a::y)] f!();",
            "#[serde(with = \"a\")] f: u8",
            "#[serde(with = \"a::option\")] f: u8",
            "<a::T as C>::f()",
            "r#a::f()",
            "impl a::T for U {}",
            "return ::a::f();",
            "vec![a::X]",
        ] {
            assert_eq!(found(source), [("a".to_owned(), How::Path)], "{source}");
        }
    }

    #[test]
    fn members_of_other_paths_variables_and_methods_do_not() {
        for source in [
            "use c::a;",
            "use c::{a, d};",
            "crate::a::f()",
            "self::a::f()",
            "<T as C>::a::f()",
            "x.a::<T>()",
            "let a = 1;",
            "a.f()",
            "a(1)",
            "a::<T>()",
            "$a::f()",
            "mod a;",
            "println!(\"{}\", a)",
            "// a::b",
            "\"a\"",
            "a! {}",
            "use c::{d::{a}};",
        ] {
            assert_eq!(found(source), [], "{source}");
        }
    }

    #[test]
    fn documentation_and_text_are_less_sure() {
        assert_eq!(hows("/// ```\n/// use a::X;\n/// ```\nfn f() {}"), [How::Doc]);
        assert_eq!(hows("//! [`a::X`]"), [How::Doc]);
        assert_eq!(hows("//! [`a`] and [a]"), [How::Doc, How::Doc]);
        assert_eq!(hows("#![doc = \"use a;\"]"), [How::Doc, How::Path]);
        assert_eq!(hows("let code = \"::a::f()\";"), [How::Text]);
        assert_eq!(hows("my_macro!(a)"), [How::Text]);
        assert_eq!(hows("my_macro!(x.a, a.b)"), []);
    }

    #[test]
    fn generated_code_and_included_documentation_are_told() {
        let told = |source: &str| names(source, &BTreeSet::new());
        assert!(told("include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));").generated);
        assert!(told("include!(\"x.in\");").generated && !told("include!(\"x.rs\");").generated);
        assert!(told("tonic::include_proto!(\"x\");").generated && !told("include_str!(\"x\")").generated);
        assert_eq!(told("#![doc = include_str!(\"../README.md\")]").doc_files, ["../README.md"]);
    }

    #[test]
    fn a_mention_has_its_place() {
        let source = "//! x\nuse a::b_c;";
        let wanted = ["a".to_owned()].into();
        assert_eq!(source.get(names(source, &wanted).mentions[0].span.clone()), Some("a"));
        let source = "/// [é](a::X)\nfn f() {}";
        assert_eq!(source.get(names(source, &wanted).mentions[0].span.clone()), Some("a"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_names(source: String) {
            let _ = names(&source, &["a".to_owned()].into());
        }

        #[test]
        fn any_tokens_give_names(parts in proptest::collection::vec("use|a|::|\\{|\\}|,|;|!|\\(|\\)|#|\\[|\\]|\"|é|extern|crate", 0..40)) {
            let _ = names(&parts.concat(), &["a".to_owned()].into());
        }
    }
}
