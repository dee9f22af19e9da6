//! What all commands share.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::checks::Check;

/// The form of what is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON document.
    Json,
}

/// The version of the JSON documents.
const SCHEMA_VERSION: &str = "1.0";

/// A JSON document with the version of its form.
pub(crate) fn document(mut value: Value) -> String {
    if let Some(fields) = value.as_object_mut() {
        fields.insert("schema_version".to_owned(), json!(SCHEMA_VERSION));
    }
    format!("{value:#}\n")
}

/// The columns of a terminal as it opens everywhere.
const WIDTH: usize = 80;

/// A text that goes on, where it is too long for a line, in the column in which it began. A word is never parted, nor
/// what stands between two backquotes: a path, an address or a command can be copied.
pub(crate) fn hanging(begin: &str, text: &str) -> String {
    let column = begin.chars().count();
    let mut out = begin.to_owned();
    let mut at = column;
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            let _ = write!(out, "\n{:column$}", "");
            at = column;
        }
        for word in words(line) {
            let length = word.chars().count();
            if at > column && at + 1 + length > WIDTH {
                let _ = write!(out, "\n{:column$}", "");
                at = column;
            }
            if at > column {
                out.push(' ');
                at += 1;
            }
            out += &word;
            at += length;
        }
    }
    out
}

/// The words of a line, with what stands between two backquotes as one.
fn words(line: &str) -> Vec<String> {
    let in_pairs = line.matches('`').count().is_multiple_of(2);
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for word in line.split_whitespace() {
        match words.last_mut().filter(|_| open) {
            Some(last) => last.extend([" ", word]),
            None => words.push(word.to_owned()),
        }
        let turns = word.matches('`').count() % 2 == 1;
        open = in_pairs && (open ^ turns);
    }
    words
}

/// Columns beside each other; those that the line has no room for are below, where the first one began.
pub(crate) fn columns(begin: &str, all: &[String]) -> String {
    let column = begin.chars().count();
    let mut out = begin.to_owned();
    let mut at = column;
    for (number, one) in all.iter().enumerate() {
        let length = one.chars().count();
        if number > 0 && at + 2 + length > WIDTH {
            let _ = write!(out, "\n{:column$}", "");
            at = column;
        } else if number > 0 {
            out += "  ";
            at += 2;
        }
        out += one;
        at += length;
    }
    out
}

/// What a check found, in its columns.
pub(crate) fn check_line(check: &Check) -> String {
    const SIGN: usize = 11;
    let line = check.line();
    let sign: String = line.chars().take(SIGN).collect();
    hanging(&sign, line.strip_prefix(&sign).unwrap_or_default())
}

/// A size in bytes, for people.
pub(crate) fn size(bytes: u64) -> String {
    let mut left = bytes;
    let mut units = ["B", "kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    let mut tenths = 0;
    for larger in units {
        if left < 1000 {
            break;
        }
        (tenths, left, unit) = (left % 1000 / 100, left / 1000, larger);
    }
    if unit == "B" { format!("{left} {unit}") } else { format!("{left}.{tenths} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::{columns, hanging, size};

    #[test]
    fn columns_that_do_not_fit_are_below() {
        let all = |lengths: &[usize]| lengths.iter().map(|length| "x".repeat(*length)).collect::<Vec<_>>();
        assert_eq!(columns("a  ", &all(&[3, 2])), "a  xxx  xx");
        let (long, short) = ("x".repeat(70), "x".repeat(20));
        assert_eq!(columns("a  ", &all(&[70, 20, 2])), format!("a  {long}\n   {short}  xx"));
        assert_eq!(columns("a  ", &all(&[75])).lines().count(), 1);
        assert_eq!(columns("a  ", &all(&[73, 2])).chars().count(), 80);
    }

    #[test]
    fn a_long_text_goes_on_where_it_began() {
        let path = format!("/home/{}", "ada/".repeat(20));
        let text = hanging("  ok  ", &format!("{}\n{path} {}", "word ".repeat(20), "more ".repeat(16)));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().skip(1).all(|line| line.starts_with("      ") && !line.starts_with("       ")));
        let long: Vec<&str> = lines.into_iter().filter(|line| line.chars().count() > 80).collect();
        assert_eq!(long, [format!("      {path}")]);
        assert_eq!(text.split_whitespace().count(), 1 + 20 + 1 + 16);
        assert_eq!(hanging("  ok  ", ""), "  ok  ");
        let text =
            hanging("", &format!("{}`cargo promote to production --execute` does it", "word ".repeat(12)));
        assert!(text.contains("\n`cargo promote to production --execute` does it"), "{text}");
        let text = hanging("", &format!("a ` alone {}", "word ".repeat(20)));
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn sizes_are_rounded_down_to_a_tenth() {
        let shown = [0, 999, 1000, 1_950_000, 16 << 30].map(size);
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "1.9 MB", "17.1 GB"]);
    }
}
