//! What panics, and what only looks like it.

use super::{assert_no_site, sites};
use crate::scan::PanicKind::{Expect, Indexing, Panic, Todo, Unimplemented, Unreachable, Unwrap};
use crate::scan::scan;

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
