//! What `cargo semver-checks --package NAME` prints.
//!
//! Standard error tells what was done: `Checking NAME vX -> vY (change)`, `Checked … checks: …`, `Summary …`,
//! `Finished … NAME`. Standard output has a section for each check that failed or warned:
//!
//! ```text
//! --- failure function_missing: pub fn removed or renamed ---
//!
//! Description:
//! A publicly-visible function cannot be imported by its prior path. …
//!         ref: https://…
//!        impl: https://…
//!
//! Failed in:
//!   function a::b, previously in file /…/src/lib.rs:3
//! ```
//!
//! The sections are accepted only where they are as many as the line `Checked` counts.

use super::text::plain_lines;

/// One package compared with its baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The package.
    pub package: String,
    /// The version of the baseline.
    pub from: String,
    /// The version that was judged.
    pub to: String,
    /// The kind of step between them, in the tool's words: `major change`, `no change; assume patch`.
    pub change: String,
    /// How many checks were made.
    pub checks: u64,
    /// The version that the changes need: `major` or `minor`; none where the step is large enough.
    pub needs: Option<String>,
    /// What failed or warned.
    pub broken: Vec<Broken>,
}

/// A check that found something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Broken {
    /// The check's name.
    pub lint: String,
    /// What it finds.
    pub title: String,
    /// Whether it is a warning.
    pub warning: bool,
    /// Where to read more.
    pub reference: Option<String>,
    /// Each place, in the tool's words.
    pub places: Vec<String>,
}

/// Output that is cut short, contradicts itself, or is not of that tool.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the output of cargo-semver-checks cannot be believed: {0}")]
pub struct SemverChecksError(String);

/// Reads a run on one package.
///
/// # Errors
/// When the package was not checked to the end, or the sections are not those that it counts.
pub fn parse(stdout: &[u8], stderr: &[u8]) -> Result<Compared, SemverChecksError> {
    let mut run = Run::default();
    for line in plain_lines(stderr) {
        run.line(line.trim())?;
    }
    let broken = sections(&plain_lines(stdout));
    run.compared(broken)
}

/// Whether the step between the versions is large enough.
enum Step {
    LargeEnough,
    Needs(String),
}

/// What standard error says.
#[derive(Default)]
struct Run {
    checking: Option<(String, String, String, String)>,
    /// Checks made, failed, warned.
    counts: Option<(u64, u64, u64)>,
    summary: Option<Step>,
    finished: Option<String>,
}

impl Run {
    fn line(&mut self, line: &str) -> Result<(), SemverChecksError> {
        let Some((word, rest)) = line.split_once(char::is_whitespace) else { return Ok(()) };
        let rest = rest.trim();
        match word {
            "Checking" => once(&mut self.checking, checking(rest), word),
            "Checked" => once(&mut self.counts, counts(rest), word),
            "Summary" => once(&mut self.summary, summary(rest), word),
            "Finished" => {
                let name = rest.split_once(']').map(|(_, name)| name.trim().to_owned());
                once(&mut self.finished, name, word)
            }
            _ => Ok(()),
        }
    }

    fn compared(self, broken: Vec<Broken>) -> Result<Compared, SemverChecksError> {
        let missing = |what: &str| SemverChecksError(format!("it has no line `{what}`"));
        let (package, from, to, change) = self.checking.ok_or_else(|| missing("Checking"))?;
        let (checks, failed, warned) = self.counts.ok_or_else(|| missing("Checked"))?;
        let needs = match self.summary.ok_or_else(|| missing("Summary"))? {
            Step::LargeEnough => None,
            Step::Needs(step) => Some(step),
        };
        let finished = self.finished.ok_or_else(|| missing("Finished"))?;
        if finished != package {
            return Err(SemverChecksError(format!("it starts with `{package}` and ends with `{finished}`")));
        }
        let sections = |warning: bool| broken.iter().filter(|one| one.warning == warning).count() as u64;
        if (sections(false), sections(true)) != (failed, warned) {
            return Err(SemverChecksError(format!(
                "it counts {failed} failures and {warned} warnings, and shows others"
            )));
        }
        if let Some(empty) = broken.iter().find(|one| one.places.is_empty()) {
            return Err(SemverChecksError(format!("`{}` has no place", empty.lint)));
        }
        if needs.is_some() != (failed > 0) {
            return Err(SemverChecksError(format!("its summary contradicts its {failed} failures")));
        }
        if checks == 0 && !change.starts_with("major") {
            return Err(SemverChecksError("it made no check".to_owned()));
        }
        Ok(Compared { package, from, to, change, checks, needs, broken })
    }
}

