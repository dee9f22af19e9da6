//! Words by which a gate can tell that it need not read a file.

use std::collections::BTreeSet;

use memchr::memmem::find;

use super::file::Comment;

/// Whether a character is part of a word.
pub fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a word is one that [`capitals`] gives: with a capital, without a small letter, and of nothing else than a
/// word's characters.
pub fn is_capital(word: &str) -> bool {
    let is_one = |c: char| is_part(c) && !c.is_lowercase();
    word.chars().all(is_one) && word.chars().any(char::is_uppercase)
}

/// The words in capitals of the comments, each once and sorted.
pub(super) fn capitals(source: &str, comments: &[Comment]) -> Vec<String> {
    let texts = comments.iter().filter_map(|comment| source.get(comment.span.clone()));
    let words = texts.flat_map(|text| text.split(|c: char| !is_part(c))).filter(|word| is_capital(word));
    let words: BTreeSet<&str> = words.collect();
    words.into_iter().map(str::to_owned).collect()
}

/// Whether a text holds what the paths of users' folders hold.
pub(super) fn names_a_home(text: &str) -> bool {
    ["home", "Users"].iter().any(|word| find(text.as_bytes(), word.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::scan;
    use super::*;

    #[test]
    fn words_in_capitals_are_those_of_comments() {
        let text = "// TODO: a FIX_ME2, not Todo or x\n/* ÄÖ\nTODO */ const A: &str = \"NONE\"; //! A-B\n";
        assert_eq!(scan(text).capitals, ["A", "B", "FIX_ME2", "TODO", "ÄÖ"]);
    }

    proptest::proptest! {
        #[test]
        fn a_word_in_capitals_is_found_wherever_it_stands_alone(text in "[ -~é\n]{0,40}", word in "[A-Z_0-9]{1,3}") {
            let alone = text.match_indices(&word).any(|(at, _)| {
                let before = text.get(..at).and_then(|text| text.chars().next_back());
                let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
                !before.is_some_and(is_part) && !after.is_some_and(is_part)
            });
            let comment = Comment { span: 0..text.len(), doc: false };
            let is_given = capitals(&text, &[comment]).contains(&word);
            proptest::prop_assert_eq!(is_given, alone && is_capital(&word));
        }
    }

    #[test]
    fn a_literal_with_a_folder_of_users_is_marked() {
        let homes: Vec<bool> = scan(r#"fn a() { b("/home/x", "C:\\Users", "/tmp"); }"#)
            .strings
            .iter()
            .map(|text| text.home)
            .collect();
        assert_eq!(homes, [true, true, false]);
    }
}
