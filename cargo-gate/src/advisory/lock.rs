//! Reads `Cargo.lock`, with the line of each package.

use std::collections::HashMap;
use std::panic::catch_unwind;

use rustsec::cargo_lock::{Dependency, Lockfile, Package};
use semver::Version;
use thiserror::Error;

/// A package of the lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// Its name.
    pub name: String,
    /// Its exact version.
    pub version: Version,
    /// Where it comes from, as the lock file says it (`registry+https://…`, `git+https://…`); `None` for a package of
    /// the workspace and for a path dependency.
    pub source: Option<String>,
    /// Whether it comes from the default Rust registry, by its git or its sparse index. Advisories and yanked versions
    /// are known of these packages only.
    pub from_registry: bool,
    /// The SHA-256 of its archive in hexadecimal digits, where the lock file has one.
    pub checksum: Option<String>,
    /// The line of `Cargo.lock` with its name, from 1.
    pub line: u32,
    /// What it depends on, as positions in the list that [`parse_lock`] returned.
    pub dependencies: Vec<usize>,
}

/// Why a lock file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LockError {
    /// Not text.
    #[error("Cargo.lock line {line}: not UTF-8 text")]
    NotText {
        /// The line of the first wrong byte, from 1.
        line: u32,
    },
    /// Not the TOML of a lock file.
    #[error("Cargo.lock line {line}: {reason}")]
    Malformed {
        /// The line, from 1.
        line: u32,
        /// What the parser said.
        reason: String,
    },
    /// A dependency without its package: the file is cut short or was merged by hand.
    #[error("Cargo.lock line {line}: `{package}` depends on `{dependency}`, which the file does not have")]
    Dangling {
        /// The line of the package's name, from 1.
        line: u32,
        /// The package, as "name version".
        package: String,
        /// The dependency, as "name version".
        dependency: String,
    },
    /// No package at all. Even an empty workspace's lock file has its own.
    #[error("Cargo.lock has no package")]
    Empty,
}

/// Reads a lock file of any version of the format (1 to 4).
///
/// A file that was cut between two packages, neither of which needs the other, cannot be told from a whole one: that
/// the lock file fits the manifests is for `cargo metadata --locked` to say.
///
/// # Errors
///
/// [`LockError`] for a file that is malformed, has no package, or lacks a package that another depends on.
pub fn parse_lock(bytes: &[u8]) -> Result<Vec<LockedPackage>, LockError> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        LockError::NotText { line: line_number(valid.split(|byte| *byte == b'\n').count() - 1) }
    })?;
    // cargo-lock cuts a checksum into pairs of bytes, which panics where they are not ASCII.
    let lockfile = catch_unwind(|| text.parse::<Lockfile>())
        .map_err(|_| malformed(text, "a checksum is not hexadecimal"))?
        .map_err(|error| malformed(text, &error.to_string()))?;
    // Lock files written before 2017 have the workspace's own package in `[root]`.
    let packages: Vec<&Package> = lockfile.packages.iter().chain(&lockfile.root).collect();
    if packages.is_empty() {
        return Err(LockError::Empty);
    }

    let lines = name_lines(text, &packages);
    let mut positions: HashMap<(&str, &Version), Vec<usize>> = HashMap::new();
    for (at, package) in packages.iter().enumerate() {
        positions.entry((package.name.as_str(), &package.version)).or_default().push(at);
    }
    packages
        .iter()
        .zip(lines)
        .map(|(package, line)| {
            let dependencies = package
                .dependencies
                .iter()
                .map(|dependency| {
                    find(dependency, &packages, &positions).ok_or_else(|| LockError::Dangling {
                        line,
                        package: format!("{} {}", package.name, package.version),
                        dependency: format!("{} {}", dependency.name, dependency.version),
                    })
                })
                .collect::<Result<_, _>>()?;
            Ok(locked(package, line, dependencies))
        })
        .collect()
}

/// Turns cargo-lock's message into ours. TOML's own messages read "TOML parse error at line 4, column 9", then the line,
/// a marker under it, and the reason. cargo-lock's checks of the whole give one line that ends with the word at fault.
fn malformed(text: &str, message: &str) -> LockError {
    let reason = message.trim_end().lines().last().unwrap_or_default();
    let reason = reason.trim_start_matches("parse error: ").to_owned();
    let told = message.split_once(" at line ").and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
    let line = told.unwrap_or_else(|| {
        let word = reason.rsplit(' ').next().unwrap_or_default().trim_matches('`');
        let stands_alone = |line: &str| {
            let value = line.rsplit("= ").next().unwrap_or_default();
            value.trim_matches([' ', '"', ',']) == word
        };
        text.lines().position(stands_alone).map_or(1, line_number)
    });
    LockError::Malformed { line, reason }
}

/// The package as the rest of the program sees it.
fn locked(package: &Package, line: u32, dependencies: Vec<usize>) -> LockedPackage {
    let source = package.source.as_ref();
    LockedPackage {
        name: package.name.to_string(),
        version: package.version.clone(),
        source: source.map(ToString::to_string),
        from_registry: source.is_some_and(rustsec::SourceId::is_default_registry),
        checksum: package.checksum.as_ref().map(ToString::to_string),
        line,
        dependencies,
    }
}

/// The position of a dependency's package. The source decides only between packages of one name and version: in a
/// dependency, a git source lacks the commit.
fn find(
    dependency: &Dependency,
    packages: &[&Package],
    positions: &HashMap<(&str, &Version), Vec<usize>>,
) -> Option<usize> {
    let candidates = positions.get(&(dependency.name.as_str(), &dependency.version))?;
    let same_source =
        |at: &&usize| packages.get(**at).is_some_and(|package| package.source == dependency.source);
    candidates.iter().find(same_source).or(candidates.first()).copied()
}

/// The line of each package's name. In the order of the file, `[root]` last, as in `packages`.
fn name_lines(text: &str, packages: &[&Package]) -> Vec<u32> {
    let mut found = Vec::with_capacity(packages.len());
    let mut root = None;
    let mut header = "";
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if line.starts_with('[') {
            header = line;
        } else if let Some(name) = string_value(line, "name") {
            match header {
                "[[package]]" => found.push((name, line_number(index))),
                "[root]" => root = Some((name, line_number(index))),
                _ => {}
            }
        }
    }
    // A file in an unusual layout (cargo writes none) has no line for some packages: the first line stands for them.
    let mut found = found.into_iter().chain(root);
    packages
        .iter()
        .map(|package| found.find(|(name, _)| *name == package.name.as_str()).map_or(1, |(_, line)| line))
        .collect()
}

/// The value of `key = "value"`.
fn string_value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim().strip_prefix('"')?.strip_suffix('"')
}

/// The number, from 1, of the line at `index`, from 0.
fn line_number(index: usize) -> u32 {
    u32::try_from(index).map_or(u32::MAX, |index| index.saturating_add(1))
}

#[cfg(test)]
mod tests;