fn once<T>(place: &mut Option<T>, read: Option<T>, word: &str) -> Result<(), SemverChecksError> {
    let read = read.ok_or_else(|| SemverChecksError(format!("its line `{word}` has another form")))?;
    match place.replace(read) {
        None => Ok(()),
        Some(_) => Err(SemverChecksError(format!("it has two lines `{word}`"))),
    }
}

/// `NAME v1.0.0 -> v1.1.0 (minor change)`
fn checking(text: &str) -> Option<(String, String, String, String)> {
    let (name, rest) = text.split_once(" v")?;
    let (from, rest) = rest.split_once(" -> v")?;
    let (to, change) = rest.split_once(" (")?;
    let words = [name, from, to, change.strip_suffix(')')?].map(|word| word.trim().to_owned());
    let [name, from, to, change] = words;
    Some((name, from, to, change))
}

/// `[   0.012s] 150 checks: 149 pass, 1 fail, 0 warn, 5 skip`, or without `fail` and `warn`.
fn counts(text: &str) -> Option<(u64, u64, u64)> {
    let (_, text) = text.split_once(']')?;
    let (checks, parts) = text.trim().split_once(" checks: ")?;
    let checks: u64 = checks.trim().parse().ok()?;
    let (mut passed, mut failed, mut warned) = (None, 0, 0);
    for part in parts.split(", ") {
        let (number, word) = part.trim().split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        match word {
            "pass" => passed = Some(number),
            "fail" => failed = number,
            "warn" => warned = number,
            _ => {}
        }
    }
    (passed?.checked_add(failed)?.checked_add(warned)? == checks).then_some((checks, failed, warned))
}

/// The step of the version, as the summary judges it.
fn summary(text: &str) -> Option<Step> {
    if text == "no semver update required" {
        return Some(Step::LargeEnough);
    }
    let needed = text.strip_prefix("semver requires new ")?.split(' ').next()?;
    matches!(needed, "major" | "minor").then(|| Step::Needs(needed.to_owned()))
}

fn sections(lines: &[String]) -> Vec<Broken> {
    let mut found: Vec<Broken> = Vec::new();
    let mut in_places = false;
    for line in lines {
        if let Some(section) = heading(line) {
            found.push(section);
            in_places = false;
        } else if let Some(section) = found.last_mut() {
            if line.trim() == "Failed in:" {
                in_places = true;
            } else if let Some(reference) = line.trim().strip_prefix("ref:").filter(|_| !in_places) {
                section.reference = Some(reference.trim().to_owned());
            } else if let Some(place) = line.strip_prefix("  ").filter(|_| in_places) {
                section.places.push(place.trim().to_owned());
            }
        }
    }
    found
}

/// `--- failure LINT: TITLE ---`
fn heading(text: &str) -> Option<Broken> {
    let inner = text.trim().strip_prefix("--- ")?.strip_suffix(" ---")?;
    let (kind, rest) = inner.split_once(' ')?;
    let warning = match kind {
        "failure" => false,
        "warning" => true,
        _ => return None,
    };
    let (name, title) = rest.split_once(": ")?;
    Some(Broken { lint: name.to_owned(), title: title.to_owned(), warning, ..Broken::default() })
}

#[cfg(test)]
mod tests;
