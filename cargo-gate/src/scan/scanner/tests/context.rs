//! What is around a site: tests, conditions, constants, macros.

use super::{context, tests_of};
use crate::scan::{Context, scan};

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
