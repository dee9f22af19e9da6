//! What the sources themselves say about coverage.

use crate::step::{SourceFile, Sources};

/// The places of `#[coverage(off)]`, as path and line.
pub fn coverage_off(sources: &Sources) -> Vec<(&str, u32)> {
    let mut found = Vec::new();
    for file in &sources.files {
        for at in places(file.text(), "coverage(off)").filter(|at| is_code(file, *at)) {
            found.push((file.path.as_str(), file.lines().position(at).line));
        }
    }
    found
}

/// Whether a file has a function with a body outside its tests.
pub fn holds_code(file: &SourceFile) -> bool {
    let text = file.text();
    let in_tests = |at: usize| {
        let scan = file.scan();
        scan.whole_file.test || scan.test_code.iter().any(|range| range.contains(&at))
    };
    let mut functions = places(text, "fn ").filter(|at| {
        let before = text.get(..*at).and_then(|text| text.chars().next_back());
        before.is_none_or(|before| !(before.is_alphanumeric() || before == '_'))
    });
    functions.any(|at| {
        let rest = text.get(at..).unwrap_or_default();
        let body = rest
            .find(['{', ';'])
            .is_some_and(|end| rest.get(end..).is_some_and(|rest| rest.starts_with('{')));
        body && is_code(file, at) && !in_tests(at)
    })
}

fn is_code(file: &SourceFile, at: usize) -> bool {
    let scan = file.scan();
    !scan.comments.iter().any(|comment| comment.span.contains(&at))
        && !scan.strings.iter().any(|string| string.span.contains(&at))
}

fn places<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceFile {
        SourceFile::new("src/a.rs".into(), Some(0), Ok(text.into()))
    }

    #[test]
    fn functions_with_a_body_are_code_and_declarations_and_tests_are_not() {
        assert!(holds_code(&file("pub fn a() {}\n")));
        assert!(holds_code(&file("trait T { fn a(); }\nfn b(x: u8) -> u8 {\n    x\n}\n")));
        assert!(!holds_code(&file("trait T { fn a(); }\npub struct S;\n// fn x() {}\n")));
        assert!(!holds_code(&file("#[cfg(test)]\nmod tests {\n    fn a() {}\n}\n")));
        assert!(!holds_code(&file("const S: &str = \"fn a() {}\";\n")));
        assert!(!holds_code(&file("macro_rules! often { () => {} }\n")));
    }

    #[test]
    fn code_that_is_taken_out_is_found_and_words_about_it_are_not() {
        let text =
            "// #[coverage(off)]\n#[coverage(off)]\nfn a() {}\n#[cfg_attr(x, coverage(off))]\nfn b() {}\n";
        let sources = Sources::new(vec![file(text)]);
        assert_eq!(coverage_off(&sources), [("src/a.rs", 2), ("src/a.rs", 4)]);
    }
}
