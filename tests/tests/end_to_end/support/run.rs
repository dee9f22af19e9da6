//! One run of a binary under test.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Binary, Fakes, Workspace, clean, path_with};

/// A run that is being set up.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    workspace: &'a Workspace,
    binary: Binary,
    args: Vec<String>,
    env: Vec<(&'static str, Option<OsString>)>,
    folder: PathBuf,
    by_cargo: bool,
    cached: bool,
}

/// A run that ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code; none where a signal ended it.
    pub(crate) code: Option<i32>,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

impl<'a> Run<'a> {
    /// That binary with those arguments, in the root of that workspace.
    pub(crate) fn new(workspace: &'a Workspace, binary: Binary, args: &[&str]) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self {
            workspace,
            binary,
            args,
            env: Vec::new(),
            folder: workspace.root(),
            by_cargo: false,
            cached: false,
        }
    }

    /// Adds arguments.
    pub(crate) fn args<T: Into<String>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.env.push((name, Some(value.into())));
        self
    }

    /// Removes an environment variable.
    pub(crate) fn without_env(mut self, name: &'static str) -> Self {
        self.env.push((name, None));
        self
    }

    /// Puts fake tools in front of the search path.
    pub(crate) fn fakes(self, fakes: &Fakes) -> Self {
        self.env("PATH", fakes.path())
    }

    /// Has cargo start the binary, which it finds in that folder.
    pub(crate) fn by_cargo(mut self, folder: &Path) -> Self {
        self.by_cargo = true;
        let rest: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
        self.env("PATH", path_with(folder, &rest))
    }

    /// Lets the cache answer, which it else does not: copies of a fixture share it with their target folder.
    pub(crate) fn cached(mut self) -> Self {
        self.cached = true;
        self
    }

    /// Whether it runs gates, which may be answered from the cache.
    fn judges(&self) -> bool {
        let first = self.args.first().map_or("", String::as_str);
        let informs = ["--help", "-h", "--version", "-V", "--list"].contains(&first);
        match self.binary {
            Binary::Bulletproof => (first == "run" || first.is_empty() || first.starts_with('-')) && !informs,
            Binary::Gate => !first.is_empty() && !first.starts_with('-'),
            Binary::Promote => false,
        }
    }

    /// Runs in a folder below the root.
    pub(crate) fn within(mut self, folder: &str) -> Self {
        self.folder = self.workspace.root().join(folder);
        self
    }

    /// The process, ready to be started.
    pub(crate) fn command(&self) -> Command {
        let program = if self.by_cargo { "cargo".into() } else { self.binary.path() };
        let mut command = Command::new(program);
        clean(&mut command, &self.workspace.home());
        command
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.workspace.target())
            .arg(self.binary.subcommand())
            .args(&self.args)
            .args((self.judges() && !self.cached).then_some("--no-cache"))
            .stdin(Stdio::null());
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs it to its end.
    pub(crate) fn end(&self) -> Ran {
        let output = self.command().output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs it with `--format json` and gives the report.
    pub(crate) fn report(self) -> Value {
        let ran = self.args(["--format", "json"]).end();
        ran.report()
    }
}

impl Ran {
    /// The report that is all of standard output.
    pub(crate) fn report(&self) -> Value {
        let report: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"));
        assert_eq!(report["verdict"]["exit_code"].as_i64(), self.code.map(i64::from), "{report:#}");
        report
    }

    /// Asserts that there was no verdict, and that standard error says why.
    pub(crate) fn refused(&self, why: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""), "{self:#?}");
        for part in why {
            assert!(self.stderr.contains(part), "`{part}` is not in: {}", self.stderr);
        }
    }
}
