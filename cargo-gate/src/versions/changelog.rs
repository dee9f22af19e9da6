//! The entries of a changelog, as Keep a Changelog (<https://keepachangelog.com/en/1.1.0/>) and git-cliff lay
//! it out, and as most others do: a heading with a version for each release, newest first.

use std::cmp::Reverse;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};
use semver::Version;

use super::printed::{named_version, version_of};
use crate::scan::LineIndex;

/// What changelogs are called: the first that there is counts.
pub const NAMES: [&str; 5] = ["CHANGELOG.md", "CHANGES.md", "HISTORY.md", "RELEASES.md", "NEWS.md"];

/// One section of a changelog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The text of its heading.
    pub title: String,
    /// What stands before the version, where something does: the name of a package, or of a product.
    pub name: Option<String>,
    /// The version; none for what is not released.
    pub version: Option<Version>,
    /// What stands where a date is expected, in the form of one.
    pub date: Option<String>,
    /// The line of its heading, from 1.
    pub line: u32,
    /// Whether it says nothing but headings.
    pub empty: bool,
}

/// The entries in the order of the file. What is not released stands above the newest version, and its heading is
/// no deeper than that one's.
pub fn parse(text: &str) -> Vec<Entry> {
    let found = headings(text);
    let version_of =
        |(level, entry): &(HeadingLevel, Entry)| Some((entry.version.clone()?, Reverse(entry.line), *level));
    let newest = found.iter().filter_map(version_of).max();
    let stands = |level: HeadingLevel, entry: &Entry| {
        let before =
            newest.as_ref().is_none_or(|(_, line, deepest)| entry.line < line.0 && level <= *deepest);
        entry.version.is_some() || before
    };
    let mut entries: Vec<Entry> = Vec::new();
    for (level, entry) in found {
        if stands(level, &entry) {
            entries.push(entry);
        } else if let Some(above) = entries.last_mut() {
            above.empty &= entry.empty;
        }
    }
    entries
}

/// The headings that may begin an entry, each with its level.
fn headings(text: &str) -> Vec<(HeadingLevel, Entry)> {
    let lines = LineIndex::new(text);
    let mut entries: Vec<(HeadingLevel, Entry)> = Vec::new();
    let mut heading: Option<(String, usize)> = None;
    for (event, span) in Parser::new(text).into_offset_iter() {
        match (event, heading.as_mut()) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some((String::new(), span.start)),
            (Event::End(TagEnd::Heading(level)), _) => {
                let ended =
                    heading.take().and_then(|(title, start)| entry(title.trim(), lines.position(start).line));
                entries.extend(ended.map(|entry| (level, entry)));
            }
            (Event::Text(text) | Event::Code(text), Some((title, _))) => title.push_str(&text),
            (Event::SoftBreak | Event::HardBreak, Some((title, _))) => title.push(' '),
            (Event::Text(text) | Event::Code(text), None) if !text.trim().is_empty() => {
                entries.last_mut().into_iter().for_each(|(_, entry)| entry.empty = false);
            }
            _ => {}
        }
    }
    entries
}

/// The entry that a heading begins, if it begins one.
fn entry(title: &str, line: u32) -> Option<Entry> {
    let words = title.split(|c: char| c.is_whitespace() || "[]()`,:".contains(c));
    let words: Vec<&str> = words.filter(|word| word.contains(char::is_alphanumeric)).collect();
    let (first, rest) = words.split_first()?;
    let second = rest.first();
    let (name, version) = if let Some((name, version)) = named_version(first) {
        (name, Some(version))
    } else if is_unreleased(first) && rest.iter().all(|word| is_no_statement(word)) {
        ("", None)
    } else if ["version", "release"].contains(&first.to_lowercase().as_str()) {
        ("", Some(version_of(second?)?))
    } else {
        // `## name 1.2.0`, but not `### Fixed 1.2.0's crash`
        let short = title.split_whitespace().count() <= 4;
        (*first, Some(second.filter(|_| short).and_then(|word| full_version(word))?))
    };
    let name = Some(name.to_owned()).filter(|name| !name.is_empty());
    let date = rest.iter().find(|word| looks_like_a_date(word)).map(|word| (*word).to_owned());
    Some(Entry { title: title.to_owned(), name, version, date, line, empty: true })
}

fn full_version(word: &str) -> Option<Version> {
    version_of(word).filter(|_| word.matches('.').count() >= 2)
}

fn is_unreleased(word: &str) -> bool {
    ["unreleased", "upcoming", "next"].contains(&word.to_lowercase().as_str())
}

/// What may follow `Unreleased` without making it another heading: a date or its place, a word for what follows.
fn is_no_statement(word: &str) -> bool {
    let known = ["releasedate", "yyyy-mm-dd", "changes", "release", "version"];
    looks_like_a_date(word) || is_unreleased(word) || known.contains(&word.to_lowercase().as_str())
}

