//! Words that go stale, or that mean nothing outside the place where a file was written.

use super::finding::Finding;
use super::source::Source;

/// Pages whose figures are measured, and made again by a command.
const MEASURED: [&str; 2] = ["docs/benchmarks.md", "docs/corpus.md"];
/// Words that make a number of lines a limit instead of a count.
const LIMITS: [&str; 6] = ["≤", "most", "than", "under", "to", "every"];

/// The words of one file. `folders` are the machine's own: no file may name one.
pub(super) fn check(path: &str, text: &str, folders: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines = || text.lines().zip(1_u32..);
    for (line, number) in lines() {
        if let Some(folder) = folders.iter().find(|folder| line.contains(folder.as_str())) {
            let message = format!("`{folder}` is a folder of this machine; use a made-up one");
            findings.push(Finding::new(path, number, "machine-path", message));
        }
    }
    if is_prose(path) {
        findings.extend(lines().filter_map(|(line, number)| prose(path, line, number)));
    }
    if has_extension(path, "rs") {
        for (first, comment) in Source::new(path, text).comments() {
            let named = comment.lines().zip(first..).filter(|(line, _)| names_issue(line));
            findings.extend(named.map(|(_, number)| issue(path, number)));
        }
    } else if is_prose(path) || has_extension(path, "toml") {
        findings.extend(lines().filter(|(line, _)| names_issue(line)).map(|(_, number)| issue(path, number)));
    }
    findings
}

/// Whether a path ends in that extension.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

fn is_prose(path: &str) -> bool {
    has_extension(path, "md") && !path.starts_with("fixtures/")
}

fn issue(path: &str, line: u32) -> Finding {
    let message = "an issue's number says nothing to a reader of the code; say the reason itself";
    Finding::new(path, line, "issue-number", message)
}

/// The word and a number behind it, with or without `#`, with any capitals.
fn names_issue(line: &str) -> bool {
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
        let next = words.peek().copied().unwrap_or_default();
        let number = next.strip_prefix('#').unwrap_or(next);
        if matches!(word.to_lowercase().as_str(), "issue" | "issues") && starts_with_digit(number) {
            return true;
        }
    }
    false
}

/// A count of lines, which is wrong after the next change.
fn prose(path: &str, line: &str, number: u32) -> Option<Finding> {
    if MEASURED.contains(&path) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let count = words.windows(2).position(|pair| matches!(pair, [count, lines] if is_count(count, lines)))?;
    let before = count.checked_sub(1).and_then(|before| words.get(before)).copied().unwrap_or_default();
    if LIMITS.contains(&before) {
        return None;
    }
    let message = "a count of lines goes stale; leave it out";
    Some(Finding::new(path, number, "line-count", message))
}

fn is_count(count: &str, lines: &str) -> bool {
    let count = count.trim_start_matches(['(', '~', '*']);
    let lines = lines.trim_end_matches(|c: char| !c.is_alphabetic());
    starts_with_digit(count)
        && count.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | 'k'))
        && matches!(lines, "lines" | "LOC" | "SLOC")
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    fn found(path: &str, text: &str) -> Vec<(u32, &'static str)> {
        places(&check(path, text, &["/home/me/".to_owned()]))
    }

    #[test]
    fn issue_numbers_are_found_in_comments_and_prose() {
        // made of parts, or this very file would be one
        let text = ["see iss", "ue #12\n"].concat();
        assert_eq!(found("README.md", &format!("a\n{text}")), [(2, "issue-number")]);
        assert_eq!(found("src/a.rs", &format!("/*\n {text}*/\n")), [(2, "issue-number")]);
        assert_eq!(found("src/a.rs", &format!("const A: &str = \"{text}\";\n")), []);
        assert_eq!(found("src/a.rs", "// names an issue: `#12`; issue tracker 12\n"), []);
    }

    #[test]
    fn counts_of_lines_are_found_in_prose_and_limits_are_not() {
        assert_eq!(found("README.md", "It has 18,829 lines.\n"), [(1, "line-count")]);
        assert_eq!(found("docs/a.md", "(12k LOC)\n"), [(1, "line-count")]);
        assert_eq!(found("docs/a.md", "at most 70 lines, ≤ 400 lines, 3 linesmen\n"), []);
        assert_eq!(found("docs/benchmarks.md", "on 300,000 lines\n"), []);
    }

    #[test]
    fn a_folder_of_the_machine_is_found_in_every_file() {
        assert_eq!(found("a/recorded.txt", "x\nat /home/me/x.rs\n"), [(2, "machine-path")]);
        assert_eq!(found("a/recorded.txt", "/home/you/x.rs\n"), []);
    }
}
