//! One entry of the corpus: every gate, and beside each the tool that it stands for.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_gate::report::{FindingReport, GateReport};
use cargo_gate::scan::PanicKind;
use cargo_gate::verdict::Status;

use super::Error;
use super::cargo::Programs;
use super::compare::{self, Comparison, Difference, Engines, Known};
use super::ours::{self, ALL, Ours, Run, count};
use super::packages::{Entry, Scope};
use super::page::Row;
use super::subject::Subject;
use super::truth::{self, Advisory, Compiled, Counts, Refusal, Site};
use super::unpack;

/// What all entries share.
pub(super) struct Bench<'a> {
    /// Starts the tools.
    pub(super) programs: &'a Programs,
    /// Our program.
    pub(super) ours: &'a Ours,
    /// The advisory database, where there is one.
    pub(super) db: Option<&'a Path>,
    /// Whether nextest is installed.
    pub(super) nextest: bool,
    /// Whether cargo-audit is installed.
    pub(super) cargo_audit: bool,
    /// Whether cargo-deny is installed.
    pub(super) cargo_deny: bool,
    /// Where the packages are unpacked.
    pub(super) dir: &'a Path,
}

impl Bench<'_> {
    /// Unpacks an entry and compares everything on it.
    pub(super) fn measure(&self, entry: &Entry) -> Result<Row, Error> {
        let root = unpack::unpack(self.programs, entry, self.dir)?;
        let mut comparisons = Vec::new();
        if !root.join("Cargo.lock").exists() {
            comparisons.push(self.without_a_lock(&root)?);
            unpack::lock(self.programs, &root)?;
        }
        if entry.scope == Scope::AuditOnly {
            let subject = Subject::read(&root)?;
            let run = self.run(&root, &["audit"], "")?;
            comparisons.extend(self.audit(&subject, &run)?);
            return Ok(Row::new(entry, &subject, &run, comparisons));
        }
        unpack::fetch(self.programs, &root)?;
        let subject = Subject::read(&root)?;
        let run = self.run(&root, ALL, "")?;
        comparisons.extend(self.formatting(&subject, &run)?);
        comparisons.extend(self.panics(&subject, &run)?);
        comparisons.extend(self.compiles(&subject, &run)?);
        comparisons.extend(self.tests(&subject, &run)?);
        comparisons.extend(self.audit(&subject, &run)?);
        comparisons.push(self.deny(&root)?);
        for id in ["manifest", "paths", "todo"] {
            let gate = run.gate(id)?;
            let ours = if gate.judged { gate.findings.len().to_string() } else { "broken".to_owned() };
            comparisons.push(Comparison { column: id, ours, truth: None, differences: broken(gate) });
        }
        Ok(Row::new(entry, &subject, &run, comparisons))
    }

    fn run(&self, root: &Path, gates: &[&str], config: &str) -> Result<Run, Error> {
        self.ours.run(self.programs, root, gates, config, self.db)
    }

    /// Without a lock file there is no verdict, the reason names the lock file, and none is made.
    fn without_a_lock(&self, root: &Path) -> Result<Comparison, Error> {
        let run = self.run(root, ALL, "")?;
        let mut differences = Vec::new();
        if run.code != Some(2) {
            differences.push(Difference::unexplained(
                "without a lock file",
                &format!("the verdict is {}", run.verdict()),
            ));
        }
        for gate in run.report.gates.iter().filter(|gate| !gate.judged && !gate.reason.contains("Cargo.lock"))
        {
            let what = format!("{} does not name it: {}", gate.id, gate.reason);
            differences.push(Difference::unexplained("without a lock file", &what));
        }
        if root.join("Cargo.lock").exists() {
            differences.push(Difference::unexplained("without a lock file", "the run made one"));
        }
        Ok(Comparison {
            column: "no lock",
            ours: run.verdict(),
            truth: Some("broken (2)".into()),
            differences,
        })
    }

    fn formatting(&self, subject: &Subject, run: &Run) -> Result<Vec<Comparison>, Error> {
        let gate = run.gate("fmt")?;
        let truth = truth::formatting(self.programs, subject)?;
        let errors = gate.findings.iter().filter(|finding| finding.rule != "fmt/stray-unparsable");
        let ours: BTreeSet<String> = errors.filter_map(|finding| finding.file.clone()).collect();
        let mut differences = compare::formatting(&ours, &truth);
        differences.extend(broken(gate));
        let strays = gate.findings.iter().filter(|finding| finding.rule == "fmt/stray-unparsable");
        let reason = "a warning: rustfmt cannot parse it, and no `mod` reaches it";
        differences.extend(strays.map(|finding| Difference::explained(reason, &ours::place(finding))));
        let truth = Some(truth.different.len().to_string());
        Ok(vec![Comparison { column: "fmt", ours: ours.len().to_string(), truth, differences }])
    }

    fn panics(&self, subject: &Subject, all: &Run) -> Result<Vec<Comparison>, Error> {
        const INDEXING: &str = "[gates.panics]\nindexing = true\n";
        let truth = truth::panic_lints(self.programs, subject)?;
        let judge = |column, gate, engines, indexing| {
            compare_panics(column, gate, subject, &truth, engines, indexing)
        };
        let alone = self.run(&subject.root, &["panics"], "")?;
        let indexing = self.run(&subject.root, &["panics", "clippy"], INDEXING)?;
        Ok(vec![
            compare_files(subject, &truth),
            judge("panics", all.gate("panics")?, Engines::Both, false),
            judge("panics, scanner", alone.gate("panics")?, Engines::Scanner, false),
            judge("panics, indexing", indexing.gate("panics")?, Engines::Both, true),
        ])
    }

    fn compiles(&self, subject: &Subject, run: &Run) -> Result<Vec<Comparison>, Error> {
        let (checked, linted) =
            (truth::checked(self.programs, subject)?, truth::lints(self.programs, subject)?);
        let (check, clippy) = (run.gate("check")?, run.gate("clippy")?);
        let of = |gate: &GateReport, leave_out: &[&str]| -> Vec<Site> {
            let counted = gate.findings.iter().filter(|finding| !leave_out.contains(&finding.rule.as_str()));
            counted.map(site).collect()
        };
        let errors = of(check, &["check/needs-nightly"]);
        let lints = of(clippy, &["clippy/needs-nightly", "clippy/does-not-compile"]);
        let mut differences = compare::clippy(&lints, &linted);
        differences.extend(broken(clippy));
        let end = if checked.success { "passed" } else { "failed" };
        let check = Comparison {
            column: "check",
            ours: check.status.name().to_owned(),
            truth: Some(end.to_owned()),
            differences: compare::check(check.status, &errors, &checked),
        };
        let truth = Some(linted.lints.len().to_string());
        Ok(vec![check, Comparison { column: "clippy", ours: lints.len().to_string(), truth, differences }])
    }

    fn tests(&self, subject: &Subject, run: &Run) -> Result<Vec<Comparison>, Error> {
        const CARGO: &str = "[gates.test]\nrunner = \"cargo\"\n";
        let judge = |column, gate: &GateReport, truth: Option<Counts>| {
            let ours = counted(gate);
            let show = |counts: Option<Counts>| {
                counts.map_or_else(|| "none".to_owned(), |counts| counts.to_string())
            };
            let differences = compare::counts(ours, truth.map(Counts::flat), &gate.reason);
            Comparison { column, ours: show(ours), truth: Some(show(truth)), differences }
        };
        let with_cargo = self.run(&subject.root, &["test"], CARGO)?;
        let mut found = Vec::new();
        if self.nextest {
            let truth = truth::nextest(self.programs, subject)?;
            found.push(judge("test, nextest", run.gate("test")?, truth));
        } else {
            found.push(missing("test, nextest", run.gate("test")?));
        }
        let truth = truth::cargo_tests(self.programs, subject)?;
        found.push(judge("test, cargo", with_cargo.gate("test")?, truth));
        found.push(judge("doctest", run.gate("doctest")?, truth::doctests(self.programs, subject)?));
        Ok(found)
    }

    /// Both judge by the same policy.
    fn deny(&self, root: &Path) -> Result<Comparison, Error> {
        let file = root.join("deny.toml");
        let own = std::fs::read(&file).ok();
        std::fs::write(&file, truth::POLICY).map_err(Error::io(file.display()))?;
        let run = self.run(root, &["deny"], "");
        let truth = self.cargo_deny.then(|| truth::refusals(self.programs, root));
        match own {
            Some(own) => std::fs::write(&file, own),
            None => std::fs::remove_file(&file),
        }
        .map_err(Error::io(file.display()))?;
        let run = run?;
        let gate = run.gate("deny")?;
        let Some(truth) = truth.transpose()? else { return Ok(missing("deny", gate)) };
        let ours: BTreeSet<Refusal> = gate.findings.iter().filter_map(refusal).collect();
        let mut differences = compare::deny(&ours, &truth);
        differences.extend(broken(gate));
        let (ours, truth) = (ours.len().to_string(), Some(truth.len().to_string()));
        Ok(Comparison { column: "deny", ours, truth, differences })
    }

    fn audit(&self, subject: &Subject, run: &Run) -> Result<Vec<Comparison>, Error> {
        let gate = run.gate("audit")?;
        let Some(db) = self.db.filter(|_| self.cargo_audit) else {
            return Ok(vec![missing("audit", gate)]);
        };
        let truth = truth::advisories(self.programs, &subject.root, db)?;
        let ours: BTreeSet<Advisory> = gate.findings.iter().filter_map(advisory).collect();
        let mut differences = compare::audit(&ours, &truth);
        differences.extend(broken(gate));
        let show = |set: &BTreeSet<Advisory>| {
            let vulnerable = set.iter().filter(|advisory| advisory.kind == "vulnerability").count();
            format!("{vulnerable}+{}", set.len() - vulnerable)
        };
        Ok(vec![Comparison { column: "audit", ours: show(&ours), truth: Some(show(&truth)), differences }])
    }
}

