//! How a fault is provoked: a copy of the `clean` fixture, and something wrong with what a run needs.

use serde_json::Value;

use crate::support::{Act, Database, Fakes, Workspace};

/// What a run works with.
pub(crate) struct Scene {
    pub(crate) workspace: Workspace,
    pub(crate) database: Database,
    fakes: Fakes,
    args: Vec<String>,
    env: Vec<(&'static str, Option<String>)>,
    /// Whether the command line names the database.
    database_named: bool,
    /// The name that the gate has in the config, where that is another.
    named: Option<&'static str>,
    /// Another workspace, whose answers a tool gives.
    other: Option<Workspace>,
}

impl Scene {
    /// Nothing is wrong.
    pub(crate) fn new() -> Self {
        let (workspace, database) = (Workspace::of("clean"), Database::committed(1));
        let (fakes, args, env) = (Fakes::new(), Vec::new(), Vec::new());
        Self { workspace, database, fakes, args, env, database_named: true, named: None, other: None }
    }

    /// The gate has that name in the config.
    pub(crate) fn of_gate(mut self, name: &'static str) -> Self {
        self.named = Some(name);
        self
    }

    /// A tool does that on calls with those arguments.
    pub(crate) fn fake(mut self, call: Call, act: &Act) -> Self {
        self.fakes = self.fakes.on(call.0, call.1, act);
        self
    }

    /// Where the fake of a tool lies.
    pub(crate) fn fake_path(&self, tool: &str) -> std::path::PathBuf {
        self.fakes.folder().join(format!("{tool}{}", std::env::consts::EXE_SUFFIX))
    }

    /// A tool fails with that code and message.
    pub(crate) fn fake_failure(self, call: Call, code: u8, message: &str) -> Self {
        self.fake(call, &Act::fail(code, message))
    }

    /// A tool that need not be installed says that on calls with those arguments, where it is sound.
    pub(crate) fn recorded(mut self, call: Call, code: u8, stdout: &str, stderr: &str) -> Self {
        self.fakes = self.fakes.recorded(call.0, call.1, code, stdout, stderr);
        self
    }

    /// The fake tools.
    pub(crate) fn fakes(&self) -> &Fakes {
        &self.fakes
    }

    /// A tool is not installed.
    pub(crate) fn without(mut self, tool: &str) -> Self {
        self.fakes = self.fakes.without(tool);
        self
    }

    /// A tool answers for another workspace, which has the same number of everything.
    pub(crate) fn foreign(self, call: Call) -> Self {
        self.answered_in(Workspace::renamed("clean", "other"), call)
    }

    /// A tool answers for that workspace.
    pub(crate) fn answered_in(mut self, other: Workspace, call: Call) -> Self {
        self = self.fake(call, &Act::Elsewhere(other.root()));
        self.other = Some(other);
        self
    }

    /// Something is done to the workspace.
    pub(crate) fn change(mut self, change: impl Fn(Workspace) -> Workspace) -> Self {
        self.workspace = change(self.workspace);
        self
    }

    /// The advisory database is that one.
    pub(crate) fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// The command line names no database.
    pub(crate) fn without_named_database(mut self) -> Self {
        self.database_named = false;
        self
    }

    /// The config is that.
    pub(crate) fn config(self, text: &str) -> Self {
        self.change(|workspace| workspace.with("bulletproof.toml", text))
    }

    /// The gate's table has these keys too.
    pub(crate) fn setting(self, gate: &str, keys: &str) -> Self {
        let file = self.workspace.root().join("bulletproof.toml");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let header = format!("[gates.{gate}]\n");
        let text = match text.split_once(&header) {
            Some((before, after)) => format!("{before}{header}{keys}{after}"),
            None => format!("{text}{header}{keys}"),
        };
        self.config(&text)
    }

    /// The command line has these arguments too.
    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// An environment variable is set, or removed.
    pub(crate) fn env(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.env.push((name, value.map(str::to_owned)));
        self
    }

    /// Whether a gate looks at the base revision, by its plan.
    pub(crate) fn compares(&self, gate: &str) -> bool {
        let gate = self.named.unwrap_or(gate);
        let run = self.workspace.bulletproof(&["--gate", gate, "--plan", "--format", "json"]);
        let plan: Value = serde_json::from_str(&run.fakes(&self.fakes).end().stdout).unwrap();
        plan["steps"].as_array().unwrap().iter().any(|step| step["step"]["kind"] == "base")
    }

    /// What the run of a gate comes to.
    pub(crate) fn run(self, gate: &str) -> Outcome {
        let gate = self.named.unwrap_or(gate);
        let mut run = self.workspace.bulletproof(&["--gate", gate, "--format", "json"]);
        if self.database_named {
            run = run.args(["--db".to_owned(), self.database.argument()]);
        }
        run = run.args(self.args).fakes(&self.fakes);
        for (name, value) in self.env {
            run = match value {
                Some(value) => run.env(name, value),
                None => run.without_env(name),
            };
        }
        let ran = run.end();
        if ran.stdout.is_empty() {
            assert_eq!(ran.code, Some(2), "{ran:#?}");
            return Outcome { status: "no verdict".to_owned(), why: ran.stderr.clone(), all: ran.stderr };
        }
        let report = ran.report();
        let gate = &report["gates"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let why = match gate["cause"].as_str() {
            Some(cause) => cause.to_owned(),
            None => text(&gate["findings"][0]["rule"]),
        };
        Outcome { status: text(&gate["status"]), why, all: format!("{gate:#}") }
    }
}

/// What the run of a gate came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The gate's status, or `no verdict` where the run ended without a report.
    pub(crate) status: String,
    /// The cause of a broken gate, the rule of the first finding, the message of a run without a report.
    pub(crate) why: String,
    /// All that was said.
    pub(crate) all: String,
}

/// A tool, and the arguments by which its faulty call is told from its others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call(pub(crate) &'static str, pub(crate) &'static [&'static str]);

/// How a tool misbehaves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Misbehaviour {
    /// Another version, which does not know our arguments.
    RejectsArguments,
    /// It does its work, and ends with that code.
    Contradicts(u8),
    /// The same for a tool whose outputs go through one pipe.
    ContradictsJoined(u8),
    /// It ends with 0 after printing that.
    Prints(&'static str),
    /// It ends with 0 and says nothing.
    SaysNothing,
    /// It does its work, keeps that part of its standard output, and ends with 0.
    Keeps(&'static str),
    /// The same for a tool whose outputs go through one pipe.
    KeepsJoined(&'static str),
    /// It is killed by a signal.
    IsKilled,
    /// It never ends.
    Hangs,
    /// It ends with that code, for want of space.
    FindsNoSpace(u8),
}

impl Misbehaviour {
    /// The same as a fake tool does it.
    pub(crate) fn act(self) -> Act {
        match self {
            Self::RejectsArguments => Act::fail(1, "error: unexpected argument '--new-one' found\n"),
            Self::Contradicts(code) => Act::Alter("all", Some(code)),
            Self::ContradictsJoined(code) => Act::AlterJoined("all", Some(code)),
            Self::Prints(text) => Act::Exit(0, text.to_owned(), String::new()),
            Self::SaysNothing => Act::Exit(0, String::new(), String::new()),
            Self::Keeps(part) => Act::Alter(part, Some(0)),
            Self::KeepsJoined(part) => Act::AlterJoined(part, Some(0)),
            Self::IsKilled => Act::Kill,
            Self::Hangs => Act::Hang,
            Self::FindsNoSpace(code) => Act::fail(
                code,
                "error: failed to write `x`\n\nCaused by:\n  No space left on device (os error 28)\n",
            ),
        }
    }
}
