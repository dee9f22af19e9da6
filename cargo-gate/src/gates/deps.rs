//! `deps`: what a change does to the packages of Cargo.lock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accept::{self, Accept};
use crate::advisory::{Kind, LockedPackage, Match, Severity, match_advisories, parse_lock};
use crate::advisory_source::{AdvisorySource, MAX_AGE, MAX_AGE_CI, MAX_COMMIT_AGE};
use crate::config::Timeout;
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::gates::MEND;
use crate::graph::{Graph, Path};
use crate::lock_diff::{Change, Difference, differences, more_versions};
use crate::policy::{self, Found};
use crate::step::{Base, Evidence, Step, base, base_file, graph};
use crate::text::counted;

/// The settings of `deps`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Deps {
    /// A folder with the advisory database, relative to the workspace root, as in [gates.audit]. `--db` and
    /// `BULLETPROOF_ADVISORY_DB` come before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    /// Where git clones the managed database from, if not from its usual home.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The longest time since the database was fetched.
    max_age: Timeout,
    /// The same in the stages `ci`, `release` and `nightly`.
    max_age_ci: Timeout,
    /// The longest time since the database's last commit.
    max_commit_age: Timeout,
    /// Findings that are accepted for a time.
    accept: Vec<Accept>,
}

impl Default for Deps {
    fn default() -> Self {
        Self {
            database: None,
            url: None,
            max_age: MAX_AGE,
            max_age_ci: MAX_AGE_CI,
            max_commit_age: MAX_COMMIT_AGE,
            accept: Vec::new(),
        }
    }
}

impl Gate for Deps {
    const INFO: Info = Info {
        id: "deps",
        judges: "what a change does to the packages of Cargo.lock",
        bar: "no new advisory that is moderate or worse; the rest is named",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(5),
        rules: &[
            Rule::error("advisory", "a new vulnerability with a score from 4.0, or without one"),
            Rule::warning("advisory-minor", "another new advisory: a low score, unsound, unmaintained"),
            Rule::warning("build-script", "a new package that runs a script of its own when it is built"),
            Rule::warning("proc-macro", "a new package that runs in the compiler"),
            Rule::warning("license-new", "a package under a licence that no other package is under"),
            Rule::warning("source", "a package that comes from elsewhere than the default registry"),
            Rule::warning("duplicate", "a package in more versions than before"),
            Rule::warning("database-age-unknown", "a database that does not tell how old it is"),
            Rule::error("accept-expired", "an accepted finding whose time is over"),
            Rule::warning("accept-unused", "an accepted finding that is none"),
        ],
        manual: "\
## What it checks

Cargo.lock against that of the base revision (`--base REV`; else where the branch left its target): packages
that are new, updated, moved to another source or removed, each with what it does at build time, its licence,
and who needs it. An advisory is new if the base has none of that name for that package; a vulnerability
with a CVSS score from 4.0, or without a score, fails the gate. What a package does at build time and its
licence come from `cargo metadata` of the present state: of an updated package it is not known whether the
old version did the same. Nothing is asked of the network.

A lock file that git ignores has no earlier state: nothing is compared, and `audit` is the gate that judges it.

Packages of the workspace itself and those by path are left out. The database and its age are judged as in
`audit`, wherever a package is new or another.

## Why

Each new package is code of strangers that runs with your rights, at the latest when it is built.

## How to fix

Update the package, replace it, or take it out: `cargo tree --invert PACKAGE` tells who needs it. What stays is
accepted for a time:

```toml
[gates.deps]
accept = [{ rule = \"build-script\", package = \"name@1.2.3\", reason = \"I read it\", expires = \"2027-01-31\" }]
```
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let lock = base_file(cx, "Cargo.lock");
        Planned::Steps(vec![base(cx), lock, Step::Lock, graph(cx), self.source().step(cx)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let metadata = evidence.graph(&graph(cx))?;
        let head = evidence.lock()?;
        let Some(base) = evidence.base(cx)? else {
            return Ok(Outcome::new("nothing to judge: there is no revision to compare with"));
        };
        let old = evidence.base_file(&base_file(cx, "Cargo.lock"))?;
        // the list has what git tracks and what it would: a lock file that is new in this change is in it
        if old.is_none() && !cx.facts.files.iter().any(|file| file == "Cargo.lock") {
            let outcome = Outcome::new("nothing to compare: Cargo.lock is not tracked");
            return Ok(
                outcome.note("git ignores Cargo.lock; `audit` judges the advisories of all its packages")
            );
        }
        let old = old
            .map(parse_lock)
            .transpose()
            .map_err(|error| Unreadable::garbage(format!("the base {}: {error}", base.short())))?;
        let graph = Graph::new(metadata).map_err(|error| Unreadable::garbage(error.to_string()))?;
        let change = LockChange::new(old.as_deref().unwrap_or_default(), head, &graph);
        let mut found: Vec<Found> = Vec::new();
        let mut today = None;
        if change.brings_packages() {
            let (database, at) = self.source().read(cx, evidence)?;
            found.extend(self.source().age(cx, database, at)?.into_iter().map(Found::from));
            let matched = |lock: &[LockedPackage]| match_advisories(lock, &database.files);
            let garbage = |error: &dyn std::fmt::Display| Unreadable::garbage(error.to_string()).help(MEND);
            let before = matched(change.base).map_err(|error| garbage(&error))?;
            let now = matched(head).map_err(|error| garbage(&error))?;
            found.extend(new_advisories(&before, &now));
            today = Some(jiff::tz::Offset::UTC.to_datetime(at).date());
        }
        found.extend(change.facts());
        // without a new package there is nothing that an entry could be about, and no entry ages
        let findings = match today {
            Some(today) => accept::weigh(Self::INFO.id, &self.accept, found, today),
            None => found.into_iter().map(|one| one.finding).collect(),
        };
        let outcome = change.outcome(base, findings);
        Ok(if old.is_some() {
            outcome
        } else {
            outcome.note("the base has no Cargo.lock: every package is new")
        })
    }
}

impl Deps {
    fn source(&self) -> AdvisorySource<'_> {
        AdvisorySource {
            gate: Self::INFO.id,
            folder: self.database.as_deref(),
            url: self.url.as_deref(),
            max_age: self.max_age,
            max_age_ci: self.max_age_ci,
            max_commit_age: self.max_commit_age,
        }
    }
}

/// The advisories that the base does not have for that package.
fn new_advisories(before: &[Match], now: &[Match]) -> Vec<Found> {
    let known: BTreeSet<(&str, &str)> =
        before.iter().map(|found| (found.id.as_str(), found.package.as_str())).collect();
    let new = now.iter().filter(|found| !known.contains(&(found.id.as_str(), found.package.as_str())));
    new.map(advisory).collect()
}

fn advisory(found: &Match) -> Found {
    let Match { id, package, version, title, .. } = found;
    let severity = found.severity.map(|severity| format!(" ({severity})")).unwrap_or_default();
    let message = format!("{package} {version}: {title} [{id}]{severity}");
    // no score is no sign of harmlessness
    let grave = found.kind == Kind::Vulnerability
        && found.severity.is_none_or(|severity| severity >= Severity::Medium);
    let finding = if grave {
        Finding::error("deps/advisory", message)
    } else {
        Finding::warning("deps/advisory-minor", message)
    };
    let help = match found.patched.as_slice() {
        [] => "no fixed version is out: take the package out, or do not update to it".to_owned(),
        versions => format!("fixed in {}; cargo update {package}", versions.join(" or ")),
    };
    let finding = finding
        .at(Place::line("Cargo.lock", found.line))
        .help(help)
        .detail(format!("by way of {}", found.path.join(" > ")))
        .anchor(format!("{id} {package}"));
    Found { finding, package: version.parse().ok().map(|version| (package.clone(), version)) }
}

/// A change of the lock file, with what is known of the packages that are there now.
struct LockChange<'a> {
    base: &'a [LockedPackage],
    head: &'a [LockedPackage],
    differences: Vec<Difference<'a>>,
    graph: &'a Graph<'a>,
    positions: BTreeMap<(&'a str, String), usize>,
    paths: Vec<Option<Path>>,
}

impl<'a> LockChange<'a> {
    fn new(base: &'a [LockedPackage], head: &'a [LockedPackage], graph: &'a Graph<'a>) -> Self {
        let named = graph.packages().iter().enumerate();
        let positions = named.map(|(at, one)| ((one.name.as_str(), one.version.to_string()), at)).collect();
        Self { base, head, differences: differences(base, head), graph, positions, paths: graph.paths() }
    }

