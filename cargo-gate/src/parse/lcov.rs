//! Line counts in lcov's tracefile format, as cargo-llvm-cov, tarpaulin, grcov and lcov itself write
//! it. The format is the one of geninfo(1), section FILES: records of one line each, `SF` to
//! `end_of_record` for each source file.
//!
//! Only `SF` and `DA` are read. The totals `LF` and `LH` are no use: llvm-cov counts them over
//! regions and gives other numbers than its `DA` lines. Functions are no use either, since there is one
//! `FN` for each instance of a generic function.
//!
//! A file that is cut between two sections cannot be told from a whole one: whoever judges must ask for
//! the sources that it expects.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use super::text::excerpt;

/// Line counts of many source files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lcov {
    /// The counts by the path of the source, as the file writes it.
    pub files: BTreeMap<String, LineCounts>,
}

/// How often each line of a source ran, sorted by line; lines without code are not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineCounts(Box<[LineCount]>);

/// How often a line ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCount {
    /// Counted from 1.
    pub line: u32,
    /// 0 for a line that no test reached.
    pub hits: u64,
}

impl LineCounts {
    /// The counts from lines in any order; those of one line are added up.
    pub fn new(mut counts: Vec<LineCount>) -> Self {
        normalise(&mut counts);
        Self(counts.into_boxed_slice())
    }

    /// Every line with code.
    pub fn iter(&self) -> impl Iterator<Item = LineCount> + '_ {
        self.0.iter().copied()
    }

    /// How many lines have code.
    pub fn total(&self) -> usize {
        self.0.len()
    }

    /// How many of them ran.
    pub fn hit(&self) -> usize {
        self.0.iter().filter(|count| count.hits > 0).count()
    }

    /// How often that line ran; none where it has no code.
    pub fn hits(&self, line: u32) -> Option<u64> {
        let index = self.0.binary_search_by_key(&line, |count| count.line).ok()?;
        self.0.get(index).map(|count| count.hits)
    }
}

/// Lines that are no records, or that stand where they may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LcovError {
    /// Each with its number; at most [`LcovError::MOST`].
    pub problems: Vec<Problem>,
}

/// One line that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its number, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl LcovError {
    /// So many wrong lines are looked for; the rest of the file is then left unread.
    pub const MOST: usize = 100;
}

impl fmt::Display for LcovError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Problem { line, what } in &self.problems {
            write!(f, "{separator}line {line}: {what}")?;
            separator = "\n";
        }
        if self.problems.len() == Self::MOST {
            write!(f, "\nthe lines after that were not read")?;
        }
        Ok(())
    }
}

impl std::error::Error for LcovError {}

/// Reads a tracefile in one pass. Sections of one source are merged: their counts are added up.
///
/// # Errors
/// When a line is no record of the format, stands outside a section, or the last section has no end.
pub fn parse(bytes: &[u8]) -> Result<Lcov, LcovError> {
    let mut reader = Reader::default();
    let mut rest = bytes;
    let mut number = 0;
    while !rest.is_empty() && reader.problems.len() < LcovError::MOST {
        number += 1;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Err(what) = reader.line(line) {
            reader.problems.push(Problem { line: number, what });
        }
    }
    if let (Some(path), true) = (&reader.path, reader.problems.len() < LcovError::MOST) {
        let what = format!("the section of `{path}` has no `end_of_record`: the file is cut short");
        reader.problems.push(Problem { line: number, what });
    }
    if reader.problems.is_empty() {
        Ok(Lcov { files: reader.files })
    } else {
        Err(LcovError { problems: reader.problems })
    }
}

/// Records that are known and not used.
const UNUSED: [&[u8]; 15] = [
    b"VER", b"FN", b"FNDA", b"FNF", b"FNH", b"FNL", b"FNA", b"BRDA", b"BRF", b"BRH", b"LF", b"LH", b"MCDC",
    b"MCF", b"MCH",
];

