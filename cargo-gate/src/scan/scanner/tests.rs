use proptest::prelude::*;

use crate::scan::PanicKind::{Expect, Indexing, Panic, Todo, Unimplemented, Unreachable, Unwrap};
use crate::scan::{Context, FileScan, PanicKind, scan};

/// The kind and the text of every site.
fn sites(source: &str) -> Vec<(PanicKind, &str)> {
    scan(source).panics.into_iter().map(|site| (site.kind, source.get(site.span).unwrap())).collect()
}

/// The context of the only site.
fn context(source: &str) -> Context {
    let found = scan(source).panics;
    assert_eq!(found.len(), 1, "{source}");
    found[0].context
}

fn assert_no_site(source: &str) {
    assert_eq!(sites(source), [], "{source}");
}

/// The contexts in `source` of the calls `a()`, which stand for sites, as `(outside, inside)`.
fn tests_of(source: &str) -> Vec<bool> {
    scan(source).panics.iter().map(|site| site.context.test).collect()
}

#[test]
fn methods_are_found_from_name_to_parenthesis() {
    assert_eq!(sites("a.unwrap()"), [(Unwrap, "unwrap()")]);
    assert_eq!(sites("a.unwrap_err()"), [(Unwrap, "unwrap_err()")]);
    assert_eq!(sites("a.expect(\"(\").b()"), [(Expect, "expect(\"(\")")]);
    assert_eq!(sites("a.expect_err(b(1))"), [(Expect, "expect_err(b(1))")]);
    assert_eq!(sites("a\n  . /* b */ unwrap // c\n ( )"), [(Unwrap, "unwrap // c\n ( )")]);
    assert_eq!(sites("a.expect::<Vec<fn() -> u8>>(b)"), [(Expect, "expect::<Vec<fn() -> u8>>(b)")]);
    assert_eq!(sites("a.r#unwrap()"), [(Unwrap, "r#unwrap()")]);
    assert_eq!(sites("1.unwrap()"), [(Unwrap, "unwrap()")]);
}

#[test]
fn other_names_and_definitions_are_not_methods_that_panic() {
    for source in [
        "a.unwrap_or(1)",
        "a.unwrap_or_default()",
        "a.unwrap",
        "a.unwrap + (1)",
        "unwrap()",
        "fn unwrap(self) {}",
        "fn expect() {}",
        "0..unwrap()",
        "a.expected()",
        "#[expect(unused)] a",
        "// a.unwrap()",
        "\"a.unwrap()\"",
        "r#\"a.unwrap()\"#",
        "/* /* a.unwrap() */ */",
    ] {
        assert_no_site(source);
    }
}

#[test]
fn functions_named_by_path_are_found_called_or_not() {
    assert_eq!(sites("a.map(Option::unwrap)"), [(Unwrap, "unwrap")]);
    assert_eq!(sites("std::result::Result::unwrap_err(a)"), [(Unwrap, "unwrap_err(a)")]);
    assert_eq!(sites("Option::<Vec<u8>>::expect(a, b)"), [(Expect, "expect(a, b)")]);
    assert_eq!(sites("<Option<u8>>::unwrap(a)"), [(Unwrap, "unwrap(a)")]);
    assert_eq!(sites("<::std::result::Result<u8, ()>>::expect"), [(Expect, "expect")]);
    assert_no_site("Own::unwrap(a)");
    assert_no_site("Vec::<Option<u8>>::unwrap(a)");
    assert_no_site("own::expect(a)");
    assert_no_site("Option::unwrap_or(a, b)");
}

#[test]
fn macros_are_found_from_name_to_delimiter() {
    assert_eq!(sites("panic!(\"a\")"), [(Panic, "panic!(\"a\")")]);
    assert_eq!(sites("todo! { }"), [(Todo, "todo! { }")]);
    assert_eq!(sites("unimplemented![]"), [(Unimplemented, "unimplemented![]")]);
    assert_eq!(sites("core::unreachable!()"), [(Unreachable, "unreachable!()")]);
    assert_eq!(sites("$crate::panic!()"), [(Panic, "panic!()")]);
}

