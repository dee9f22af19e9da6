use super::*;
use crate::finding::Measure;
use crate::parse::lcov::{LineCount, LineCounts};
use crate::step::SourceFile;

fn counts(lines: &[(u32, u64)]) -> LineCounts {
    LineCounts::new(lines.iter().map(|&(line, hits)| LineCount { line, hits }).collect())
}

/// `src/a.rs` with 3 of 4 lines, `src/auth/b.rs` with 1 of 4.
fn measured() -> Measured {
    let a = counts(&[(1, 1), (2, 1), (3, 1), (4, 0)]);
    let b = counts(&[(1, 1), (2, 0), (3, 0), (5, 0)]);
    Measured { files: [("src/a.rs".into(), a), ("src/auth/b.rs".into(), b)].into(), ..Measured::default() }
}

fn sources() -> Sources {
    let text = "fn one() {\n    two();\n    three();\n}\n    five();\n".to_owned();
    let file = |path: &str| SourceFile::new(path.to_owned(), Some(0), Ok(text.clone()));
    Sources::new(vec![file("src/a.rs"), file("src/auth/b.rs")])
}

fn rules(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn globs(globs: &[&str]) -> Globs {
    Globs::try_from(globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn with<T>(judge: impl FnOnce(&Scale<'_>) -> T) -> T {
    let (measured, sources) = (measured(), sources());
    judge(&Scale { measured: &measured, sources: &sources })
}

#[test]
fn the_whole_and_a_package_miss_their_bars_with_the_figure_and_where_to_begin() {
    let found = with(|scale| scale.whole(Percent::whole(51)));
    assert_eq!(found[0].message, "50.0 % of lines were run by tests (bar 51 %): 4 of 8 were not");
    assert_eq!(found[0].measure, Some(Measure { value: 50.0, worse: Worse::Lower }));
    assert!(found[0].help.as_ref().unwrap().contains("src/auth/b.rs (3), src/a.rs (1)"));
    assert_eq!(with(|scale| scale.whole(Percent::whole(50))), []);
    let found = with(|scale| scale.package("auth", |path| path.starts_with("src/auth"), Percent::whole(30)));
    assert_eq!(found[0].message, "auth: 25.0 % of lines were run by tests (bar 30 %): 3 of 4 were not");
}

#[test]
fn each_run_of_lines_of_a_critical_path_is_named() {
    let paths = globs(&["src/auth/**"]);
    let found = with(|scale| scale.critical(&Critical { paths: &paths, minimum: Percent::ALL }));
    assert_eq!(rules(&found), ["coverage/critical"]);
    assert_eq!(found[0].measure.map(|lines| lines.worse), Some(Worse::Higher));
    let place = found[0].place.clone().unwrap();
    assert_eq!((place.line, place.column, place.end_line), (Some(2), Some(5), Some(5)));
    assert_eq!(found[0].excerpt.as_ref().unwrap().text, "    two();\n    three();\n}\n    five();");
    assert!(found[0].message.starts_with("no test runs lines 2 to 5 of a critical path (25.0 %"));
    let enough = with(|scale| scale.critical(&Critical { paths: &paths, minimum: Percent::whole(25) }));
    assert_eq!(enough, []);
}

#[test]
fn critical_paths_that_protect_nothing_are_an_error() {
    let paths = globs(&["src/oauth/**"]);
    let found = with(|scale| scale.critical(&Critical { paths: &paths, minimum: Percent::ALL }));
    assert_eq!(rules(&found), ["coverage/critical-unmeasured"]);
    let paths = globs(&["src/auth/**", "src/oauth/**"]);
    let found = with(|scale| scale.critical(&Critical { paths: &paths, minimum: Percent::ALL }));
    assert_eq!(rules(&found), ["coverage/critical-unmeasured", "coverage/critical"], "one of two");
    assert!(found[0].message.ends_with("src/oauth/**"));
}

#[test]
fn a_drop_beyond_what_is_allowed_is_told_in_points() {
    let base = |hit, total| BaseFigure { figure: Figure { hit, total }, how: "where HEAD left main".into() };
    let dropped = |base: BaseFigure, most| with(|scale| scale.drop(&base, Percent::whole(most)));
    let found = dropped(base(6, 10), 0);
    assert_eq!(
        found[0].message,
        "50.0 % of lines were run by tests, 60.0 % at where HEAD left main (-10.00 points; 4 lines were not run, 4 before)"
    );
    assert_eq!(dropped(base(6, 10), 10), []);
    assert_eq!(dropped(base(5, 10), 0), []);
    assert_eq!(dropped(base(1, 3), 0), []);
    assert_eq!(dropped(base(0, 0), 0), []);
}

#[test]
fn changed_lines_are_named_and_have_a_bar_where_one_is_set() {
    let mut changes = Changes::default();
    changes.files.insert("src/a.rs".into(), vec![3..=4]);
    changes.add_whole("src/auth/b.rs".into());
    changes.add_whole("README.md".into());
    let (figure, found) = with(|scale| scale.changed(&changes, None));
    assert_eq!(figure, Figure { hit: 2, total: 6 });
    assert_eq!(rules(&found), ["coverage/changed-uncovered", "coverage/changed-uncovered"]);
    assert_eq!(found[0].message, "no test runs this line that the change touches");
    assert_eq!(found[0].place.as_ref().unwrap().line, Some(4));
    let (_, found) = with(|scale| scale.changed(&changes, Some(Percent::whole(50))));
    assert_eq!(found[0].message, "33.3 % of the changed lines were run by tests (bar 50 %): 4 of 6 were not");
    let (figure, found) = with(|scale| scale.changed(&Changes::default(), Some(Percent::ALL)));
    assert_eq!((figure, found), (Figure::default(), Vec::new()));
}
