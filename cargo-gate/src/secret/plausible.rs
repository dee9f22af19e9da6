//! Whether a string looks random, or like something that stands in for a secret.

/// Shannon's entropy of the string's own bytes, in bits for each byte.
pub(super) fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = number(text.len());
    let share = |count: &u32| f64::from(*count) / total;
    counts.iter().filter(|count| **count > 0).map(share).map(|p| -p * p.log2()).sum()
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Whether a token's body may be random: seven tenths of the entropy that its length and alphabet
/// allow, no run of equal or counting characters, no `EXAMPLE`.
pub(super) fn is_random(body: &[u8], alphabet: usize) -> bool {
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-' | b'_' | b'.');
    let alphabet = if body.iter().all(hex) { 16 } else { alphabet };
    let most = number(body.len().min(alphabet)).log2();
    entropy(body) >= 0.7 * most && !has_run(body) && !contains_any(body, &["example", "xxxxx"])
}

/// Six equal characters in a row, or six that count up: nobody's random generator does that.
pub(super) fn has_run(text: &[u8]) -> bool {
    let equal = |window: &[u8]| window.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
    let counting = |window: &[u8]| {
        window
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.checked_add(1) == Some(*b) && a.is_ascii_alphanumeric()))
    };
    text.windows(6).any(|window| equal(window) || counting(window))
}

/// Whether one of the words, in small letters, is part of the text, in any case.
pub(super) fn contains_any(text: &[u8], words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes())))
}

/// Words of values that stand in for a secret, or name one.
const STAND_INS: [&str; 46] = [
    "admin",
    "apikey",
    "api_key",
    "api-key",
    "cafebabe",
    "change",
    "correct",
    "deadbeef",
    "default",
    "dummy",
    "example",
    "fake",
    "foobar",
    "hello",
    "hunter2",
    "insert",
    "invalid",
    "letmein",
    "lorem",
    "mock",
    "none",
    "null",
    "passw",
    "passph",
    "p@ss",
    "placeholder",
    "qwerty",
    "random",
    "redact",
    "replace",
    "root",
    "sample",
    "secret",
    "some",
    "string",
    "super",
    "temp",
    "test",
    "todo",
    "token",
    "user",
    "value",
    "xxx",
    "your",
    "***",
    "...",
];

/// Whether a value stands in for a secret: a word for one, a template, a run.
pub(super) fn is_stand_in(value: &[u8]) -> bool {
    contains_any(value, &STAND_INS) || has_run(value) || is_template(value)
}

fn is_template(value: &[u8]) -> bool {
    let opens = matches!(value.first(), Some(b'$' | b'%' | b'{' | b'<' | b'@' | b'[' | b'('));
    opens || contains_any(value, &["${", "{{", "$(", "%(", "<%", "{}", "{0}", "\\x", "\\u", "://", "::"])
}

/// Whether a value looks like a key that a machine made: letters and digits mixed all over.
pub(super) fn looks_generated(value: &[u8]) -> bool {
    let hex = value.iter().all(u8::is_ascii_hexdigit);
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let bar = if hex { 2.9 } else { 3.4 };
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-.~!@#%^&*:".contains(byte);
    value.len() >= 16
        && value.iter().all(inside)
        && letters >= 2
        && changes(value) * 5 >= if digits > 0 { value.len() } else { value.len() * 2 }
        && entropy(value) >= bar
        && !is_uuid(value)
        && !is_stand_in(value)
}

/// Whether a value looks like a password that somebody chose with care.
pub(super) fn looks_chosen(value: &[u8]) -> bool {
    // `_`, `-` and `.` join words of names
    let symbol = |byte: &u8| byte.is_ascii_punctuation() && !b"_-.".contains(byte);
    let classes: [&dyn Fn(&u8) -> bool; 4] =
        [&u8::is_ascii_lowercase, &u8::is_ascii_uppercase, &u8::is_ascii_digit, &symbol];
    let used = classes.iter().filter(|class| value.iter().any(class)).count();
    let sober = value.iter().all(u8::is_ascii_graphic) && !b"/.".contains(value.first().unwrap_or(&b'.'));
    let template = value.contains(&b'{') && value.contains(&b'}');
    value.len() >= 8
        && used >= 3
        && sober
        && !template
        && changes(value) >= 3
        && entropy(value) >= 2.75
        && !is_stand_in(value)
}

/// How often capital, small letter and digit take turns: seldom in words, often in what is random.
fn changes(text: &[u8]) -> usize {
    let class = |byte: &u8| match byte {
        b'a'..=b'z' => Some(0),
        b'A'..=b'Z' => Some(1),
        b'0'..=b'9' => Some(2),
        _ => None,
    };
    let classes: Vec<u8> = text.iter().filter_map(class).collect();
    classes.windows(2).filter(|pair| matches!(pair, [a, b] if a != b)).count()
}

fn is_uuid(value: &[u8]) -> bool {
    let lengths: Vec<usize> = value.split(|byte| *byte == b'-').map(<[u8]>::len).collect();
    lengths == [8, 4, 4, 4, 12] && value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_in_bits_for_each_byte() {
        assert!(entropy(b"aaaa").abs() < 1e-9);
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-9);
        assert!((entropy(b"") - 0.0).abs() < 1e-9);
    }

    #[test]
    fn words_templates_paths_and_identifiers_are_not_generated() {
        for value in [
            "change-me-please-1234",
            "your_api_key_goes_here1",
            "${DATABASE_PASSWORD_1}",
            "{{ vault.key1 }}x",
            "user_access_number_2",
            "aaaaaaaaaaaaaaaa1111",
            "github.com/owner/name1",
            "some::path::to::Thing12",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "abcdefghijklmnop123456",
            "client_credentials_flow",
        ] {
            assert!(!looks_generated(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_a_machine_made_is_generated() {
        for parts in
            [["9f86d081884c7d65", "9a2feaa0c55ad015"], ["wJalrXUtnFEMI/K7MDENG", "bPxRfiCYzK3q9LmN2"]]
        {
            assert!(looks_generated(parts.concat().as_bytes()), "{parts:?}");
        }
    }

    #[test]
    fn a_chosen_password_mixes_three_classes() {
        assert!(looks_chosen(["k7#Wq", "9vLz"].concat().as_bytes()));
        for value in [
            "Password1!",
            "postgres",
            "P@ssw0rd",
            "/etc/Key1.pem",
            "onlyletters",
            "Version2",
            "Screen_Saver.Data",
            "{A1b2C3d4}x",
        ] {
            assert!(!looks_chosen(value.as_bytes()), "{value}");
        }
    }
}