#[test]
fn what_only_looks_like_a_macro_is_not_one() {
    for source in [
        "use std::panic;",
        "std::panic::catch_unwind(f)",
        "fn panic() {}",
        "panic != (x)",
        "macro_rules! panic { () => {} }",
        "#[should_panic] fn f() {}",
        "assert!(a)",
        "debug_assert!(a)",
        "panic();",
        "debug_unreachable!()",
    ] {
        assert_no_site(source);
    }
}

#[test]
fn a_macro_that_panics_may_hold_another_site() {
    let found = scan("panic!(\"{}\", x.unwrap())").panics;
    let got: Vec<_> = found.iter().map(|site| (site.kind, site.context.in_macro)).collect();
    assert_eq!(got, [(Panic, false), (Unwrap, true)]);
}

#[test]
fn indexes_follow_values() {
    for source in [
        "a[0]",
        "a.b[1..]",
        "a()[i]",
        "a[i][j]",
        "a?[i]",
        "self[i]",
        "t.0[i]",
        "t.0.1[i]",
        "r#in[i]",
        "\"abc\"[..2]",
        "b\"abc\"[i]",
        "x.await[0]",
        "!a[0]",
        "a /* b */ [0]",
        "a[..n]",
        "let a = unsafe { b }[0];",
        "f({ b }[0])",
        "vec![1][0]",
        "return unsafe { b }[0];",
    ] {
        let expected = if source == "a[i][j]" { 2 } else { 1 };
        let indexes = sites(source).iter().filter(|(kind, _)| *kind == Indexing).count();
        assert_eq!(indexes, expected, "{source}");
    }
    assert_eq!(sites("a[b(1)]"), [(Indexing, "[b(1)]")]);
}

#[test]
fn types_patterns_arrays_and_attributes_are_not_indexes() {
    for source in [
        "let a: [u8; 3] = [1, 2, 3];",
        "let [a, b] = c;",
        "fn f(a: &mut [u8], b: &'static [u8]) {}",
        "vec![1]",
        "a[..]",
        "a[ .. ]",
        "#[a] [1, 2].len()",
        "#![a] [1]",
        "Foo::<[u8; 3]>::new()",
        "struct A(pub [u8; 3], pub(crate) [u8; 3], #[serde(a)] [u8; 3]);",
        "for [a, b] in c {}",
        "for x in [1, 2] {}",
        "return [1]",
        "match [a, b] { [c, d] => [e], }",
        "Box<dyn Fn() -> [u8]>",
        "a as [u8; 3]",
        "impl<T> Foo for [T] {}",
        "if let [a, ..] = b {}",
        "|[a, b]| [b, a]",
        "{} [a] = b;",
        "break 'a [1]",
        "x @ [..]",
        "*const [T]",
        "macro_rules! m [ () => {} ]",
        "else [1]",
        "'a: [1]",
        "macro_rules! m { ($a:ident [ $b:expr ]) => {} }",
        "if a {} [1, 2].iter()",
        "a = b; [1, 2]",
        "match a { b => { c } [d] => e }",
        "1 [0]",
        "dyn [a]",
    ] {
        assert_no_site(source);
    }
}

#[test]
fn test_code_is_told_by_its_attributes() {
    for attribute in [
        "#[test]",
        "#[cfg(test)]",
        "#[cfg(all(test, unix))]",
        "#[cfg(all(unix, all(test)))]",
        "#[bench]",
        "#[cfg(any(test, all(test, unix)))]",
        "#[tokio::test]",
        "#[tokio::test(flavor = \"a\")]",
        "#[rstest]",
        "#[::rstest::rstest]",
        "#[cfg(test,)]",
        "#[inline] #[test] #[ignore]",
        "/// doc\n#[test]",
        "#[test] /// doc\n",
        "#[cfg(unix)] #[cfg(test)]",
        "#[cfg(all(test,))]",
    ] {
        let source = format!("{attribute} fn f() {{ a.unwrap() }} fn g() {{ b.unwrap() }}");
        assert_eq!(tests_of(&source), [true, false], "{attribute}");
    }
}

