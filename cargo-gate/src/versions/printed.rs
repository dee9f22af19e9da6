//! Versions in text that people write and programs print.

use semver::Version;

/// The version that a word is: `1.2.3`, `v1.2.3`, `1.2`, `name-v1.2.3`, `name-1.2.3`, `name/1.2.3`, `name@1.2.3`.
pub fn version_of(word: &str) -> Option<Version> {
    named_version(word).map(|(_, version)| version)
}

/// The same with the name before it; empty where there is none.
pub fn named_version(word: &str) -> Option<(&str, Version)> {
    let word = word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '-' || c == '+'));
    let after = |separator: char| {
        let (name, rest) = word.rsplit_once(separator)?;
        Some((name, plain(rest)?))
    };
    let after_hyphen = || {
        let named = |(at, _)| Some((word.get(..at)?, plain(word.get(at + 1..)?)?));
        word.match_indices('-').find_map(named).filter(|_| !starts_with_digit(word))
    };
    plain(word)
        .map(|version| ("", version))
        .or_else(|| after('@'))
        .or_else(|| after('/'))
        .or_else(after_hyphen)
}

fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

fn plain(word: &str) -> Option<Version> {
    let digits = word.strip_prefix(['v', 'V']).unwrap_or(word);
    if !starts_with_digit(digits) {
        return None;
    }
    let two_parts = || {
        let all = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (all && digits.matches('.').count() == 1).then(|| format!("{digits}.0"))
    };
    Version::parse(digits).ok().or_else(|| Version::parse(&two_parts()?).ok())
}

/// The first version in a program's output: a word of three numbers, so that a date or a compiler's `1.2` is
/// none. What follows it may be those of libraries.
pub fn first_version(output: &[u8]) -> Option<Version> {
    let text = String::from_utf8_lossy(output);
    let text = anstream::adapter::strip_str(&text).to_string();
    let mut words = text.split(|c: char| c.is_whitespace() || "()[]{},;:\"'`=".contains(c));
    words.find_map(|word| version_of(word).filter(|_| word.matches('.').count() >= 2))
}

/// Whether the versions are equal, whatever either says of its build (`+…`).
pub fn same(one: &Version, other: &Version) -> bool {
    one.cmp_precedence(other).is_eq()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(word: &str) -> Option<String> {
        version_of(word).map(|version| version.to_string())
    }

    #[test]
    fn a_version_is_found_behind_the_prefixes_of_tags_and_headings() {
        for word in ["1.2.3", "v1.2.3", "V1.2.3", "a-b-1.2.3", "a-v1.2.3", "a/v1.2.3", "a@1.2.3", "1.2.3,"] {
            assert_eq!(text(word).as_deref(), Some("1.2.3"), "{word}");
        }
        assert_eq!(text("1.2.3-rc.1+a5").as_deref(), Some("1.2.3-rc.1+a5"));
        assert_eq!(text("name-1.2.3-rc.1").as_deref(), Some("1.2.3-rc.1"));
        assert_eq!(text("1.2").as_deref(), Some("1.2.0"));
    }

    #[test]
    fn the_name_before_a_version_is_kept() {
        let name = |word| named_version(word).map(|(name, _)| name);
        for word in ["a-b-1.2.3", "a-b-v1.2.3", "a-b/v1.2.3", "a-b@1.2.3-rc.1"] {
            assert_eq!(name(word), Some("a-b"), "{word}");
        }
        assert_eq!(name("v1.2.3-rc.1"), Some(""));
    }

    #[test]
    fn what_is_no_version_is_none() {
        for word in ["", "v", "1", "2026-01-02", "1.2.3.4", "x86_64", "one", "1.x", "01.2.3", "-"] {
            assert_eq!(text(word), None, "{word}");
        }
    }

    #[test]
    fn the_output_of_usual_programs_names_their_version() {
        let names = |output: &str, version: &str| {
            let printed = first_version(output.as_bytes());
            printed.is_some_and(|printed| same(&printed, &Version::parse(version).unwrap()))
        };
        assert!(names("ripgrep 14.1.1 (rev 4649aa9700)\n\nfeatures:+pcre2\n", "14.1.1"));
        assert!(names("cargo 1.95.0 (f2d3ce0bd 2026-03-21)\n", "1.95.0"));
        assert!(names("\u{1b}[1mdemo\u{1b}[0m v2.0.0-rc.1\n", "2.0.0-rc.1"));
        assert!(names("demo 1.0.0+g5a4\n", "1.0.0"));
        assert!(!names("demo 1.0.0\n", "1.0.1"));
        assert!(!names("demo 1.0\n", "1.0.0"));
        assert!(!names("", "1.0.0"));
        assert!(!names("demo 0.9.0 (openssl 1.2.0)\n", "1.2.0"));
        assert!(names("demo 1.2.0 (openssl 0.9.0)\n", "1.2.0"));
    }

    proptest::proptest! {
        #[test]
        fn any_output_gives_versions(output: Vec<u8>, word: String) {
            let _ = (first_version(&output), version_of(&word));
        }

        #[test]
        fn a_version_is_found_again(major: u16, minor: u16, patch: u16, name in "[a-z]{1,5}(-[a-z]{1,5})?") {
            let version = Version::new(major.into(), minor.into(), patch.into());
            proptest::prop_assert_eq!(version_of(&format!("{name}-v{version}")), Some(version.clone()));
            proptest::prop_assert_eq!(first_version(format!("{name} {version}\n").as_bytes()), Some(version));
        }
    }
}
