//! Functions and files that fit into a head.

use super::finding::Finding;
use super::source::Source;

const MOST_FUNCTION_LINES: u32 = 70;
const MOST_FILE_LINES: usize = 400;

/// The functions and the file where they are too long.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines = source.lines_without_tests();
    if lines > MOST_FILE_LINES {
        let message = format!("{lines} lines without tests (at most {MOST_FILE_LINES}); split it by topic");
        findings.push(Finding::new(source.path, 1, "file-length", message));
    }
    for at in (0..source.len()).filter(|at| source.token(*at) == "fn" && !source.is_test(*at)) {
        let Some(last) = body_end(source, at) else { continue };
        let lines = source.line(last) - source.line(at) + 1;
        if lines > MOST_FUNCTION_LINES {
            let name = source.token(at + 1);
            let message = format!("`{name}` has {lines} lines (at most {MOST_FUNCTION_LINES}); split it");
            findings.push(Finding::new(source.path, source.line(at), "function-length", message));
        }
    }
    findings
}

/// The closing brace of the function that starts at `at`; none where it has no name or no body.
fn body_end(source: &Source<'_>, at: usize) -> Option<usize> {
    if !source.is_word(at + 1) {
        return None;
    }
    let mut next = at + 2;
    while next < source.len() {
        match source.token(next) {
            "{" => return Some(source.skip(next) - 1),
            ";" => return None,
            _ => next = source.skip(next),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    fn found(text: &str) -> Vec<(u32, &'static str)> {
        places(&check(&Source::new("src/a.rs", text)))
    }

    #[test]
    fn a_function_is_measured_from_its_name_to_its_brace() {
        let of = |lines: usize| format!("\nfn a(x: [u8; 2]) {{\n{}}}\n", "    // }\n".repeat(lines));
        assert_eq!(found(&of(68)), []);
        assert_eq!(found(&of(69)), [(2, "function-length")]);
    }

    #[test]
    fn function_types_and_functions_without_a_body_are_not_measured() {
        let gap = "\n".repeat(80);
        assert_eq!(found(&format!("type F = fn(u8);{gap}trait T {{ fn a(); {gap} fn b(); }}")), []);
    }

    #[test]
    fn a_file_is_measured_without_its_tests() {
        let code = "// a line\n".repeat(400);
        let tests = format!("#[cfg(test)]\nmod tests {{\nfn a() {{\n{}}}\n}}\n", "\n".repeat(100));
        assert_eq!(found(&format!("{code}{tests}")), []);
        assert_eq!(found(&format!("{code}\n{tests}")), [(1, "file-length")]);
    }
}