#[test]
fn other_conditions_are_not_tests() {
    for attribute in [
        "#[cfg(not(test))]",
        "#[cfg(any(test, unix))]",
        "#[cfg(any())]",
        "#[cfg(feature = \"test\")]",
        "#[cfg(all(unix, not(test)))]",
        "#[cfg(test = \"a\")]",
        "#[cfg(testing)]",
    ] {
        let found = context(&format!("{attribute} fn f() {{ a.unwrap() }}"));
        assert_eq!((found.test, found.cfg), (false, true), "{attribute}");
    }
    let none = Context::default();
    assert_eq!(context("#[cfg_attr(test, derive(Debug))] fn f() { a.unwrap() }"), none);
    assert_eq!(context("#[inline] #[allow(test)] fn f() { a.unwrap() }"), none);
}

#[test]
fn an_attribute_covers_its_item_and_no_more() {
    for item in [
        "fn f<A, B>(a: A) -> B where A: X, B: Y, { a.unwrap() }",
        "mod m { a.unwrap(); }",
        "pub(crate) mod m { a.unwrap(); }",
        "impl<A, B> X for Y<{ 1 + 2 }, B> { a.unwrap(); }",
        "let a = { b.unwrap() };",
        "let Some(a) = b.unwrap() else { return };",
        "a(b, c.unwrap());",
        "const A: u8 = { a.unwrap() };",
        "pub static A: [u8; 1] = [a.unwrap()];",
        "if a { b.unwrap() }",
        "if a {} else if b {} else { c.unwrap() }",
        "{ a.unwrap() }",
        "match a { B { c } if d => e.unwrap(), }",
        "'a: loop { b.unwrap() }",
        "unsafe { a.unwrap() }",
        "if let A { b } = c { d.unwrap() }",
        "for A { b } in c { d.unwrap() }",
        "a = A { b: c.unwrap() };",
        "m! { a.unwrap() }",
        "macro_rules! m { () => { a.unwrap() } }",
        "unsafe extern \"C\" fn f() { a.unwrap() }",
        "$vis fn f() { a.unwrap() }",
        "async fn f() { a.unwrap() }",
        "a.b(|| { c; d.unwrap() });",
        "match a {}.b.unwrap();",
        "const fn f() { a.unwrap() }",
        "macro m($a:tt) { b.unwrap() }",
        "trait T: A<B = C> { fn f() { a.unwrap() } }",
        "enum E { A = b.unwrap() }",
        "#[inline] fn f() { a.unwrap() }",
        "use a::{b}; #[cfg(test)] c.unwrap();",
        "struct S([u8; a.unwrap()]);",
        "union U { a: [u8; b.unwrap()] }",
        "default fn f() { a.unwrap() }",
        "use a::{b, c}; #[test] a.unwrap();",
        "type A = [u8; b.unwrap()];",
    ] {
        let source = format!("{{ #[cfg(test)] {item} b.unwrap(); }} c.unwrap();");
        assert_eq!(tests_of(&source), [true, false, false], "{item}");
    }
}

#[test]
fn an_attribute_covers_one_arm_field_argument_or_parameter() {
    for list in [
        "match a { #[cfg(test)] A { b } if c => d.unwrap(), E => f.unwrap(), }",
        "match a { #[cfg(test)] A => { b.unwrap() } C => d.unwrap(), }",
        "match a { #[cfg(test)] A => match b { c => d.unwrap() } C => d.unwrap(), }",
        "match a { #[cfg(test)] A => if b { c.unwrap() } else { 1 } C => d.unwrap(), }",
        "S { #[cfg(test)] a: b.unwrap(), c: d.unwrap() }",
        "S { #[cfg(test)] a: b.unwrap() < c, d: e.unwrap() }",
        "f(#[cfg(test)] a.unwrap(), b.unwrap())",
        "[#[cfg(test)] a.unwrap(), b.unwrap()]",
        "enum E { #[cfg(test)] A = a.unwrap(), B = b.unwrap() }",
        "fn f<#[cfg(test)] T: A<{ a.unwrap() }>>() { b.unwrap() }",
    ] {
        assert_eq!(tests_of(list), [true, false], "{list}");
    }
}

