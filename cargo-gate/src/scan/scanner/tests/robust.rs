//! Whatever bytes there are.

use proptest::prelude::*;

use super::{sites, tests_of};
use crate::scan::PanicKind::{Indexing, Unwrap};
use crate::scan::{Context, FileScan, scan};

#[test]
fn every_edition_and_file_start_is_read() {
    for source in [
        "\u{feff}a.unwrap()",
        "#!/bin/sh \"\na.unwrap()",
        "---\n[dependencies]\n\"\n---\na.unwrap()",
        "#!/bin/sh\n---\n\"\n---\na.unwrap()",
        "let r#fn = 'a'; a.unwrap()",
        "m!(#\"a\"); a.unwrap()",
        "m!(##\"a\"##); a.unwrap()",
        "let a: &'r str; a.unwrap()",
        "a.unwrap() \"unterminated",
        "z\"text\"; a.unwrap()",
        "k#fn; a.unwrap()",
        "'\\''; a.unwrap()",
        "b'\"'; a.unwrap()",
    ] {
        assert_eq!(sites(source), [(Unwrap, "unwrap()")], "{source}");
    }
}

#[test]
fn unbalanced_delimiters_keep_their_surroundings() {
    assert_eq!(sites("fn f() { a.unwrap(; } b[0"), [(Unwrap, "unwrap(; }"), (Indexing, "[0")]);
    assert_eq!(tests_of("#[test] fn f( { a.unwrap() } fn g() { b.unwrap() }").len(), 2);
    assert_eq!(tests_of("#[cfg(test)] mod m { ) } a.unwrap()"), [false]);
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    for part in
        ["#[cfg(all(", "#[cfg_attr(a, ", "mod a {", "((((", "#[test]", "m!{", "const A: B = ", "/*", "|"]
    {
        scan(&part.repeat(20_000));
    }
    scan(&("(".repeat(50_000) + &"]".repeat(50_000)));
}

fn assert_sound(source: &str, found: &FileScan) {
    let comments = found.comments.iter().map(|comment| &comment.span);
    let strings = found.strings.iter().map(|literal| &literal.span);
    let panics = found.panics.iter().map(|site| &site.span);
    for span in comments.chain(strings).chain(panics) {
        assert!(source.get(span.clone()).is_some_and(|text| !text.is_empty()), "{span:?}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_spans_inside_it(source in any::<String>()) {
        assert_sound(&source, &scan(&source));
    }

    #[test]
    fn any_bytes_give_spans_inside_them(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let source = String::from_utf8_lossy(&bytes);
        assert_sound(&source, &scan(&source));
    }

    #[test]
    fn any_tokens_give_spans_inside_them(parts in proptest::collection::vec(proptest::sample::select(TOKENS), 0..60)) {
        let source = parts.join("");
        assert_sound(&source, &scan(&source));
    }

    #[test]
    fn code_before_and_after_cannot_hide_a_site_on_its_own(
        before in proptest::collection::vec(proptest::sample::select(ITEMS), 0..12),
        after in proptest::collection::vec(proptest::sample::select(ITEMS), 0..12),
    ) {
        let (before, after) = (before.join("\n"), after.join("\n"));
        let source = format!("{before}\nfn f() {{ x.unwrap(); }}\n{after}");
        let found = scan(&source);
        let start = before.len() + 1;
        let site = found.panics.iter().find(|site| {
            site.span.start > start && source.get(site.span.clone()) == Some("unwrap()")
        });
        prop_assert_eq!(site.map(|site| site.context), Some(Context::default()));
    }
}

/// A piece of Rust, or of what may break a reader of Rust.
const TOKENS: &[&str] = &[
    "#",
    "!",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "<",
    ">",
    "=",
    "=>",
    "->",
    "::",
    ":",
    ";",
    ",",
    ".",
    "..",
    "|",
    "?",
    "&",
    "$",
    "'",
    "\"",
    "r#\"",
    "\"#",
    "b'",
    "c\"",
    "'a",
    "r#x",
    "r#",
    "//",
    "/*",
    "*/",
    "///",
    "//!",
    "\n",
    "\r\n",
    " ",
    "cfg",
    "cfg_attr",
    "test",
    "all",
    "any",
    "path",
    "doc",
    "mod",
    "const",
    "static",
    "fn",
    "macro",
    "macro_rules",
    "include",
    "unwrap",
    "expect",
    "panic",
    "Option",
    "a",
    "_",
    "pub",
    "if",
    "else",
    "match",
    "0",
    "1.0",
    "\u{20ac}",
    "\u{1f980}",
    "\u{feff}",
    "---",
    "SAFE:",
    "SAFE: a",
    "```",
    "#![",
    "#[cfg(test)]",
    "#[path = \"a\"]",
    ".unwrap()",
    "a[0]",
    "panic!(",
    "Option::unwrap",
    "\\",
];

/// A complete item.
const ITEMS: &[&str] = &[
    "#[cfg(test)] mod t { fn g() { a[0]; } }",
    "#[test] fn t() { 1 }",
    "macro_rules! m { ($a:expr) => { $a } }",
    "#[cfg(unix)] use a::{b, c};",
    "#[cfg(test)] use a::b;",
    "const A: [u8; 2] = [1, 2];",
    "m! { a }",
    "m!(a, b);",
    "#[rstest] fn t<A, B>(a: A) where A: B, {}",
    "static S: &str = \"{\";",
    "// {\n",
    "/* ( */",
    "const C: char = '\"';",
    "#[cfg(test)] impl A for B<{ 1 }> {}",
    "#[cfg(test)] struct A<B, C>(B, C);",
    "#[cfg(test)] enum E { A { b: u8 }, C }",
    "#[cfg(test)] thread_local! { static A: u8 = 1; }",
    "#[cfg(test)] static A: L = L::new(|| 1);",
    "fn g<'a>(a: &'a [u8]) {}",
    "#[cfg(test)] extern crate a;",
    "#[cfg(test)] const fn f() {}",
    "#[cfg(test)] pub(crate) type A = B<C>;",
    "#[cfg(test)] macro_rules! n { () => {} }",
    "#[cfg(test)] unsafe extern \"C\" { fn f(); }",
    "struct D<const N: usize>;",
    "/// doc\n#[derive(A)] #[cfg(test)] union U { a: u8 }",
    "cfg_if! { if #[cfg(test)] { mod x; } else { mod y; } }",
];
