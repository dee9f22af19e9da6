//! What a step reads: all that could change what it gives. A verdict is used again only where all of it is as
//! it was.

use std::collections::BTreeSet;

use super::{Data, Executable, ProgramCall, Scope, Step, Tool, ToolCall};

/// All that a step, or a gate by way of its steps, reads.
#[expect(clippy::struct_excessive_bools, reason = "each is a kind of input of its own")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Which files of the tree.
    pub files: Files,
    /// Whether the manifests of all packages, the lock file and cargo's configuration.
    pub manifests: bool,
    /// Files by their path, relative to the workspace root, whether git knows them or not.
    pub paths: BTreeSet<String>,
    /// Names of files that are looked for in the workspace root and above it.
    pub nearest: BTreeSet<&'static str>,
    /// Whether rustfmt's settings, which may lie beside each source and above it.
    pub formatting: bool,
    /// The tools that are called.
    pub tools: BTreeSet<Tool>,
    /// What is read from elsewhere than the tree.
    pub data: BTreeSet<Data>,
    /// Whether a process that is called may read the user's environment.
    pub environment: bool,
    /// Whether the workspace's code is compiled or run: then any file of the tree may be read, the ignored ones
    /// too, and what the compiler says that it read elsewhere.
    pub code: bool,
    /// Whether the workspace's programs or tests are run: they may look at the clock, and at files around the workspace.
    pub runs: bool,
    /// Why an answer may never be used again.
    pub never: Option<&'static str>,
}

/// Which files of the tree are read; each more than those before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Files {
    /// None.
    #[default]
    None,
    /// The Rust sources.
    Sources,
    /// All.
    Tree,
}

impl Inputs {
    /// All that either reads.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.files = self.files.max(other.files);
        self.manifests |= other.manifests;
        self.paths.extend(other.paths);
        self.nearest.extend(other.nearest);
        self.formatting |= other.formatting;
        self.tools.extend(other.tools);
        self.data.extend(other.data);
        self.environment |= other.environment;
        self.code |= other.code;
        self.runs |= other.runs;
        self.never = self.never.or(other.never);
        self
    }

    fn files(files: Files) -> Self {
        Self { files, ..Self::default() }
    }

    fn paths(paths: impl IntoIterator<Item = String>) -> Self {
        Self { paths: paths.into_iter().collect(), ..Self::default() }
    }

    fn data(data: impl IntoIterator<Item = Data>) -> Self {
        Self { data: data.into_iter().collect(), ..Self::default() }
    }

    fn code() -> Self {
        let tools = [Tool::Cargo, Tool::Rustc].into();
        Self { files: Files::Tree, manifests: true, environment: true, code: true, tools, ..Self::default() }
    }

    fn runs() -> Self {
        Self { runs: true, ..Self::code() }
    }

    fn never(why: &'static str) -> Self {
        Self { never: Some(why), ..Self::default() }
    }
}

/// Subcommands of cargo that read no more than the workspace, what it depends on, and the toolchain. Any other
/// may ask the network, or is a program of the user's.
const PLAIN: [&str; 6] = ["build", "check", "clippy", "doc", "metadata", "test"];
/// Options with which they do so. Any other may name a file elsewhere, or have cargo build elsewhere.
const PLAIN_OPTIONS: [&str; 36] = [
    "--all-features",
    "--all-targets",
    "--bench",
    "--benches",
    "--bin",
    "--bins",
    "--doc",
    "--document-private-items",
    "--example",
    "--examples",
    "--exclude",
    "--features",
    "--format-version",
    "--frozen",
    "--keep-going",
    "--lib",
    "--locked",
    "--manifest-path",
    "--message-format",
    "--no-default-features",
    "--no-deps",
    "--no-fail-fast",
    "--no-run",
    "--offline",
    "--package",
    "--profile",
    "--quiet",
    "--release",
    "--target",
    "--test",
    "--tests",
    "--workspace",
    "-p",
    "-q",
    "-r",
    "-v",
];

/// Whether a call of cargo reads no more than what is keyed for code.
fn is_plain(args: &[String]) -> bool {
    let Some((subcommand, rest)) = args.split_first() else { return false };
    let (own, passed_on) = rest.split_at(rest.iter().position(|arg| arg == "--").unwrap_or(rest.len()));
    let is_plain_option = |arg: &String| {
        let name = arg.split_once('=').map_or(arg.as_str(), |(name, _)| name);
        PLAIN_OPTIONS.contains(&name)
    };
    // `/`, `C:` and `..` lead out of the workspace
    let leads_out = |arg: &String| {
        let value = arg.split_once('=').map_or(arg.as_str(), |(_, value)| value);
        value.starts_with(['/', '\\'])
            || value.contains(":\\")
            || value.contains(":/")
            || value.contains("..")
    };
    // what rustc or a test is told may be a file without looking like one: `-Lfolder`, `@file`
    let names_a_file = |arg: &String| arg.contains(['/', '\\', '@']);
    PLAIN.contains(&subcommand.as_str())
        && own.iter().all(|arg| !leads_out(arg) && (!arg.starts_with('-') || is_plain_option(arg)))
        && !passed_on.iter().any(names_a_file)
}

