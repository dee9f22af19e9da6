//! What a reader has to know of the machine.

use super::Error;
use crate::program::Program;

/// Cores, system and compiler, in a few words.
pub(super) fn machine() -> Result<String, Error> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let rustc = Program::new("rustc").args(["--version"]).succeed()?;
    let rustc = String::from_utf8_lossy(&rustc.stdout);
    let version = rustc.split(" (").next().unwrap_or_default().trim().to_owned();
    Ok(format!("{cores} cores, {} {}, {version}", std::env::consts::OS, std::env::consts::ARCH))
}