#[derive(Default)]
struct Reader {
    files: BTreeMap<String, LineCounts>,
    /// The source whose section is open.
    path: Option<String>,
    /// The counts of that section.
    counts: Vec<LineCount>,
    problems: Vec<Problem>,
}

impl Reader {
    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        if let Some(values) = line.strip_prefix(b"DA:") {
            let count =
                line_count(values).ok_or_else(|| format!("`{}` is not `DA:LINE,COUNT`", lossy(line)))?;
            if self.path.is_none() {
                return Err(outside(line));
            }
            self.counts.push(count);
            return Ok(());
        }
        if line == b"end_of_record" {
            return self.end(line);
        }
        if let Some(path) = line.strip_prefix(b"SF:") {
            return self.start(path);
        }
        if line.is_empty() || line.starts_with(b"#") {
            return Ok(());
        }
        let name = line.split(|byte| *byte == b':').next().filter(|name| name.len() < line.len());
        match name {
            Some(b"TN") => Ok(()),
            Some(name) if UNUSED.contains(&name) => {
                if self.path.is_some() {
                    Ok(())
                } else {
                    Err(outside(line))
                }
            }
            _ => Err(format!("`{}` is no lcov record", lossy(line))),
        }
    }

    fn start(&mut self, path: &[u8]) -> Result<(), String> {
        let Ok(new) = std::str::from_utf8(path) else {
            return Err(format!("the path `{}` is not UTF-8", lossy(path)));
        };
        if new.is_empty() {
            return Err("`SF:` names no file".to_owned());
        }
        // what follows belongs to the new section either way
        self.counts.clear();
        match self.path.replace(new.to_owned()) {
            None => Ok(()),
            Some(open) => Err(format!("the section of `{open}` has no `end_of_record`")),
        }
    }

    fn end(&mut self, line: &[u8]) -> Result<(), String> {
        let Some(path) = self.path.take() else { return Err(outside(line)) };
        normalise(&mut self.counts);
        match self.files.entry(path) {
            Entry::Vacant(place) => {
                place.insert(LineCounts(self.counts.as_slice().into()));
            }
            Entry::Occupied(mut place) => {
                self.counts.extend_from_slice(&place.get().0);
                normalise(&mut self.counts);
                place.insert(LineCounts(self.counts.as_slice().into()));
            }
        }
        self.counts.clear();
        Ok(())
    }
}

/// Sorts by line, and adds up what belongs to one line. Most sections are sorted already.
fn normalise(counts: &mut Vec<LineCount>) {
    if counts.windows(2).all(|pair| matches!(pair, [a, b] if a.line < b.line)) {
        return;
    }
    counts.sort_unstable_by_key(|count| count.line);
    counts.dedup_by(|later, earlier| {
        let same = later.line == earlier.line;
        if same {
            earlier.hits = earlier.hits.saturating_add(later.hits);
        }
        same
    });
}

/// `LINE,COUNT` or `LINE,COUNT,CHECKSUM`.
fn line_count(values: &[u8]) -> Option<LineCount> {
    let (line, rest) = number(values)?;
    let (hits, rest) = number(rest.strip_prefix(b",")?)?;
    let line = u32::try_from(line).ok().filter(|line| *line > 0)?;
    (rest.is_empty() || rest.starts_with(b",")).then_some(LineCount { line, hits })
}

/// The digits at the start, and what follows them. A number too large for its type is the largest.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value: u64 = 0;
    let mut length = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.saturating_mul(10).saturating_add(u64::from(digit));
        length += 1;
    }
    (length > 0).then(|| (value, bytes.get(length..).unwrap_or_default()))
}

fn outside(line: &[u8]) -> String {
    format!("`{}` stands outside a section (`SF` … `end_of_record`)", lossy(line))
}

fn lossy(line: &[u8]) -> String {
    // more than a message shows is not looked at: a line may be the whole file
    excerpt(&String::from_utf8_lossy(line.get(..400).unwrap_or(line)))
}

#[cfg(test)]
mod tests;
