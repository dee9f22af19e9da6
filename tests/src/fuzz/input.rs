//! Bytes, and the place where they may be cut.

/// An input of a target.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// All of it.
    pub bytes: &'a [u8],
    /// Where it is cut, to see what becomes of the first part alone.
    cut: usize,
}

impl<'a> Input<'a> {
    /// The input with a cut that its own content chooses, so that a crash comes again.
    pub fn new(bytes: &'a [u8]) -> Self {
        // FNV-1a: cheap, and each changed byte moves the cut
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let places = u64::try_from(bytes.len()).unwrap_or(u64::MAX).saturating_add(1);
        Self { bytes, cut: usize::try_from(hash % places).unwrap_or(0) }
    }

    /// The same input, cut at each of so many places that lie evenly over it.
    pub fn cuts(bytes: &'a [u8], places: usize) -> impl Iterator<Item = Self> {
        let places = places.max(1);
        (0..=places).map(move |place| Self { bytes, cut: bytes.len() * place / places })
    }

    /// The part before the cut.
    pub fn part(&self) -> &'a [u8] {
        self.bytes.get(..self.cut).unwrap_or_default()
    }

    /// The part before the cut, without the line that the cut runs through.
    pub fn whole_lines(&self) -> &'a [u8] {
        let part = self.part();
        let end = part.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        part.get(..end).unwrap_or_default()
    }

    /// Whether the cut runs through the middle of a line: something other than blanks on both sides.
    pub fn cuts_a_line(&self) -> bool {
        let rest = self.bytes.get(self.cut..).unwrap_or_default();
        let before = self.part().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let after = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        !before.trim_ascii().is_empty() && !after.trim_ascii().is_empty()
    }

    /// The text, where the bytes are text.
    pub fn text(&self) -> Option<&'a str> {
        str::from_utf8(self.bytes).ok()
    }

    /// The two parts on both sides of the first zero byte, for decoders of two outputs. A cut behind it is
    /// one of the second part alone.
    pub fn pair(&self) -> (Self, Self) {
        let middle = self.bytes.iter().position(|byte| *byte == 0).unwrap_or(self.bytes.len());
        let first = self.bytes.get(..middle).unwrap_or_default();
        let second = self.bytes.get(middle + 1..).unwrap_or_default();
        let cut = self.cut.saturating_sub(middle + 1).min(second.len());
        (Self { bytes: first, cut: self.cut.min(middle) }, Self { bytes: second, cut })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_follows_from_the_content_and_lies_within_it() {
        for length in 0..300 {
            let bytes = vec![b'x'; length];
            assert!(Input::new(&bytes).cut <= length);
            assert_eq!(Input::new(&bytes).cut, Input::new(&bytes.clone()).cut);
        }
    }

    #[test]
    fn the_cuts_of_a_replay_begin_with_nothing_and_end_with_all() {
        let parts: Vec<&[u8]> = Input::cuts(b"abcd", 4).map(|input| input.part()).collect();
        assert_eq!(parts, [&b""[..], b"a", b"ab", b"abc", b"abcd"]);
        assert_eq!(Input::cuts(b"", 3).count(), 4);
    }

    #[test]
    fn a_cut_between_two_lines_cuts_no_line() {
        let at = |cut| Input { bytes: b"ab\ncd\n", cut };
        assert!(at(1).cuts_a_line() && at(4).cuts_a_line());
        assert!(!at(0).cuts_a_line() && !at(2).cuts_a_line() && !at(3).cuts_a_line());
        assert_eq!((at(4).whole_lines(), at(2).whole_lines()), (&b"ab\n"[..], &b""[..]));
    }

    #[test]
    fn the_first_zero_byte_parts_two_outputs() {
        let (first, second) = Input { bytes: b"ab\0cd", cut: 4 }.pair();
        assert_eq!((first.bytes, first.part()), (&b"ab"[..], &b"ab"[..]));
        assert_eq!((second.bytes, second.part()), (&b"cd"[..], &b"c"[..]));
        let (first, second) = Input { bytes: b"ab", cut: 1 }.pair();
        assert_eq!((first.part(), second.bytes), (&b"a"[..], &b""[..]));
    }
}
