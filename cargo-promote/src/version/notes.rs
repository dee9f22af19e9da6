//! What a changelog says of commits, where nobody wrote it.

use super::history::{Change, Commit};

/// The headings of Keep a Changelog that commits can stand under.
const HEADINGS: [&str; 3] = ["Added", "Changed", "Fixed"];

/// The sections of an entry, one line a commit, oldest first; empty without a commit. What users do not notice is
/// left out, unless there is nothing else.
pub fn notes(commits: &[Commit]) -> Vec<(&'static str, Vec<String>)> {
    let oldest_first = || commits.iter().rev();
    let mut lines: Vec<(&'static str, String)> = Vec::new();
    for change in oldest_first().filter_map(|commit| commit.change.as_ref()) {
        if let Some(heading) = heading(change) {
            lines.push((heading, line(change)));
        }
    }
    if lines.is_empty() {
        lines.extend(oldest_first().filter_map(|commit| Some(("Changed", plain(commit)?))));
    }
    let of = |heading| {
        let lines: Vec<String> =
            lines.iter().filter(|(of, _)| *of == heading).map(|(_, line)| line.clone()).collect();
        (heading, lines)
    };
    HEADINGS.map(of).into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

/// Under what a change stands; none where users do not notice it.
fn heading(change: &Change) -> Option<&'static str> {
    match change.kind.as_str() {
        _ if change.breaking.is_some() => Some("Changed"),
        "feat" => Some("Added"),
        "fix" | "security" => Some("Fixed"),
        "perf" | "revert" => Some("Changed"),
        _ => None,
    }
}

fn line(change: &Change) -> String {
    let scope = change.scope.as_ref().map(|scope| format!("{scope}: ")).unwrap_or_default();
    let description = sentence(&change.description);
    match &change.breaking {
        Some(said) if *said != change.description => {
            format!("- **Breaking:** {}{description} ({})", text(&scope), sentence(said))
        }
        Some(_) => format!("- **Breaking:** {}{description}", text(&scope)),
        None => format!("- {}{description}", text(&scope)),
    }
}

/// A commit by its first line; merges say nothing of their own.
fn plain(commit: &Commit) -> Option<String> {
    match &commit.change {
        Some(change) => Some(line(change)),
        None if commit.subject.starts_with("Merge ") || commit.subject.is_empty() => None,
        None => Some(format!("- {}", text(&commit.subject))),
    }
}

fn sentence(description: &str) -> String {
    text(&description.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Text in which no tag or comment of HTML begins, outside of code.
fn text(words: &str) -> String {
    let mut in_code = false;
    let mut out = String::new();
    for letter in words.chars() {
        in_code ^= letter == '`';
        if letter == '<' && !in_code {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::history::tests::commit;
    use super::*;

    fn shown(messages: &[&str]) -> String {
        let commits: Vec<Commit> = messages.iter().map(|message| commit(message)).collect();
        let section = |(heading, lines): (&str, Vec<String>)| format!("{heading}\n{}", lines.join("\n"));
        notes(&commits).into_iter().map(section).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn commits_stand_under_the_heading_of_their_type_oldest_first() {
        let messages = [
            "docs: a page",
            "fix(cli): no crash",
            "feat: second",
            "feat: first",
            "feat!: gone",
            "fix: x\n\ny\n\nBREAKING CHANGE: the default is 2",
            "Merge branch 'a'",
        ];
        assert_eq!(
            shown(&messages),
            "Added\n- first\n- second\nChanged\n- **Breaking:** x (the default is 2)\n- **Breaking:** gone\nFixed\n\
             - cli: no crash"
        );
    }

    #[test]
    fn what_users_do_not_notice_is_told_where_there_is_nothing_else() {
        assert_eq!(
            shown(&["docs: a page", "any words", "Merge branch 'a'"]),
            "Changed\n- any words\n- a page"
        );
        assert_eq!(shown(&["Merge branch 'a'"]), "");
        assert_eq!(shown(&[]), "");
    }

    #[test]
    fn no_description_hides_what_follows() {
        assert_eq!(shown(&["feat: <!-- and `Vec<u8>` <b>"]), "Added\n- \\<!-- and `Vec<u8>` \\<b>");
    }
}
