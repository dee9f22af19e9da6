//! `audit`: known defects of the dependencies, from the `RustSec` database.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::advisory::{Kind, LockedPackage, Match, Severity, match_advisories};
use crate::advisory_source::{AdvisorySource, MAX_AGE, MAX_AGE_CI, MAX_COMMIT_AGE};
use crate::config::{Expiry, Reason, Timeout};
use crate::exec::Yanked;
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Evidence, Observed, Step};
use crate::text::counted;

/// The command that mends a database that is missing or too old.
pub const MEND: &str = "cargo bulletproof db update";

/// The settings of `audit`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Audit {
    /// A folder with the database, relative to the workspace root, instead of the managed one in the
    /// user's cache. `--db` and `BULLETPROOF_ADVISORY_DB` come before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    /// Where git clones the managed database from, if not from its usual home.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The longest time since the database was fetched.
    max_age: Timeout,
    /// The same in the stages `ci`, `release` and `nightly`.
    max_age_ci: Timeout,
    /// The longest time since the database's last commit: a mirror that stopped is too old however
    /// often it is fetched.
    max_commit_age: Timeout,
    /// The lowest severity of a vulnerability that fails the gate; one without a score always does.
    severity: Floor,
    /// Advisories that are accepted for a time.
    ignore: Vec<Ignore>,
}

/// An advisory that is accepted for a time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ignore {
    /// Its identifier.
    id: String,
    /// Why it does no harm here.
    reason: Reason,
    /// The last day on which this holds.
    expires: Expiry,
}

/// The lowest severity that fails the gate.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Floor {
    /// Every vulnerability.
    #[default]
    Any,
    /// From a score of 4.0.
    Medium,
    /// From a score of 7.0.
    High,
    /// From a score of 9.0.
    Critical,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            database: None,
            url: None,
            max_age: MAX_AGE,
            max_age_ci: MAX_AGE_CI,
            max_commit_age: MAX_COMMIT_AGE,
            severity: Floor::Any,
            ignore: Vec::new(),
        }
    }
}

impl Gate for Audit {
    const INFO: Info = Info {
        id: "audit",
        judges: "RustSec advisories on the packages of Cargo.lock, and yanked versions",
        bar: "no vulnerability; the rest is named",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(5),
        rules: &[
            Rule::error("vulnerability", "a package with a known vulnerability"),
            Rule::warning("below-severity", "a vulnerability below the configured severity"),
            Rule::warning("unsound", "a package whose safe code can reach undefined behaviour"),
            Rule::warning("unmaintained", "a package that nobody looks after"),
            Rule::warning("notice", "a security notice, or an advisory of a newer kind"),
            Rule::warning("yanked", "a version that its author took back"),
            Rule::warning("yanked-unknown", "versions of which cargo's index cache cannot tell"),
            Rule::warning("database-age-unknown", "a database that does not tell how old it is"),
            Rule::error("ignore-expired", "an accepted advisory whose time is over"),
            Rule::warning("ignore-unused", "an accepted advisory that concerns no package"),
        ],
        manual: "\
## What it checks

Each package of Cargo.lock against the RustSec advisory database, with RustSec's own rules for versions.
A vulnerability fails the gate; what is unsound, unmaintained or yanked is named. Whether a version was
yanked comes from cargo's index cache; versions that are not in it are named as unknown.

The database is the folder of `--db`, of `BULLETPROOF_ADVISORY_DB`, or of `database` in the config; else a
shallow clone in your cache directory, which the first run fetches and `cargo bulletproof db update`
refreshes. A database that is missing, too old, damaged or changed by hand judges nothing: the gate is
`broken`. The age counts from the last fetch and from the last commit. A plain folder tells no age: a
warning, and in the stages `ci`, `release` and `nightly` no verdict.

## Why

An old database calls everything clean.

## How to fix

`cargo update PACKAGE` where a fixed version is out. What cannot be fixed yet is accepted for a time:
an entry under `ignore` with `id`, `reason` and `expires`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        Planned::Steps(vec![Step::Lock, self.source().step(cx), Step::Yanked])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let lock = evidence.lock()?;
        let (database, at) = self.source().read(cx, evidence)?;
        let mut findings = self.source().age(cx, database, at)?;
        let matches = match_advisories(lock, &database.files)
            .map_err(|error| Unreadable::garbage(error.to_string()).help(MEND))?;
        findings.extend(self.weigh(&matches, today(at)));
        let Some(Observed::Yanked(yanked)) = evidence.get(&Step::Yanked) else {
            return Err(Unreadable::not_done(&Step::Yanked));
        };
        findings.extend(yanked_findings(lock, yanked));
        let vulnerable = findings.iter().filter(|finding| finding.rule == "audit/vulnerability").count();
        let packages = counted(lock.len(), "package");
        let summary = match vulnerable {
            0 => format!("no vulnerability in {packages}"),
            1 => format!("1 vulnerability in {packages} (bar 0)"),
            many => format!("{many} vulnerabilities in {packages} (bar 0)"),
        };
        let outcome = Outcome::new(summary)
            .count("packages", lock.len())
            .count("advisories_read", database.files.len())
            .count("advisories", matches.len())
            .count("vulnerabilities", vulnerable)
            .count("yanked", yanked.yanked.len())
            .count("yanked_unknown", yanked.unknown.len())
            .findings(findings);
        Ok(match &database.commit {
            Some(commit) => outcome.text("database_commit", commit),
            None => outcome,
        })
    }
}

