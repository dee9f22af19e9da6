//! What steps gave. Gates read it through accessors that turn every way in which a step can fail
//! to answer into [`Unreadable`], so that no gate can forget one.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Step;
use super::base::{AgainstBase, Base};
use super::bench::BaseBuilt;
use super::measure::{Counts, Instrumented, LlvmTools};
use cargo_metadata::Metadata;
use jiff::Timestamp;

use crate::advisory::LockedPackage;
use crate::bench::BenchRun;
use crate::exec::{AdvisoryDb, Yanked};
use crate::finding::{Excerpt, Finding, Place};
use crate::gate::{Metric, Unreadable};
use crate::parse::git_diff::Changes;
use crate::parse::rustfmt::Hunk;
use crate::policy::Texts;
use crate::release::BuiltProgram;
use crate::repro::Rebuilt;
use crate::scan::{FileScan, LineIndex, scan};
use crate::secret::Tree;
use crate::test_run::History;

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By itself, with this exit code.
    Code(i32),
    /// Killed by this signal.
    Signal(i32),
    /// Ended by us: it ran longer than it may.
    TimedOut(Duration),
    /// Ended by us: the run was interrupted.
    Cancelled,
    /// There is no such program.
    NotFound,
    /// The system could not start it, or its output could not be read.
    NotStarted(String),
    /// It wrote more than we keep.
    TooMuchOutput,
}

/// One finished call of a tool.
#[derive(Debug, Clone)]
pub struct Captured {
    /// What was called, for messages.
    pub what: String,
    /// How it ended.
    pub end: End,
    /// Its standard output (and standard error, where both go through one pipe).
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// From start to end.
    pub duration: Duration,
}

impl Captured {
    /// The exit code of a process that ended by itself.
    ///
    /// # Errors
    /// For every other end: the gate could not judge.
    pub fn exit_code(&self) -> Result<i32, Unreadable> {
        let what = &self.what;
        match &self.end {
            End::Code(code) => Ok(*code),
            End::Signal(signal) => {
                Err(Unreadable::crashed(format!("`{what}` was killed by signal {signal}")))
            }
            End::TimedOut(limit) => Err(Unreadable::timed_out(what, *limit)),
            End::Cancelled => Err(Unreadable::interrupted()),
            End::NotFound => Err(Unreadable::unavailable(format!("`{what}`: there is no such program"))),
            End::NotStarted(cause) => Err(Unreadable::crashed(format!("`{what}` could not be run: {cause}"))),
            End::TooMuchOutput => {
                Err(Unreadable::garbage(format!("`{what}` wrote more output than can be kept")))
            }
        }
    }
}

/// Why a source could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Where in the file.
    pub line: u32,
    /// What is wrong, and what to do.
    pub cause: String,
}

/// A Rust source file of the workspace.
pub struct SourceFile {
    /// Relative to the workspace root.
    pub path: String,
    /// Index of the owning package in the facts; none where only the workspace root owns it.
    pub package: Option<usize>,
    /// Its text, or why it could not be read.
    pub text: Result<String, Unread>,
    scan: OnceLock<FileScan>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// A file as read.
    pub fn new(path: String, package: Option<usize>, text: Result<String, Unread>) -> Self {
        Self { path, package, text, scan: OnceLock::new(), lines: OnceLock::new() }
    }

    /// Its text; empty where it could not be read (see [`Sources::complete`]).
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// What the scanner finds in it, computed once for all gates.
    pub fn scan(&self) -> &FileScan {
        self.scan.get_or_init(|| scan(self.text()))
    }

