//! The reason in the standard error of a cargo call that failed.

use std::fmt;
use std::num::NonZeroU32;

use super::text::plain_lines;

/// Why a call of cargo failed, in cargo's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoError {
    /// The first error and its causes, joined by `: `.
    pub message: String,
    /// Where in a file the error lies, if cargo says so.
    pub place: Option<Place>,
    /// What kind of error it is.
    pub kind: CargoErrorKind,
}

impl fmt::Display for CargoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Place { file, line, column }) = &self.place {
            write!(f, "{file}:{line}:{column}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// A place in a file, as cargo prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, mostly relative to the folder that cargo was called in.
    pub file: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column, counted from 1.
    pub column: u32,
}

/// The kinds of failure that call for different remedies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CargoErrorKind {
    /// There is no lock file and `--locked` forbids to make one.
    LockMissing,
    /// The lock file does not fit the manifests and `--locked` forbids to change it.
    LockOutOfStep,
    /// A `Cargo.toml` cannot be read or says something impossible.
    ManifestInvalid,
    /// There is no `Cargo.toml`.
    NotAWorkspace,
    /// The Rust toolchain asked for is not installed.
    ToolchainMissing,
    /// The toolchain lacks the component that has the command, such as clippy.
    ComponentMissing,
    /// Something has to be downloaded and cannot be.
    Offline,
    /// cargo has no such subcommand: the tool is not installed.
    NoSuchCommand,
    /// The disk is full.
    DiskFull,
    /// A file or folder must not be written.
    ReadOnly,
    /// The code does not compile, or a build script failed.
    CompileFailed,
    /// None of these.
    Other,
}

/// What is said where cargo says nothing.
const NO_REASON: &str = "cargo gave no reason";

/// Finds the first error in the standard error of a failed call.
pub fn summary(stderr: &[u8]) -> CargoError {
    let lines = plain_lines(stderr);
    let Some(start) = lines.iter().position(|line| is_error(line)) else {
        let last = lines.iter().rfind(|line| !line.trim().is_empty());
        return CargoError {
            message: last.map_or(NO_REASON, |line| line.trim()).to_owned(),
            place: None,
            kind: CargoErrorKind::Other,
        };
    };
    let text: Vec<&str> = lines
        .iter()
        .skip(start)
        .enumerate()
        .take_while(|(index, line)| *index == 0 || !ends_error(line))
        .map(|(_, line)| line.as_str())
        .collect();
    let message = Some(message(&text)).filter(|message| !message.trim().is_empty());
    CargoError {
        message: message.unwrap_or_else(|| NO_REASON.to_owned()),
        place: text.iter().find_map(|line| place(line)),
        kind: kind(&text, &lines),
    }
}

/// `error: …` of cargo and rustup, `error[E0308]: …` of rustc.
fn is_error(line: &str) -> bool {
    line.starts_with("error: ") || line.starts_with("error[")
}

/// Where the first error's own text is over.
fn ends_error(line: &str) -> bool {
    is_error(line)
        || line.starts_with("warning")
        || line.starts_with("Stack backtrace:")
        || line.starts_with("  --- std")
}

/// The error and the first line of each of its causes.
fn message(text: &[&str]) -> String {
    let error = text.first().map(|line| {
        let line = line.strip_prefix("error: ").unwrap_or(line);
        line.trim_end_matches('"').trim()
    });
    let causes = text
        .iter()
        .zip(text.iter().skip(1))
        .filter(|(line, _)| **line == "Caused by:")
        .map(|(_, cause)| cause.trim());
    error.into_iter().chain(causes).collect::<Vec<_>>().join(": ")
}

/// Reads ` --> Cargo.toml:7:5`.
fn place(line: &str) -> Option<Place> {
    let mut parts = line.trim_start().strip_prefix("--> ")?.rsplitn(3, ':');
    let column: NonZeroU32 = parts.next()?.trim_end().parse().ok()?;
    let line: NonZeroU32 = parts.next()?.parse().ok()?;
    let file = parts.next()?.to_owned();
    Some(Place { file, line: line.get(), column: column.get() })
}

