//! A program that is run several times, to measure it.

use serde::Serialize;

use super::ProgramCall;

/// Runs of a program, one after the other, while nothing else runs. Its output is thrown away: what
/// comes of it are the lines of [`crate::parse::measured`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Timing {
    /// The program.
    pub call: ProgramCall,
    /// How often it is measured.
    pub runs: u32,
    /// How often it runs before, to fill caches.
    pub warmup: u32,
    /// The exit code that it must end with; the first run that does not is the last.
    pub exit: i32,
}