/// Four digits, two and two, whatever they are.
fn looks_like_a_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts.as_slice(), [year, month, day]
        if [year, month, day].into_iter().all(|part| digits(part))
            && year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Option<String>, u32, bool)> {
        let name =
            |entry: &Entry| entry.version.as_ref().map_or("unreleased".to_owned(), ToString::to_string);
        parse(text).iter().map(|entry| (name(entry), entry.date.clone(), entry.line, entry.empty)).collect()
    }

    fn one(title: &str) -> Option<(String, Option<String>)> {
        read(&format!("{title}\n\n- x\n")).into_iter().next().map(|(name, date, _, _)| (name, date))
    }

    const KEPT: &str = "# Changelog\n\nAll notable changes.\n\n## [Unreleased]\n\n## [1.1.0] - 2026-03-05\n\n\
                        ### Added\n\n- A thing, see 1.0.0.\n\n## [1.0.0] - 2026-01-01 [YANKED]\n\n### Fixed\n\n\
                        [unreleased]: https://x/compare/v1.1.0...HEAD\n[1.1.0]: https://x/releases/v1.1.0\n";

    #[test]
    fn a_kept_changelog_is_read_with_lines_and_dates() {
        let date = |text: &str| Some(text.to_owned());
        let expected = [
            ("unreleased".to_owned(), None, 5, true),
            ("1.1.0".to_owned(), date("2026-03-05"), 7, false),
            ("1.0.0".to_owned(), date("2026-01-01"), 13, true),
        ];
        assert_eq!(read(KEPT), expected);
    }

    #[test]
    fn the_layout_of_git_cliff_is_read() {
        let text = "# Changelog\n\nAll notable changes to this project will be documented in this file.\n\n\
                    ## [unreleased]\n\n### 🚀 Features\n\n- *(cli)* A flag\n\n## [0.2.0] - 2026-02-03\n\n### 🐛 Bug Fixes\n\n\
                    - Less noise\n\n<!-- generated by git-cliff -->\n";
        let names: Vec<(String, bool)> =
            read(text).into_iter().map(|(name, _, _, empty)| (name, empty)).collect();
        assert_eq!(names, [("unreleased".to_owned(), false), ("0.2.0".to_owned(), false)]);
    }

    #[test]
    fn headings_as_projects_write_them_are_read() {
        let version = |text: &str| Some((text.to_owned(), None));
        assert_eq!(
            one("14.1.1 (2024-09-08)\n==================="),
            Some(("14.1.1".into(), Some("2024-09-08".into())))
        );
        assert_eq!(one("# 1.48.0 (October 14th, 2025)"), version("1.48.0"));
        assert_eq!(one("# v0.25.0"), version("0.25.0"));
        assert_eq!(
            one("Version 1.80.0 (2024-07-25)\n----"),
            Some(("1.80.0".into(), Some("2024-07-25".into())))
        );
        assert_eq!(one("## `hexyl` v0.16.0"), version("0.16.0"));
        assert_eq!(one("## demo-v1.2.0"), version("1.2.0"));
        assert_eq!(one("## 1.2"), version("1.2.0"));
        assert_eq!(one("## 2.0.0-rc.1 - 2026-01-02"), Some(("2.0.0-rc.1".into(), Some("2026-01-02".into()))));
        assert_eq!(one("## Unreleased - ReleaseDate"), version("unreleased"));
    }

    #[test]
    fn headings_that_speak_of_something_else_are_no_entries() {
        for title in
            ["# Changelog", "### Fixed", "## Since 1.2.0 everything is better", "### Fixed in 2", "# 2026"]
        {
            assert_eq!(one(title), None, "{title}");
        }
        assert!(read("```\n## 1.0.0\n```\n<!--\n## 2.0.0\n-->\n").is_empty());
    }

    #[test]
    fn what_is_unreleased_stands_above_the_newest_version_and_says_nothing_else() {
        let names = |text: &str| {
            let of = |(name, ..): (String, Option<String>, u32, bool)| name;
            read(text).into_iter().map(of).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names("## Unreleased - ReleaseDate\n\n## 1.0.0\n"), "unreleased 1.0.0");
        assert_eq!(names("## [Unreleased] - Unreleased\n\n## 1.0.0\n"), "unreleased 1.0.0");
        assert_eq!(names("# Upcoming release\n\n## 1.0.0\n"), "unreleased 1.0.0");
        assert_eq!(names("## [Unreleased] (2026-01-02)\n"), "unreleased");
        for text in [
            "## 1.0.0\n\n### Upcoming deprecations\n",
            "## 1.0.0\n\n### Next\n\n- x\n",
            "### Upcoming\n\n## 1.0.0\n",
            "## Next steps\n\n## 1.0.0\n",
            "## 1.0.0\n\n## Unreleased\n",
        ] {
            assert_eq!(names(text), "1.0.0", "{text}");
        }
        assert_eq!(names("## 0.9.0\n\n## Unreleased\n\n## 1.0.0\n"), "0.9.0 unreleased 1.0.0");
        let below = read("## 1.0.0\n\n### Next\n\n- x\n");
        assert!(!below.first().unwrap().3, "what stands below is of the entry above");
    }

    #[test]
    fn the_name_of_a_package_is_kept() {
        let name = |title: &str| parse(&format!("## {title}\n")).pop().unwrap().name.unwrap_or_default();
        for title in ["foo 1.2.0", "foo-v1.2.0", "`foo` v1.2.0", "[foo@1.2.0] - 2026-01-02", "foo/1.2.0"] {
            assert_eq!(name(title), "foo", "{title}");
        }
        for title in ["1.2.0", "[v1.2.0]", "Version 1.2.0", "Unreleased"] {
            assert_eq!(name(title), "", "{title}");
        }
    }

    #[test]
    fn a_comment_and_a_heading_below_are_no_content() {
        assert!(read("## 1.0.0\n\n### Fixed\n\n<!-- nothing yet -->\n")[0].3);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_entries_with_lines_in_order(text: String) {
            let found = parse(&text);
            proptest::prop_assert!(found.is_sorted_by_key(|entry| entry.line));
        }

        #[test]
        fn a_changelog_cut_short_never_gives_more(cut in 0..KEPT.len()) {
            if let Some(part) = KEPT.get(..cut) {
                proptest::prop_assert!(parse(part).len() <= parse(KEPT).len());
            }
        }
    }
}
