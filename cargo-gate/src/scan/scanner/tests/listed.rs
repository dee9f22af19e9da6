//! What else is listed: modules, included files, tests, comments and strings.

use crate::scan::scan;

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
