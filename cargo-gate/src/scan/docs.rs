//! The examples in documentation that rustdoc compiles.

use super::attributes::{bracket, doc_literal};
use super::tokens::{Kind, Tokens, string_content};

/// Counts the fenced code blocks of Rust in the documentation between two places: comments and
/// `#[doc = ".."]`, which rustdoc joins into one text.
pub(super) fn examples(tokens: &Tokens<'_>, start: usize, end: usize) -> usize {
    let mut reader = Reader::default();
    let mut at = start;
    while at < end {
        match tokens.kind(at) {
            Kind::OuterDoc | Kind::InnerDoc => reader.comment(tokens.text(at)),
            Kind::Pound => {
                let Some(open) = bracket(tokens, at) else {
                    break;
                };
                if let Some(literal) = doc_literal(tokens, open + 1) {
                    reader.literal(tokens.text(literal));
                }
                at = tokens.partner(open);
            }
            _ => {}
        }
        at += 1;
    }
    reader.examples
}

/// Reads the lines of one documentation text.
#[derive(Default)]
struct Reader {
    /// The character and length of the fence that is open.
    fence: Option<(char, usize)>,
    examples: usize,
}

impl Reader {
    fn comment(&mut self, comment: &str) {
        let body = comment.get(3..).unwrap_or("");
        if comment.starts_with("//") {
            return self.line(body);
        }
        for line in body.strip_suffix("*/").unwrap_or(body).lines() {
            let line = line.trim_start();
            self.line(line.strip_prefix('*').unwrap_or(line));
        }
    }

    fn literal(&mut self, literal: &str) {
        let (content, raw) = string_content(literal);
        for line in content.lines() {
            if raw {
                self.line(line);
            } else {
                line.split("\\n").for_each(|line| self.line(line));
            }
        }
    }

    fn line(&mut self, line: &str) {
        let line = line.trim();
        let Some(mark @ ('`' | '~')) = line.chars().next() else {
            return;
        };
        let info = line.trim_start_matches(mark);
        let length = line.len() - info.len();
        match self.fence {
            Some((open, least)) if mark == open && length >= least && info.is_empty() => {
                self.fence = None;
            }
            // `` ```code``` `` on one line is inline code.
            None if length >= 3 && !(mark == '`' && info.contains('`')) => {
                self.fence = Some((mark, length));
                self.examples += usize::from(is_rust(info));
            }
            _ => {}
        }
    }
}

/// Whether rustdoc compiles a block with this info string, as its `LangString` decides: a word that
/// it does not know makes the block something else, unless a word of Rust came before it.
fn is_rust(info: &str) -> bool {
    let (mut rust, mut other) = (false, false);
    for word in words(info) {
        match word {
            "rust" => rust = true,
            "should_panic" | "no_run" | "test_harness" | "compile_fail" | "standalone"
            | "standalone_crate" => rust |= !other,
            "custom" => return false,
            _ if word == "ignore" || word.starts_with("ignore-") => return false,
            _ if word.starts_with("edition") => {}
            _ => other = true,
        }
    }
    rust || !other
}

/// The words of an info string, without the attributes in braces and without `#ids`.
fn words(info: &str) -> impl Iterator<Item = &str> {
    let mut in_braces = false;
    info.split(move |c: char| {
        match c {
            '{' => in_braces = true,
            '}' => {
                in_braces = false;
                return true;
            }
            _ => {}
        }
        in_braces || c == ',' || c.is_whitespace()
    })
    .filter(|word| !word.is_empty() && !word.starts_with(['#', '.']))
}

#[cfg(test)]
mod tests {
    use crate::scan::scan;

    fn count(source: &str) -> usize {
        scan(source).doc_examples
    }

    fn fenced(info: &str) -> usize {
        count(&format!("/// ```{info}\n/// let a = 1;\n/// ```\npub fn f() {{}}\n"))
    }

    #[test]
    fn blocks_of_rust_are_counted_by_the_words_that_rustdoc_knows() {
        for info in [
            "",
            "rust",
            "no_run",
            "should_panic",
            "compile_fail",
            "rust,no_run",
            "edition2021",
            "rust, edition2018",
            "test_harness",
            "standalone_crate",
            "compile_fail,E0277",
            "{.class}",
            "rust {#id .a b=c}",
            " rust",
        ] {
            assert_eq!(fenced(info), 1, "{info:?}");
        }
    }

    #[test]
    fn blocks_of_anything_else_are_not_counted() {
        for info in [
            "ignore",
            "ignore-wasm",
            "rust,ignore",
            "text",
            "sh",
            "toml",
            "console",
            "custom,rust",
            "text,no_run",
            "c++",
        ] {
            assert_eq!(fenced(info), 0, "{info:?}");
        }
    }

    #[test]
    fn every_form_of_documentation_counts() {
        assert_eq!(count("//! ```\n//! a\n//! ```\n"), 1);
        assert_eq!(count("/** \n * ```\n * a\n * ```\n */\nfn f() {}"), 1);
        assert_eq!(count("/*! \n```\na\n```\n*/"), 1);
        assert_eq!(count("#[doc = \"```\\nlet a;\\n```\"]\nfn f() {}"), 1);
        assert_eq!(count("#[doc = r\"```\nlet a;\n```\"]\nfn f() {}"), 1);
        assert_eq!(count("/// ~~~\n/// a\n/// ~~~\nfn f() {}"), 1);
        assert_eq!(count("// ```\n// a\n// ```\nfn f() {}"), 0);
        assert_eq!(count("/// ```\r\n/// a\r\n/// ```\r\nfn f() {}\r\n"), 1);
    }

    #[test]
    fn a_text_goes_on_over_attributes_and_ends_with_its_item() {
        assert_eq!(count("/// ```text\n#[inline]\n/// ```\n/// ```\n/// ```\nfn f() {}"), 1);
        assert_eq!(count("#[doc = \" ```\"]\n#[doc = \" a\"]\n#[doc = \" ```\"]\nfn f() {}"), 1);
        assert_eq!(count("/// ```text\nfn f() {}\n/// ```\n/// a\nfn g() {}"), 1);
    }

    #[test]
    fn fences_pair_by_character_and_length() {
        assert_eq!(count("/// ````text\n/// ```\n/// a\n/// ```\n/// ````\nfn f() {}"), 0);
        assert_eq!(count("/// ~~~\n/// ```\n/// ~~~\n/// ```\n/// a\n/// ```\nfn f() {}"), 2);
        assert_eq!(count("/// ```inline``` code\nfn f() {}"), 0);
        assert_eq!(count("/// `` a\nfn f() {}"), 0);
    }

    #[test]
    fn tests_and_macros_have_no_examples() {
        let example = "/// ```\n/// a\n/// ```\n";
        assert_eq!(count(&format!("{example}#[cfg(test)]\nmod t {{}}")), 0);
        assert_eq!(count(&format!("#[cfg(test)]\nmod t {{\n{example}fn f() {{}} }}")), 0);
        assert_eq!(count(&format!("#![cfg(test)]\n{example}fn f() {{}}")), 0);
        assert_eq!(count(&format!("macro_rules! m {{ () => {{\n{example}fn f() {{}} }} }}")), 0);
        assert_eq!(count(&format!("#[cfg(unix)]\n{example}fn f() {{}}")), 1);
    }
}
