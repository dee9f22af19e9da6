//! Calls of programs, in an environment without what cargo and git left in ours.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Why a program gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It cannot be started.
    #[error("`{what}` cannot be started: {source}")]
    Start {
        /// The call.
        what: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It ended with an exit code that it must not.
    #[error("`{what}` ended with {status}: {said}")]
    Failed {
        /// The call.
        what: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it said.
        said: String,
    },
}

/// Builds `cargo-gate` of the repository in that folder, and names the program.
pub(crate) fn gate(repository: &Path) -> Result<PathBuf, Error> {
    Program::cargo().args(["build", "--locked", "--package", "cargo-gate"]).dir(repository).succeed()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let name = format!("cargo-gate{}", std::env::consts::EXE_SUFFIX);
    Ok(repository.join(target).join("debug").join(name))
}

/// A call of a program.
pub(crate) struct Program(Command);

impl Program {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(name)) {
            command.env_remove(name);
        }
        Self(command)
    }

    /// The cargo that runs us.
    pub(crate) fn cargo() -> Self {
        Self::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.env_remove(name);
        self
    }

    /// What it reads.
    pub(crate) fn input(mut self, file: std::fs::File) -> Self {
        self.0.stdin(file);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.0.current_dir(dir);
        self
    }

    /// Runs it to its end and gives what it wrote; exit codes other than 0 are errors.
    pub(crate) fn succeed(&mut self) -> Result<Output, Error> {
        self.output(&[0])
    }

    /// Runs it to its end and gives what it wrote; exit codes other than these are errors.
    pub(crate) fn output(&mut self, codes: &[i32]) -> Result<Output, Error> {
        let output = self.0.output().map_err(|source| Error::Start { what: self.describe(), source })?;
        if output.status.code().is_some_and(|code| codes.contains(&code)) {
            return Ok(output);
        }
        let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let said = String::from_utf8_lossy(&both);
        let lines: Vec<&str> = said.lines().collect();
        let last = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default();
        Err(Error::Failed { what: self.describe(), status: output.status, said: last.join("\n") })
    }

    /// How long it takes, from its start to its end.
    pub(crate) fn time(&mut self, codes: &[i32]) -> Result<Duration, Error> {
        let start = Instant::now();
        self.output(codes)?;
        Ok(start.elapsed())
    }

    /// Runs it to its end with our own input and output.
    pub(crate) fn pass_through(&mut self) -> Result<(), Error> {
        let status = self.0.stdin(Stdio::inherit()).status();
        let status = status.map_err(|source| Error::Start { what: self.describe(), source })?;
        if status.success() {
            return Ok(());
        }
        Err(Error::Failed { what: self.describe(), status, said: "see above".to_owned() })
    }

    fn describe(&self) -> String {
        let program = Path::new(self.0.get_program()).file_name().unwrap_or_default();
        let words = std::iter::once(program).chain(self.0.get_args());
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }
}

/// What belongs to the run of `cargo xtask`, or to a git hook around it.
fn is_ours(name: &OsStr) -> bool {
    const PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "GIT_"];
    name.to_str().is_some_and(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_belongs_to_our_own_run_is_taken_away() {
        assert!(is_ours(OsStr::new("CARGO_MANIFEST_DIR")) && is_ours(OsStr::new("GIT_DIR")));
        assert!(!is_ours(OsStr::new("CARGO")) && !is_ours(OsStr::new("PATH")));
    }
}
