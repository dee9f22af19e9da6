//! Lines of text as a person would read them: without colours, whatever the bytes were.

/// Splits output into lines: invalid UTF-8 is replaced, colour codes and carriage returns at the
/// ends are removed.
///
/// Each line is stripped on its own, so that an escape sequence that was never closed costs one
/// line and not the rest of the output.
pub(super) fn plain_lines(output: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(output)
        .lines()
        .map(|line| anstream::adapter::strip_str(line).to_string())
        .collect()
}

/// The first characters of a line, for an error message.
pub(super) fn excerpt(line: &str) -> String {
    const LONGEST: usize = 80;
    let mut short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_carriage_returns_are_removed() {
        let lines = plain_lines(b"\x1b[1m\x1b[92m  Finished\x1b[0m dev\r\nnext\xff");
        assert_eq!(lines, ["  Finished dev", "next\u{fffd}"]);
    }

    #[test]
    fn an_escape_sequence_left_open_costs_one_line_only() {
        let lines = plain_lines(b"\x1bPnever closed\nkept");
        assert_eq!(lines.get(1).map(String::as_str), Some("kept"));
    }

    #[test]
    fn a_long_line_is_shortened_at_a_character() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"é".repeat(100)).chars().count(), 81);
    }
}