    /// Its line starts, computed once.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(self.text()))
    }

    /// A finding at those bytes of the file: place, excerpt, and the source line as its anchor.
    #[must_use]
    pub fn point(&self, finding: Finding, span: Range<usize>) -> Finding {
        let lines = self.lines();
        let (start, end) = (lines.position(span.start), lines.position(span.end));
        let first = lines.line_text(self.text(), start.line);
        let place = Place {
            file: self.path.clone(),
            line: Some(start.line),
            column: Some(start.column),
            end_line: Some(end.line),
            end_column: Some(end.column),
        };
        let offset: usize =
            first.chars().take(start.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
        let marked = (span.end - span.start).min(first.len().saturating_sub(offset)).max(1);
        let mark = offset..(offset + marked).min(first.len().max(offset));
        let excerpt = Excerpt { text: first.to_owned(), first_line: start.line, mark };
        finding.at(place).anchor(first).excerpt(Some(excerpt))
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// All Rust source files of the judged packages.
#[derive(Debug, Default)]
pub struct Sources {
    /// Sorted by path.
    pub files: Vec<SourceFile>,
}

impl Sources {
    /// The files, where each of them could be read.
    ///
    /// # Errors
    /// Names the first file that could not, and why.
    pub fn complete(&self) -> Result<&[SourceFile], Unreadable> {
        match self.files.iter().find_map(|file| Some((file, file.text.as_ref().err()?))) {
            None => Ok(&self.files),
            Some((file, Unread { line, cause })) => {
                Err(Unreadable::garbage(format!("{}:{line}: {cause}", file.path)))
            }
        }
    }

    /// The file of that path.
    pub fn get(&self, path: &str) -> Option<&SourceFile> {
        let index = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(index)
    }
}

/// One file of the workspace as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileRead {
    /// Its bytes.
    Content(Vec<u8>),
    /// There is none.
    Missing,
    /// There is one, and it cannot be read.
    Failed(String),
}

/// What rustfmt made of a source file, named by its path.
#[derive(Debug)]
pub enum Formatted {
    /// It looked at the file and would change these places.
    Checked(String, Vec<Hunk>),
    /// It was given the file, and this is its answer.
    Answered(String, Captured),
}

impl Formatted {
    /// The file's path.
    pub fn path(&self) -> &str {
        match self {
            Self::Checked(path, _) | Self::Answered(path, _) => path,
        }
    }
}

/// What one step gave.
#[derive(Debug)]
pub enum Observed {
    /// A tool's end and output.
    Tool(Captured),
    /// The sources.
    Sources(Sources),
    /// What rustfmt made of each source, in the order of the sources.
    Format(Vec<Formatted>),
    /// A file.
    File(FileRead),
    /// The packages of the lock file, or why they cannot be known.
    Lock(Result<Vec<LockedPackage>, Unreadable>),
    /// The advisories.
    Advisories {
        /// The database, or why it cannot serve.
        read: Result<AdvisoryDb, Unreadable>,
        /// When it was read.
        at: Timestamp,
    },
    /// What is known about yanked versions.
    Yanked(Yanked),
    /// The hashes of licence texts.
    LicenseTexts {
        /// The hashes, or why the texts cannot be found.
        read: Result<Texts, Unreadable>,
        /// When they were read.
        at: Timestamp,
    },
    /// What `cargo metadata` said, and the same as read.
    Graph(Captured, Result<Box<Metadata>, Unreadable>),
    /// The base revision.
    Base(AgainstBase<Base>),
    /// What differs from it.
    Changes(AgainstBase<Changes>),
    /// A file as of the base.
    BaseFile(AgainstBase<Vec<u8>>),
    /// A gate's figures of the base.
    BaseFigures(AgainstBase<BTreeMap<String, Metric>>),
    /// When the sources are from; none where nothing tells.
    SourceTime(Result<Option<Timestamp>, Unreadable>),
    /// The secrets.
    Secrets {
        /// What was found, or why nobody could look.
        read: Result<Tree, Unreadable>,
        /// When.
        at: Timestamp,
    },
    /// What two builds gave, or why they cannot be compared.
    Twin(Result<Rebuilt, Unreadable>),
    /// The programs of a build, or why they cannot be judged.
    Programs(Result<Vec<BuiltProgram>, Unreadable>),
    /// LLVM's tools, or why none fits.
    LlvmTools(Result<LlvmTools, Unreadable>),
    /// An instrumented run.
    Instrumented(Instrumented),
    /// The line counts of instrumented runs, or why there are none.
    Counts(Result<Counts, Unreadable>),
    /// The outcomes of all test runs on this tree; none where it is not a commit's.
    TestHistory(Result<Option<History>, Unreadable>),
    /// The base's benches, built.
    BaseBenches(AgainstBase<BaseBuilt>),
    /// The measured benches.
    Benches(AgainstBase<BenchRun>),
}

/// The evidence of all finished steps.
#[derive(Debug, Default, Clone)]
pub struct Evidence {
    observed: HashMap<Step, Arc<Observed>>,
}

impl Evidence {
    /// Adds what a step gave.
    pub fn insert(&mut self, step: Step, observed: Arc<Observed>) {
        self.observed.insert(step, observed);
    }

    /// What the step gave, if it was done.
    pub fn get(&self, step: &Step) -> Option<&Observed> {
        self.observed.get(step).map(Arc::as_ref)
    }

    /// A tool's output.
    ///
    /// # Errors
    /// When the step was not done.
    pub fn tool(&self, step: &Step) -> Result<&Captured, Unreadable> {
        match self.get(step) {
            Some(Observed::Tool(captured) | Observed::Graph(captured, _)) => Ok(captured),
            Some(Observed::Instrumented(run)) => Ok(&run.captured),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// The resolved dependency graph.
    ///
    /// # Errors
    /// When the step was not done, or cargo could not resolve the graph.
    pub fn graph(&self, step: &Step) -> Result<&Metadata, Unreadable> {
        match self.get(step) {
            Some(Observed::Graph(_, read)) => read.as_deref().map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// What two builds gave.
    ///
    /// # Errors
    /// When the step was not done, or one of the builds failed.
    pub fn twin(&self, step: &Step) -> Result<&Rebuilt, Unreadable> {
        match self.get(step) {
            Some(Observed::Twin(read)) => read.as_ref().map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// The programs of a build.
    ///
    /// # Errors
    /// When the step was not done, the build failed or named too few programs, or one cannot be read.
    pub fn programs(&self, step: &Step) -> Result<&[BuiltProgram], Unreadable> {
        match self.get(step) {
            Some(Observed::Programs(read)) => read.as_deref().map_err(Clone::clone),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// The sources, each of them readable.
    ///
    /// # Errors
    /// When the step was not done or a file could not be read.
    pub fn sources(&self) -> Result<&Sources, Unreadable> {
        match self.get(&Step::Sources) {
            Some(Observed::Sources(sources)) => sources.complete().map(|_| sources),
            _ => Err(Unreadable::not_done(&Step::Sources)),
        }
    }

    /// The packages of the lock file.
    ///
    /// # Errors
    /// When the step was not done, or the file is missing or cannot be read.
    pub fn lock(&self) -> Result<&[LockedPackage], Unreadable> {
        match self.get(&Step::Lock) {
            Some(Observed::Lock(read)) => read.as_deref().map_err(Clone::clone),
            _ => Err(Unreadable::not_done(&Step::Lock)),
        }
    }

    /// When the sources are from; none where there is no commit and nobody says.
    ///
    /// # Errors
    /// When the step was not done, or the time is none.
    pub fn source_time(&self) -> Result<Option<Timestamp>, Unreadable> {
        match self.get(&Step::SourceTime) {
            Some(Observed::SourceTime(read)) => read.clone(),
            _ => Err(Unreadable::not_done(&Step::SourceTime)),
        }
    }

    /// What a look for secrets gave, and when.
    ///
    /// # Errors
    /// When the step was not done, or what differs from the base cannot be known.
    pub fn secrets(&self, step: &Step) -> Result<(&Tree, Timestamp), Unreadable> {
        match self.get(step) {
            Some(Observed::Secrets { read, at }) => Ok((read.as_ref().map_err(Clone::clone)?, *at)),
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// The hashes of the licence texts that are clarified, and when they were read.
    ///
    /// # Errors
    /// When the step was not done, or the policy or the graph that it needs cannot be read.
    pub fn license_texts(&self, step: &Step) -> Result<(&Texts, Timestamp), Unreadable> {
        match self.get(step) {
            Some(Observed::LicenseTexts { read, at }) => {
                read.as_ref().map(|texts| (texts, *at)).map_err(Clone::clone)
            }
            _ => Err(Unreadable::not_done(step)),
        }
    }

    /// rustfmt's answers.
    ///
    /// # Errors
    /// When the step was not done.
    pub fn formatted(&self) -> Result<&[Formatted], Unreadable> {
        match self.get(&Step::Format) {
            Some(Observed::Format(formatted)) => Ok(formatted),
            _ => Err(Unreadable::not_done(&Step::Format)),
        }
    }

    /// The text of a file of the workspace; none where there is no such file.
    ///
    /// # Errors
    /// When the step was not done, or the file cannot be read as text.
    pub fn text(&self, path: &str) -> Result<Option<&str>, Unreadable> {
        match self.file(&Step::File { path: path.to_owned() })? {
            FileRead::Content(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(Unreadable::garbage(format!("{path} is not UTF-8"))),
            },
            FileRead::Missing => Ok(None),
            FileRead::Failed(cause) => Err(Unreadable::garbage(format!("{path}: {cause}"))),
        }
    }

    /// A file of the workspace.
    ///
    /// # Errors
    /// When the step was not done.
    pub fn file(&self, step: &Step) -> Result<&FileRead, Unreadable> {
        match self.get(step) {
            Some(Observed::File(read)) => Ok(read),
            _ => Err(Unreadable::not_done(step)),
        }
    }
}