#[test]
fn inner_attributes_cover_what_is_around_them() {
    assert_eq!(tests_of("mod m { #![cfg(test)] fn f() { a.unwrap() } } b.unwrap();"), [true, false]);
    let file = scan("#!/usr/bin/env run\n//! doc\n#![cfg(test)]\n#![allow(a)]\nfn f() { a.unwrap() }");
    assert!(file.whole_file.test && file.panics[0].context.test);
    let file = scan("\u{feff}#![cfg(unix)]\r\nfn f() {}");
    assert_eq!(file.whole_file, Context { cfg: true, ..Context::default() });
    assert_eq!(scan("mod m { #![cfg(test)] }").whole_file, Context::default());
    assert_eq!(scan("#![allow(a)]").whole_file, Context::default());
}

#[test]
fn macro_input_and_macro_definitions_are_told_apart_from_code() {
    for source in [
        "m!(a.unwrap())",
        "m! { a.unwrap() }",
        "m![a.unwrap()]",
        "println!(\"{}\", a.unwrap())",
        "macro_rules! m { () => { a.unwrap() } }",
        "macro m() { a.unwrap() }",
        "x::try!(a.unwrap())",
        "r#try!(a.unwrap())",
        "#[ensures(a.unwrap())] fn f() {}",
    ] {
        assert!(context(source).in_macro, "{source}");
    }
    for source in ["if !(a.unwrap()) {}", "m!(a); b.unwrap()", "return !{ a.unwrap() }", "a != (b.unwrap())"]
    {
        assert!(!context(source).in_macro, "{source}");
    }
}

#[test]
fn the_arms_of_cfg_macros_are_under_cfg() {
    let source = "cfg_if! { if #[cfg(test)] { a.unwrap() } else { b.unwrap() } } c.unwrap()";
    let found: Vec<_> = scan(source).panics.iter().map(|s| (s.context.test, s.context.cfg)).collect();
    assert_eq!(found, [(true, true), (false, true), (false, false)]);
    assert!(context("cfg_select! { unix => { a.unwrap() } }").cfg);
}

#[test]
fn attributes_that_are_not_built_in_are_noted() {
    let attribute = |line: &str| context(&format!("{line} fn f() {{ a.unwrap() }}")).attribute;
    for line in ["#[tokio::main]", "#[instrument]", "#[cfg_attr(a, instrument)]", "#[rstest]"] {
        assert!(attribute(line), "{line}");
    }
    for line in [
        "#[inline]",
        "#[test]",
        "#[rustfmt::skip]",
        "#[clippy::foo]",
        "#[unsafe(no_mangle)]",
        "/// doc\n",
        "#[cfg_attr(a, inline, must_use)]",
        "#[derive(Debug)]",
        "#[expect(a, reason = \"b\")]",
    ] {
        assert!(!attribute(line), "{line}");
    }
}

#[test]
fn initialisers_of_constants_are_evaluated_by_the_compiler() {
    for source in [
        "const A: u8 = b.unwrap();",
        "static mut A: Foo<B = C> = b.unwrap();",
        "const { a.unwrap() }",
        "const _: () = { if a || b { panic!() } };",
        "const A: u8 = match b { 1 | 2 => c.unwrap() };",
        "impl A { const B: fn() -> u8 = c.unwrap(); }",
        "const r#A: u8 = b.unwrap();",
        "const _: () = assert!(a.unwrap() == 1);",
    ] {
        assert!(context(source).constant, "{source}");
    }
    for source in [
        "static A: L<R> = L::new(|| a.unwrap());",
        "const fn f() { a.unwrap() }",
        "A::<const { 1 }>; a.unwrap()",
        "const _: () = { impl A { fn f() { b.unwrap() } } };",
        "fn f<const N: usize>() { a.unwrap() }",
        "fn f<T, const N: usize = 1>() { a.unwrap() }",
        "const A: u8 = 1; b.unwrap()",
        "a as *const T; b.unwrap()",
        "trait T { const A: u8; fn f() { a.unwrap() } }",
        "static A: L = L::new(move |x| x.unwrap());",
        "const A: F = vec!(|x| 1, y.unwrap());",
        "thread_local! { static A: u8 = b.unwrap(); }",
        "static A: L = lazy!(b.unwrap());",
        "let a = &raw const b; c.unwrap()",
    ] {
        assert!(!context(source).constant, "{source}");
    }
}