impl Audit {
    fn source(&self) -> AdvisorySource<'_> {
        AdvisorySource {
            gate: "audit",
            folder: self.database.as_deref(),
            url: self.url.as_deref(),
            max_age: self.max_age,
            max_age_ci: self.max_age_ci,
            max_commit_age: self.max_commit_age,
        }
    }

    /// The findings of the advisories that match, with what is accepted taken out.
    fn weigh(&self, matches: &[Match], today: Date) -> Vec<Finding> {
        let accepted = |found: &Match| self.ignore.iter().find(|ignore| is_about(found, &ignore.id));
        let holds = |ignore: &Ignore| ignore.expires.0 >= today;
        let counted = matches.iter().filter(|found| !accepted(found).is_some_and(holds));
        let mut findings: Vec<Finding> = counted.map(|found| self.finding(found)).collect();
        for ignore in &self.ignore {
            let Ignore { id, reason, expires } = ignore;
            if !matches.iter().any(|found| is_about(found, id)) {
                let message = format!("{id} is accepted and concerns no package");
                findings
                    .push(Finding::warning("audit/ignore-unused", message).help("remove it from `ignore`"));
            } else if !holds(ignore) {
                let message = format!("{id} was accepted until {} ({reason})", expires.0);
                let help = "fix it now, or accept it again with a new date";
                findings.push(Finding::error("audit/ignore-expired", message).help(help).anchor(id));
            }
        }
        findings
    }

    fn finding(&self, found: &Match) -> Finding {
        let Match { id, package, version, title, .. } = found;
        let severity = found.severity.map(|severity| format!(" ({severity})")).unwrap_or_default();
        let message = format!("{package} {version}: {title} [{id}]{severity}");
        let finding = match found.kind {
            Kind::Vulnerability if self.is_below(found.severity) => {
                Finding::warning("audit/below-severity", message)
            }
            Kind::Vulnerability => Finding::error("audit/vulnerability", message),
            Kind::Unsound => Finding::warning("audit/unsound", message),
            Kind::Unmaintained => Finding::warning("audit/unmaintained", message),
            Kind::Notice | Kind::Other => Finding::warning("audit/notice", message),
        };
        let fix = match found.patched.as_slice() {
            [] => "no fixed version is out".to_owned(),
            versions => format!("fixed in {}; cargo update {package}", versions.join(" or ")),
        };
        let about = found.url.as_ref().map(|url| format!("; {url}")).unwrap_or_default();
        finding
            .at(Place::line("Cargo.lock", found.line))
            .help(format!("{fix}{about}"))
            .detail(format!("by way of {}", found.path.join(" > ")))
            .anchor(format!("{id} {package}"))
    }

    fn is_below(&self, severity: Option<Severity>) -> bool {
        let floor = match self.severity {
            Floor::Any => return false,
            Floor::Medium => Severity::Medium,
            Floor::High => Severity::High,
            Floor::Critical => Severity::Critical,
        };
        // no score is no sign of harmlessness
        severity.is_some_and(|severity| severity < floor)
    }
}

fn is_about(found: &Match, id: &str) -> bool {
    found.id == id || found.aliases.iter().any(|alias| alias == id)
}

