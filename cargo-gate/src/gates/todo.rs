//! `todo`: no open end in a comment without an issue that keeps it.

use std::time::Duration;

use memchr::memmem::Finder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Globs;
use crate::finding::Finding;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::scan::{is_capital, is_part};
use crate::step::{Evidence, SourceFile, Step};
use crate::text::counted;

/// The settings of `todo`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Todo {
    /// The words that mark an open end, in capitals.
    words: Vec<String>,
    /// Sources that are not looked at.
    exclude: Globs,
}

impl Default for Todo {
    fn default() -> Self {
        Self {
            words: ["TODO", "FIXME", "XXX", "HACK"].map(str::to_owned).to_vec(),
            exclude: Globs::default(),
        }
    }
}

impl Gate for Todo {
    const INFO: Info = Info {
        id: "todo",
        judges: "TODO, FIXME, XXX and HACK in comments",
        bar: "none without an issue reference",
        stages: &[Stage::PreCommit, Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(1),
        rules: &[Rule::error("without-issue", "an open end in a comment that names no issue")],
        manual: "\
## What it checks

Each comment of the workspace's sources, doc comments and tests included. A comment with one of the
words (TODO, FIXME, XXX, HACK, as whole words in capitals) must name an issue on the same line: `#123`,
`GH-123`, a tracker's key such as `ABC-123`, or a link to one.

## Why

An open end that no issue keeps is forgotten; one that is kept can be found, ordered and closed.

## How to fix

Do it now, or open an issue and name it: a comment such as `TODO(#123): …`.
",
    };

    fn plan(&self, _: &Context<'_>) -> Planned {
        Planned::Steps(vec![Step::Sources])
    }

    fn judge(&self, _: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        use rayon::prelude::*;
        let files = &evidence.sources()?.files;
        let judged = || files.par_iter().filter(|file| !self.exclude.matches(&file.path));
        if judged().count() == 0 {
            return Err(Unreadable::no_source());
        }
        let findings: Vec<Finding> = judged().flat_map_iter(|file| self.open_ends(file)).collect();
        let comments: usize = judged().map(|file| file.scan().comments.len()).sum();
        let summary = match findings.len() {
            0 => format!("no open end in {}", counted(comments, "comment")),
            many => format!("{} without an issue (bar 0)", counted(many, "open end")),
        };
        Ok(Outcome::new(summary)
            .count("comments", comments)
            .count("open_ends", findings.len())
            .findings(findings))
    }
}

impl Todo {
    /// Whether a comment of the file may hold one of the words: nearly all hold none, and are not read for it.
    fn may_hold(&self, file: &SourceFile) -> bool {
        let capitals = &file.scan().capitals;
        self.words.iter().any(|word| !is_capital(word) || capitals.binary_search(word).is_ok())
    }

    fn open_ends<'a>(&'a self, file: &'a SourceFile) -> impl Iterator<Item = Finding> + 'a {
        let words: Vec<Finder<'_>> = self.words.iter().map(Finder::new).collect();
        let may_hold = self.may_hold(file);
        let comments = file.scan().comments.iter().filter(move |_| may_hold);
        let texts = comments.filter_map(move |comment| {
            let text = file.text().get(comment.span.clone()).unwrap_or_default();
            words.iter().any(|word| word.find(text.as_bytes()).is_some()).then_some((comment, text))
        });
        texts.flat_map(move |(comment, text)| {
            let lines = text.split_inclusive('\n').scan(comment.span.start, |offset, line| {
                let start = *offset;
                *offset += line.len();
                Some((start, line))
            });
            lines.filter_map(move |(start, line)| self.open_end(file, start, line))
        })
    }

