//! What a gate may ask for. Steps are values: two gates that ask for equal steps share one.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::bench::BenchCall;
use super::measure::Instrument;
use super::{SemverCall, Timing, Tool};
use crate::bench::RecordedIn;
use crate::policy;

/// One effect that a gate needs before it can judge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Step {
    /// A call of a tool.
    Tool(ToolCall),
    /// The same, after others.
    ToolAfter {
        /// The call.
        call: ToolCall,
        /// What must have been done before it.
        after: Vec<Step>,
    },
    /// clippy on all targets.
    Clippy {
        /// The call.
        call: ToolCall,
        /// Whether the run has the dependencies built for its tests, so that clippy can take them from there.
        with_tests: bool,
    },
    /// Every Rust source file of the judged packages, read once for all gates.
    Sources,
    /// Those files as rustfmt would write them.
    Format,
    /// The root manifest and those of the members, read together: there may be hundreds.
    Manifests,
    /// One file of the workspace.
    File {
        /// Relative to the workspace root.
        path: String,
    },
    /// The first of those files in the workspace root, else in the nearest folder above it that has one.
    NearestFile {
        /// Relative to a folder, in the order in which they are looked for there.
        names: &'static [&'static str],
    },
    /// Whether that file is older than the sources.
    ChangedSince {
        /// Relative to the workspace root.
        path: String,
    },
    /// The packages of `Cargo.lock`.
    Lock,
    /// The advisories of the packages that `Cargo.lock` names.
    Advisories {
        /// A folder with the database; none for the managed one in the user's cache.
        database: Option<String>,
        /// Where the managed one is cloned from, if not from its usual home.
        url: Option<String>,
        /// Whether a missing managed one is not fetched.
        offline: bool,
    },
    /// The licence texts that clarifications of the dependency policy rest on, hashed.
    LicenseTexts {
        /// As of the graph's step.
        offline: bool,
    },
    /// What cargo's own index cache says about yanked versions of those packages.
    Yanked,
    /// The resolved dependency graph with all features: one `cargo metadata` for all gates. It also
    /// tells whether the lock file is there and in step with the manifests.
    Graph {
        /// Without any network.
        offline: bool,
    },
    /// The revision that a change is compared with.
    Base {
        /// As the user names it; none to find it.
        named: Option<String>,
    },
    /// The lines that differ from the base, and the files that are new.
    Changes {
        /// The base, as in [`Step::Base`].
        base: Option<String>,
    },
    /// One file as of the base.
    BaseFile {
        /// Relative to the workspace root.
        path: String,
        /// The base, as in [`Step::Base`].
        base: Option<String>,
    },
    /// The figures that an earlier run of a gate recorded for the base's tree.
    BaseFigures {
        /// The gate.
        gate: String,
        /// The base, as in [`Step::Base`].
        base: Option<String>,
    },
    /// A program of the workspace's own.
    Program(ProgramCall),
    /// The bench programs of the base, built.
    BaseBenches {
        /// The base, as in [`Step::Base`].
        base: Option<String>,
        /// The build, carried out in the base's tree.
        build: ToolCall,
    },
    /// The benches of the base and of the head, measured.
    Benches(BenchCall),
    /// Benches of both that were recorded before.
    Recorded {
        /// Where.
        from: RecordedIn,
    },
    /// What git has under each of those names: `git cat-file --batch-check`, whose answers are a tool's.
    Objects {
        /// Names of revisions, as git knows them.
        names: Vec<String>,
    },
    /// A program that is run several times, to measure its time and memory.
    Timing(Timing),
    /// A package's public API against its last release.
    SemverChecks(SemverCall),
    /// The files of the programs that a build made.
    Programs {
        /// The build, with JSON messages.
        build: ToolCall,
    },
    /// When the sources are from: `SOURCE_DATE_EPOCH`, or the time of the last commit.
    SourceTime,
    /// The hooks of the repository.
    Hooks,
    /// A second build of the workspace, of a copy in another place, compared with the first.
    Twin {
        /// The first build, with JSON messages.
        build: ToolCall,
        /// Without any network.
        offline: bool,
    },
    /// A look for secrets in the text files of the tree.
    Secrets {
        /// Which files.
        scope: Scope,
        /// The largest file that is looked at, in bytes.
        most_bytes: u64,
    },
    /// LLVM's tools that read line counts.
    LlvmTools {
        /// Whether the toolchain is asked about doctests as well.
        doctests: bool,
    },
    /// A test run whose code counts the lines that it reaches.
    Instrumented(Box<Instrument>),
    /// The line counts of instrumented runs.
    Counts {
        /// The runs.
        runs: Vec<Step>,
        /// As in [`Step::LlvmTools`].
        doctests: bool,
    },
    /// The line counts of the base revision, from the same runs on a private copy of it. Nothing runs where
    /// its figures are recorded.
    BaseCounts {
        /// The runs.
        runs: Vec<Step>,
        /// As in [`Step::LlvmTools`].
        doctests: bool,
        /// The gate whose recorded figures make it needless.
        gate: String,
        /// The base, as in [`Step::Base`].
        base: Option<String>,
    },
    /// The outcomes of the tests in all runs on this tree, that run included.
    TestHistory {
        /// The run.
        run: Box<Step>,
        /// What beside the tree the outcomes hang on.
        key: String,
    },
}