fn today(now: Timestamp) -> Date {
    jiff::tz::Offset::UTC.to_datetime(now).date()
}

fn yanked_findings(lock: &[LockedPackage], known: &Yanked) -> Vec<Finding> {
    let taken_back = lock.iter().filter(|package| {
        package.from_registry && known.yanked.contains(&(package.name.clone(), package.version.clone()))
    });
    let mut findings: Vec<Finding> = taken_back
        .map(|package| {
            let (name, version) = (&package.name, &package.version);
            Finding::warning("audit/yanked", format!("{name} {version} was yanked by its author"))
                .at(Place::line("Cargo.lock", package.line))
                .help(format!("cargo update {name}"))
                .anchor(name)
        })
        .collect();
    if !known.unknown.is_empty() {
        let names: BTreeSet<String> =
            known.unknown.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let message = format!("cargo's index cache cannot tell whether {} versions were yanked", names.len());
        let help = "let cargo look them up once with a network: cargo update --dry-run";
        let detail = names.into_iter().collect::<Vec<_>>().join("\n");
        findings.push(
            Finding::warning("audit/yanked-unknown", message).help(help).detail(detail).anchor("unknown"),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(id: &str, kind: Kind, severity: Option<Severity>) -> Match {
        Match {
            id: id.into(),
            package: "a".into(),
            version: "1.0.0".into(),
            kind,
            severity,
            title: "a defect".into(),
            url: None,
            patched: vec![">=1.0.1".into()],
            line: 3,
            aliases: vec!["CVE-2026-1".into()],
            date: "2026-01-01".into(),
            path: vec!["app 0.1.0".into(), "a 1.0.0".into()],
        }
    }

    fn accepting(id: &str, expires: &str) -> Audit {
        let ignore = Ignore {
            id: id.into(),
            reason: Reason::try_from("not reachable".to_owned()).unwrap(),
            expires: Expiry::try_from(expires.to_owned()).unwrap(),
        };
        Audit { ignore: vec![ignore], ..Audit::default() }
    }

    fn rules(audit: &Audit, matches: &[Match]) -> Vec<String> {
        audit.weigh(matches, jiff::civil::date(2026, 6, 1)).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_vulnerability_fails_and_the_rest_warns() {
        let kinds = [Kind::Vulnerability, Kind::Unsound, Kind::Unmaintained, Kind::Notice];
        let matches = kinds.map(|kind| found("RUSTSEC-2026-0001", kind, None));
        let expected =
            ["vulnerability", "unsound", "unmaintained", "notice"].map(|rule| format!("audit/{rule}"));
        assert_eq!(rules(&Audit::default(), &matches), expected);
    }

    #[test]
    fn an_advisory_may_be_accepted_by_any_of_its_names_until_the_day() {
        let matches = [found("RUSTSEC-2026-0001", Kind::Vulnerability, None)];
        assert!(rules(&accepting("RUSTSEC-2026-0001", "2026-06-01"), &matches).is_empty());
        assert!(rules(&accepting("CVE-2026-1", "2026-06-01"), &matches).is_empty());
        let expired = rules(&accepting("RUSTSEC-2026-0001", "2026-05-31"), &matches);
        assert_eq!(expired, ["audit/vulnerability", "audit/ignore-expired"]);
    }

    #[test]
    fn an_accepted_advisory_that_concerns_nothing_is_named() {
        assert_eq!(rules(&accepting("RUSTSEC-2020-0001", "2027-01-01"), &[]), ["audit/ignore-unused"]);
    }

    #[test]
    fn a_vulnerability_without_a_score_is_above_every_floor() {
        let audit = Audit { severity: Floor::High, ..Audit::default() };
        let low = found("RUSTSEC-2026-0001", Kind::Vulnerability, Some(Severity::Low));
        let none = found("RUSTSEC-2026-0002", Kind::Vulnerability, None);
        assert_eq!(rules(&audit, &[low, none]), ["audit/below-severity", "audit/vulnerability"]);
    }

    #[test]
    fn unknown_yanked_states_are_no_clean_ones() {
        let unknown = BTreeSet::from([("a".to_owned(), semver::Version::new(1, 0, 0))]);
        let known = Yanked { unknown, ..Yanked::default() };
        let findings = yanked_findings(&[], &known);
        assert_eq!(findings[0].rule, "audit/yanked-unknown");
    }
}
