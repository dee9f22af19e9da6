//! Checksums that issuers put into their tokens, so that a string is told from a token without asking.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// GitHub's and npm's: the last six characters are the CRC-32 of those before them, in base 62 with
/// leading zeros (GitHub's engineering blog, "Behind GitHub's new authentication token formats").
pub(super) fn crc32_base62(body: &[u8]) -> bool {
    let Some((random, check)) = body.split_last_chunk::<6>() else { return false };
    *check == base62(crc32fast::hash(random))
}

/// Six digits in base 62, which hold any 32-bit number.
pub(super) fn base62(mut number: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = usize::try_from(number % 62).ok().and_then(|at| DIGITS.get(at)).copied().unwrap_or(b'0');
        number /= 62;
    }
    digits
}

/// Grafana's: 32 characters, `_`, and the CRC-32 of all before that, prefix included, in eight
/// hexadecimal digits (its source, `satokengen`).
pub(super) fn grafana(body: &[u8]) -> bool {
    let Some((random, check)) = body.split_at_checked(32) else { return false };
    let sum = crc32fast::hash(&[b"glsa_", random].concat());
    check.strip_prefix(b"_").is_some_and(|check| check.eq_ignore_ascii_case(format!("{sum:08x}").as_bytes()))
}

/// The Rust registry's for trusted publishing: the last character stands for the others, combined by
/// exclusive or, in the alphabet of capitals, small letters, digits (its own source, `access_token.rs`).
pub(super) fn xor_last(body: &[u8]) -> bool {
    let Some((last, random)) = body.split_last() else { return false };
    let sum = random.iter().fold(0_u8, |sum, byte| sum ^ byte) % 62;
    let expected = match sum {
        0..=25 => b'A' + sum,
        26..=51 => b'a' + sum - 26,
        _ => b'0' + sum - 52,
    };
    *last == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_has_its_checksum() {
        // in two parts, so that nothing takes it for a token
        let example = ["zQWBuTSOoRi4A9spHcVY5n", "cnsDkxkJ0mLq17"].concat();
        assert!(crc32_base62(example.as_bytes()));
        assert!(!crc32_base62(example.replace('Q', "q").as_bytes()));
        assert!(!crc32_base62(b"short"));
    }

    #[test]
    fn small_numbers_have_leading_zeros_and_the_largest_fits() {
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(61), b"00000z");
        assert_eq!(&base62(u32::MAX), b"4gfFC3");
    }

    #[test]
    fn the_registrys_own_examples_have_their_checksums() {
        assert!(xor_last(["gGK6jurSwKyl9V3", "Az19z7YEFQI9aoOOd"].concat().as_bytes()));
        assert!(xor_last(format!("{}w", "0".repeat(31)).as_bytes()));
        assert!(!xor_last("0".repeat(32).as_bytes()));
        assert!(!xor_last(b""));
    }
}