/// Which files of the tree are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum Scope {
    /// All.
    Tree,
    /// Those of a change, and what it stages and commits: what no remote repository has yet.
    Change {
        /// The base that somebody names, as in [`Step::Base`].
        base: Option<String>,
        /// Whether the commits are to be pushed: then they count even where no remote is known.
        pushed: bool,
        /// The commits, as arguments of `git rev-list`, where git has told which they are.
        range: Option<String>,
    },
}

impl Step {
    /// The steps that must have been done before this one.
    pub fn after(&self) -> Vec<Step> {
        match self {
            Self::Format => vec![Self::Sources],
            Self::ToolAfter { after, .. } => after.clone(),
            Self::Advisories { .. } | Self::Yanked => vec![Self::Lock],
            Self::Changes { base }
            | Self::BaseFile { base, .. }
            | Self::BaseFigures { base, .. }
            | Self::BaseBenches { base, .. } => {
                vec![Self::Base { named: base.clone() }]
            }
            Self::LicenseTexts { offline } => {
                policy::FILES.into_iter().chain([Self::Graph { offline: *offline }]).collect()
            }
            Self::Program(ProgramCall { program: Executable::Built { build, .. }, .. })
            | Self::Timing(Timing {
                call: ProgramCall { program: Executable::Built { build, .. }, .. },
                ..
            }) => {
                vec![Self::Tool(build.clone())]
            }
            Self::Benches(call) => call.after(),
            Self::Programs { build } => vec![Self::Tool(build.clone())],
            Self::Twin { build, offline } => {
                vec![Self::Tool(build.clone()), Self::Graph { offline: *offline }]
            }
            Self::Instrumented(run) => vec![run.tools()],
            Self::Counts { runs, doctests } => {
                let tools = Self::LlvmTools { doctests: *doctests };
                std::iter::once(tools).chain(runs.iter().cloned()).collect()
            }
            Self::BaseCounts { doctests, gate, base, .. } => vec![
                Self::LlvmTools { doctests: *doctests },
                Self::Base { named: base.clone() },
                Self::BaseFigures { gate: gate.clone(), base: base.clone() },
            ],
            Self::TestHistory { run, .. } => vec![(**run).clone()],
            Self::LlvmTools { .. }
            | Self::Tool(_)
            | Self::Clippy { .. }
            | Self::Sources
            | Self::SourceTime
            | Self::Hooks
            | Self::Secrets { .. }
            | Self::Manifests
            | Self::File { .. }
            | Self::NearestFile { .. }
            | Self::ChangedSince { .. }
            | Self::Lock
            | Self::Graph { .. }
            | Self::Base { .. }
            | Self::Objects { .. }
            | Self::Recorded { .. }
            | Self::SemverChecks(_)
            | Self::Timing(_)
            | Self::Program(_) => Vec::new(),
        }
    }

    /// Whether it holds the target directory's build lock.
    pub fn builds(&self) -> bool {
        match self {
            Self::Tool(call) | Self::ToolAfter { call, .. } | Self::Clippy { call, .. } => call.builds,
            Self::Instrumented(_)
            | Self::BaseCounts { .. }
            | Self::SemverChecks(_)
            | Self::BaseBenches { .. }
            | Self::Twin { .. } => true,
            _ => false,
        }
    }

