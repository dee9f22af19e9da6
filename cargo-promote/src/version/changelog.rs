//! A release in a changelog, in the layout of Keep a Changelog (<https://keepachangelog.com/en/1.1.0/>) and of the
//! headings that the file has already. What is not about this release is kept byte for byte.

use std::collections::BTreeSet;

use cargo_gate::versions::changelog::{Entry, parse};
use semver::Version;

/// The entry of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry<'a> {
    /// Its version.
    pub version: &'a Version,
    /// Its day, as `2026-03-05`.
    pub date: &'a str,
    /// What it says where nobody wrote anything: headings with their lines.
    pub notes: &'a [(&'static str, Vec<String>)],
    /// The tags of the last release and of this one, for the links at the end.
    pub links: Links<'a>,
    /// The names of the other packages: a heading with one of them is none of this one.
    pub others: &'a BTreeSet<&'a str>,
}

/// What the links of a changelog compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Links<'a> {
    /// The last release's tag; none before the first.
    pub before: Option<&'a str>,
    /// The tag of this one.
    pub tag: &'a str,
}

/// A changelog after a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The text.
    pub text: String,
    /// What was done, in words.
    pub what: String,
}

/// A changelog that cannot have the entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangelogError {
    /// There is nothing to say.
    #[error("nothing is written under `Unreleased`, and there is no commit to fill the entry of {0} from")]
    Nothing(Version),
    /// It has an entry for the version that says nothing.
    #[error("line {line}: the entry of {version} is empty; write it, or remove its heading")]
    Empty {
        /// The version.
        version: Version,
        /// The line, from 1.
        line: u32,
    },
    /// It tells of a higher version.
    #[error("line {line}: there is an entry for {newer}, which is higher than {version}")]
    Ahead {
        /// The version.
        version: Version,
        /// The higher one.
        newer: Version,
        /// The line, from 1.
        line: u32,
    },
}

/// What a new changelog begins with.
pub(super) const BEGINNING: &str = "# Changelog\n\nAll notable changes are listed here, in the form of \
                                    [Keep a Changelog](https://keepachangelog.com/en/1.1.0/).\n\n## [Unreleased]\n";

/// The changelog with the entry: what stands under `Unreleased` becomes it, or what the commits say does.
///
/// # Errors
/// Where there is nothing to say, or the file tells of this version or a higher one already.
pub fn release(text: &str, new: &NewEntry<'_>) -> Result<Changed, ChangelogError> {
    let version = new.version;
    let entries = parse(text);
    let foreign = |entry: &Entry| entry.name.as_deref().is_some_and(|name| new.others.contains(name));
    let own: Vec<&Entry> = entries.iter().filter(|entry| !foreign(entry)).collect();
    if let Some(entry) = own.iter().find(|entry| entry.version.as_ref() == Some(version)) {
        if entry.empty {
            return Err(ChangelogError::Empty { version: version.clone(), line: entry.line });
        }
        return Ok(Changed { text: text.to_owned(), what: format!("has an entry for {version} already") });
    }
    let above =
        own.iter().find_map(|entry| Some((entry, entry.version.as_ref().filter(|one| *one > version)?)));
    if let Some((entry, newer)) = above {
        let (version, newer) = (version.clone(), newer.clone());
        return Err(ChangelogError::Ahead { version, newer, line: entry.line });
    }
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let heading = Heading::like(own.iter().find(|entry| entry.version.is_some()).copied(), &lines);
    let unreleased = own.iter().find(|entry| entry.version.is_none()).copied();
    let after = |line: u32| entries.iter().find(|entry| entry.line > line).map(|entry| entry.line);
    let titled = heading.title(version, new.date, end);
    let what = match unreleased {
        Some(unreleased) if !unreleased.empty => {
            let below = heading_end(&lines, unreleased.line);
            lines.insert(below, format!("{end}{titled}{end}"));
            format!("what was unreleased is {version}")
        }
        _ if new.notes.is_empty() => return Err(ChangelogError::Nothing(version.clone())),
        _ => {
            let next = match unreleased {
                Some(unreleased) => after(unreleased.line),
                None => own.first().map(|entry| entry.line),
            };
            insert(&mut lines, next, &written(&titled, &heading, new.notes, end), end);
            format!("an entry for {version}, filled from the commits")
        }
    };
    let text = link(&lines.concat(), new, &heading.label(version), end);
    Ok(Changed { text, what })
}

