//! Judges a message.

use git_conventional::{Commit, ErrorKind};

use super::{Cleanup, Line, MessageRules};
use crate::finding::{Excerpt, Finding, Place};
use crate::text::counted;

/// Beginnings of messages that git writes itself, or that are to go into another commit.
const OF_GIT: [&str; 11] = [
    "Merge branch ",
    "Merge branches ",
    "Merge remote-tracking branch ",
    "Merge tag ",
    "Merge commit ",
    "Merge pull request ",
    "Revert \"",
    "Reapply \"",
    "fixup! ",
    "squash! ",
    "amend! ",
];

/// What is wrong with the message, if anything. `file` is what its file is called in the finding.
pub fn judge(text: &str, file: &str, cleanup: &Cleanup, rules: &MessageRules) -> Option<Finding> {
    let lines = cleanup.lines(text);
    let Some(subject) = lines.first() else {
        return Some(finding("the commit has no message").at(Place::file(file)).help(example(rules)));
    };
    if OF_GIT.iter().any(|start| subject.text.starts_with(start)) {
        return None;
    }
    let message = lines.iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
    let at = |line: &Line<'_>, part: &str, wrong: Finding| {
        // the part is one of the line, by where it lies in memory or by its text
        let start = line.text.find(part).unwrap_or(0);
        let mark = if part.is_empty() { 0..line.text.len() } else { start..start + part.len() };
        let column = line.text.get(..mark.start).unwrap_or_default().chars().count() + 1;
        let end = line.text.get(..mark.end).unwrap_or_default().chars().count() + 1;
        let number = |at: usize| u32::try_from(at).ok();
        let place = Place {
            column: number(column),
            end_column: number(end),
            end_line: Some(line.number),
            ..Place::line(file, line.number)
        };
        let excerpt = Excerpt { text: line.text.to_owned(), first_line: line.number, mark };
        wrong.at(place).excerpt(Some(excerpt))
    };
    match Commit::parse(&message) {
        Ok(commit) => {
            let (part, wrong) = against(&commit, subject, rules)?;
            Some(at(subject, part, wrong))
        }
        Err(error) => {
            let (line, wrong) = not_conventional(kind_of(error.kind(), subject.text), &lines, rules);
            Some(at(line.unwrap_or(subject), "", wrong))
        }
    }
}

/// What a conventional message has that the rules do not allow, with the part of its first line.
fn against<'a>(commit: &Commit<'a>, subject: &Line<'_>, rules: &MessageRules) -> Option<(&'a str, Finding)> {
    let is_known = |known: &[String], word: &str| {
        known.is_empty() || known.iter().any(|one| one.eq_ignore_ascii_case(word))
    };
    let kind = commit.type_().as_str();
    if !is_known(&rules.types, kind) {
        let wrong = finding(format!("`{kind}` is no type of a commit here"));
        return Some((kind, wrong.help(format!("its types are: {}", rules.types.join(", ")))));
    }
    if let Some(scope) =
        commit.scope().map(|scope| scope.as_str()).filter(|scope| !is_known(&rules.scopes, scope))
    {
        let wrong = finding(format!("`{scope}` is no scope of a commit here"));
        return Some((scope, wrong.help(format!("its scopes are: {}", rules.scopes.join(", ")))));
    }
    let length = subject.text.chars().count();
    (rules.longest_subject > 0 && length > rules.longest_subject).then(|| {
        let most = rules.longest_subject;
        let wrong = finding(format!("the first line has {} (at most {most})", counted(length, "character")));
        ("", wrong.help("say the rest below, after an empty line"))
    })
}

/// What is missing, where the parser only says that the first line cannot be read.
fn kind_of(kind: ErrorKind, subject: &str) -> ErrorKind {
    let is_word =
        |text: &str| !text.is_empty() && text.chars().all(|one| one.is_alphanumeric() || one == '-');
    match subject.split_once(':') {
        Some((before, _)) if kind == ErrorKind::MissingType => {
            match before.strip_suffix('!').unwrap_or(before).split_once('(') {
                Some((word, scope)) if is_word(word) && !is_word(scope.trim_end_matches(')')) => {
                    ErrorKind::InvalidScope
                }
                Some((word, _)) if is_word(word) => ErrorKind::MissingDescription,
                None if is_word(before.trim_end_matches('!')) => ErrorKind::MissingDescription,
                _ => kind,
            }
        }
        _ => kind,
    }
}