    /// Whether it runs while nothing else does, since it measures time.
    pub fn exclusive(&self) -> bool {
        matches!(self, Self::Timing(_) | Self::Benches(_))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool(call) | Self::ToolAfter { call, .. } | Self::Clippy { call, .. } => {
                write!(f, "{call}")
            }
            Self::Sources => write!(f, "read the Rust sources"),
            Self::Format => write!(f, "rustfmt on each source"),
            Self::Manifests => write!(f, "read the manifests"),
            Self::File { path } => write!(f, "read {path}"),
            Self::NearestFile { names } => write!(f, "look for {}", names.join(", ")),
            Self::ChangedSince { path } => write!(f, "look what was changed after {path}"),
            Self::Lock => write!(f, "read Cargo.lock"),
            Self::Advisories { .. } => write!(f, "read the advisory database"),
            Self::Yanked => write!(f, "read cargo's index cache"),
            Self::LicenseTexts { .. } => write!(f, "read the licence texts that are clarified"),
            Self::Graph { .. } => write!(f, "cargo metadata --locked --all-features"),
            Self::Base { named: Some(name) } => write!(f, "find the base revision {name}"),
            Self::Base { named: None } => write!(f, "find the base revision"),
            Self::Changes { .. } => write!(f, "git diff against the base"),
            Self::BaseFile { path, .. } => write!(f, "read {path} of the base"),
            Self::BaseFigures { gate, .. } => write!(f, "recorded figures of {gate} for the base"),
            Self::Program(call) => write!(f, "{call}"),
            Self::BaseBenches { .. } => write!(f, "build the benches of the base"),
            Self::Benches(call) => write!(f, "{call}"),
            Self::Recorded { from } => {
                let [base, head] = from.sides();
                write!(f, "read the benches of {base} and of {head}")
            }
            Self::Timing(Timing { call, runs, .. }) => write!(f, "{call} ({runs} runs)"),
            Self::Hooks => write!(f, "look for git's hooks"),
            Self::SourceTime => write!(f, "find the time of the sources"),
            Self::SemverChecks(call) => write!(f, "cargo semver-checks --package {}", call.package),
            Self::Secrets { .. } => write!(f, "look for secrets"),
            Self::Twin { .. } => write!(f, "build a copy of the workspace elsewhere, and compare"),
            Self::Programs { .. } => write!(f, "read the programs of the release build"),
            Self::LlvmTools { .. } => write!(f, "try LLVM's coverage tools"),
            Self::Instrumented(run) => write!(f, "{} (instrumented)", run.call),
            Self::Counts { .. } => write!(f, "llvm-cov export"),
            Self::BaseCounts { .. } => write!(f, "count the lines of the base revision"),
            Self::TestHistory { .. } => write!(f, "record the outcomes of the tests"),
            Self::Objects { .. } => write!(f, "git cat-file --batch-check"),
        }
    }
}

/// A call of a tool in the workspace root.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ToolCall {
    /// Which tool.
    pub tool: Tool,
    /// Its arguments.
    pub args: Vec<String>,
    /// Environment variables set for it beyond the clean ones that every tool gets.
    pub env: Vec<(String, String)>,
    /// How its output is captured.
    pub streams: Streams,
    /// Whether it compiles, and so waits for the target directory's build lock.
    pub builds: bool,
}

impl fmt::Display for ToolCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // a subcommand's own program is called as people call it, through cargo
        let program = if self.tool.is_subcommand() { Tool::Cargo } else { self.tool };
        f.write_str(program.program())?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
}

/// A call of a program that is the workspace's own, or named in the config.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ProgramCall {
    /// Which program.
    pub program: Executable,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where it runs, relative to the workspace root; empty for the root.
    pub folder: String,
    /// The longest it may take, where that is less than the gate's time-out.
    pub limit: Option<Duration>,
}

impl fmt::Display for ProgramCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.program {
            Executable::Built { name, .. } | Executable::Named(name) => f.write_str(name)?,
        }
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
}

/// Where a program comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Executable {
    /// A program that a build of the workspace made.
    Built {
        /// The name of its target.
        name: String,
        /// The build, with JSON messages.
        build: ToolCall,
    },
    /// A path with a separator, relative to the workspace root; else a name on the search path.
    Named(String),
}

/// How standard output and standard error are captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Streams {
    /// Each by itself.
    Separate,
    /// Both through one pipe, so that their order is kept.
    Joined,
}
