//! git by its own program: the only one that pushes with a lease, and that knows every kind of repository.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_gate::exec::process;
use cargo_gate::exec::{Cancel, git};
use cargo_gate::step::{Captured, End};

/// The longest that one call may take, a push over a slow line included.
const MOST_TIME: Duration = Duration::from_mins(10);

/// git in a folder.
#[derive(Debug, Clone)]
pub struct Git {
    program: PathBuf,
    folder: PathBuf,
    cancel: Cancel,
}

/// git that could not be asked, or that said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is none.
    #[error("git is not installed, or not on PATH; cargo promote needs it")]
    NotInstalled,
    /// It ended badly.
    #[error("`{call}` did not work ({end}): {said}")]
    Failed {
        /// The call, without what it was given on standard input.
        call: String,
        /// How it ended.
        end: String,
        /// What it wrote to standard error.
        said: String,
    },
    /// It wrote what is not text.
    #[error("`{call}` wrote something that is not UTF-8")]
    NotText {
        /// The call.
        call: String,
    },
}

impl Git {
    /// git in that folder.
    ///
    /// # Errors
    /// Where there is no git.
    pub fn new(folder: impl Into<PathBuf>, cancel: &Cancel) -> Result<Self, GitError> {
        let program = which::which("git").map_err(|_| GitError::NotInstalled)?;
        Ok(Self { program, folder: folder.into(), cancel: cancel.clone() })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs it, whatever it says.
    pub fn run<A: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: Option<&[u8]>,
    ) -> Captured {
        let mut command = git(&self.program, &self.folder, MOST_TIME).args(args);
        command.env.push(("GIT_TERMINAL_PROMPT".into(), Some("0".into())));
        command.stdin = input.map(<[u8]>::to_vec);
        process::run(&command, &self.cancel)
    }

    /// What it writes, where it ends well.
    ///
    /// # Errors
    /// Where it does not.
    pub fn bytes<A: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: Option<&[u8]>,
    ) -> Result<Vec<u8>, GitError> {
        let captured = self.run(args, input);
        if captured.end == End::Code(0) { Ok(captured.stdout) } else { Err(failed(&captured)) }
    }

    /// What it writes as text, without the line end.
    ///
    /// # Errors
    /// Where it does not end well, or writes no text.
    pub fn text<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Result<String, GitError> {
        let captured = self.run(args, None);
        if captured.end != End::Code(0) {
            return Err(failed(&captured));
        }
        let text =
            String::from_utf8(captured.stdout).map_err(|_| GitError::NotText { call: captured.what })?;
        Ok(text.trim_end().to_owned())
    }
}

/// The error that a call which ended badly is.
pub fn failed(captured: &Captured) -> GitError {
    let said = String::from_utf8_lossy(&captured.stderr).trim().to_owned();
    let end = match captured.exit_code() {
        Ok(code) => format!("exit code {code}"),
        Err(unreadable) => unreadable.reason,
    };
    GitError::Failed { call: captured.what.clone(), end, said }
}
