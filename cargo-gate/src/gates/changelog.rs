//! `changelog`: the changelog tells of the version.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::Date;
use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::facts::{Package, join};
use crate::finding::{Excerpt, Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Evidence, Step, changes};
use crate::text::counted;
use crate::versions::changelog::{Entry, NAMES, parse};
use crate::versions::workspace_version;

/// The settings of `changelog`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Changelog {
    /// The changelog, relative to the workspace root; by default the first of `CHANGELOG.md`, `CHANGES.md`,
    /// `HISTORY.md`, `RELEASES.md` and `NEWS.md` that there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Whether an entry for the unreleased change will do where the version has none.
    unreleased: bool,
    /// Whether a change of code against the base must change the changelog too.
    every_change: bool,
}

impl Default for Changelog {
    fn default() -> Self {
        Self { file: None, unreleased: true, every_change: false }
    }
}

impl Gate for Changelog {
    const INFO: Info = Info {
        id: "changelog",
        judges: "that the changelog has an entry for the version, or for the unreleased change",
        bar: "present",
        stages: &[Stage::Release],
        timeout: Duration::from_mins(1),
        rules: &[
            Rule::error("missing", "no changelog"),
            Rule::error("no-entry", "no entry for the version"),
            Rule::error("empty-entry", "an entry that says nothing"),
            Rule::error("twice", "two entries for one version"),
            Rule::warning("bad-date", "a date that does not exist"),
            Rule::warning("ahead", "an entry for a newer version than the manifest's"),
            Rule::error("not-changed", "code that changed without the changelog, where `every_change` asks for it"),
        ],
        manual: "\
## What it checks

The changelog has an entry for the version of the workspace, or one for what is not released yet, and that
entry says something. Entries are headings with a version, as Keep a Changelog, git-cliff and most others write
them: `## [1.2.0] - 2026-03-05`, `# v1.2.0`, `1.2.0 (2026-03-05)` with a line below, `## [Unreleased]`. That
last one stands above the newest version, under a heading no deeper than that one's. A heading that names another
member (`## name 1.2.0`) is an entry of that one.

A member with a changelog in its own folder is judged by that one, with its own version. The version of a
workspace is that of `[workspace.package]`, else of the package in its root, else the highest of its members.

With `every_change = true` each change of code against the base revision has to change a changelog; tests,
benches and examples are not code in this sense.

## Why

Who upgrades reads the changelog first; who writes it weeks later guesses.

## How to fix

Add the entry at the line that the finding names. `unreleased = false` asks for the version's own entry.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let own = members(cx).flat_map(|package| self.candidates(&package.folder));
        let paths = std::iter::once("Cargo.toml".to_owned()).chain(self.candidates("")).chain(own);
        let mut steps: Vec<Step> = Vec::new();
        for path in paths {
            let step = Step::File { path };
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        steps.extend(self.every_change.then(|| changes(cx)));
        Planned::Steps(steps)
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let manifest = evidence.text("Cargo.toml")?.unwrap_or_default();
        let all: Vec<&Package> = cx.facts.packages.iter().collect();
        let Some(workspace) = workspace_version(manifest, &all) else {
            return Err(Unreadable::garbage("no package of the workspace states a version"));
        };
        let mut logs: Vec<Log<'_>> = Vec::new();
        let mut without: Vec<&Package> = Vec::new();
        let root = self.read(evidence, "")?;
        for package in members(cx).filter(|package| !package.folder.is_empty()) {
            match self.read(evidence, &package.folder)? {
                Some((path, text)) => {
                    let version = package.version.parse::<Version>();
                    logs.extend(version.map(|version| Log::new(cx, path, text, &package.name, version)));
                }
                None if root.is_none() && package.publish => without.push(package),
                None => {}
            }
        }
        if let Some((path, text)) = root {
            logs.push(Log::new(cx, path, text, &workspace.package, workspace.version));
        }
        let mut findings: Vec<Finding> = logs.iter().flat_map(|log| self.log(log)).collect();
        findings.extend(missing(&logs, &without));
        if self.every_change {
            findings.extend(self.unchanged(cx, evidence, &logs)?);
        }
        let entries: usize = logs.iter().map(|log| log.entries.len()).sum();
        let names: Vec<String> = logs.iter().map(|log| format!("{} in {}", log.version, log.path)).collect();
        let summary = match findings.len() {
            0 => format!("an entry for {}", names.join(", ")),
            many => format!("{} (bar 0)", counted(many, "defect")),
        };
        Ok(Outcome::new(summary).count("changelogs", logs.len()).count("entries", entries).findings(findings))
    }
}

/// A changelog with the version that it has to tell of.
struct Log<'a> {
    path: String,
    text: &'a str,
    version: Version,
    /// The names of the other members: an entry with one of them is none of this package.
    others: BTreeSet<&'a str>,
    entries: Vec<Entry>,
}