    fn open_end(&self, file: &SourceFile, start: usize, line: &str) -> Option<Finding> {
        let (offset, word) =
            self.words.iter().filter_map(|word| Some((find_word(line, word)?, word))).min()?;
        if names_an_issue(line, word) {
            return None;
        }
        let span = start + offset..start + offset + word.len();
        let finding = Finding::error("todo/without-issue", format!("{word} without an issue reference"));
        Some(
            file.point(finding, span)
                .help(format!("do it now, or name the issue that keeps it: {word}(#123)")),
        )
    }
}

/// Where the word stands by itself in the line.
fn find_word(line: &str, word: &str) -> Option<usize> {
    line.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = line.get(..*at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Whether the line names an issue: `#12`, `ABC-12`, or a link whose path ends in a number.
fn names_an_issue(line: &str, word: &str) -> bool {
    let pieces = line.split(|c: char| c.is_whitespace() || "()[]<>,;\"'`".contains(c));
    pieces.map(|piece| piece.trim_end_matches(['.', ':', '!', '?'])).any(|piece| {
        let hash = piece
            .rsplit_once('#')
            .is_some_and(|(before, number)| may_hold_issues(before) && is_number(number));
        let key = piece
            .split_once('-')
            .is_some_and(|(key, number)| key != word && is_number(number) && is_tracker_key(key));
        let address = piece.contains("://") && piece.rsplit(['/', '-', '=']).next().is_some_and(is_number);
        hash || key || address
    })
}

/// What may stand before `#12`: nothing, a repository, or a word for an issue; not a standard's name.
fn may_hold_issues(text: &str) -> bool {
    text.is_empty() || text.contains('/') || ["gh", "issue", "pr"].contains(&text.to_lowercase().as_str())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A tracker's key: two or more capitals. Words that look like one without being one are left out.
fn is_tracker_key(text: &str) -> bool {
    const NO_TRACKER: [&str; 14] = [
        "AES", "ANSI", "CRC", "CVE", "ECMA", "IEC", "IEEE", "ISO", "PKCS", "RFC", "RSA", "SHA", "UTC", "UTF",
    ];
    text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) && !NO_TRACKER.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u32, u32)> {
        let file = SourceFile::new("src/a.rs".into(), Some(0), Ok(text.into()));
        let todo = Todo::default();
        let places = todo.open_ends(&file).map(|finding| finding.place.unwrap());
        places.map(|place| (place.line.unwrap(), place.column.unwrap())).collect()
    }

    #[test]
    fn an_open_end_is_found_in_every_kind_of_comment() {
        assert_eq!(found("// TODO: x\n"), [(1, 4)]);
        assert_eq!(found("/* a\n * FIXME b\n */\n/// HACK\nfn f() {}\n"), [(2, 4), (4, 5)]);
    }

    #[test]
    fn words_of_a_config_need_not_be_in_capitals_and_may_hold_more_than_letters() {
        let words = ["Later", "TO-DO", "2DO"].map(str::to_owned).to_vec();
        let todo = Todo { words, ..Todo::default() };
        let text = "// Later\n// TO-DO\n// 2DO\n// TODO\n";
        let file = SourceFile::new("src/a.rs".into(), Some(0), Ok(text.into()));
        assert_eq!(todo.open_ends(&file).count(), 3);
    }

    #[test]
    fn an_issue_reference_keeps_it() {
        for line in [
            "// TODO(#12): x",
            "// FIXME(ann): x, see #12.",
            "// TODO ABC-12",
            "// XXX https://example.org/t/issues/12",
            "// HACK rust-lang/rust#1234",
        ] {
            assert!(found(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_a_reference_does_not_keep_it() {
        for line in [
            "// TODO: UTF-8",
            "// TODO(#): x",
            "// TODO #[inline]",
            "// TODO: https://example.org/about",
            "// TODO PKCS#1",
            "// TODO ECMA-48",
        ] {
            assert_eq!(found(line).len(), 1, "{line}");
        }
    }

    #[test]
    fn parts_of_words_strings_and_code_are_no_open_ends() {
        assert!(
            found("// TODOS and XXXL\nlet s = \"TODO\"; todo!();\nstruct TODO;\n// todo: later\n").is_empty()
        );
    }
}
