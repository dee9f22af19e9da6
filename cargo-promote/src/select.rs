//! Which candidate a word means.

use crate::digest::Digest;
use crate::ledger::{Staged, State};
use crate::name::Label;
use crate::trouble::Trouble;

/// The fewest digits by which a candidate or a commit is named.
const FEWEST_DIGITS: usize = 6;

/// The staged candidate that is meant: by its digest, by the first digits of that, by the first digits of its commit,
/// by its version, or by an environment that runs it.
///
/// # Errors
/// Where there is none, or more than one.
pub fn candidate(state: &State, word: &str) -> Result<Digest, Trouble> {
    if let Some(digest) = word.parse::<Label>().ok().and_then(|label| state.current(&label)) {
        return Ok(digest);
    }
    let digits = word.strip_prefix("sha256:").unwrap_or(word);
    let begins = |text: &str| digits.len() >= FEWEST_DIGITS && text.starts_with(digits);
    let version = word.strip_prefix('v').unwrap_or(word);
    let is_meant = |digest: &Digest, staged: &Staged| {
        begins(&digest.hex()) || begins(&staged.commit) || staged.version.to_string() == version
    };
    let meant: Vec<_> = state.candidates.iter().filter(|(digest, staged)| is_meant(digest, staged)).collect();
    match meant.as_slice() {
        [(digest, _)] => Ok(**digest),
        [] => Err(Trouble::CouldNot(format!(
            "no staged candidate is meant by `{}`; `cargo promote status` shows those that are",
            word.escape_debug()
        ))),
        several => {
            let names: Vec<_> = several.iter().map(|(digest, staged)| shown(digest, staged)).collect();
            let (word, names) = (word.escape_debug(), names.join(", "));
            Err(Trouble::CouldNot(format!(
                "`{word}` means more than one candidate: {names}; name one by its digest"
            )))
        }
    }
}

/// The candidate that was staged last.
pub fn newest(state: &State) -> Option<Digest> {
    state.newest_first().first().copied()
}

/// `name version (digest)`, for people.
pub fn shown(digest: &Digest, staged: &Staged) -> String {
    format!("{} {} ({})", staged.name.escape_debug(), staged.version, digest.short())
}

/// The same for what the ledger knows or not.
pub fn named(state: &State, digest: &Digest) -> String {
    state.candidates.get(digest).map_or_else(|| digest.short(), |staged| shown(digest, staged))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Deployed;

    fn state() -> State {
        let mut state = State::default();
        for (bytes, version, commit) in [("a", "1.0.0", "1"), ("b", "1.1.0", "2"), ("c", "1.1.0", "12")] {
            let staged = Staged {
                name: "tool".to_owned(),
                version: version.parse().unwrap(),
                commit: format!("{commit:a<40}"),
                tree: "3".repeat(40),
                at: jiff::Timestamp::UNIX_EPOCH,
                reached: [].into(),
            };
            state.candidates.insert(Digest::of(bytes.as_bytes()), staged);
        }
        let deployed = Deployed {
            candidate: Digest::of(b"b"),
            since: jiff::Timestamp::UNIX_EPOCH,
            sequence: 4,
            finished: false,
        };
        state.environments.insert("production".parse().unwrap(), deployed);
        state
    }

    #[test]
    fn a_candidate_is_meant_by_digest_commit_version_and_environment() {
        let (state, a) = (state(), Digest::of(b"a"));
        for word in
            [a.to_string(), a.hex(), a.short(), "1.0.0".to_owned(), "v1.0.0".to_owned(), "1aaaaaa".to_owned()]
        {
            assert_eq!(candidate(&state, &word).unwrap(), a, "{word}");
        }
        assert_eq!(candidate(&state, "production").unwrap(), Digest::of(b"b"));
    }

    #[test]
    fn what_means_none_or_several_is_an_error_that_says_so() {
        let why = |word: &str| candidate(&state(), word).unwrap_err().to_string();
        assert!(why("1.1.0").contains("more than one candidate: tool 1.1.0 ("));
        for word in ["", "1aaaa", "2.0.0", "staging", "sha256:", "\u{1b}[31m"] {
            assert!(why(word).contains("no staged candidate"), "{word}");
        }
        assert!(!why("\u{1b}[31m").contains('\u{1b}'));
    }
}