/// A gate without a verdict where it should have one.
fn broken(gate: &GateReport) -> Vec<Difference> {
    let broken = gate.status == Status::Broken;
    broken.then(|| Difference::unexplained("the gate gave no verdict", &gate.reason)).into_iter().collect()
}

fn missing(column: &'static str, gate: &GateReport) -> Comparison {
    let truth = Some("not compared".to_owned());
    Comparison { column, ours: gate.status.name().to_owned(), truth, differences: Vec::new() }
}

fn compare_files(subject: &Subject, truth: &Compiled) -> Comparison {
    let partly = |package: Option<usize>| {
        let package = package.and_then(|index| subject.facts.packages.get(index));
        package.is_none_or(|package| truth.partly.contains(&package.name))
    };
    let production = subject.sources.files.iter().filter(|file| subject.reached().is_production(file));
    let judged: BTreeSet<String> = production.clone().map(|file| file.path.clone()).collect();
    let surely = production.filter(|file| {
        !partly(file.package) && subject.reached().get(&file.path).is_some_and(|reach| reach.always)
    });
    let surely: BTreeSet<String> = surely.map(|file| file.path.clone()).collect();
    Comparison {
        column: "files",
        ours: judged.len().to_string(),
        truth: Some(truth.files.len().to_string()),
        differences: compare::files(&judged, &surely, &truth.files),
    }
}

