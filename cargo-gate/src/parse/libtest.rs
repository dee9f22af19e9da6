//! The text of `cargo test --no-fail-fast` and `cargo test --doc --no-fail-fast`, with standard
//! output and standard error read from one pipe, as stable Rust has no machine-readable form of it.
//!
//! cargo heads the output of each test program with a `Running` or `Doc-tests` line; libtest
//! announces `running 3 tests` and closes with `test result: ok. 3 passed; …`. Those lines alone
//! are counted: each begins with a line break of its own, so nothing that tests print can get in
//! front of them. The lines of single tests are not used, as output of tests can fall inside them.
//!
//! What this text cannot show: the end of the whole run. Output that is cut between two test
//! programs looks complete, so the caller has to know that the pipe was read to its end. And a
//! program that announces no tests may be a test harness of its own, whose exit status says all.

mod scan;
mod section;

use std::fmt;

use self::scan::Mark;
use self::section::OpenSection;
use super::TestOutputError;
use super::text::plain_lines;

/// One call of `cargo test`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextRun {
    /// The test programs in the order of their run.
    pub sections: Vec<Section>,
    /// The targets of cargo's closing `error: 2 targets failed:`, such as `-p demo --lib`.
    pub failed_targets: Vec<String>,
}

/// One test program, or the documentation tests of one library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What was run.
    pub title: Title,
    /// Its program, as cargo shows it.
    pub executable: Option<String>,
    /// Its closed groups of tests: one with libtest, one or more with rustdoc, none with a harness
    /// of another kind.
    pub blocks: Vec<Block>,
    /// Why the program failed apart from its tests: a signal, an exit status, or an end before its
    /// `test result` line.
    pub crashed: Option<String>,
}

/// What a section is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Title {
    /// The unit tests of a library or program.
    Unit {
        /// Its root source file, relative to the package.
        path: String,
    },
    /// A test, example or benchmark target of its own.
    Integration {
        /// Its root source file, relative to the package.
        path: String,
    },
    /// Documentation tests.
    Doc {
        /// The library's name.
        library: String,
    },
}

/// One announced and closed group of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The number in `running N tests`.
    pub announced: u64,
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests marked `#[ignore]`.
    pub ignored: u64,
    /// Benchmarks that were measured.
    pub measured: u64,
    /// Tests that a filter left out.
    pub filtered: u64,
    /// The failed tests, as far as the text names them.
    pub failures: Vec<Failure>,
}

/// A failed test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name; for documentation tests such as `src/lib.rs - add (line 5)`.
    pub name: String,
    /// What it printed.
    pub output: String,
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit { path } => write!(f, "unit tests of {path}"),
            Self::Integration { path } => write!(f, "{path}"),
            Self::Doc { library } => write!(f, "documentation tests of {library}"),
        }
    }
}

impl TextRun {
    /// How many tests passed.
    pub fn passed(&self) -> u64 {
        self.sum(|block| block.passed)
    }

    /// How many tests failed, in programs that reached their end.
    pub fn failed(&self) -> u64 {
        self.sum(|block| block.failed)
    }

    /// How many tests are marked `#[ignore]`.
    pub fn ignored(&self) -> u64 {
        self.sum(|block| block.ignored)
    }

    /// How many tests ran to their end.
    pub fn ran(&self) -> u64 {
        self.sum(|block| block.passed.saturating_add(block.failed).saturating_add(block.measured))
    }

    /// No test failed, no program crashed and cargo names no failed target. True for zero tests:
    /// ask [`TextRun::ran`] too.
    pub fn nothing_failed(&self) -> bool {
        self.failed() == 0
            && self.failed_targets.is_empty()
            && self.sections.iter().all(|section| section.crashed.is_none())
    }

    fn sum(&self, number: impl Fn(&Block) -> u64) -> u64 {
        self.sections
            .iter()
            .flat_map(|section| &section.blocks)
            .fold(0, |sum, block| sum.saturating_add(number(block)))
    }
}

/// Reads the combined output of one call.
///
/// # Errors
///
/// When no test program was started, a result has other numbers than were announced, or belongs to
/// no announced tests. A program that ends before its result is not an error but
/// [`Section::crashed`].
pub fn parse(output: &[u8]) -> Result<TextRun, TestOutputError> {
    let lines = plain_lines(output);
    let mut run = TextRun::default();
    let mut open: Option<OpenSection<'_>> = None;
    for (index, line) in lines.iter().enumerate() {
        match scan::mark(line) {
            Some(Mark::Header { title, executable }) => {
                let next = OpenSection::new(&lines, title, executable);
                if let Some(section) = open.replace(next) {
                    section.close(&mut run)?;
                }
            }
            Some(mark) => {
                if let Some(section) = &mut open {
                    section.enter(mark, index)?;
                }
            }
            None => {}
        }
    }
    open.ok_or(TestOutputError::NoSections)?.close(&mut run)?;
    Ok(run)
}

#[cfg(test)]
mod tests;
