//! What is measured on: unpacked packages and the made-up workspace, each made once a run.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::Error;
use super::generate::{self, Size};
use crate::packages;
use crate::program::Program;
use crate::repo::Repo;

/// A name and a version.
pub(super) type Package = (&'static str, &'static str);

/// A small, a middling and a large package. `cargo fmt` reaches nearly all of their files.
pub(super) const PACKAGES: [Package; 3] =
    [("semver", "1.0.28"), ("regex-automata", "0.4.18"), ("nu-command", "0.90.1")];
/// A package that hides most of its modules in macros, where `cargo fmt` does not look.
pub(super) const HIDING: Package = ("tokio", "1.54.1");
/// A package that ships a lock file of some 800 packages.
pub(super) const WITH_LARGE_LOCK: Package = ("nu", "0.115.1");

/// The workspaces of a run, and the programs that are measured.
pub(super) struct Subjects {
    dir: PathBuf,
    /// Where the programs are.
    release: PathBuf,
    generated: OnceCell<Generated>,
}

/// The made-up workspace.
#[derive(Debug, Clone)]
pub(super) struct Generated {
    pub(super) root: PathBuf,
    pub(super) lines: usize,
    pub(super) packages: usize,
}

impl Subjects {
    /// Those below `dir`, measured with the release builds of this repository.
    pub(super) fn new(repo: &Repo, dir: PathBuf) -> Result<Self, Error> {
        std::fs::create_dir_all(&dir).map_err(|source| Error::File { path: dir.clone(), source })?;
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.map_or_else(|| repo.root().join("target"), |target| repo.root().join(target));
        Ok(Self { dir, release: target.join("release"), generated: OnceCell::new() })
    }

    /// The folder that all of them lie in.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A call of `cargo bulletproof` in a folder.
    pub(super) fn bulletproof(&self, root: &Path, args: &[&str]) -> Program {
        self.program("cargo-bulletproof").args(["bulletproof"]).args(args).dir(root)
    }

    /// A call of `cargo promote` in a folder.
    pub(super) fn promote(&self, root: &Path, args: &[&str]) -> Program {
        self.program("cargo-promote").args(["promote"]).args(args).dir(root)
    }

    fn program(&self, name: &str) -> Program {
        Program::new(self.release.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
    }

    /// A package, unpacked.
    pub(super) fn package(&self, (name, version): Package) -> Result<PathBuf, Error> {
        Ok(packages::unpack(name, version, &self.dir)?)
    }

    /// The made-up workspace.
    pub(super) fn generated(&self) -> Result<Generated, Error> {
        if let Some(generated) = self.generated.get() {
            return Ok(generated.clone());
        }
        let root = self.dir.join("generated");
        let lines = generate::workspace(&root, Size::LARGE)?;
        // as a clone is
        Program::new("git").args(["gc", "--quiet"]).dir(&root).succeed()?;
        let generated = Generated { root, lines, packages: Size::LARGE.packages };
        Ok(self.generated.get_or_init(|| generated).clone())
    }
}

/// The Rust sources below a folder.
pub(super) fn sources(root: &Path) -> Result<Vec<String>, Error> {
    let mut sources = Vec::new();
    let entries = ignore::WalkBuilder::new(root).build().flatten();
    for entry in entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "rs")) {
        let path = entry.into_path();
        sources.push(std::fs::read_to_string(&path).map_err(|source| Error::File { path, source })?);
    }
    Ok(sources)
}

/// A number with commas between its thousands.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (12_345, "12,345"), (300_000, "300,000")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }
}