fn compare_panics(
    column: &'static str,
    gate: &GateReport,
    subject: &Subject,
    truth: &Compiled,
    engines: Engines,
    indexing: bool,
) -> Comparison {
    let (mut ours, mut doubted) = (Vec::new(), BTreeSet::new());
    for finding in &gate.findings {
        let mut site = site(finding);
        // rules that do not tell what panics
        if ["unconfirmed", "empty-reason"].contains(&site.rule.as_str())
            && let Some(seen) = subject.site_ending_at(&site.file, site.end)
        {
            rule_of(seen.kind).clone_into(&mut site.rule);
        }
        if finding.rule == "panics/unconfirmed" {
            doubted.insert(site.clone());
        }
        ours.push(site);
    }
    let wanted: BTreeSet<Site> =
        truth.sites.iter().filter(|site| indexing || site.rule != "indexing").cloned().collect();
    let know = |site: &Site| {
        let seen = subject.site_ending_at(&site.file, site.end);
        let package = subject.sources.get(&site.file).and_then(|file| file.package);
        let package = package.and_then(|index| subject.facts.packages.get(index));
        Known {
            context: seen.map(|seen| seen.context),
            excuse: seen.map(|seen| seen.excuse).unwrap_or_default(),
            compiled: truth.files.contains(&site.file),
            partly: package.is_none_or(|package| truth.partly.contains(&package.name)),
            always: subject.reached().get(&site.file).is_some_and(|reach| reach.always),
            doubted: doubted.contains(site),
            generated: !subject.says(&site.file, (site.start, site.end), word_of(&site.rule)),
        }
    };
    let mut differences = compare::panics(&ours, &wanted, engines, know);
    differences.extend(broken(gate));
    let (ours, truth) = (ours.len().to_string(), Some(wanted.len().to_string()));
    Comparison { column, ours, truth, differences }
}