/// Texts of cargo, rustup and the operating system with what they mean. All texts of an entry have
/// to be there; the first entry that fits counts.
const KINDS: &[(CargoErrorKind, &[&str])] = &[
    (CargoErrorKind::DiskFull, &["No space left on device"]),
    (CargoErrorKind::DiskFull, &["not enough space on the disk"]),
    (CargoErrorKind::ReadOnly, &["Read-only file system"]),
    (CargoErrorKind::ReadOnly, &["Permission denied"]),
    (CargoErrorKind::ReadOnly, &["Operation not permitted"]),
    (CargoErrorKind::ReadOnly, &["Access is denied"]),
    (CargoErrorKind::LockMissing, &["cannot create the lock file"]),
    (CargoErrorKind::LockOutOfStep, &["cannot update the lock file"]),
    (CargoErrorKind::LockOutOfStep, &["lock file", "needs to be updated"]),
    (CargoErrorKind::NoSuchCommand, &["no such command: "]),
    (CargoErrorKind::ComponentMissing, &["component which provides"]),
    (CargoErrorKind::ComponentMissing, &["is not installed for the toolchain"]),
    (CargoErrorKind::ToolchainMissing, &["toolchain '", "' is not installed"]),
    (CargoErrorKind::Offline, &["using offline mode"]),
    (CargoErrorKind::Offline, &["--offline was specified"]),
    (CargoErrorKind::Offline, &["--frozen was specified"]),
    (CargoErrorKind::Offline, &["failed to download"]),
    (CargoErrorKind::Offline, &["Could not resolve host"]),
    (CargoErrorKind::Offline, &["Could not connect to server"]),
    (CargoErrorKind::NotAWorkspace, &["could not find `Cargo.toml`"]),
    (CargoErrorKind::NotAWorkspace, &["manifest path `", "does not exist"]),
    (CargoErrorKind::ManifestInvalid, &["failed to parse manifest"]),
    (CargoErrorKind::ManifestInvalid, &["failed to load manifest"]),
    (CargoErrorKind::ManifestInvalid, &["believes it's in a workspace when it's not"]),
    (CargoErrorKind::ManifestInvalid, &["--> ", "Cargo.toml"]),
];

fn kind(error: &[&str], all: &[String]) -> CargoErrorKind {
    let words: Vec<&str> = error.iter().copied().filter(|line| !is_snippet(line)).collect();
    let words = words.join("\n");
    let known = KINDS.iter().find(|(_, texts)| texts.iter().all(|text| words.contains(text)));
    match known {
        Some((kind, _)) => *kind,
        None if all.iter().any(|line| is_failed_build(line)) => CargoErrorKind::CompileFailed,
        None => CargoErrorKind::Other,
    }
}

/// Whether a text of cargo or rustc blames the machine and not the code: the disk is full or not to be written, or
/// something killed the compiler or the linker.
pub fn blames_machine(text: &str) -> bool {
    let of_disk = |kind: &CargoErrorKind| *kind == CargoErrorKind::DiskFull;
    let full = KINDS.iter().any(|(kind, texts)| of_disk(kind) && texts.iter().all(|one| text.contains(one)));
    full || text.contains("Read-only file system")
        || text.contains("(signal: ")
        || text.contains(": signal: ")
}

/// A line of quoted source such as `7 | name = 1`: its words are not cargo's.
fn is_snippet(line: &str) -> bool {
    line.trim_start()
        .trim_start_matches(|character: char| character.is_ascii_digit())
        .trim_start()
        .starts_with('|')
}

fn is_failed_build(line: &str) -> bool {
    line.starts_with("error: could not compile `")
        || line.starts_with("error: could not document `")
        || line.starts_with("error: failed to run custom build command for `")
}

#[cfg(test)]
mod tests;