impl ToolCall {
    fn inputs(&self) -> Inputs {
        let subcommand = self.args.first().map(String::as_str).unwrap_or_default();
        match self.tool {
            Tool::Cargo if !is_plain(&self.args) => {
                Inputs::never("a command of cargo's that may read anything")
            }
            Tool::Cargo if subcommand == "test" => Inputs::runs(),
            // clippy takes the settings that are nearest above a package
            Tool::Cargo if subcommand == "clippy" => {
                Inputs { nearest: ["clippy.toml", ".clippy.toml"].into(), ..Inputs::code() }
            }
            Tool::Cargo => Inputs::code(),
            Tool::Nextest => {
                Inputs { tools: [Tool::Nextest].into(), ..Inputs::default() }.and(Inputs::runs())
            }
            Tool::Rustc => Inputs { environment: true, tools: [Tool::Rustc].into(), ..Inputs::default() },
            Tool::Git => Inputs::never("it reads commits and tags"),
            Tool::Deny | Tool::SemverChecks => Inputs::never("the tool has data of its own"),
            Tool::Trivy | Tool::Grype => Inputs::never("images and their databases lie elsewhere"),
            Tool::Rustfmt | Tool::Valgrind | Tool::Faketime => Inputs::never("it measures"),
        }
    }
}

impl ProgramCall {
    fn inputs(&self) -> Inputs {
        match self.program {
            Executable::Built { .. } => Inputs::runs(),
            Executable::Named(_) => Inputs::never("a program of the config may read anything"),
        }
    }
}

impl Step {
    /// All that the step reads itself, without the steps before it.
    pub fn inputs(&self) -> Inputs {
        match self {
            Self::Tool(call) | Self::ToolAfter { call, .. } | Self::Clippy { call, .. } => call.inputs(),
            Self::Sources => Inputs::files(Files::Sources),
            Self::Format => {
                Inputs { formatting: true, tools: [Tool::Rustfmt].into(), ..Inputs::files(Files::Sources) }
            }
            Self::Manifests => Inputs { manifests: true, ..Inputs::default() },
            Self::File { path } => Inputs::paths([path.clone()]),
            Self::NearestFile { names } => {
                Inputs { nearest: names.iter().copied().collect(), ..Inputs::default() }
            }
            Self::ChangedSince { .. } => Inputs::never("it compares the times of files"),
            Self::Lock => Inputs::paths(["Cargo.lock".to_owned()]),
            Self::Advisories { database, .. } => {
                Inputs::data([Data::Advisories { database: database.clone() }])
            }
            // those of members, and of packages that lie in the workspace, are files of any name
            Self::LicenseTexts { .. } => Inputs { files: Files::Tree, ..Inputs::data([Data::Packages]) },
            Self::Yanked => Inputs::data([Data::Index]),
            Self::Graph { .. } => Inputs {
                manifests: true,
                environment: true,
                tools: [Tool::Cargo, Tool::Rustc].into(),
                ..Inputs::data([Data::Packages])
            },
            Self::Base { named } | Self::BaseFile { base: named, .. } => {
                Inputs::data([Data::Base { named: named.clone() }])
            }
            Self::Changes { base } => {
                let of_base = Data::Base { named: base.clone() };
                Inputs { files: Files::Tree, ..Inputs::data([of_base, Data::Changes { base: base.clone() }]) }
            }
            Self::BaseFigures { gate, base } => Inputs::data([
                Data::Base { named: base.clone() },
                Data::Figures { gate: gate.clone(), base: base.clone() },
            ]),
            Self::Program(call) => call.inputs(),
            Self::Programs { .. } | Self::LlvmTools { .. } => Inputs::code(),
            Self::Counts { .. } => Inputs::runs(),
            Self::Instrumented(run) => run.call.inputs().and(Inputs::runs()),
            Self::BaseCounts { base, .. } => {
                Inputs::data([Data::Base { named: base.clone() }]).and(Inputs::runs())
            }
            Self::SourceTime => Inputs::data([Data::Commit]),
            Self::Secrets { scope: Scope::Tree, .. } => Inputs::files(Files::Tree),
            Self::Secrets { scope: Scope::Change { base, pushed, .. }, .. } => Inputs {
                files: Files::Tree,
                ..Inputs::data([Data::Commits { base: base.clone(), pushed: *pushed }])
            },
            Self::Timing(_) | Self::BaseBenches { .. } | Self::Benches(_) | Self::Recorded { .. } => {
                Inputs::never("it measures")
            }
            Self::Objects { .. } => Inputs::never("it reads commits and tags"),
            Self::SemverChecks(_) => Inputs::never("it reads a registry"),
            // to look at them is all that the gate does
            Self::Hooks => Inputs {
                never: Some("hooks lie in the repository, not in the tree"),
                ..Inputs::data([Data::Hooks])
            },
            Self::Twin { .. } => Inputs::never("two builds are compared anew each time"),
            Self::TestHistory { .. } => Inputs::never("each run adds to the history"),
        }
    }

