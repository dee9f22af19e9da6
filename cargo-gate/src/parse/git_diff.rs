//! What `git diff --numstat -z --patch --unified=0` says: which lines of which files are new.
//!
//! The counts come first and name each file as it is, so that the patch needs no unquoting of names
//! and a patch that was cut short is noticed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use memchr::memchr;

/// The lines that a change adds or alters, by file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Line ranges of the new side, from 1 and in order, by path relative to the folder that git was asked
    /// in. A file that only lost lines or was removed has no ranges, nor has a submodule of which no other
    /// commit is taken. One that git takes for binary, which
    /// a line of `.gitattributes` can make of any source, is new as a whole.
    pub files: BTreeMap<String, Vec<RangeInclusive<u32>>>,
}

impl Changes {
    /// Whether that line of that file is new or altered.
    pub fn has(&self, file: &str, line: u32) -> bool {
        self.files.get(file).is_some_and(|ranges| ranges.iter().any(|range| range.contains(&line)))
    }

    /// Adds a file that is new as a whole.
    pub fn add_whole(&mut self, file: String) {
        self.files.insert(file, vec![WHOLE]);
    }
}

/// All lines of a file.
const WHOLE: RangeInclusive<u32> = 1..=u32::MAX;

/// A diff that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`git diff` gave an answer that cannot be used: {0}")]
pub struct DiffError(String);

/// A file of the counts.
struct Counted {
    path: String,
    /// Lines added and removed; none for a binary file.
    lines: Option<(u64, u64)>,
}

/// Reads the changes.
///
/// # Errors
/// When the bytes are not such a diff, or the patch does not have the lines that the counts promise.
pub fn parse(stdout: &[u8]) -> Result<Changes, DiffError> {
    if stdout.is_empty() {
        return Ok(Changes::default());
    }
    let (counted, patch) = counts(stdout)?;
    if !patch.ends_with(b"\n") {
        return Err(DiffError("the patch ends within a line".to_owned()));
    }
    let mut lines = Lines { rest: patch };
    let mut changes = Changes::default();
    let mut first = lines.next();
    for file in counted {
        if !first.is_some_and(|line| line.starts_with(b"diff --git ")) {
            return Err(DiffError(format!("the patch has no section for `{}`", file.path)));
        }
        let section = section(&mut lines, &file.path)?;
        let ranges = match file.lines {
            None if section.header.is_empty() => return Err(cut_short(&file.path)),
            None if section.header.starts_with(b"deleted file mode ") => Vec::new(),
            None => vec![WHOLE],
            // of a submodule with changes that are not committed git counts no line, and shows one
            Some((0, 0)) if section.totals == (1, 1) => Vec::new(),
            Some(lines) if lines == section.totals => section.ranges,
            Some(_) => return Err(cut_short(&file.path)),
        };
        changes.files.insert(file.path, ranges);
        first = section.next;
    }
    match first {
        None => Ok(changes),
        Some(_) => Err(DiffError("the patch has a section that the counts lack".to_owned())),
    }
}

fn cut_short(path: &str) -> DiffError {
    DiffError(format!("the patch of `{path}` is cut short"))
}

/// The counts, and the patch that follows them.
fn counts(stdout: &[u8]) -> Result<(Vec<Counted>, &[u8]), DiffError> {
    let mut files = Vec::new();
    let mut rest = stdout;
    let mut field = || {
        let end = memchr(0, rest).ok_or_else(|| DiffError("the list of files is cut short".to_owned()))?;
        let (field, after) = rest.split_at_checked(end).unwrap_or_default();
        rest = after.get(1..).unwrap_or_default();
        std::str::from_utf8(field).map_err(|_| {
            DiffError(format!("the file name `{}` is not UTF-8", String::from_utf8_lossy(field)))
        })
    };
    loop {
        let record = field()?;
        if record.is_empty() {
            return Ok((files, rest));
        }
        let mut parts = record.splitn(3, '\t');
        let (added, removed) = (number(parts.next(), record)?, number(parts.next(), record)?);
        let path = match parts.next() {
            // a renamed file: its old name, then its new one
            Some("") => field().and_then(|_| field())?,
            Some(path) => path,
            None => return Err(DiffError(format!("`{record}` is no count of lines"))),
        };
        if path.is_empty() {
            return Err(DiffError(format!("`{record}` is about no file")));
        }
        files.push(Counted { path: path.to_owned(), lines: added.zip(removed) });
    }
}

fn number(text: Option<&str>, record: &str) -> Result<Option<u64>, DiffError> {
    match text {
        Some("-") => Ok(None),
        text => text
            .and_then(|text| text.parse().ok())
            .map(Some)
            .ok_or_else(|| DiffError(format!("`{record}` is no count of lines"))),
    }
}

/// What the patch says of one file.
#[derive(Default)]
struct Section<'a> {
    ranges: Vec<RangeInclusive<u32>>,
    /// Lines added and removed.
    totals: (u64, u64),
    /// The first line behind the one that begins the section: of a file that is gone, git says it here. Empty where
    /// there is none.
    header: &'a [u8],
    /// The line that begins the next section.
    next: Option<&'a [u8]>,
}

