//! `paths`: no absolute path of somebody's home folder in the code.

use std::time::Duration;

use memchr::memchr2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Globs;
use crate::facts::Facts;
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::reach::{self, Reached};
use crate::step::{Evidence, FileRead, SourceFile, Step};
use crate::text::counted;

/// The settings of `paths`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Paths {
    /// Files that are not looked at.
    exclude: Globs,
}

impl Gate for Paths {
    const INFO: Info = Info {
        id: "paths",
        judges: "absolute user paths in sources and cargo's configuration, outside comments and tests",
        bar: "none",
        stages: &[Stage::PreCommit, Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(1),
        rules: &[
            Rule::error("user-path", "a string with a path below somebody's home folder"),
            Rule::error("unreadable-config", "a configuration file of cargo that is not UTF-8"),
        ],
        manual: "\
## What it checks

String literals of the sources (build scripts too; tests, benches, examples and comments not), and
`.cargo/config.toml`, for paths below a user's home folder: `/home/<name>`, `/Users/<name>`,
`C:\\Users\\<name>`. A place holder instead of the name (`/home/{user}`, `/home/$USER`) is no finding.

## Why

Such a path works on one machine only, and tells a name that belongs to nobody else.

## How to fix

Take the path from an argument, from the environment, or build it from a folder that the program
asks the system for.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        Planned::Steps(std::iter::once(Step::Sources).chain(configs(cx.facts)).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        use rayon::prelude::*;
        let sources = evidence.sources()?;
        let reached = sources.reached(cx.facts);
        let judged = |file: &&SourceFile| !self.exclude.matches(&file.path) && is_shipped(reached, file);
        let mut findings: Vec<Finding> =
            sources.files.par_iter().filter(judged).flat_map_iter(in_source).collect();
        let files = sources.files.par_iter().filter(judged).count();
        if files == 0 && !reach::ships_nothing(cx) {
            return Err(Unreadable::no_source());
        }
        for path in cx.facts.cargo_configs.iter().filter(|path| !self.exclude.matches(path)) {
            findings.extend(in_config(path, evidence)?);
        }
        let summary = match findings.len() {
            0 => format!("no user path in {}", counted(files, "file")),
            many => format!("{} (bar 0)", counted(many, "user path")),
        };
        Ok(Outcome::new(summary).count("files", files).count("user_paths", findings.len()).findings(findings))
    }
}

fn configs(facts: &Facts) -> impl Iterator<Item = Step> + '_ {
    facts.cargo_configs.iter().map(|path| Step::File { path: path.clone() })
}

/// Production code and build scripts.
fn is_shipped(reached: &Reached, file: &SourceFile) -> bool {
    reached.is_production(file) || reached.get(&file.path).is_some_and(|reach| reach.build)
}

fn in_source(file: &SourceFile) -> impl Iterator<Item = Finding> + '_ {
    file.scan().strings.iter().filter(|literal| literal.home && !literal.test).flat_map(move |literal| {
        let text = file.text().get(literal.span.clone()).unwrap_or_default();
        user_paths(text).map(move |(at, path)| {
            let span = literal.span.start + at..literal.span.start + at + path.len();
            file.point(finding(path), span)
        })
    })
}

fn in_config(path: &str, evidence: &Evidence) -> Result<Vec<Finding>, Unreadable> {
    let bytes = match evidence.file(&Step::File { path: path.to_owned() })? {
        FileRead::Content(bytes) => bytes,
        FileRead::Missing => return Ok(Vec::new()),
        FileRead::Failed(cause) => return Err(Unreadable::garbage(format!("{path}: {cause}"))),
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        let finding = Finding::error("paths/unreadable-config", "cargo's configuration is not UTF-8");
        return Ok(vec![finding.at(Place::file(path))]);
    };
    let code = |line: &'_ str| line.split('#').next().unwrap_or_default().len();
    let lines = (1..).zip(text.lines()).flat_map(|(number, line)| {
        let line = line.get(..code(line)).unwrap_or_default();
        user_paths(line).map(move |(_, path)| finding(path).at(Place::line("", number)).anchor(line))
    });
    Ok(lines
        .map(|finding| {
            let line = finding.place.as_ref().and_then(|place| place.line).unwrap_or(1);
            finding.at(Place::line(path, line))
        })
        .collect())
}

