//! What a gate may ask for. Steps are values: two gates that ask for equal steps share one.

use std::fmt;

use serde::Serialize;

/// One effect that a gate needs before it can judge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Step {
    /// A call of a tool.
    Tool(ToolCall),
    /// Every Rust source file of the judged packages, read once for all gates.
    Sources,
    /// Those files as rustfmt would write them.
    Format,
    /// One file of the workspace.
    File {
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
    /// What cargo's own index cache says about yanked versions of those packages.
    Yanked,
}

impl Step {
    /// The steps that must have been done before this one.
    pub fn after(&self) -> Vec<Step> {
        match self {
            Self::Format => vec![Self::Sources],
            Self::Advisories { .. } | Self::Yanked => vec![Self::Lock],
            Self::Tool(_) | Self::Sources | Self::File { .. } | Self::Lock => Vec::new(),
        }
    }

    /// Whether it holds the target directory's build lock.
    pub fn builds(&self) -> bool {
        matches!(self, Self::Tool(call) if call.builds)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool(call) => write!(f, "{call}"),
            Self::Sources => write!(f, "read the Rust sources"),
            Self::Format => write!(f, "rustfmt on each source"),
            Self::File { path } => write!(f, "read {path}"),
            Self::Lock => write!(f, "read Cargo.lock"),
            Self::Advisories { .. } => write!(f, "read the advisory database"),
            Self::Yanked => write!(f, "read cargo's index cache"),
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
        let program = if self.tool == Tool::Nextest { Tool::Cargo } else { self.tool };
        f.write_str(program.program())?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
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

/// A tool that steps call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// `cargo`, of the toolchain that the workspace uses.
    Cargo,
    /// `cargo-nextest`.
    Nextest,
    /// `rustfmt`, of that toolchain.
    Rustfmt,
    /// `rustc`, of that toolchain.
    Rustc,
    /// `git`.
    Git,
}

impl Tool {
    /// Every tool, in the order of reports.
    pub const ALL: [Self; 5] = [Self::Cargo, Self::Rustc, Self::Rustfmt, Self::Nextest, Self::Git];

    /// The program's name on the search path.
    pub fn program(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Nextest => "cargo-nextest",
            Self::Rustfmt => "rustfmt",
            Self::Rustc => "rustc",
            Self::Git => "git",
        }
    }

    /// What installs it.
    pub fn install(self) -> &'static str {
        match self {
            Self::Cargo | Self::Rustc => "install a Rust toolchain with rustup",
            Self::Nextest => "cargo install --locked cargo-nextest",
            Self::Rustfmt => "rustup component add rustfmt",
            Self::Git => "install git with your system's package manager",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // cargo's own name for a subcommand's program, as people type it
        f.write_str(if *self == Self::Nextest { "cargo nextest" } else { self.program() })
    }
}
