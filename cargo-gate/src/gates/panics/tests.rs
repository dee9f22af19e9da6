use super::*;
use crate::step::PANIC_LINTS;

fn rules(text: &str, typed: Option<&Typed>) -> Vec<(String, u32)> {
    let file = SourceFile::new("src/lib.rs".into(), Some(0), Ok(text.into()));
    let sources = Sources::new(vec![file]);
    let target = crate::facts::tests::target("a", "lib", "src/lib.rs");
    let package = crate::facts::Package {
        name: "a".into(),
        version: "0.1.0".into(),
        id: "a".into(),
        folder: String::new(),
        edition: "2024".into(),
        publish: false,
        registries: Vec::new(),
        passed_by: false,
        licensed: true,
        rust_version: true,
        targets: vec![target],
        features: BTreeMap::new(),
        needs: Vec::new(),
    };
    let facts = crate::facts::Facts { packages: vec![package], ..crate::facts::Facts::default() };
    let reached = sources.reached(&facts);
    let found = Panics::default().in_file(&sources.files[0], typed, reached);
    found.findings.into_iter().map(|f| (f.rule, f.place.unwrap().line.unwrap())).collect()
}

fn clippy_said(hits: Vec<(PanicKind, Range<usize>)>) -> Typed {
    let hits = hits.into_iter().map(|(kind, span)| Hit { kind, span }).collect();
    let own = PANIC_LINTS.into_iter().filter_map(kind_of).collect();
    Typed { by_file: BTreeMap::from([("src/lib.rs".to_owned(), hits)]), own, compiled: vec![0] }
}

#[test]
fn each_kind_has_its_rule() {
    let text =
        "fn a() { x.unwrap(); x.expect(\"y\"); panic!(); todo!(); unimplemented!(); unreachable!(); }\n";
    let found: Vec<String> = rules(text, None).into_iter().map(|(rule, _)| rule).collect();
    let all = ["unwrap", "expect", "panic", "todo", "unimplemented", "unreachable"];
    assert_eq!(found, all.map(|rule| format!("panics/{rule}")));
}

#[test]
fn a_reason_is_accepted_and_an_empty_one_is_not() {
    let text = "fn a() {\n    x.unwrap(); // SAFE: checked above\n    // SAFE:\n    y.unwrap();\n}\n";
    assert_eq!(rules(text, None), [("panics/empty-reason".to_owned(), 4)]);
}

#[test]
fn an_unwrap_that_may_be_ones_own_is_a_warning_unless_clippy_confirms_it() {
    let text = "fn a() { x.unwrap(); }\n";
    let silent = clippy_said(Vec::new());
    assert_eq!(rules(text, Some(&silent)), [("panics/unconfirmed".to_owned(), 1)]);
    let named = "fn a() { x.map(Option::unwrap); }\n";
    assert_eq!(rules(named, Some(&silent)), [("panics/unwrap".to_owned(), 1)]);
    let confirmed = clippy_said(vec![(PanicKind::Unwrap, 9..19)]);
    assert_eq!(rules(text, Some(&confirmed)).len(), 1);
}

#[test]
fn what_clippy_cannot_see_stands() {
    let silent = clippy_said(Vec::new());
    for text in [
        "macro_rules! m { () => { x.unwrap() } }\n",
        "#[cfg(windows)]\nfn a() { x.unwrap(); }\n",
        "#[tokio::main]\nasync fn a() { x.unwrap(); }\n",
    ] {
        assert_eq!(rules(text, Some(&silent))[0].0, "panics/unwrap", "{text}");
    }
}

#[test]
fn clippys_silence_means_nothing_where_no_method_of_that_name_is_defined() {
    let silent = Typed { own: BTreeSet::new(), ..clippy_said(Vec::new()) };
    assert_eq!(rules("fn a() { x.unwrap(); }\n", Some(&silent)), [("panics/unwrap".to_owned(), 1)]);
}

#[test]
fn clippys_silence_on_a_package_that_was_not_compiled_means_nothing() {
    let silent = Typed { compiled: Vec::new(), ..clippy_said(Vec::new()) };
    assert_eq!(rules("fn a() { x.unwrap(); }\n", Some(&silent)), [("panics/unwrap".to_owned(), 1)]);
}

#[test]
fn what_only_clippy_sees_is_told_and_its_word_on_tests_is_not() {
    let text = "fn a() { odd() }\n#[cfg(test)]\nmod tests { fn b() { odd() } }\n";
    let both = clippy_said(vec![(PanicKind::Unwrap, 9..14), (PanicKind::Unwrap, 51..56)]);
    assert_eq!(rules(text, Some(&both)), [("panics/unwrap".to_owned(), 1)]);
}
