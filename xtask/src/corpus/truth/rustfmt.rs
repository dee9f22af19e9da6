//! `cargo fmt`: which files it looked at, and which of them differ.

use std::collections::BTreeSet;
use std::path::Path;

use crate::corpus::Error;
use crate::corpus::cargo::Programs;
use crate::corpus::subject::Subject;

/// What `cargo fmt --check` said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::corpus) struct Formatting {
    /// The files it looked at, relative to the workspace root.
    pub(in crate::corpus) seen: BTreeSet<String>,
    /// Those that differ.
    pub(in crate::corpus) different: BTreeSet<String>,
    /// What it said where it could not go on.
    pub(in crate::corpus) errors: Vec<String>,
}

/// Asks rustfmt about the whole workspace.
pub(in crate::corpus) fn formatting(programs: &Programs, subject: &Subject) -> Result<Formatting, Error> {
    let ran = programs.cargo(&subject.root, ["fmt", "--all", "--", "--check", "-l", "-v"])?;
    let found = read(&ran.stdout, &ran.stderr, &subject.root);
    if ran.code == Some(0) || !found.different.is_empty() || !found.errors.is_empty() {
        Ok(found)
    } else {
        Err(ran.failure())
    }
}

fn read(stdout: &str, stderr: &str, root: &Path) -> Formatting {
    let relative = |path: &str| {
        let path = Path::new(path);
        path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    };
    let mut found = Formatting::default();
    for line in stdout.lines() {
        if let Some(path) = line.strip_prefix("Formatting ") {
            found.seen.insert(relative(path));
        }
    }
    // `-l` names a file that differs by its path alone
    found.different = stdout.lines().map(relative).filter(|path| found.seen.contains(path)).collect();
    found.errors = stderr.lines().filter(|line| line.starts_with("error")).map(str::to_owned).collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seen_and_different_files_are_told_apart() {
        let stdout = "Using rustfmt config file /ws/rustfmt.toml for /ws/src/lib.rs\nFormatting /ws/src/a.rs\n\
                      /ws/src/a.rs\nFormatting /ws/src/lib.rs\nSpent 0.1 secs in the parsing phase\n";
        let found = read(stdout, "Warning: can't set `x`\n", Path::new("/ws"));
        assert_eq!(found.seen.into_iter().collect::<Vec<_>>(), ["src/a.rs", "src/lib.rs"]);
        assert_eq!(found.different.into_iter().collect::<Vec<_>>(), ["src/a.rs"]);
        assert!(found.errors.is_empty());
    }
}