fn rule_of(kind: PanicKind) -> &'static str {
    match kind {
        PanicKind::Unwrap => "unwrap",
        PanicKind::Expect => "expect",
        PanicKind::Panic => "panic",
        PanicKind::Todo => "todo",
        PanicKind::Unimplemented => "unimplemented",
        PanicKind::Unreachable => "unreachable",
        PanicKind::Indexing => "indexing",
    }
}

/// What the source must hold where somebody wrote such a thing.
fn word_of(rule: &str) -> &str {
    if rule == "indexing" { "[" } else { rule }
}

fn site(finding: &FindingReport) -> Site {
    let rule = finding.rule.split_once('/').map_or(finding.rule.as_str(), |(_, rule)| rule);
    Site {
        file: finding.file.clone().unwrap_or_else(|| "-".to_owned()),
        start: (finding.line.unwrap_or(0), finding.column.unwrap_or(0)),
        end: (finding.end_line.unwrap_or(0), finding.end_column.unwrap_or(0)),
        rule: rule.to_owned(),
    }
}

/// The sum that the gate gives; a harness of its own counts as one test there.
fn counted(gate: &GateReport) -> Option<Counts> {
    let (ran, passed) = (count(gate, "ran")?, count(gate, "passed")?);
    let ignored = count(gate, "ignored").unwrap_or(0);
    Some(Counts { passed, failed: ran.saturating_sub(passed), ignored, own_harness: 0 })
}

/// `name 1.0.0 is …`, or `name is there in 2 versions: …`.
fn refusal(finding: &FindingReport) -> Option<Refusal> {
    let rule = finding.rule.strip_prefix("deny/")?;
    let mut words = finding.message.split(' ');
    let (name, version) = (words.next()?, words.next()?);
    let package = if rule == "duplicate" { name.to_owned() } else { format!("{name} {version}") };
    Some(Refusal { rule: rule.to_owned(), package })
}

/// `name 1.0.0: what is wrong [RUSTSEC-2020-0001] (high)`.
fn advisory(finding: &FindingReport) -> Option<Advisory> {
    let kind = finding.rule.strip_prefix("audit/")?;
    let (package, rest) = finding.message.split_once(": ")?;
    let id = rest.rsplit_once('[')?.1.split(']').next()?;
    Some(Advisory { kind: kind.to_owned(), id: id.to_owned(), package: package.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cargo_gate::finding::Finding;

    #[test]
    fn an_advisory_is_read_from_its_finding() {
        let found = |rule: &str, message: &str| {
            advisory(&FindingReport::new(Finding::error(rule, message), String::new())).map(|a| a.to_string())
        };
        assert_eq!(
            found("audit/vulnerability", "a 1.0.0: it: breaks [x] [RUSTSEC-2020-0001] (high)").unwrap(),
            "RUSTSEC-2020-0001 (a 1.0.0, vulnerability)"
        );
        assert_eq!(found("audit/yanked", "a 1.0.0 was yanked by its author"), None);
    }
}