/// The hunks of one file, and the line that begins the next.
fn section<'a>(lines: &mut Lines<'a>, path: &str) -> Result<Section<'a>, DiffError> {
    let mut section = Section {
        header: lines.rest.split(|byte| *byte == b'\n').next().unwrap_or_default(),
        ..Section::default()
    };
    loop {
        let line = match lines.next() {
            Some(line) if !line.starts_with(b"diff --git ") => line,
            next => return Ok(Section { next, ..section }),
        };
        let Some(header) = line.strip_prefix(b"@@ ") else { continue };
        let (removed, (start, added)) =
            hunk(header).ok_or_else(|| DiffError(format!("`{path}` has a hunk without a place")))?;
        let body = (0..removed).map(|_| b'-').chain((0..added).map(|_| b'+'));
        for sign in body {
            let line = lines.next_of_body().filter(|line| line.first() == Some(&sign));
            line.ok_or_else(|| cut_short(path))?;
        }
        section.totals = (section.totals.0 + u64::from(added), section.totals.1 + u64::from(removed));
        if let Some(last) = added.checked_sub(1) {
            section.ranges.push(start..=start.saturating_add(last));
        }
    }
}

/// How many lines go, and where how many come, from `-a,b +c,d @@`.
fn hunk(header: &[u8]) -> Option<(u32, (u32, u32))> {
    let text = header.get(..memchr::memmem::find(header, b" @@")?)?;
    let (old, new) = std::str::from_utf8(text).ok()?.split_once(' ')?;
    let side = |text: &str, sign: char| {
        let text = text.strip_prefix(sign)?;
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse::<u32>().ok()?, count.parse::<u32>().ok()?))
    };
    Some((side(old, '-')?.1, side(new, '+')?))
}

/// Lines at `\n` alone.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        let (line, after) = self.rest.split_at_checked(end)?;
        self.rest = after.get(1..).unwrap_or_default();
        Some(line)
    }
}

impl<'a> Lines<'a> {
    /// The next line, past the remark that a file has no line end at its end.
    fn next_of_body(&mut self) -> Option<&'a [u8]> {
        self.find(|line| line.first() != Some(&b'\\'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As git wrote it, with a renamed file and lines that look like headers.
    const DIFF: &[u8] = b"2\t1\tx\x001\t1\t\0y z\0\xc3\xbc\"k\0-\t-\tlogo.png\x000\t2\tless\0\0\
diff --git a/x b/x\nindex de98044..828d021 100644\n--- a/x\n+++ b/x\n@@ -2 +2,2 @@ a\n-b\n+B\n+++ b/x\n\
diff --git a/y z \"b/\\303\\274\\\"k\"\nsimilarity index 76%\nrename from y z\nrename to x\n@@ -6 +6 @@ q\n-5\n\
\\ No newline at end of file\n+59\n\
diff --git a/logo.png b/logo.png\nBinary files a/logo.png and b/logo.png differ\n\
diff --git a/less b/less\n--- a/less\n+++ b/less\n@@ -4,2 +3,0 @@\n-diff --git a/q b/q\n-@@ -1 +1 @@\n";

    #[test]
    fn new_lines_are_known_by_file_whatever_they_look_like() {
        let changes = parse(DIFF).unwrap();
        let files: Vec<_> =
            changes.files.iter().map(|(file, ranges)| (file.as_str(), ranges.clone())).collect();
        let expected =
            [("less", vec![]), ("logo.png", vec![WHOLE]), ("x", vec![2..=3]), ("ü\"k", vec![6..=6])];
        assert_eq!(files, expected);
        assert!(changes.has("x", 3) && !changes.has("x", 4) && !changes.has("y", 2));
    }

    #[test]
    fn no_difference_is_an_empty_answer() {
        assert_eq!(parse(b"").unwrap(), Changes::default());
    }

    #[test]
    fn a_binary_file_that_is_gone_has_no_lines() {
        let text = b"-\t-\ta\0\0diff --git a/a b/a\ndeleted file mode 100644\nBinary files a/a and /dev/null differ\n";
        assert!(!parse(text).unwrap().has("a", 1));
        // without the line that says so it would be new as a whole
        let cut = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        assert!(parse(&text[..cut]).is_err());
    }

    #[test]
    fn a_submodule_with_changes_of_its_own_has_no_lines() {
        let text = b"0\t0\tsub\0\0diff --git a/sub b/sub\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n\
-Subproject commit 3f1c\n+Subproject commit 3f1c-dirty\n";
        let changes = parse(text).unwrap();
        assert_eq!(changes.files["sub"], []);
    }

    #[test]
    fn a_diff_that_is_cut_short_anywhere_is_an_error() {
        for end in 1..DIFF.len() {
            assert!(parse(&DIFF[..end]).is_err(), "{}", String::from_utf8_lossy(&DIFF[..end]));
        }
    }

    #[test]
    fn a_section_without_a_count_is_an_error() {
        let text = b"0\t0\ta\0\0diff --git a/a b/a\nold mode 100644\nnew mode 100755\ndiff --git a/b b/b\n";
        assert!(parse(text).is_err());
        assert!(parse(b"1\t\0\0").is_err() && parse(b"1\tx\0\0").is_err());
    }

    #[test]
    fn a_file_added_as_a_whole_is_new_in_every_line() {
        let mut changes = Changes::default();
        changes.add_whole("a.rs".to_owned());
        assert!(changes.has("a.rs", 1) && changes.has("a.rs", 9_000));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_changes_or_an_error(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