/// Why a message is not a conventional one, with the line that is to blame.
fn not_conventional<'a, 'b>(
    kind: ErrorKind,
    lines: &'a [Line<'b>],
    rules: &MessageRules,
) -> (Option<&'a Line<'b>>, Finding) {
    let second = lines.get(1);
    match kind {
        ErrorKind::MissingType => {
            (None, finding("the message does not begin with its type, as in `fix: …`").help(example(rules)))
        }
        ErrorKind::InvalidScope => (
            None,
            finding("what stands between the brackets is no scope").help("write `type(scope): what changed`"),
        ),
        ErrorKind::MissingDescription => (
            None,
            finding("nothing is said after the type")
                .help("write `type: what changed`, with a space after the colon"),
        ),
        ErrorKind::InvalidBody => {
            let wrong = finding("the text follows the first line without an empty line between them");
            (second, wrong.help("put an empty line before this one"))
        }
        _ => {
            (None, finding(format!("the message is not a conventional commit: {kind}")).help(example(rules)))
        }
    }
}

fn finding(message: impl Into<String>) -> Finding {
    Finding::error("commit-msg/not-conventional", message)
}

fn example(rules: &MessageRules) -> String {
    let types = if rules.types.is_empty() { "feat, fix, …".to_owned() } else { rules.types.join(", ") };
    format!("write `type: what changed` or `type(scope): what changed`; the type is one of: {types}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str, rules: &MessageRules) -> Option<(String, Option<u32>, Option<u32>)> {
        let found = judge(text, "MSG", &Cleanup::of(None, None, true), rules)?;
        let place = found.place.unwrap();
        Some((found.message, place.line, place.column))
    }

    fn message(text: &str) -> String {
        wrong(text, &MessageRules::default()).map(|(message, ..)| message).unwrap_or_default()
    }

    #[test]
    fn conventional_commits_pass() {
        for text in [
            "feat: a thing\n",
            "fix(parser): a bug\n\nWhy it was one.\n\nCloses: #3\n",
            "feat!: gone\n\nBREAKING CHANGE: it is gone\n",
            "Fix: in capitals\n",
            "chore(deps)!: x\n# a comment\n",
            "docs: ä ö ü\n",
        ] {
            assert_eq!(message(text), "", "{text}");
        }
    }

    #[test]
    fn messages_that_git_writes_and_those_for_other_commits_pass() {
        for text in [
            "Merge branch 'a' into b\n",
            "Merge remote-tracking branch 'origin/main'\n",
            "Merge pull request #3 from x/y\n",
            "Revert \"feat: a\"\n\nThis reverts commit 0123.\n",
            "Reapply \"feat: a\"\n",
            "fixup! feat: a\n",
            "squash! anything\n",
            "amend! feat: a\n\nfeat: b\n",
        ] {
            assert_eq!(message(text), "", "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let default = MessageRules::default();
        let at = |text: &str| wrong(text, &default).unwrap();
        assert_eq!(at("# help\n\nadd a thing\n").1, Some(3));
        let (said, line, column) = at("feet: a\n");
        assert_eq!((said.as_str(), line, column), ("`feet` is no type of a commit here", Some(1), Some(1)));
        assert_eq!(at("fix: a\nb\n").1, Some(2));
        assert!(at("fix:\n").0.contains("nothing is said"), "{:?}", at("fix:\n"));
        assert!(at("fix: \n").0.contains("nothing is said"), "{:?}", at("fix: \n"));
        assert!(at("fix(): a\n").0.contains("no scope"), "{:?}", at("fix(): a\n"));
        assert!(at("Mergers: x\n").0.contains("no type"));
        assert!(at("# only comments\n").0.contains("no message"));
    }

    #[test]
    fn a_team_may_ask_for_scopes_and_a_length() {
        let scopes = vec!["core".to_owned()];
        let rules = MessageRules { types: Vec::new(), scopes, longest_subject: 20 };
        assert_eq!(wrong("any(core): x\n", &rules), None);
        assert_eq!(wrong("any: x\n", &rules), None);
        assert_eq!(wrong("any(cli): x\n", &rules).unwrap().2, Some(5));
        assert!(wrong("any(core): xxxxxxxxxxx\n", &rules).unwrap().0.contains("22 characters (at most 20)"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged_with_a_mark_within_its_line(text: String) {
            if let Some(Finding { excerpt: Some(excerpt), .. }) =
                judge(&text, "MSG", &Cleanup::of(None, None, true), &MessageRules::default())
            {
                proptest::prop_assert!(excerpt.text.get(excerpt.mark).is_some());
            }
        }
    }
}
