//! `JUnit` reports, the XML that test runners of all languages write.
//!
//! There is no standard; the elements are those that Ant's task writes and that Jenkins, Surefire, pytest,
//! gtest and nextest agree on: `testsuites` around `testsuite`s (which may nest) around `testcase`s, each
//! with a `failure`, `error` or `skipped` inside or none of them. The counts that suites state are compared
//! with the cases that are there.

mod count;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};

use self::count::{Claims, Counts};
use super::reported::ReportError;

pub(super) const FORMAT: &str = "JUnit";

/// A run of tests; it has at least one test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JunitReport {
    /// The tests in the order of the report.
    pub tests: Vec<JunitTest>,
}

/// One test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JunitTest {
    /// The class and name, or the suite and name where there is no class.
    pub name: String,
    /// How it ended.
    pub outcome: JunitOutcome,
    /// The message of a failure, or why it was skipped.
    pub message: String,
    /// What else a failure says: usually a trace.
    pub text: String,
    /// The file, where the report names one.
    pub file: Option<String>,
    /// The line, where the report names one.
    pub line: Option<u32>,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JunitOutcome {
    /// It passed.
    #[default]
    Passed,
    /// An assertion did not hold.
    Failed,
    /// It ended in another way than by an assertion.
    Errored,
    /// It was not run.
    Skipped,
}

impl JunitReport {
    /// The tests that failed or ended in an error.
    pub fn failed(&self) -> impl Iterator<Item = &JunitTest> {
        self.tests.iter().filter(|test| matches!(test.outcome, JunitOutcome::Failed | JunitOutcome::Errored))
    }

    /// How many tests ran.
    pub fn ran(&self) -> usize {
        self.tests.iter().filter(|test| test.outcome != JunitOutcome::Skipped).count()
    }
}

