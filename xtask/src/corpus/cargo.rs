//! Calls of cargo and of other programs, with an environment that is the same for ours and theirs.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Error;

/// What a program gave.
#[derive(Debug, Clone)]
pub(super) struct Ran {
    /// The call, for messages.
    pub(super) what: String,
    /// Its exit code; none where a signal ended it.
    pub(super) code: Option<i32>,
    /// Its standard output.
    pub(super) stdout: String,
    /// Its standard error.
    pub(super) stderr: String,
}

impl Ran {
    /// The same, where it succeeded.
    pub(super) fn succeeded(self) -> Result<Self, Error> {
        if self.code == Some(0) { Ok(self) } else { Err(self.failure()) }
    }

    /// An error with the end of what it said.
    pub(super) fn failure(&self) -> Error {
        let lines: Vec<&str> = self.stderr.lines().collect();
        let last = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default();
        Error::Program { what: self.what.clone(), said: last.join("\n") }
    }

    /// An error about what it wrote.
    pub(super) fn unreadable(&self, cause: impl std::fmt::Display) -> Error {
        Error::Unreadable { what: self.what.clone(), cause: cause.to_string() }
    }
}

/// Starts programs.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    cargo: OsString,
    target: PathBuf,
}

impl Programs {
    /// Those that build into that folder, with the cargo that runs us.
    pub(super) fn new(target: PathBuf) -> Self {
        Self { cargo: std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), target }
    }

    /// Runs cargo.
    pub(super) fn cargo<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Ran, Error> {
        self.run(&self.cargo, dir, args)
    }

    /// Runs a program to its end.
    pub(super) fn run<S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        dir: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Ran, Error> {
        let mut command = Command::new(program.as_ref());
        command.args(args).current_dir(dir).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_our_own_run(name)) {
            command.env_remove(name);
        }
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_TERM_COLOR", "never");
        let what = describe(&command);
        let output = command.output().map_err(Error::io(&what))?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Ran { what, code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) })
    }

    /// The version line of a tool; none where the tool is missing.
    pub(super) fn version(&self, program: &str) -> Option<String> {
        let ran = self.run(program, Path::new("."), ["--version"]).ok()?.succeeded().ok()?;
        ran.stdout.lines().next().map(|line| line.split(" (").next().unwrap_or(line).to_owned())
    }
}

/// What `cargo xtask` was started with, and git's own: none of it belongs to the packages.
fn is_of_our_own_run(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let prefixes = ["CARGO_PKG_", "CARGO_MANIFEST_", "GIT_", "BULLETPROOF_"];
    prefixes.iter().any(|prefix| name.starts_with(prefix))
        || ["RUSTFLAGS", "CARGO_PRIMARY_PACKAGE", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "OUT_DIR"]
            .contains(&name)
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
