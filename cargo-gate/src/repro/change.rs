//! How two texts of a build script differ, and what that says of the cause.

use super::Places;

/// A difference between what a build script gave in the two builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is: a variable that the script sets, or a file that it wrote.
    pub what: String,
    /// What it was in the first build.
    pub first: String,
    /// What it was in the second.
    pub second: String,
    /// What kind of difference that is.
    pub kind: Kind,
}

/// What a difference looks like. The first that fits counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Equal but for the paths of the build.
    Path,
    /// The same parts in another order.
    Order,
    /// Parts that look like dates or times.
    Time,
    /// Anything else.
    Value,
}

impl Change {
    /// The change of `what` between two texts; none where they are equal.
    pub fn between(what: String, first: (&str, &Places), second: (&str, &Places)) -> Option<Self> {
        let kind = kind(first, second)?;
        Some(Self { what, first: first.0.to_owned(), second: second.0.to_owned(), kind })
    }
}

/// The kind of difference between two texts; none where they are equal.
pub fn kind(
    (first, first_places): (&str, &Places),
    (second, second_places): (&str, &Places),
) -> Option<Kind> {
    if first == second {
        return None;
    }
    let (one, two) = (first_places.neutral(first), second_places.neutral(second));
    if one == two {
        return Some(Kind::Path);
    }
    if sorted(one.lines()) == sorted(two.lines()) || sorted(words(&one)) == sorted(words(&two)) {
        return Some(Kind::Order);
    }
    Some(if is_time(&one, &two) { Kind::Time } else { Kind::Value })
}

fn sorted<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut parts: Vec<&str> = parts.collect();
    parts.sort_unstable();
    parts
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether the words that differ are numbers, and at least one of them can be a time: seconds, milli-, micro-
/// or nanoseconds since 1970, a year, or a part of a time of day beside a differing one.
fn is_time(first: &str, second: &str) -> bool {
    let (one, two): (Vec<&str>, Vec<&str>) = (words(first).collect(), words(second).collect());
    if one.len() != two.len() {
        return false;
    }
    let differing: Vec<(&str, &str)> = one.into_iter().zip(two).filter(|(a, b)| a != b).collect();
    let has_date = |text: &str| words(text).any(|word| is_month(word) || is_year(word));
    let dated = has_date(first) && has_date(second) && first.contains(':');
    !differing.is_empty()
        && differing.iter().all(|(a, b)| is_part(a) && is_part(b))
        && (dated
            || differing.iter().any(|(a, b)| (is_moment(a) && is_moment(b)) || (is_year(a) && is_year(b))))
}

/// A number, the name of a month or of a day, or a number with a letter of RFC 3339 about it.
fn is_part(word: &str) -> bool {
    let digits = word.trim_end_matches(['Z', 'T', 's', 'n']);
    let numbers =
        digits.split('T').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    numbers
        || is_month(word)
        || ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].iter().any(|day| word.starts_with(day))
}

fn is_month(word: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    MONTHS.iter().any(|month| word.starts_with(month))
}

fn is_year(word: &str) -> bool {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    // 2026, 20261121, 20261121T101500
    [4, 8, 14].contains(&digits) && (word.starts_with("20") || word.starts_with("21"))
}

/// From the year 2001 to 2286, in seconds or in thousandth parts of them.
fn is_moment(word: &str) -> bool {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    [10, 13, 16, 19].contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(first: &str, second: &str) -> Option<Kind> {
        let places = |root: &str| Places { root: root.to_owned(), ..Places::default() };
        kind((first, &places("/ws")), (second, &places("/other/ws")))
    }

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(of("x=1\n", "x=1\n"), None);
    }

    #[test]
    fn a_difference_of_paths_alone_is_told() {
        assert_eq!(of("/ws/target/out", "/other/ws/target/out"), Some(Kind::Path));
        assert_eq!(of("/ws/a 1", "/other/ws/a 2"), Some(Kind::Value));
    }

    #[test]
    fn another_order_is_told_of_lines_and_of_words() {
        assert_eq!(of("a\nb\nc\n", "c\na\nb\n"), Some(Kind::Order));
        assert_eq!(of("[\"a\", \"b\"]", "[\"b\", \"a\"]"), Some(Kind::Order));
        assert_eq!(of("a\nb\n", "a\nc\n"), Some(Kind::Value));
    }

    #[test]
    fn times_are_told_in_the_forms_that_people_print() {
        for (first, second) in [
            ("1795245249", "1829805249"),
            ("built 1795245249123 ms", "built 1829805249999 ms"),
            (
                "SystemTime { tv_sec: 1795245249, tv_nsec: 1234 }",
                "SystemTime { tv_sec: 1829805249, tv_nsec: 99 }",
            ),
            ("2026-11-21", "2027-12-26"),
            ("2026-11-21T07:14:09Z", "2026-11-21T07:15:33Z"),
            ("Sat Nov 21 07:14:09 UTC 2026", "Sun Dec 26 07:15:00 UTC 2027"),
            ("20261121", "20271226"),
        ] {
            assert_eq!(of(first, second), Some(Kind::Time), "{first}");
        }
    }

    #[test]
    fn other_values_are_no_times() {
        for (first, second) in
            [("pid 1234", "pid 99"), ("seed 7f3a", "seed 91bc"), ("root", "somebody"), ("16", "3")]
        {
            assert_eq!(of(first, second), Some(Kind::Value), "{first}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_texts_give_an_answer(first: String, second: String) {
            let _ = of(&first, &second);
        }
    }
}
