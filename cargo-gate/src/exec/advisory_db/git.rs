//! git, called so that it does what we ask of the folder we name, and nothing else.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use thiserror::Error;

use crate::exec::process;
use crate::exec::{Cancel, git};
use crate::step::End;

/// Why a call of git gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GitError {
    /// There is no git.
    #[error("git is not installed")]
    NotFound,
    /// It took too long and was ended.
    #[error("git did not finish in time")]
    TimedOut,
    /// The run was interrupted.
    #[error("interrupted")]
    Cancelled,
    /// It failed.
    #[error("{0}")]
    Failed(String),
    /// It gave an answer that makes no sense.
    #[error("{0}")]
    Garbled(String),
}

/// Runs git in `cwd` and gives its standard output. It asks no questions, runs no hook and takes no optional lock.
pub(in crate::exec) fn run(
    cwd: &Path,
    args: &[&str],
    timeout: Duration,
    cancel: &Cancel,
) -> Result<Vec<u8>, GitError> {
    if timeout.is_zero() {
        return Err(GitError::TimedOut);
    }
    let fixed = ["--no-optional-locks", "-c", "core.hooksPath=/dev/null"];
    let mut command = git("git", cwd, timeout).unshown(fixed).args(args.iter().copied());
    let ours = std::mem::take(&mut command.env);
    command.env = environment(std::env::vars_os()).into_iter().chain(ours).collect();
    let output = process::run(&command, cancel);
    match output.end {
        End::Code(0) => Ok(output.stdout),
        End::Code(code) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(GitError::Failed(format!("git failed with exit code {code}: {}", stderr.trim())))
        }
        End::Signal(signal) => Err(GitError::Failed(format!("git was killed by signal {signal}"))),
        End::TimedOut(_) => Err(GitError::TimedOut),
        End::Cancelled => Err(GitError::Cancelled),
        End::NotFound => Err(GitError::NotFound),
        End::NotStarted(cause) => Err(GitError::Failed(format!("git could not be run: {cause}"))),
        End::TooMuchOutput => Err(GitError::Failed("git wrote more output than can be kept".to_owned())),
    }
}

/// How the caller's `GIT_…` variables start that say how to reach a server. Any other may say which repository is at
/// work (in a hook, for example), and is removed.
const KEPT: [&str; 9] = [
    "GIT_ASKPASS",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_VALUE_",
    "GIT_PROXY",
    "GIT_SSH",
    "GIT_SSL",
];

/// What changes in git's environment.
fn environment(vars: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, Option<OsString>)> {
    let removed = vars.map(|(name, _)| name).filter(|name| {
        let name = name.as_encoded_bytes();
        name.starts_with(b"GIT_") && !KEPT.iter().any(|kept| name.starts_with(kept.as_bytes()))
    });
    let no_questions = ("GIT_TERMINAL_PROMPT".into(), Some("0".into()));
    removed.map(|name| (name, None)).chain([no_questions]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_gets_what_leads_to_a_server_and_nothing_that_leads_to_another_repository() {
        let removed = ["GIT_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_TRACE", "GIT_CONFIG_PARAMETERS"];
        let kept = [
            "HOME",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_COUNT",
            "GIT_CONFIG_KEY_0",
            "GIT_CONFIG_VALUE_0",
            "GIT_SSL_CAINFO",
        ];
        let vars = removed.into_iter().chain(kept).map(|name| (name.into(), "value".into()));
        let mut expected: Vec<(OsString, Option<OsString>)> =
            removed.into_iter().map(|name| (name.into(), None)).collect();
        expected.push(("GIT_TERMINAL_PROMPT".into(), Some("0".into())));
        assert_eq!(environment(vars), expected);
    }

    #[test]
    fn a_user_may_not_ask_for_questions() {
        let vars = [("GIT_TERMINAL_PROMPT".into(), "1".into())];
        let last = environment(vars.into_iter()).pop();
        assert_eq!(last, Some(("GIT_TERMINAL_PROMPT".into(), Some("0".into()))));
    }

    #[test]
    fn a_failure_tells_what_git_said() {
        let error = run(Path::new("/"), &["no-such-command"], Duration::from_secs(20), &Cancel::default());
        let Err(GitError::Failed(message)) = error else { panic!("{error:?}") };
        assert!(message.contains("no-such-command"), "{message}");
    }

    #[test]
    fn an_interrupted_run_starts_nothing() {
        let cancel = Cancel::default();
        cancel.set();
        let error = run(Path::new("/"), &["--version"], Duration::from_secs(20), &cancel);
        assert_eq!(error, Err(GitError::Cancelled));
    }
}
