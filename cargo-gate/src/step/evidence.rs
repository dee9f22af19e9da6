//! What steps gave. Gates read it through accessors that turn every way in which a step can fail
//! to answer into [`Unreadable`], so that no gate can forget one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::base::{AgainstBase, Base};
use super::bench::BaseBuilt;
use super::measure::{BaseCounts, Counts, Instrumented, LlvmTools};
use super::{Captured, SemverRun, Sources, Step};
use cargo_metadata::Metadata;
use jiff::Timestamp;

use crate::advisory::LockedPackage;
use crate::bench::{BenchRun, Records};
use crate::exec::{AdvisoryDb, Yanked};
use crate::gate::{Metric, Unreadable};
use crate::hooks::Repository;
use crate::parse::git_diff::Changes;
use crate::parse::rustfmt::Hunk;
use crate::policy::Texts;
use crate::release::BuiltProgram;
use crate::repro::Rebuilt;
use crate::secret::Tree;
use crate::test_run::History;

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
    /// The manifests, each by its path from the workspace root.
    Manifests(BTreeMap<String, FileRead>),
    /// A file.
    File(FileRead),
    /// A file that was looked for, by its path from the workspace root; none where there is none.
    NearestFile(Option<(String, FileRead)>),
    /// The source, manifest or lock file that was last changed after a file was written, if one was.
    ChangedSince(Result<Option<String>, Unreadable>),
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
    /// The hooks of the repository; none where there is no repository.
    Hooks(Result<Option<Repository>, Unreadable>),
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
    /// The line counts of the base revision; none where they are recorded, or there is no base.
    BaseCounts(AgainstBase<BaseCounts>),
    /// The outcomes of all test runs on this tree; none where it is not a commit's.
    TestHistory(Result<Option<History>, Unreadable>),
    /// The base's benches, built.
    BaseBenches(AgainstBase<BaseBuilt>),
    /// The measured benches.
    Benches(AgainstBase<BenchRun>),
    /// The records of benches, or why they are none.
    Recorded(Result<Records, Unreadable>),
    /// A comparison with the last release, or why nobody can say which it is.
    SemverChecks(Result<SemverRun, Unreadable>),
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

    /// What all steps gave, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Observed> {
        self.observed.values().map(Arc::as_ref)
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

    /// The hooks of the repository; none where there is no repository.
    ///
    /// # Errors
    /// When the step was not done, or git gave no answer.
    pub fn hooks(&self) -> Result<Option<&Repository>, Unreadable> {
        match self.get(&Step::Hooks) {
            Some(Observed::Hooks(found)) => found.as_ref().map(Option::as_ref).map_err(Clone::clone),
            _ => Err(Unreadable::not_done(&Step::Hooks)),
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
        text_of(path, self.file(&Step::File { path: path.to_owned() })?)
    }

    /// The text of a manifest.
    ///
    /// # Errors
    /// When the step was not done, or the file is gone or cannot be read as text.
    pub fn manifest(&self, path: &str) -> Result<&str, Unreadable> {
        let read = match self.get(&Step::Manifests) {
            Some(Observed::Manifests(read)) => read.get(path),
            _ => None,
        };
        let read = read.ok_or_else(|| Unreadable::not_done(&Step::Manifests))?;
        text_of(path, read)?.ok_or_else(|| Unreadable::garbage(format!("{path} is gone")))
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

    /// What was changed after a file was written.
    ///
    /// # Errors
    /// When the step was not done, or a time could not be read.
    pub fn changed_since(&self, step: &Step) -> Result<Option<&str>, Unreadable> {
        match self.get(step) {
            Some(Observed::ChangedSince(read)) => Ok(read.as_ref().map_err(Clone::clone)?.as_deref()),
            _ => Err(Unreadable::not_done(step)),
        }
    }
}

/// The text of a file; none where there is no such file.
fn text_of<'a>(path: &str, read: &'a FileRead) -> Result<Option<&'a str>, Unreadable> {
    match read {
        FileRead::Content(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Unreadable::garbage(format!("{path} is not UTF-8"))),
        },
        FileRead::Missing => Ok(None),
        FileRead::Failed(cause) => Err(Unreadable::garbage(format!("{path}: {cause}"))),
    }
}