/// An entry made of notes.
fn written(title: &str, heading: &Heading, notes: &[(&'static str, Vec<String>)], end: &str) -> String {
    let below = "#".repeat(heading.hashes.unwrap_or(2) + 1);
    let mut out = format!("{title}{end}");
    for (name, lines) in notes {
        out.extend([end, &below, " ", name, end, end]);
        out.extend(lines.iter().flat_map(|line| [line, end]));
    }
    out
}

/// Puts an entry before that line, or at the end of what is no link, with one empty line on either side.
fn insert(lines: &mut Vec<String>, before: Option<u32>, entry: &str, end: &str) {
    let at = before.map_or_else(|| end_of_text(lines), |line| line as usize - 1).min(lines.len());
    let blank = |line: Option<&String>| line.is_none_or(|line| line.trim().is_empty());
    let above = at.checked_sub(1).and_then(|above| lines.get(above));
    let mut text = String::new();
    if above.is_some_and(|line| !line.ends_with('\n')) {
        text.push_str(end);
    }
    if at > 0 && !blank(above) {
        text.push_str(end);
    }
    text.push_str(entry);
    if at < lines.len() && !blank(lines.get(at)) {
        text.push_str(end);
    }
    lines.insert(at, text);
}

/// Where the text ends and the links begin.
fn end_of_text(lines: &[String]) -> usize {
    let is_link = |line: &&String| line.trim().is_empty() || definition(line).is_some();
    let skipped = lines.iter().rev().take_while(is_link).count();
    let first = lines.len() - skipped;
    let blank = lines.iter().skip(first).take_while(|line| line.trim().is_empty()).count();
    if blank == skipped { lines.len() } else { first + blank }
}

/// How the file writes the headings of releases.
struct Heading {
    /// How many `#`; none for a heading that is underlined.
    hashes: Option<usize>,
    brackets: bool,
    v: bool,
    parentheses: bool,
}

impl Heading {
    /// As that entry has it; as Keep a Changelog has it where there is none.
    fn like(entry: Option<&Entry>, lines: &[String]) -> Self {
        let line = entry.and_then(|entry| lines.get(entry.line as usize - 1)).map(|line| line.trim());
        let Some(line) = line else {
            return Self { hashes: Some(2), brackets: true, v: false, parentheses: false };
        };
        let depth = line.chars().take_while(|letter| *letter == '#').count();
        let words = line.trim_start_matches('#').trim_start();
        let bare = words.trim_start_matches('[');
        Self {
            hashes: (depth > 0).then_some(depth),
            brackets: words.starts_with('['),
            v: bare.starts_with(['v', 'V']) && bare.chars().nth(1).is_some_and(|next| next.is_ascii_digit()),
            parentheses: words.contains(" ("),
        }
    }

    fn label(&self, version: &Version) -> String {
        if self.v { format!("v{version}") } else { version.to_string() }
    }

    fn title(&self, version: &Version, date: &str, end: &str) -> String {
        let label = self.label(version);
        let version = if self.brackets { format!("[{label}]") } else { label };
        let date = if self.parentheses { format!(" ({date})") } else { format!(" - {date}") };
        let Some(hashes) = self.hashes else {
            let title = format!("{version}{date}");
            return format!("{title}{end}{}", "-".repeat(title.chars().count()));
        };
        format!("{} {version}{date}", "#".repeat(hashes))
    }
}

/// The index of the line below a heading: one that is underlined takes two lines.
fn heading_end(lines: &[String], line: u32) -> usize {
    let below = line as usize;
    let underline = |line: &String| {
        let line = line.trim();
        !line.is_empty() && (line.bytes().all(|byte| byte == b'-') || line.bytes().all(|byte| byte == b'='))
    };
    let of_hashes = lines.get(below - 1).is_some_and(|line| line.trim_start().starts_with('#'));
    if !of_hashes && lines.get(below).is_some_and(underline) { below + 1 } else { below }
}

/// The label and the address of a line that defines a link.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (label, address) = line.trim().strip_prefix('[')?.split_once("]:")?;
    Some((label, address.trim())).filter(|(label, address)| !label.contains('[') && !address.is_empty())
}

/// The link of what is unreleased, which compares from the new tag on, and below it one for the release.
fn link(text: &str, new: &NewEntry<'_>, version: &str, end: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let defined = text.lines().filter_map(definition).any(|(label, _)| label == version);
    for line in text.split_inclusive('\n') {
        let Links { before, tag } = new.links;
        let unreleased = definition(line).filter(|(label, _)| label.eq_ignore_ascii_case("unreleased"));
        let parted = unreleased.and_then(|(label, address)| Some((label, compared(address)?)));
        let Some((label, (base, from, between))) = parted.filter(|_| !defined) else {
            out.push_str(line);
            continue;
        };
        let (indent, _) = line.split_at(line.len() - line.trim_start().len());
        let from = before.unwrap_or(from);
        out.extend([indent, "[", label, "]: ", base, tag, between, "HEAD", end]);
        out.extend([indent, "[", version, "]: ", base, from, between, tag]);
        if line.ends_with('\n') {
            out.push_str(end);
        }
    }
    out
}

/// `…/compare/`, the older revision and what stands between it and `HEAD`.
fn compared(address: &str) -> Option<(&str, &str, &str)> {
    let revisions = address.strip_suffix("HEAD")?;
    let (rest, between) = match revisions.strip_suffix("...") {
        Some(rest) => (rest, "..."),
        None => (revisions.strip_suffix("..")?, ".."),
    };
    let at = rest.rfind("/compare/")? + "/compare/".len();
    Some((rest.get(..at)?, rest.get(at..)?, between))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEPT: &str = "# Changelog\n\nAll notable changes.\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n\
                        ## [1.1.0] - 2026-03-05\n\n### Fixed\n\n- x\n\n\
                        [unreleased]: https://forge.invalid/a/b/compare/v1.1.0...HEAD\n\
                        [1.1.0]: https://forge.invalid/a/b/releases/tag/v1.1.0\n";

    fn released(text: &str, version: &str, notes: &[&str]) -> Result<String, ChangelogError> {
        let notes: Vec<(&'static str, Vec<String>)> =
            notes.iter().map(|line| ("Added", vec![(*line).to_owned()])).collect();
        let version = version.parse().unwrap();
        let (date, tag) = ("2026-04-01", format!("v{version}"));
        let others = ["other"].into();
        let links = Links { before: Some("v1.1.0"), tag: &tag };
        let new = NewEntry { version: &version, date, notes: &notes, links, others: &others };
        release(text, &new).map(|changed| changed.text)
    }

    #[test]
    fn what_was_unreleased_becomes_the_release_and_its_link_is_added() {
        let expected =
            KEPT.replacen("## [Unreleased]\n", "## [Unreleased]\n\n## [1.2.0] - 2026-04-01\n", 1).replacen(
                "v1.1.0...HEAD\n",
                "v1.2.0...HEAD\n[1.2.0]: https://forge.invalid/a/b/compare/v1.1.0...v1.2.0\n",
                1,
            );
        assert_eq!(released(KEPT, "1.2.0", &["- unused"]).unwrap(), expected);
    }

    #[test]
    fn line_ends_of_windows_stay() {
        let windows = KEPT.replace('\n', "\r\n");
        let done = released(&windows, "1.2.0", &[]).unwrap();
        assert_eq!(done, released(KEPT, "1.2.0", &[]).unwrap().replace('\n', "\r\n"));
    }

    #[test]
    fn an_empty_unreleased_change_is_filled_and_what_is_prepared_there_stays() {
        let text =
            "# Log\n\n## [Unreleased]\n\n### Added\n\n<!-- here -->\n\n## [1.1.0] - 2026-03-05\n\n- x\n";
        let expected =
            text.replacen("## [1.1.0]", "## [1.2.0] - 2026-04-01\n\n### Added\n\n- new\n\n## [1.1.0]", 1);
        assert_eq!(released(text, "1.2.0", &["- new"]).unwrap(), expected);
        let error = released(text, "1.2.0", &[]).unwrap_err();
        assert_eq!(error, ChangelogError::Nothing("1.2.0".parse().unwrap()));
    }

    #[test]
    fn without_an_unreleased_heading_the_entry_stands_first_and_looks_like_the_others() {
        let of = |text: &str| released(text, "1.2.0", &["- new"]).unwrap();
        assert_eq!(
            of("# Log\n\n# v1.1.0 (2026-03-05)\n\n- x\n"),
            "# Log\n\n# v1.2.0 (2026-04-01)\n\n## Added\n\n- new\n\n# v1.1.0 (2026-03-05)\n\n- x\n"
        );
        assert_eq!(
            of("1.1.0 (2026-03-05)\n==================\n\n- x\n"),
            "1.2.0 (2026-04-01)\n------------------\n\n### Added\n\n- new\n\n\
             1.1.0 (2026-03-05)\n==================\n\n- x\n"
        );
        assert_eq!(of("# Log"), "# Log\n\n## [1.2.0] - 2026-04-01\n\n### Added\n\n- new\n");
        assert_eq!(of(BEGINNING), format!("{BEGINNING}\n## [1.2.0] - 2026-04-01\n\n### Added\n\n- new\n"));
        let links = "## [Unreleased]\n\n[unreleased]: https://x.invalid/compare/a..HEAD\n";
        assert_eq!(
            of(links),
            "## [Unreleased]\n\n## [1.2.0] - 2026-04-01\n\n### Added\n\n- new\n\n\
             [unreleased]: https://x.invalid/compare/v1.2.0..HEAD\n\
             [1.2.0]: https://x.invalid/compare/v1.1.0..v1.2.0\n"
        );
    }

    #[test]
    fn an_entry_that_somebody_wrote_is_left_alone() {
        let text = "## [Unreleased]\n\n- later\n\n## 1.2.0\n\n- x\n\n## other 9.0.0\n\n- y\n";
        assert_eq!(released(text, "1.2.0", &["- new"]).unwrap(), text);
        let empty = released("## 1.2.0\n\n## 1.1.0\n\n- x\n", "1.2.0", &[]).unwrap_err();
        assert!(matches!(empty, ChangelogError::Empty { line: 1, .. }));
        let ahead = released("## 1.3.0\n\n- x\n", "1.2.0", &["- y"]).unwrap_err();
        assert!(matches!(ahead, ChangelogError::Ahead { line: 1, .. }));
    }

    proptest! {
        #[test]
        fn whatever_the_file_it_keeps_its_lines_and_has_the_entry(text in "([-#=\\[\\]: a1.2\n]|Unreleased|## )*") {
            if let Ok(done) = released(&text, "1.2.0", &["- new"]) {
                let mut after = done.lines();
                for line in text.lines().filter(|line| definition(line).is_none()) {
                    prop_assert!(after.any(|one| one == line), "{:?} lost of {:?}", line, done);
                }
            }
        }
    }
}