    /// Whether the step reads files and asks git, rustfmt and `cargo metadata --locked`, which write none.
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::Sources
                | Self::Format
                | Self::Manifests
                | Self::File { .. }
                | Self::NearestFile { .. }
                | Self::ChangedSince { .. }
                | Self::Lock
                | Self::Graph { .. }
                | Self::Base { .. }
                | Self::BaseFile { .. }
                | Self::SourceTime
                | Self::Secrets { .. }
                | Self::Hooks
        )
    }

    /// All that the step reads, the steps before it included.
    pub fn all_inputs(&self) -> Inputs {
        self.after().iter().fold(self.inputs(), |all, before| all.and(before.all_inputs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Streams;

    fn call(tool: Tool, args: &[&str]) -> Step {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Step::Tool(ToolCall { tool, args, env: Vec::new(), streams: Streams::Separate, builds: true })
    }

    #[test]
    fn what_compiles_reads_the_whole_tree_and_the_environment() {
        let inputs = call(Tool::Cargo, &["clippy", "--workspace"]).all_inputs();
        assert!(inputs.code && inputs.environment && inputs.manifests);
        assert_eq!((inputs.files, inputs.never), (Files::Tree, None));
    }

    #[test]
    fn a_command_of_the_users_is_never_answered_from_the_cache() {
        for args in [
            &["xtask", "tidy"][..],
            &["run"],
            &["deny", "check"],
            &["audit"],
            &[],
            &["test", "--manifest-path", "../other/Cargo.toml"],
            &["test", "--manifest-path=/other/Cargo.toml"],
            &["build", "--config", "other.toml"],
            &["build", "--target-dir", "other"],
            &["bench"],
            &["rustc", "--", "-Lother"],
            &["clippy", "--", "-L/other"],
        ] {
            assert!(call(Tool::Cargo, args).all_inputs().never.is_some(), "{args:?}");
        }
        let program = Executable::Named("tools/check".into());
        let call = ProgramCall { program, args: Vec::new(), folder: String::new(), limit: None };
        assert!(Step::Program(call).all_inputs().never.is_some());
    }

    #[test]
    fn what_runs_tests_is_told_from_what_compiles() {
        assert!(call(Tool::Cargo, &["test", "--doc"]).all_inputs().runs);
        assert!(call(Tool::Nextest, &["run"]).all_inputs().runs);
        let clippy = call(Tool::Cargo, &["clippy", "--workspace", "--", "-D", "warnings"]).all_inputs();
        assert!(!clippy.runs && clippy.never.is_none());
        assert!(clippy.nearest.contains(".clippy.toml"));
    }

    #[test]
    fn a_step_reads_what_those_before_it_read() {
        let figures = Step::BaseFigures { gate: "size".into(), base: None }.all_inputs();
        assert!(figures.data.contains(&Data::Base { named: None }));
        let texts = Step::LicenseTexts { offline: true }.all_inputs();
        assert!(texts.nearest.contains("deny.toml"), "{texts:?}");
        assert!(texts.manifests);
        assert!(Step::Yanked.all_inputs().paths.contains("Cargo.lock"));
    }

    #[test]
    fn what_hangs_on_commits_or_the_clock_is_asked_each_time() {
        for step in [
            Step::Objects { names: Vec::new() },
            Step::ChangedSince { path: "a".into() },
            call(Tool::Trivy, &[]),
            call(Tool::Git, &[]),
        ] {
            assert!(step.all_inputs().never.is_some(), "{step}");
        }
        let change = Scope::Change { base: None, pushed: true, range: None };
        let secrets = Step::Secrets { scope: change, most_bytes: 1 }.all_inputs();
        assert!(secrets.data.contains(&Data::Commits { base: None, pushed: true }));
    }

    #[test]
    fn the_sources_alone_are_all_that_formatting_reads_of_the_tree() {
        let inputs = Step::Format.all_inputs();
        assert_eq!(inputs.files, Files::Sources);
        assert!(inputs.formatting && !inputs.environment && inputs.data.is_empty());
    }
}
