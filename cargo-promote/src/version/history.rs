//! The commits since the last release, by the specification of conventional commits.

/// What git is asked for the commits: hash and message of each, ended by a NUL.
pub const LOG: [&str; 5] =
    ["log", "-z", "--no-show-signature", "--encoding=UTF-8", "--format=tformat:%H%n%B"];

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its hash.
    pub hash: String,
    /// The first line of its message.
    pub subject: String,
    /// What it says of itself; none where it is no conventional commit, as a merge or git's own revert is.
    pub change: Option<Change>,
}

/// What a conventional commit says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its type in lower case: `feat`, `fix`, …
    pub kind: String,
    /// What it is about.
    pub scope: Option<String>,
    /// What it does.
    pub description: String,
    /// What it breaks, in its words, where it says that it breaks something.
    pub breaking: Option<String>,
}

/// Reads git's answer to [`LOG`], newest first.
///
/// # Errors
/// In words, when the answer is of another form or was cut short.
pub fn read_log(stdout: &[u8]) -> Result<Vec<Commit>, String> {
    let text = String::from_utf8_lossy(stdout);
    let Some(body) = text.strip_suffix('\0') else {
        return if text.is_empty() { Ok(Vec::new()) } else { Err("its end is missing".to_owned()) };
    };
    body.split('\0').map(|record| read(record).ok_or_else(|| "a commit has no hash".to_owned())).collect()
}

fn read(record: &str) -> Option<Commit> {
    let (hash, message) = record.split_once('\n')?;
    let sound = matches!(hash.len(), 40 | 64) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let subject = message.trim_start().lines().next().unwrap_or_default().trim_end().to_owned();
    sound.then(|| Commit { hash: hash.to_owned(), subject, change: change(message.trim()) })
}

/// What a message says, where it is conventional.
fn change(message: &str) -> Option<Change> {
    // lines that Windows ends would belong to the description
    let message = message.replace("\r\n", "\n");
    let commit = git_conventional::Commit::parse(&message).ok()?;
    let breaking = commit.breaking().then(|| {
        let said = commit.breaking_description().unwrap_or(commit.description());
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    Some(Change {
        kind: commit.type_().as_str().to_lowercase(),
        scope: commit.scope().map(|scope| scope.as_str().to_owned()),
        description: commit.description().trim().to_owned(),
        breaking,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A commit of that message.
    pub(crate) fn commit(message: &str) -> Commit {
        read(&format!("{}\n{message}\n", "a".repeat(40))).unwrap()
    }

    #[test]
    fn commits_are_read_with_what_they_break() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        let log = format!(
            "{hash}\nfeat(cli)!: drop --old\n\0{hash}\nfix: a bug\n\nWhy.\n\nBREAKING CHANGE: the default\nis 2\n\0\
             {hash}\nMerge branch 'a'\n\0{hash}\nRevert \"feat: x\"\n\nThis reverts commit 1.\n\0"
        );
        let commits = read_log(log.as_bytes()).unwrap();
        let breaking =
            |at: usize| commits[at].change.as_ref().and_then(|change| change.breaking.clone()).unwrap();
        assert_eq!((breaking(0), breaking(1)), ("drop --old".into(), "the default is 2".into()));
        assert_eq!(commits[0].change.as_ref().unwrap().scope.as_deref(), Some("cli"));
        assert_eq!((&commits[2].change, &commits[3].change), (&None, &None));
        assert_eq!(commits[2].subject, "Merge branch 'a'");
    }

    #[test]
    fn types_are_read_in_any_case_and_with_line_ends_of_windows() {
        assert_eq!(commit("FEAT: a\r\n\r\nbody\r\n").change.unwrap().kind, "feat");
        assert_eq!(commit("Fix(a-b): x").change.unwrap().scope.as_deref(), Some("a-b"));
        for other in ["add a thing", "", "feat", "feat: ", ": x", "1.0.0"] {
            assert_eq!(commit(other).change, None, "{other}");
        }
    }

    #[test]
    fn an_answer_cut_short_is_an_error() {
        let log = format!("{}\nfeat: a\n\0", "a".repeat(40));
        for end in 1..log.len() {
            assert!(read_log(&log.as_bytes()[..end]).is_err(), "{end}");
        }
        assert_eq!(read_log(b""), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn any_bytes_give_commits_or_an_error(bytes: Vec<u8>, message: String) {
            let _ = (read_log(&bytes), change(&message));
        }
    }
}
