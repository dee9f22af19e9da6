//! Which files are text.

use std::borrow::Cow;

/// How far into a file a NUL tells that it is no text, as git tells it.
const HEAD: usize = 8000;

/// The text of a file, in UTF-8 or what comes near it; none where it is no text.
pub fn text_of(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => {
            let head = bytes.get(..HEAD).unwrap_or(bytes);
            memchr::memchr(0, head).is_none().then_some(Cow::Borrowed(bytes))
        }
    }
}

/// UTF-16 of Windows' tools as UTF-8; none where it is not UTF-16 either.
fn utf16(bytes: &[u8], number: fn([u8; 2]) -> u16) -> Option<Vec<u8>> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| number(*pair))).collect();
    text.ok().filter(|_| rest.is_empty()).map(String::into_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_near_the_start_tells_that_a_file_is_no_text() {
        assert_eq!(text_of(b"\x7fELF\0\0"), None);
        assert_eq!(text_of(b"caf\xe9").as_deref(), Some(&b"caf\xe9"[..]));
        assert_eq!(text_of(b"").as_deref(), Some(&b""[..]));
    }

    #[test]
    fn text_of_windows_tools_is_text() {
        assert_eq!(text_of(b"\xff\xfea\0b\0").as_deref(), Some(&b"ab"[..]));
        assert_eq!(text_of(b"\xfe\xff\0a\0b").as_deref(), Some(&b"ab"[..]));
        assert_eq!(text_of(b"\xff\xfea"), None);
    }
}