    fn brings_packages(&self) -> bool {
        self.differences.iter().any(|one| !is_removal(one.change))
    }

    fn position(&self, package: &'a LockedPackage) -> Option<usize> {
        self.positions.get(&(package.name.as_str(), package.version.to_string())).copied()
    }

    /// What is to be told of the packages that came.
    fn facts(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let licences = self.known_licences();
        for one in self.differences.iter().filter(|one| !is_removal(one.change)) {
            let package = one.package;
            let label = format!("{} {}", package.name, package.version);
            let mut tell = |rule: &str, message: String, help: &str| {
                let finding = Finding::warning(format!("deps/{rule}"), message)
                    .at(Place::line("Cargo.lock", package.line))
                    .help(help)
                    .anchor(package.name.as_str());
                found.push(Found { finding, package: Some((package.name.clone(), package.version.clone())) });
            };
            if one.package.source.is_some() && !package.from_registry {
                let source = package.source.as_deref().unwrap_or_default();
                tell("source", format!("{label} comes from {source}"), "look whether that is meant");
            }
            let Some(at) = self.position(package).filter(|at| self.graph.is_reachable(*at)) else { continue };
            if matches!(one.change, Change::New | Change::Further | Change::Moved) {
                let read = "read it before you build it";
                if self.graph.has_build_script(at) {
                    tell("build-script", format!("{label} is new and has a build script"), read);
                }
                if self.graph.is_proc_macro(at) {
                    tell("proc-macro", format!("{label} is new and runs in the compiler"), read);
                }
            }
            let license = self.graph.package(at).and_then(|package| package.license.as_deref());
            let text = license.unwrap_or("no licence that it states");
            let known = license.is_some_and(|text| is_known(text, &licences));
            if !known && !licences.is_empty() {
                let message = format!("{label} is under {text}, which no other package is under");
                tell("license-new", message, "look whether you may use it");
            }
        }
        found.extend(self.duplicates());
        found
    }