impl<'a> Log<'a> {
    fn new(cx: &Context<'a>, path: String, text: &'a str, package: &str, version: Version) -> Self {
        let names = cx.facts.packages.iter().map(|package| package.name.as_str());
        let others = names.filter(|name| *name != package).collect();
        Self { path, text, version, others, entries: parse(text) }
    }

    /// The entries but those of other members.
    fn own(&self) -> impl Iterator<Item = &Entry> {
        let foreign = |name: &String| self.others.contains(name.as_str());
        self.entries.iter().filter(move |entry| !entry.name.as_ref().is_some_and(foreign))
    }

    fn at(&self, finding: Finding, line: u32) -> Finding {
        let text = line.checked_sub(1).and_then(|skipped| self.text.lines().nth(skipped as usize));
        let excerpt =
            text.map(|text| Excerpt { text: text.to_owned(), first_line: line, mark: 0..text.len() });
        finding.at(Place::line(&self.path, line)).excerpt(excerpt)
    }
}

/// The judged members, and those that nobody publishes too: some have a changelog of their own.
fn members<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Package> + use<'a> {
    cx.facts.judged(cx.options)
}

impl Changelog {
    fn candidates(&self, folder: &str) -> Vec<String> {
        match &self.file {
            Some(file) if folder.is_empty() => vec![file.clone()],
            _ => NAMES.iter().map(|name| join(folder, name)).collect(),
        }
    }

    /// The changelog of a folder.
    fn read<'a>(
        &self,
        evidence: &'a Evidence,
        folder: &str,
    ) -> Result<Option<(String, &'a str)>, Unreadable> {
        for path in self.candidates(folder) {
            if let Some(text) = evidence.text(&path)? {
                return Ok(Some((path, text)));
            }
        }
        Ok(None)
    }

    /// What is wrong with one changelog.
    fn log(&self, log: &Log<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let own = log.own().find(|entry| entry.version.as_ref() == Some(&log.version));
        let unreleased = log.own().find(|entry| entry.version.is_none());
        let version = &log.version;
        match (own, unreleased.filter(|_| self.unreleased)) {
            (Some(own), _) if own.empty => {
                let finding =
                    Finding::error("changelog/empty-entry", format!("the entry for {version} says nothing"));
                findings.push(log.at(finding.help("say what changed for those who use it"), own.line));
            }
            (None, Some(unreleased)) if unreleased.empty => {
                let message = format!("there is no entry for {version}, and the unreleased change is empty");
                let finding = Finding::error("changelog/empty-entry", message);
                findings.push(log.at(finding.help("say what changed for those who use it"), unreleased.line));
            }
            (None, None) => {
                let line = log.entries.first().map_or(1, |entry| entry.line);
                let finding =
                    Finding::error("changelog/no-entry", format!("there is no entry for {version}"));
                findings.push(
                    log.at(finding.help(format!("add above this line: `## [{version}] - DATE`")), line),
                );
            }
            _ => {}
        }
        findings.extend(log.entries.iter().enumerate().filter_map(|(place, entry)| {
            let before = log.entries.iter().take(place).find(|one| {
                entry.version.is_some() && (&one.version, &one.name) == (&entry.version, &entry.name)
            })?;
            let message = format!("{} has an entry in line {} already", entry.version.as_ref()?, before.line);
            Some(log.at(Finding::error("changelog/twice", message).help("join the two entries"), entry.line))
        }));
        findings.extend(log.entries.iter().filter_map(|entry| {
            let date = entry.date.as_ref().filter(|date| date.parse::<Date>().is_err())?;
            let finding = Finding::warning("changelog/bad-date", format!("`{date}` is no date"));
            Some(log.at(finding.help("write year, month and day: 2026-03-05"), entry.line))
        }));
        let newest = log.own().filter(|entry| entry.version.as_ref().is_some_and(|one| one > version));
        findings.extend(newest.map(|entry| {
            let message = format!("there is an entry for `{}`, and the version is {version}", entry.title);
            log.at(
                Finding::warning("changelog/ahead", message).help("set the version in the manifest"),
                entry.line,
            )
        }));
        findings
    }

    /// A finding where code changed and no changelog did.
    fn unchanged(
        &self,
        cx: &Context<'_>,
        evidence: &Evidence,
        logs: &[Log<'_>],
    ) -> Result<Option<Finding>, Unreadable> {
        let Some(changes) = evidence.changes(cx)? else { return Ok(None) };
        let code: Vec<&String> = changes.files.keys().filter(|path| is_code(cx, path)).collect();
        let told = logs.iter().any(|log| changes.files.contains_key(&log.path));
        let Some(first) = code.first().filter(|_| !told) else { return Ok(None) };
        let more = match code.len() {
            1 => String::new(),
            many => format!(" and {} changed", counted(many - 1, "other file")),
        };
        let path = logs.first().map_or_else(|| self.candidates("").swap_remove(0), |log| log.path.clone());
        let verb = if code.len() == 1 { " changed" } else { "" };
        let message = format!("{first}{more}{verb} against the base, and the changelog did not");
        let finding = Finding::error("changelog/not-changed", message).at(Place::file(path));
        Ok(Some(finding.help("add what changed under `## [Unreleased]`").anchor("not-changed")))
    }
}