fn finding(path: &str) -> Finding {
    Finding::error("paths/user-path", format!("`{path}` is a path of one user's machine"))
        .help("take it from an argument, the environment, or a folder that the system names")
}

/// The user paths in a text: where each starts, and its text up to the user's name.
fn user_paths(text: &str) -> impl Iterator<Item = (usize, &str)> {
    const HOMES: [&str; 7] =
        ["/home/", "/Users/", ":\\Users\\", ":\\\\Users\\\\", ":/Users/", "\\home\\", "/export/home/"];
    // each of them has one of these, and few literals do
    let homes = if memchr2(b'/', b'\\', text.as_bytes()).is_some() { &HOMES[..] } else { &[] };
    let mut found: Vec<(usize, &str)> = homes
        .iter()
        .flat_map(|home| text.match_indices(home).map(|(at, _)| (at, at + home.len())))
        .filter_map(|(at, name)| {
            let start = start_of_path(text, at)?;
            let length = text.get(name..)?.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c)));
            let end = length.map_or(text.len(), |length| name + length);
            let user = text.get(name..end)?;
            (!user.is_empty() && !is_shared(user)).then(|| Some((start, text.get(start..end)?))).flatten()
        })
        .collect();
    found.sort_unstable();
    found.dedup_by(|later, earlier| later.0 < earlier.0 + earlier.1.len());
    found.into_iter()
}

/// Where the path begins: at the drive letter, or at the slash; none where the slash goes on a
/// longer path (`/srv/home/x`, an address).
fn start_of_path(text: &str, at: usize) -> Option<usize> {
    let before = text.get(..at)?.chars().next_back();
    if text.get(at..)?.starts_with(':') {
        return before.filter(char::is_ascii_alphabetic).map(|_| at - 1);
    }
    let inside = before.is_some_and(|c| c.is_alphanumeric() || "._-/\\}$>~:".contains(c));
    (!inside).then_some(at)
}

/// Folders beside those of users.
fn is_shared(name: &str) -> bool {
    ["Shared", "Public", "Default", "All", ".", ".."].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        user_paths(text).map(|(_, path)| path).collect()
    }

    #[test]
    fn paths_of_users_are_found_on_every_system() {
        assert_eq!(found("\"/home/ann/x\""), ["/home/ann"]);
        assert_eq!(found("\"file in /Users/bob\""), ["/Users/bob"]);
        assert_eq!(found(r#""C:\\Users\\Eve\\x""#), [r"C:\\Users\\Eve"]);
        assert_eq!(found(r#"r"D:\Users\Eve""#), [r"D:\Users\Eve"]);
        assert_eq!(found("\"C:/Users/Eve\""), ["C:/Users/Eve"]);
    }

    #[test]
    fn place_holders_shared_folders_and_other_paths_are_no_user_paths() {
        for text in [
            "\"/home/{user}/x\"",
            "\"/home/$USER\"",
            "\"/home/<name>\"",
            "\"/home/\"",
            "\"/Users/Shared/x\"",
            "\"https://example.org/home/ann\"",
            "\"/srv/home/ann\"",
            "\"{root}/home/ann\"",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn comments_and_tests_are_left_alone() {
        let text = "// /home/ann\nconst A: &str = \"/home/eve\";\n#[cfg(test)]\nmod tests { const B: &str = \"/home/bob\"; }\n";
        let file = SourceFile::new("src/a.rs".into(), Some(0), Ok(text.into()));
        let findings: Vec<Finding> = in_source(&file).collect();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].place.as_ref().unwrap().line, Some(2));
    }
}
