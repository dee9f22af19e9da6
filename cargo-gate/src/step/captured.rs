//! What a process gave.

use std::time::Duration;

use crate::gate::Unreadable;

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
