//! Finds the binaries under test, and refuses stale ones.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A program of this workspace.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Binary {
    /// `cargo bulletproof`
    Bulletproof,
    /// `cargo gate`
    Gate,
    /// `cargo promote`
    Promote,
}

impl Binary {
    /// The subcommand that cargo passes on as the first argument.
    pub(crate) fn subcommand(self) -> &'static str {
        match self {
            Self::Bulletproof => "bulletproof",
            Self::Gate => "gate",
            Self::Promote => "promote",
        }
    }

    /// Where it was built, beside the folder of this test program.
    pub(crate) fn path(self) -> PathBuf {
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().and_then(Path::parent).unwrap();
        let name = format!("cargo-{}", self.subcommand());
        let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        let built = modified(&path).unwrap_or_else(|| {
            panic!("there is no {}: run `cargo build --workspace` first", path.display());
        });
        if let Some(newer) = newer_source(&folder.join(format!("{name}.d")), built) {
            panic!("{} is older than {newer}: run `cargo build --workspace` first", path.display());
        }
        path
    }
}

/// The fake tool of this package, which cargo builds with the tests.
pub(crate) fn fake_tool() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_fake-tool"))
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

/// A source in cargo's list of what the binary was made of that was changed since.
fn newer_source(dep_info: &Path, built: SystemTime) -> Option<String> {
    let text = std::fs::read_to_string(dep_info).ok()?;
    // a space within a path is written as `\ `
    let sources = text.lines().next()?.split_once(": ")?.1.replace("\\ ", "\0");
    sources
        .split(' ')
        .map(|source| source.replace('\0', " "))
        .find(|source| modified(Path::new(source)).is_some_and(|changed| changed > built))
}
