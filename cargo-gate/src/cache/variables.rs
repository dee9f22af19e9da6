//! Which variables of the environment count for code that is compiled and run: all but the noise of a session, so
//! that a hook and a call by hand agree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Variables that say nothing that the key does not hold otherwise: which cargo and which toolchain.
const NOISE: [&str; 4] = ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTUP_TOOLCHAIN_SOURCE", "RUST_RECURSION_COUNT"];

/// Beginnings of the names of variables that programs need to reach an agent, or by which git names its user to a hook:
/// they differ from one session to the next, and no answer should hang on them.
const NOISY: [&str; 7] =
    ["DBUS_", "GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_EDITOR", "GIT_EXEC_PATH", "SSH_", "VSCODE_"];

/// Folders that are on a search path in one session and not in another: of the toolchain that is named otherwise.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Folders that rustup and git put before the search path.
    pub added: Vec<PathBuf>,
    /// Values that variables have where they are not set.
    pub defaults: BTreeMap<String, String>,
}

/// The variables that count, each with what counts of its value. `ours` tells those that tools are started without.
pub fn relevant(
    variables: impl Iterator<Item = (String, String)>,
    places: &Places,
    ours: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    variables
        .filter(|(name, _)| {
            !NOISE.contains(&name.as_str())
                && !NOISY.iter().any(|beginning| name.starts_with(beginning))
                && !ours(name)
        })
        .filter_map(|(name, value)| counts(name, value, places))
        .collect()
}

fn counts(name: String, value: String, places: &Places) -> Option<(String, String)> {
    if places.defaults.get(&name) == Some(&value) {
        return None;
    }
    if !["PATH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"].contains(&name.as_str()) {
        return Some((name, value));
    }
    let is_added = |folder: &Path| places.added.iter().any(|added| added == folder);
    // a quoted path, which Windows knows, stays what it is: another text is another key
    let separator = if cfg!(windows) { ';' } else { ':' };
    let folders = value.split(separator).map(PathBuf::from).filter(|folder| !is_added(folder));
    let mut kept: Vec<PathBuf> = Vec::new();
    // the first of two equal folders is the one that is searched
    folders.for_each(|folder| {
        if !kept.contains(&folder) && !folder.as_os_str().is_empty() {
            kept.push(folder);
        }
    });
    let kept: Vec<String> = kept.iter().map(|folder| folder.to_string_lossy().into_owned()).collect();
    (!kept.is_empty()).then(|| (name, kept.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(list: &[(&str, &str)], places: &Places) -> Vec<String> {
        let variables = list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        relevant(variables, places, |name| name == "GIT_DIR")
            .into_iter()
            .map(|(name, value)| format!("{name}={}", value.replace('\n', ",")))
            .collect()
    }

    #[test]
    fn the_session_does_not_count_and_all_else_does() {
        let list = [
            ("SSH_AUTH_SOCK", "/x"),
            ("DISPLAY", ":0"),
            ("GIT_DIR", ".git"),
            ("GIT_AUTHOR_DATE", "1"),
            ("DATABASE_URL", "x"),
            ("CC", "clang"),
            ("TERMINUS", "y"),
            ("GIT_CONFIG_COUNT", "1"),
        ];
        let all = of(&list, &Places::default());
        assert_eq!(all, ["CC=clang", "DATABASE_URL=x", "DISPLAY=:0", "GIT_CONFIG_COUNT=1", "TERMINUS=y"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_git_and_rustup_add_for_a_hook_does_not_count() {
        let places = Places {
            added: vec!["/usr/lib/git-core".into(), "/sys/lib".into()],
            defaults: [("CARGO_HOME".to_owned(), "/home/u/.cargo".to_owned())].into(),
        };
        let hook = [("PATH", "/usr/lib/git-core:/home/u/.cargo/bin:/usr/bin:/bin:/usr/bin")];
        let hand = [
            ("PATH", "/home/u/.cargo/bin:/usr/bin:/bin"),
            ("CARGO_HOME", "/home/u/.cargo"),
            ("LD_LIBRARY_PATH", "/sys/lib:"),
            ("CARGO", "/x/cargo"),
        ];
        assert_eq!(of(&hook, &places), of(&hand, &places));
        assert_eq!(of(&hand, &places), ["PATH=/home/u/.cargo/bin,/usr/bin,/bin"]);
        let other = of(&[("PATH", "/opt/bin:/usr/bin:/bin"), ("CARGO_HOME", "/elsewhere")], &places);
        assert_eq!(other, ["CARGO_HOME=/elsewhere", "PATH=/opt/bin,/usr/bin,/bin"]);
    }
}