    /// The licences of the packages that were there before.
    fn known_licences(&self) -> BTreeSet<String> {
        let changed: BTreeSet<u32> = self.differences.iter().map(|one| one.package.line).collect();
        let stayed = self.head.iter().filter(|one| one.source.is_some() && !changed.contains(&one.line));
        let packages = stayed.filter_map(|one| self.graph.package(self.position(one)?));
        let mut known = BTreeSet::new();
        for text in packages.filter_map(|package| package.license.as_deref()) {
            let _ = policy::evaluate(text, |requirement| {
                known.insert(requirement.to_string());
                true
            });
        }
        known
    }

    fn duplicates(&self) -> Vec<Found> {
        let more = more_versions(self.base, self.head).into_iter();
        more.filter_map(|(name, versions)| {
            let words: Vec<String> = versions.iter().map(|one| one.version.to_string()).collect();
            let message = format!("{name} is now there in {} versions: {}", words.len(), words.join(", "));
            let last = versions.last()?;
            let finding = Finding::warning("deps/duplicate", message)
                .at(Place::line("Cargo.lock", last.line))
                .help(format!("cargo tree --all-features --target all --invert {name}@VERSION"))
                .anchor(name);
            Some(Found { finding, package: Some((name.to_owned(), last.version.clone())) })
        })
        .collect()
    }

    fn outcome(&self, base: &Base, findings: Vec<Finding>) -> Outcome {
        let count =
            |changes: &[Change]| self.differences.iter().filter(|one| changes.contains(&one.change)).count();
        let new = count(&[Change::New, Change::Further]);
        let updated = count(&[Change::Updated, Change::Moved]);
        let removed = count(&[Change::Removed, Change::Dropped]);
        let advisories = findings.iter().filter(|finding| finding.rule == "deps/advisory").count();
        let against = format!("against {} ({})", base.short(), base.how);
        let summary = if self.differences.is_empty() {
            format!("no package differs {against}")
        } else {
            let told = match advisories {
                0 => "no new advisory".to_owned(),
                1 => "1 new advisory (bar 0)".to_owned(),
                many => format!("{many} new advisories (bar 0)"),
            };
            format!("{}, {updated} updated, {removed} removed {against}: {told}", counted(new, "new package"))
        };
        let outcome = Outcome::new(summary)
            .count("packages", self.head.len())
            .count("new", new)
            .count("updated", updated)
            .count("removed", removed)
            .count("advisories", advisories)
            .text("base", base.commit.as_str())
            .findings(findings);
        if self.differences.is_empty() { outcome } else { outcome.table(&COLUMNS, self.rows()) }
    }

    fn rows(&self) -> Vec<Vec<String>> {
        self.differences.iter().map(|one| self.row(one)).collect()
    }

    fn row(&self, one: &Difference<'a>) -> Vec<String> {
        let package = one.package;
        let before: Vec<String> = one.before.iter().map(ToString::to_string).collect();
        let version = match before.as_slice() {
            [] => package.version.to_string(),
            before => format!("{} → {}", before.join(", "), package.version),
        };
        let at = self.position(package).filter(|_| !is_removal(one.change));
        let described = at.and_then(|at| Some((at, self.graph.package(at)?)));
        let (runs, license, parent) = match described {
            None => (String::new(), String::new(), String::new()),
            Some((at, package)) => {
                let license = package.license.clone().unwrap_or_else(|| "none stated".to_owned());
                (self.runs(at), license, self.parent(at))
            }
        };
        vec![one.change.word().to_owned(), package.name.clone(), version, runs, license, parent]
    }

    /// What the package runs when it is built.
    fn runs(&self, at: usize) -> String {
        if !self.graph.is_reachable(at) {
            return "never built".to_owned();
        }
        let script = self.graph.has_build_script(at).then_some("build script");
        let kinds = script.into_iter().chain(self.graph.is_proc_macro(at).then_some("proc-macro"));
        kinds.collect::<Vec<_>>().join(", ")
    }

    /// Who needs the package.
    fn parent(&self, at: usize) -> String {
        let path = self.paths.get(at).and_then(Option::as_deref).unwrap_or_default();
        let parent = path.len().checked_sub(2).and_then(|before| self.graph.package(*path.get(before)?));
        parent.map(|package| package.name.to_string()).unwrap_or_default()
    }
}

const COLUMNS: [&str; 6] = ["change", "package", "version", "runs at build", "licence", "needed by"];

fn is_removal(change: Change) -> bool {
    matches!(change, Change::Removed | Change::Dropped)
}

/// Whether the licence can be met by known ones.
fn is_known(text: &str, known: &BTreeSet<String>) -> bool {
    policy::evaluate(text, |requirement| known.contains(&requirement.to_string()))
        .is_ok_and(|met| met.is_ok())
}

#[cfg(test)]
mod tests;