/// Reads a report.
///
/// # Errors
/// When the bytes are not XML of that form or end too early, when a suite counts other tests than it has,
/// and when there is no test at all.
pub fn parse(bytes: &[u8]) -> Result<JunitReport, ReportError> {
    let text = std::str::from_utf8(bytes).map_err(|_| form("it is not UTF-8"))?;
    if text.trim().is_empty() {
        return Err(form("it is empty"));
    }
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut state = State::default();
    loop {
        match reader.read_event().map_err(|error| form(&error.to_string()))? {
            Event::Start(element) => state.start(&element)?,
            Event::Empty(element) => {
                state.start(&element)?;
                state.end()?;
            }
            Event::End(_) => state.end()?,
            Event::Text(text) => state.text(&text.xml10_content())?,
            Event::CData(text) => state.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => state.reference(&reference)?,
            Event::Eof => return state.finish(),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// What is being read.
#[derive(Debug)]
enum Open {
    Suites(Suite),
    Suite(Suite),
    Case,
    /// The text of a failure, error or skip.
    Outcome,
    Other,
}

#[derive(Debug, Default)]
struct Suite {
    name: String,
    claims: Claims,
    /// The cases directly inside.
    own: Counts,
    /// Those of the suites inside too.
    all: Counts,
}

#[derive(Debug, Default)]
struct State {
    open: Vec<Open>,
    ended: bool,
    case: JunitTest,
    report: JunitReport,
}

impl State {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), ReportError> {
        let opened = match (self.open.last(), element.local_name().into_inner()) {
            (None, _) if self.ended => return Err(form("something follows its end")),
            (None, "testsuites") => Open::Suites(suite(element)?),
            (None | Some(Open::Suites(_) | Open::Suite(_)), "testsuite") => Open::Suite(suite(element)?),
            (None, name) => return Err(form(&format!("it starts with <{name}>, not with <testsuites>"))),
            (Some(Open::Suite(suite)), "testcase") => {
                let suite = suite.name.clone();
                self.case = case(element, &suite)?;
                Open::Case
            }
            (Some(Open::Case), "failure") => self.outcome(element, JunitOutcome::Failed)?,
            (Some(Open::Case), "error") => self.outcome(element, JunitOutcome::Errored)?,
            (Some(Open::Case), "skipped") => self.outcome(element, JunitOutcome::Skipped)?,
            (_, name @ ("testsuites" | "testsuite" | "testcase" | "failure" | "error")) => {
                return Err(form(&format!("<{name}> stands where it may not")));
            }
            _ => Open::Other,
        };
        self.open.push(opened);
        Ok(())
    }

    /// The outcome of the case that is open; of several, the first failure or error counts.
    fn outcome(&mut self, element: &BytesStart<'_>, outcome: JunitOutcome) -> Result<Open, ReportError> {
        if matches!(self.case.outcome, JunitOutcome::Failed | JunitOutcome::Errored) {
            return Ok(Open::Other);
        }
        self.case.outcome = outcome;
        self.case.message = attribute(element, "message")?.unwrap_or_default();
        Ok(Open::Outcome)
    }

    fn text(&mut self, text: &str) -> Result<(), ReportError> {
        match self.open.last() {
            None if !text.trim().is_empty() => return Err(form("there is text outside its elements")),
            Some(Open::Outcome) => self.case.text.push_str(text),
            _ => {}
        }
        Ok(())
    }

    /// `&lt;` or `&#10;` in a text.
    fn reference(&mut self, reference: &quick_xml::events::BytesRef<'_>) -> Result<(), ReportError> {
        let character = reference.resolve_char_ref().map_err(|error| form(&error.to_string()))?;
        let name = reference.borrow().into_inner();
        let text = match character {
            Some(character) => character.to_string(),
            None => escape::resolve_xml_entity(&name)
                .ok_or_else(|| form(&format!("&{name}; stands for nothing")))?
                .to_owned(),
        };
        self.text(&text)
    }

    fn end(&mut self) -> Result<(), ReportError> {
        match self.open.pop() {
            Some(Open::Suites(suite) | Open::Suite(suite)) => {
                suite.claims.check(&suite.name, suite.own, suite.all)?;
                if let Some(Open::Suites(around) | Open::Suite(around)) = self.open.last_mut() {
                    around.all += suite.all;
                }
            }
            Some(Open::Case) => {
                let case = std::mem::take(&mut self.case);
                if let Some(Open::Suite(suite)) = self.open.last_mut() {
                    suite.own += Counts::of(case.outcome);
                    suite.all += Counts::of(case.outcome);
                }
                self.report.tests.push(case);
            }
            Some(Open::Outcome | Open::Other) => {}
            None => return Err(form("an element ends that has not begun")),
        }
        self.ended = self.open.is_empty();
        Ok(())
    }

    fn finish(self) -> Result<JunitReport, ReportError> {
        if !self.ended {
            return Err(form("it ends before its last element does"));
        }
        if self.report.tests.is_empty() {
            return Err(ReportError::Nothing { format: FORMAT, what: "there is no test in it".to_owned() });
        }
        Ok(self.report)
    }
}

fn suite(element: &BytesStart<'_>) -> Result<Suite, ReportError> {
    let name = attribute(element, "name")?.unwrap_or_default();
    let claim = |key: &str| -> Result<Option<u64>, ReportError> {
        let Some(text) = attribute(element, key)? else { return Ok(None) };
        let number = text.trim().parse();
        number.map(Some).map_err(|_| form(&format!("`{key}` of the suite `{name}` is `{text}`")))
    };
    let claims = Claims {
        tests: claim("tests")?,
        failures: claim("failures")?,
        errors: claim("errors")?,
        skipped: claim("skipped")?,
    };
    Ok(Suite { name, claims, ..Suite::default() })
}

fn case(element: &BytesStart<'_>, suite: &str) -> Result<JunitTest, ReportError> {
    let name = attribute(element, "name")?.ok_or_else(|| form("a test has no name"))?;
    let class = attribute(element, "classname")?.unwrap_or_else(|| suite.to_owned());
    // gtest's word for a test that is turned off
    let not_run = attribute(element, "status")?.as_deref() == Some("notrun");
    Ok(JunitTest {
        name: if class.is_empty() { name } else { format!("{class} {name}") },
        outcome: if not_run { JunitOutcome::Skipped } else { JunitOutcome::Passed },
        file: attribute(element, "file")?.filter(|file| !file.is_empty()),
        line: attribute(element, "line")?.and_then(|line| line.parse().ok()).filter(|line| *line > 0),
        ..JunitTest::default()
    })
}

fn attribute(element: &BytesStart<'_>, key: &str) -> Result<Option<String>, ReportError> {
    let found = element.try_get_attribute(key).map_err(|error| form(&error.to_string()))?;
    let value =
        found.map(|found| found.normalized_value(XmlVersion::Implicit1_0).map(std::borrow::Cow::into_owned));
    value.transpose().map_err(|error| form(&error.to_string()))
}

fn form(what: &str) -> ReportError {
    ReportError::Form { format: FORMAT, what: what.to_owned() }
}

#[cfg(test)]
mod tests;
