//! Byte offsets as lines and columns.

use memchr::memchr_iter;

/// A place in a text as editors and compilers show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters (Unicode scalar values), from 1.
    pub column: u32,
}

/// The lines of one text. A line ends at `\n`; a `\r` before it belongs to the line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineIndex {
    /// The offset of the first byte of each line; the first line is always there.
    starts: Vec<usize>,
    /// The offsets of the bytes that continue a character, to count characters by bytes.
    continuations: Vec<usize>,
    /// The length of the text in bytes.
    len: usize,
}

impl LineIndex {
    /// Reads the line starts of `source`.
    pub fn new(source: &str) -> Self {
        let bytes = source.as_bytes();
        let starts = std::iter::once(0).chain(memchr_iter(b'\n', bytes).map(|newline| newline + 1)).collect();
        let continuations = if source.is_ascii() {
            Vec::new()
        } else {
            let continues = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
            (0..).zip(bytes).filter(|&(_, &byte)| continues(byte)).map(|(at, _)| at).collect()
        };
        Self { starts, continuations, len: source.len() }
    }

    /// The line and column of the character that holds the byte at `offset`. An offset past the end
    /// is taken as the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.len);
        let line = self.starts.partition_point(|&start| start <= offset);
        let start = self.start_of(line).unwrap_or(0);
        let upto = self.continuations.partition_point(|&at| at <= offset);
        let before = self.continuations.partition_point(|&at| at < start);
        let column = (offset - start + 1).saturating_sub(upto - before).max(1);
        Position { line: saturating_u32(line), column: saturating_u32(column) }
    }

    /// The text of a line, counted from 1, without its line break; empty where there is no such line.
    /// `source` is the text that the index was made from.
    pub fn line_text<'a>(&self, source: &'a str, line: u32) -> &'a str {
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        let Some(start) = self.start_of(line) else {
            return "";
        };
        let end = self.starts.get(line).map_or(source.len(), |next| next - 1);
        let text = source.get(start..end).unwrap_or("");
        text.strip_suffix('\r').unwrap_or(text)
    }

    fn start_of(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).copied()
    }
}

fn saturating_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{LineIndex, Position};
    use proptest::prelude::*;

    fn at(source: &str, offset: usize) -> (u32, u32) {
        let Position { line, column } = LineIndex::new(source).position(offset);
        (line, column)
    }

    #[test]
    fn lines_and_columns_start_at_one() {
        assert_eq!(at("", 0), (1, 1));
        assert_eq!(at("ab\ncd", 0), (1, 1));
        assert_eq!(at("ab\ncd", 2), (1, 3));
        assert_eq!(at("ab\ncd", 3), (2, 1));
        assert_eq!(at("ab\ncd", 5), (2, 3));
    }

    #[test]
    fn columns_count_characters_and_not_bytes() {
        let source = "a\n\u{fc}\u{20ac}\u{1f980}x";
        assert_eq!(at(source, source.find('x').unwrap()), (2, 4));
        assert_eq!(at(source, source.find('\u{1f980}').unwrap()), (2, 3));
    }

    #[test]
    fn an_offset_inside_a_character_or_past_the_end_is_placed_all_the_same() {
        assert_eq!(at("\u{20ac}x", 1), (1, 1));
        assert_eq!(at("\u{20ac}x", 2), (1, 1));
        assert_eq!(at("ab", 99), (1, 3));
    }

    #[test]
    fn the_text_of_a_line_has_no_line_break() {
        let source = "one\r\ntwo\n\nfour";
        let index = LineIndex::new(source);
        let texts: Vec<_> = (0..7).map(|line| index.line_text(source, line)).collect();
        assert_eq!(texts, ["", "one", "two", "", "four", "", ""]);
    }

    proptest! {
        #[test]
        fn every_offset_has_the_position_that_counting_gives(source in "[ab\r\n\u{e9}\u{20ac}]{0,40}") {
            let index = LineIndex::new(&source);
            for (offset, _) in source.char_indices() {
                let before = source.get(..offset).unwrap();
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
                let position = index.position(offset);
                prop_assert_eq!((position.line as usize, position.column as usize), (line, column));
            }
        }
    }
}
