//! What git takes out of a message before it commits it.

/// Where git cuts a message off (`--cleanup=scissors`, `--verbose`): a comment with this text.
const SCISSORS: &str = "------------------------ >8 ------------------------";
/// What `core.commentChar = auto` chooses from.
const CANDIDATES: &str = "#;@!$%^&|:";

/// Which lines of a message are comments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Comments {
    /// Those that begin with that (`core.commentChar`, `core.commentString`).
    With(String),
    /// git chose a character that no line of the text began with (`auto`).
    Chosen,
    /// None: they are committed (`commit.cleanup = verbatim` or `whitespace`).
    #[default]
    None,
}

/// How git cleans a message up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleanup {
    /// Which lines are comments.
    pub comments: Comments,
    /// Whether it cuts off what is below the scissors.
    pub scissors: bool,
}

impl Cleanup {
    /// From git's settings, each as `git config` prints it: `commit.cleanup`, and `core.commentChar` or
    /// `core.commentString`; `edited` where the user had the message in an editor. Without one git takes out
    /// comments only where `commit.cleanup` is `strip`, and nothing below scissors.
    pub fn of(cleanup: Option<&str>, comment: Option<&str>, edited: bool) -> Self {
        let strips = match cleanup {
            Some("verbatim" | "whitespace" | "scissors") => false,
            Some("strip") => true,
            _ => edited,
        };
        let comments = match comment {
            _ if !strips => Comments::None,
            None | Some("") => Comments::With("#".to_owned()),
            Some("auto") => Comments::Chosen,
            Some(comment) => Comments::With(comment.to_owned()),
        };
        Self { comments, scissors: edited }
    }

    /// The lines that will be committed, without blank ones at the start and the end.
    pub fn lines<'a>(&self, text: &'a str) -> Vec<Line<'a>> {
        let all = (1_u32..).zip(text.lines()).map(|(number, text)| Line { number, text: text.trim_end() });
        let is_end = |line: &Line<'a>| {
            let before = line.text.strip_suffix(SCISSORS).map(str::trim_end);
            before.is_some_and(|mark| !mark.is_empty() && !mark.contains(char::is_whitespace))
        };
        let mut lines: Vec<Line<'a>> = all.take_while(|line| !(self.scissors && is_end(line))).collect();
        let comment = match &self.comments {
            Comments::With(comment) => Some(comment.clone()),
            Comments::Chosen => chosen(&lines),
            Comments::None => None,
        };
        if let Some(comment) = comment {
            lines.retain(|line| !line.text.starts_with(&comment));
        }
        let blank = |line: &Line<'_>| line.text.is_empty();
        let first = lines.iter().position(|line| !blank(line)).unwrap_or(lines.len());
        lines.drain(..first);
        let last = lines.iter().rposition(|line| !blank(line)).map_or(0, |last| last + 1);
        lines.truncate(last);
        lines
    }
}

/// The character that git chose: what it adds to a message ends it.
fn chosen(lines: &[Line<'_>]) -> Option<String> {
    let last = lines.iter().rev().find(|line| !line.text.is_empty())?;
    let first = last.text.chars().next()?;
    CANDIDATES.contains(first).then(|| first.to_string())
}

/// A line of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the file, from 1.
    pub number: u32,
    /// Its text without white space at its end.
    pub text: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(cleanup: &Cleanup, text: &str) -> String {
        let lines = cleanup.lines(text).into_iter();
        lines.flat_map(|line| [line.number.to_string(), format!(" {}\n", line.text)]).collect()
    }

    #[test]
    fn comments_and_blank_lines_around_the_text_are_not_committed() {
        let text = "\n# help\nfix: a  \n\n# more\nbody\n\n# Changes to be committed:\n#\tmodified: a\n";
        assert_eq!(kept(&Cleanup::of(None, None, true), text), "3 fix: a\n4 \n6 body\n");
        assert_eq!(
            kept(&Cleanup::of(Some("strip"), Some(";"), true), "; c\nfix: a\n# b\n"),
            "2 fix: a\n3 # b\n"
        );
        assert_eq!(kept(&Cleanup::of(None, Some("//"), true), "fix: a\n// c\n"), "1 fix: a\n");
    }

    #[test]
    fn nothing_below_the_scissors_is_committed() {
        let text = format!("fix: a\n# {SCISSORS}\n# Do not modify\ndiff --git a/a b/a\n+x\n");
        for cleanup in ["scissors", "strip", "verbatim"] {
            assert_eq!(kept(&Cleanup::of(Some(cleanup), None, true), &text), "1 fix: a\n", "{cleanup}");
        }
        let quoted = format!("fix: a\n\nthe line {SCISSORS}\n");
        assert!(kept(&Cleanup::of(None, None, true), &quoted).ends_with(&format!("3 the line {SCISSORS}\n")));
    }

    #[test]
    fn with_verbatim_a_comment_is_text() {
        assert_eq!(kept(&Cleanup::of(Some("verbatim"), None, true), "# a\n"), "1 # a\n");
    }

    #[test]
    fn without_an_editor_comments_are_text_unless_the_setting_says_so() {
        let text = format!("# a\nfix: b\n# {SCISSORS}\nc\n");
        for cleanup in [None, Some("default"), Some("scissors"), Some("whitespace"), Some("verbatim")] {
            let lines = Cleanup::of(cleanup, None, false).lines(&text);
            assert_eq!((lines[0].text, lines.len()), ("# a", 4), "{cleanup:?}");
        }
        assert_eq!(kept(&Cleanup::of(Some("strip"), None, false), &text), "2 fix: b\n4 c\n");
        assert_eq!(kept(&Cleanup::of(Some("scissors"), None, true), &text), "1 # a\n2 fix: b\n");
    }

    #[test]
    fn a_character_that_git_chose_is_that_of_the_last_line() {
        let auto = Cleanup::of(None, Some("auto"), true);
        assert_eq!(
            kept(&auto, "fix: #1\n\n# not a comment\n\n; help\n;\n"),
            "1 fix: #1\n2 \n3 # not a comment\n"
        );
        assert_eq!(kept(&auto, "fix: a\n"), "1 fix: a\n");
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_lines_of_its_own(text: String, comment: Option<String>) {
            for line in Cleanup::of(None, comment.as_deref(), true).lines(&text) {
                proptest::prop_assert!(text.contains(line.text));
            }
        }
    }
}