#[test]
fn modules_are_listed_with_what_is_around_them() {
    let found = scan(
        "mod a; pub(crate) mod b { #[path = \"x.rs\"] pub mod c; mod d {} mod e { mod f; } } mod r#fn;
         #[cfg(test)] #[rustfmt::skip] mod t; #[cfg_attr(any(), rustfmt::skip)] mod u; #[cfg_attr(rustfmt, rustfmt_skip)] mod v;",
    );
    let names: Vec<_> = found
        .modules
        .iter()
        .map(|m| (m.inline_path.join("/"), m.name.as_str(), m.path_attribute.as_deref(), m.rustfmt_skip))
        .collect();
    let entry = |folder: &str, name, path, skip| (folder.to_owned(), name, path, skip);
    assert_eq!(
        names,
        [
            entry("", "a", None, false),
            entry("b", "c", Some("x.rs"), false),
            entry("b/e", "f", None, false),
            entry("", "fn", None, false),
            entry("", "t", None, true),
            entry("", "u", None, false),
            entry("", "v", None, true),
        ]
    );
    assert!(found.modules[4].context.test && !found.modules[3].context.test);
    assert!(scan("mod a { fn mod_b() {} } macro_rules! m { ($x:ident) => { mod $x; } }").modules.is_empty());
}

#[test]
fn a_path_attribute_belongs_to_its_own_module() {
    let found = scan("#[path = \"x.rs\"] mod a; mod b; #[path = \"d\"] mod c { mod e; }");
    let paths: Vec<_> = found.modules.iter().map(|m| m.path_attribute.as_deref()).collect();
    assert_eq!(paths, [Some("x.rs"), None, None]);
    assert_eq!(found.modules[2].inline_path, ["./d"]);
}

#[test]
fn includes_of_literal_paths_are_listed() {
    let found = scan(
        "include!(\"a.rs\"); std::include! { \"b.rs\", } include!(concat!(env!(\"O\"), \"c.rs\")); include_str!(\"d\");",
    );
    let paths: Vec<_> = found.includes.iter().map(|include| include.path.as_str()).collect();
    assert_eq!(paths, ["a.rs", "b.rs"]);
    assert!(!found.includes[0].context.in_macro);
}

#[test]
fn tests_are_counted() {
    let source = "#[test] fn a() {} #[tokio::test] fn b() {} #[rstest] fn c() {} #[test_case(1)] fn d() {}
        #[quickcheck] fn e() {} proptest! { fn f() {} } #[cfg(test)] mod t { #[test] #[ignore] fn g() {} }
        #[bench] fn h() {} #[testing] fn i() {}";
    assert_eq!(scan(source).tests, 7);
}

#[test]
fn comments_and_strings_of_every_kind_are_listed() {
    let source = "// a\r\n/* b /* c */ */ /// d\n//! e\n//// f\n/** g */ /*! h */ /***/";
    let found: Vec<_> =
        scan(source).comments.into_iter().map(|c| (source.get(c.span).unwrap(), c.doc)).collect();
    assert_eq!(
        found,
        [
            ("// a", false),
            ("/* b /* c */ */", false),
            ("/// d", true),
            ("//! e", true),
            ("//// f", false),
            ("/** g */", true),
            ("/*! h */", true),
            ("/***/", false),
        ]
    );
    let source =
        "\"a\" r\"b\" r#\"c\"# b\"d\" br\"e\" c\"f\" cr##\"g\"## 'h' b'i' '\"' \"\\\"\" 'life #[test] \"t\";";
    let found = scan(source).strings;
    let texts: Vec<_> = found.iter().map(|literal| source.get(literal.span.clone()).unwrap()).collect();
    let expected =
        ["\"a\"", "r\"b\"", "r#\"c\"#", "b\"d\"", "br\"e\"", "c\"f\"", "cr##\"g\"##", "\"\\\"\"", "\"t\""];
    assert_eq!(texts, expected);
    assert_eq!(found.iter().filter(|literal| literal.test).count(), 1);
}

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
