//! git as the snapshot asks it: never in the user's index, and never by a repository that it finds by itself
//! where one is known.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::SnapshotError;
use crate::exec::Cancel;
use crate::exec::git;
use crate::exec::git_settings::ASKED;
use crate::exec::process::{Command, run};
use crate::step::{Captured, End};

/// The longest that one call may take: a first copy of a large tree, or its filters fetching what they need.
const TIMEOUT: Duration = Duration::from_mins(30);

/// Settings of the user's that would have a call do more than it is asked, or less: a hook, a part of the tree only, the
/// trees of submodules as well.
const SETTINGS: [&str; 6] = [
    "core.hooksPath=/dev/null",
    "core.splitIndex=false",
    "core.sparseCheckout=false",
    "core.ignoreStat=false",
    "submodule.recurse=false",
    "advice.detachedHead=false",
];

/// git in a folder.
#[derive(Clone)]
pub(super) struct Git<'a> {
    pub(super) program: &'a Path,
    pub(super) folder: PathBuf,
    /// Variables beyond the clean environment: where the repository is.
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) cancel: &'a Cancel,
}

impl<'a> Git<'a> {
    /// git that finds the repository of a folder by itself.
    pub(super) fn in_folder(program: &'a Path, folder: &Path, cancel: &'a Cancel) -> Self {
        Self { program, folder: folder.to_owned(), env: Vec::new(), cancel }
    }

    /// The same with a variable.
    pub(super) fn with(&self, name: &str, value: impl Into<OsString>) -> Self {
        let mut other = self.clone();
        other.env.push((name.into(), value.into()));
        other
    }

    pub(super) fn ask<A: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> Result<Captured, SnapshotError> {
        self.fed(args, None)
    }

    /// A call that reads those bytes.
    pub(super) fn fed<A: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: Option<Vec<u8>>,
    ) -> Result<Captured, SnapshotError> {
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
        let command = git(self.program, &self.folder, TIMEOUT).unshown(settings).args(args);
        self.run(Command { stdin: input, ..command })
    }

    /// What git says of the user's settings, among which ours are not.
    fn settings(&self) -> Option<Captured> {
        self.run(git(self.program, &self.folder, TIMEOUT).args(ASKED)).ok()
    }

    fn run(&self, mut command: Command) -> Result<Captured, SnapshotError> {
        command.env.extend(self.env.iter().map(|(name, value)| (name.clone(), Some(value.clone()))));
        let captured = run(&command, self.cancel);
        match &captured.end {
            End::Cancelled => Err(SnapshotError::Interrupted),
            End::NotFound => Err(SnapshotError::NoGit),
            End::Code(_) => Ok(captured),
            _ => {
                let cause = captured.exit_code().err().map(|unreadable| unreadable.reason);
                Err(SnapshotError::Git(cause.unwrap_or_default()))
            }
        }
    }

    /// What a call says that succeeds.
    pub(super) fn stdout(&self, args: &[&str]) -> Result<Vec<u8>, SnapshotError> {
        let captured = self.ask(args.iter().copied())?;
        if captured.end == End::Code(0) { Ok(captured.stdout) } else { Err(failed(&captured)) }
    }
}

/// What git says of a repository, wherever in it it is asked.
pub(super) struct Said {
    /// All refs but those of objects that stand in for others in this clone alone: the object of each, the ref that it
    /// stands for, if any, and its name.
    pub(super) refs: Result<Vec<u8>, SnapshotError>,
    /// The settings that count here; none where git does not tell.
    pub(super) settings: Option<Captured>,
}

impl Said {
    /// Asked at once.
    pub(super) fn by(git: &Git<'_>) -> Self {
        std::thread::scope(|scope| {
            let settings = scope.spawn(|| git.settings());
            Self { refs: refs(git), settings: settings.join().ok().flatten() }
        })
    }
}

fn refs(git: &Git<'_>) -> Result<Vec<u8>, SnapshotError> {
    let listed = git.stdout(&["for-each-ref", "--format=%(objectname) %(symref) %(refname)"])?;
    let stands_in = |line: &&[u8]| {
        line.splitn(3, |byte| *byte == b' ').nth(2).is_some_and(|name| name.starts_with(b"refs/replace/"))
    };
    let kept = listed.split_inclusive(|byte| *byte == b'\n').filter(|line| !stands_in(line));
    Ok(kept.flatten().copied().collect())
}

/// The error of a call that failed.
pub(super) fn failed(captured: &Captured) -> SnapshotError {
    let said = String::from_utf8_lossy(&captured.stderr);
    SnapshotError::Git(format!("`{}` failed: {}", captured.what, said.trim()))
}

/// The lines of an answer, as paths may be in it.
pub(super) fn lines(stdout: &[u8]) -> impl Iterator<Item = &[u8]> {
    stdout.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}