/// Code that users get: a Rust file of a package that is no test, bench or example.
fn is_code(cx: &Context<'_>, path: &str) -> bool {
    let Some(package) = cx.facts.owner(path).and_then(|index| cx.facts.packages.get(index)) else {
        return false;
    };
    let below = path.strip_prefix(&package.folder).unwrap_or(path).trim_start_matches('/');
    let aside = ["tests/", "benches/", "examples/"].iter().any(|folder| below.starts_with(folder));
    let rust = std::path::Path::new(path).extension().is_some_and(|extension| extension == "rs");
    rust && !aside
}

fn missing(logs: &[Log<'_>], without: &[&Package]) -> Vec<Finding> {
    let at = |finding: Finding, path: String| {
        finding.at(Place::file(path)).help("write one: https://keepachangelog.com shows the form")
    };
    if logs.is_empty() {
        return vec![at(Finding::error("changelog/missing", "there is no changelog"), NAMES[0].to_owned())];
    }
    let each = without.iter().map(|package| {
        let message = format!("`{}` has no changelog, and neither has the workspace", package.name);
        at(Finding::error("changelog/missing", message), join(&package.folder, NAMES[0]))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(gate: &Changelog, version: &str, text: &str) -> Vec<(String, Option<u32>)> {
        let version = version.parse().unwrap();
        let (path, others) = ("CHANGELOG.md".into(), ["other"].into());
        let log = Log { path, text, version, others, entries: parse(text) };
        gate.log(&log).into_iter().map(|one| (one.rule, one.place.unwrap().line)).collect()
    }

    fn one(version: &str, text: &str) -> Vec<(String, Option<u32>)> {
        rules(&Changelog::default(), version, text)
    }

    #[test]
    fn an_entry_for_the_version_will_do_and_so_will_one_for_the_unreleased_change() {
        assert!(one("1.0.0", "## [1.0.0] - 2026-01-01\n\n- A thing.\n").is_empty());
        assert!(one("1.0.0", "## [Unreleased]\n\n- A thing.\n").is_empty());
        let strict = Changelog { unreleased: false, ..Changelog::default() };
        let found = rules(&strict, "1.0.0", "## [Unreleased]\n\n- A thing.\n");
        assert_eq!(found, [("changelog/no-entry".into(), Some(1))]);
    }

    #[test]
    fn an_entry_that_is_not_there_or_says_nothing_is_told_with_its_line() {
        assert_eq!(one("1.1.0", "# Log\n\n## 1.0.0\n\n- x\n"), [("changelog/no-entry".into(), Some(3))]);
        assert_eq!(
            one("1.0.0", "# Log\n\n## 1.0.0\n\n### Added\n"),
            [("changelog/empty-entry".into(), Some(3))]
        );
        let empty = "## Unreleased\n\n## 0.9.0\n\n- x\n";
        assert_eq!(one("1.0.0", empty), [("changelog/empty-entry".into(), Some(1))]);
        assert_eq!(one("1.0.0", ""), [("changelog/no-entry".into(), Some(1))]);
    }

    #[test]
    fn an_entry_of_another_package_is_none_of_this_one() {
        let both = "## demo 1.0.0\n\n- x\n\n## other 1.0.0\n\n- x\n\n## other 2.0.0\n\n- x\n";
        assert!(one("1.0.0", both).is_empty());
        let other = "## other 1.0.0\n\n- x\n";
        assert_eq!(one("1.0.0", other), [("changelog/no-entry".into(), Some(1))]);
        assert!(one("1.0.0", "## Product 1.0.0\n\n- x\n").is_empty());
    }

    #[test]
    fn a_heading_that_speaks_of_the_future_is_no_entry() {
        let text = "## 0.9.0\n\n- x\n\n### Upcoming deprecations\n\n- y\n";
        assert_eq!(one("1.0.0", text), [("changelog/no-entry".into(), Some(1))]);
    }

    #[test]
    fn double_entries_bad_dates_and_entries_ahead_are_told() {
        let text = "## 2.0.0\n\n- x\n\n## 1.0.0 - 2026-02-30\n\n- x\n\n## 1.0.0\n\n- x\n";
        let found = one("1.0.0", text);
        let expected = [("changelog/twice", 9), ("changelog/bad-date", 5), ("changelog/ahead", 1)];
        assert_eq!(found, expected.map(|(rule, line)| (rule.to_owned(), Some(line))));
    }
}
