//! `sbom`: a bill of materials of what is shipped, complete as cargo builds it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cargo_metadata::PackageId;
use cargo_metadata::cargo_platform::Platform;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{FlagsOf, Package};
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::sbom::{self, Asked, Bill, Conditions, Content, CycloneDx, Listed, Purpose, Units};
use crate::step::{Evidence, FileRead, Step, Streams, Tool, ToolCall, graph};
use crate::text::counted;

/// The settings of `sbom`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Sbom {
    /// The packages that are described; where the list is empty, each with a program, and where there is none of those
    /// each that may be published.
    packages: Vec<String>,
    /// The target that is built for; where it is left out, the one of cargo's configuration, else the host's.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// The version of `CycloneDX`: `1.6` or `1.7`.
    cyclonedx: Version,
    /// Who supplies the workspace's own packages.
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<String>,
    /// Documents of the repository that have to be complete too: `CycloneDX` or SPDX 2 in JSON.
    check: Vec<String>,
}

/// A version of `CycloneDX`.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum Version {
    /// Of 2024.
    #[default]
    #[serde(rename = "1.6")]
    V1_6,
    /// Of 2025.
    #[serde(rename = "1.7")]
    V1_7,
}

impl Gate for Sbom {
    const INFO: Info = Info {
        id: "sbom",
        judges: "the bill of materials of what is shipped, which it writes as CycloneDX and SPDX",
        bar: "every package that cargo builds into it, and no other",
        stages: &[Stage::Release],
        timeout: Duration::from_mins(5),
        rules: &[
            Rule::error("missing", "a package that is shipped and not in a document"),
            Rule::error("extra", "a package of a document that is not shipped"),
            Rule::error("version", "a package that is in a document with another version"),
            Rule::error("unreadable", "a document that is not there or cannot be read"),
            Rule::error("other-subject", "a document of something that is not shipped"),
        ],
        manual: MANUAL,
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        if self.described(cx).is_empty() && self.packages.is_empty() {
            return Planned::NothingToJudge("no package has a program, and none may be published".to_owned());
        }
        let own = [graph(cx), Step::Lock, Step::SourceTime, manifest(), self.cfg(cx), self.cfg_of_host(cx)];
        Planned::Steps(own.into_iter().chain(self.check.iter().map(|path| file(path))).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let metadata = evidence.graph(&graph(cx))?;
        if self.target.is_none() && cx.facts.build_targets.len() > 1 {
            let several = cx.facts.build_targets.join(", ");
            let reason = format!("cargo's configuration builds for several targets ({several})");
            return Err(Unreadable::nothing_ran(reason).help("name one with `target` in the gate's table"));
        }
        let triple = self.named_target(cx).unwrap_or(&cx.facts.toolchain.host);
        let target = with_flags(conditions(triple, evidence, &self.cfg(cx))?, self.flags(cx))?;
        let host = conditions(&cx.facts.toolchain.host, evidence, &self.cfg_of_host(cx))?;
        let host = with_flags(host, self.flags_of_host(cx))?;
        let all: Vec<PackageId> = cx.facts.judged(cx.options).map(|package| id(&package.id)).collect();
        let asked = Asked {
            roots: &all.iter().collect::<Vec<_>>(),
            features: &cx.options.features,
            resolver: resolver(evidence)?,
            target: &target,
            host: &host,
        };
        let units = Units::new(metadata, &asked).map_err(|error| Unreadable::garbage(error.to_string()))?;
        let packages = self.described(cx);
        if let Some(unknown) =
            self.packages.iter().find(|name| !packages.iter().any(|one| one.name == **name))
        {
            let reason = format!("`packages` names `{unknown}`, which the run does not judge");
            return Err(Unreadable::nothing_ran(reason).help("look at `packages` in the gate's table"));
        }
        let time = evidence.source_time()?;
        let mut outcome = Outcome::default();
        let mut bills: BTreeMap<&str, Bill<'_>> = BTreeMap::new();
        for package in packages {
            let missing =
                || Unreadable::garbage(format!("`cargo metadata` does not have `{}`", package.name));
            let bill = sbom::bill(&units, &id(&package.id)).ok_or_else(missing)?;
            outcome = self.documents(outcome, &package.name, &bill, evidence, time, target.triple())?;
            bills.insert(&package.name, bill);
        }
        self.sum_up(outcome, &bills, evidence, time.is_none())
    }
}

impl Sbom {
    /// The packages that are described.
    fn described<'a>(&self, cx: &Context<'a>) -> Vec<&'a Package> {
        let judged = || cx.facts.judged(cx.options);
        if !self.packages.is_empty() {
            return judged().filter(|package| self.packages.contains(&package.name)).collect();
        }
        let has_program = |package: &&Package| package.targets.iter().any(|target| target.is("bin"));
        let programs: Vec<&Package> = judged().filter(has_program).collect();
        if programs.is_empty() { judged().filter(|package| package.publish).collect() } else { programs }
    }

    /// The target that is built for, where it is not the host's by itself.
    fn named_target<'a>(&'a self, cx: &Context<'a>) -> Option<&'a str> {
        self.target.as_deref().or_else(|| cx.facts.build_targets.first().map(String::as_str))
    }

    fn cfg(&self, cx: &Context<'_>) -> Step {
        print_cfg(self.named_target(cx), &self.flags(cx))
    }

    fn cfg_of_host(&self, cx: &Context<'_>) -> Step {
        print_cfg(None, &self.flags_of_host(cx))
    }

    /// The flags that rustc gets for the target.
    fn flags<'a>(&self, cx: &Context<'a>) -> FlagsOf<'a> {
        let triple = self.target.as_deref().or_else(|| cx.facts.build_targets.first().map(String::as_str));
        cx.facts.flag_sources.of(triple.unwrap_or(&cx.facts.toolchain.host))
    }

    /// The flags that rustc gets for what runs while building: where a target is named, none.
    fn flags_of_host<'a>(&self, cx: &Context<'a>) -> FlagsOf<'a> {
        if self.named_target(cx).is_some() { FlagsOf::Known(Vec::new()) } else { self.flags(cx) }
    }

    /// Adds the documents of a package, read again to see that they are whole.
    fn documents(
        &self,
        outcome: Outcome,
        name: &str,
        bill: &Bill<'_>,
        evidence: &Evidence,
        time: Option<Timestamp>,
        target: &str,
    ) -> Result<Outcome, Unreadable> {
        let content = Content {
            bill,
            lock: evidence.lock()?,
            time: time.unwrap_or(Timestamp::UNIX_EPOCH),
            target,
            supplier: self.supplier.as_deref(),
        };
        let version = match self.cyclonedx {
            Version::V1_6 => CycloneDx::V1_6,
            Version::V1_7 => CycloneDx::V1_7,
        };
        let of_registry = bill.parts.iter().filter(|part| part.package.source.is_some());
        if let Some(part) = of_registry.into_iter().find(|part| !content.is_locked(part.package)) {
            let (name, version) = (&part.package.name, &part.package.version);
            return Err(Unreadable::garbage(format!(
                "Cargo.lock does not have {name} {version}, which cargo builds"
            )));
        }
        let mut outcome = outcome;
        for (ending, bytes) in [("cdx", sbom::cyclonedx(&content, version)), ("spdx", sbom::spdx(&content))] {
            let whole =
                |bytes: &Vec<u8>| sbom::read(bytes).is_ok_and(|read| read.packages == named(bill, true));
            let bytes = bytes.filter(whole).ok_or_else(|| {
                Unreadable::defect(format!("the document of `{name}` that was written is not whole"))
            })?;
            outcome = outcome.file(format!("{name}.{ending}.json"), bytes);
        }
        Ok(outcome)
    }

    fn sum_up(
        &self,
        outcome: Outcome,
        bills: &BTreeMap<&str, Bill<'_>>,
        evidence: &Evidence,
        no_time: bool,
    ) -> Result<Outcome, Unreadable> {
        let mut findings = Vec::new();
        for path in &self.check {
            findings.extend(check(path, evidence.file(&file(path))?, bills));
        }
        let of = |bill: &Bill<'_>, purpose| bill.others().filter(|part| part.purpose == purpose).count();
        let rows = bills.iter().map(|(name, bill)| {
            let counts = [Purpose::Runtime, Purpose::Build].map(|purpose| of(bill, purpose).to_string());
            [vec![(*name).to_owned()], counts.to_vec()].concat()
        });
        let rows: Vec<Vec<String>> = rows.collect();
        let runtime: BTreeSet<_> = bills.values().flat_map(|bill| named(bill, false)).collect();
        let all: BTreeSet<_> = bills.values().flat_map(|bill| named(bill, true)).collect();
        let unlicensed = bills.values().flat_map(|bill| &bill.parts);
        let unlicensed: BTreeSet<_> =
            unlicensed.filter(|part| part.package.license.is_none()).map(|part| &part.package.id).collect();
        let written = format!(
            "{} of {}: {} shipped, {} for building",
            counted(outcome.files.len(), "document"),
            counted(bills.len(), "package"),
            counted(runtime.len(), "package"),
            all.len() - runtime.len(),
        );
        let summary = match (self.check.len(), findings.len()) {
            (0, _) => written,
            (documents, 0) => format!("{written}; {} complete", counted(documents, "document")),
            (_, many) => format!("{written}; {} (bar 0)", counted(many, "difference")),
        };
        let outcome = Outcome { summary, ..outcome }
            .count("packages", bills.len())
            .count("shipped", runtime.len())
            .count("for_building", all.len() - runtime.len())
            .count("without_license", unlicensed.len())
            .count("differences", findings.len())
            .table(&["package", "shipped", "for building"], rows)
            .findings(findings);
        let note = "there is no commit and no SOURCE_DATE_EPOCH: the documents carry the time 1970-01-01";
        Ok(if no_time { outcome.note(note) } else { outcome })
    }
}

fn id(repr: &str) -> PackageId {
    PackageId { repr: repr.to_owned() }
}

fn file(path: &str) -> Step {
    Step::File { path: path.to_owned() }
}

fn manifest() -> Step {
    file("Cargo.toml")
}

/// What holds on a target, with the flags that rustc gets for it: what cargo itself asks.
fn print_cfg(target: Option<&str>, flags: &FlagsOf<'_>) -> Step {
    let mut args = vec!["--print".to_owned(), "cfg".to_owned()];
    args.extend(target.into_iter().flat_map(|target| ["--target".to_owned(), target.to_owned()]));
    let (FlagsOf::Known(own) | FlagsOf::Conditional { own, .. }) = flags;
    args.extend(own.iter().map(|flag| (*flag).to_owned()));
    Step::Tool(ToolCall {
        tool: Tool::Rustc,
        args,
        env: Vec::new(),
        streams: Streams::Separate,
        builds: false,
    })
}

/// The conditions with the flags that hang on conditions themselves.
fn with_flags(found: Conditions, flags: FlagsOf<'_>) -> Result<Conditions, Unreadable> {
    let FlagsOf::Conditional { own, under, otherwise } = flags else { return Ok(found) };
    let mut more = Vec::new();
    for (condition, flags) in under {
        let platform: Platform = condition.parse().map_err(|error| {
            Unreadable::garbage(format!("`target.'{condition}'` in cargo's configuration: {error}"))
        })?;
        if found.hold(Some(&platform)) {
            more.extend(flags);
        }
    }
    let more = if own.is_empty() && more.is_empty() { otherwise } else { more };
    found.with_flags(&more).map_err(|flag| {
        Unreadable::garbage(format!(
            "`{flag}` under a condition in cargo's configuration may change what is built"
        ))
        .help("write it under the target's own triple: [target.TRIPLE] rustflags")
    })
}

fn conditions(triple: &str, evidence: &Evidence, step: &Step) -> Result<Conditions, Unreadable> {
    let captured = evidence.tool(step)?;
    if captured.exit_code()? != 0 {
        let said = String::from_utf8_lossy(&captured.stderr);
        let said = said.lines().next().unwrap_or("it gave no reason").to_owned();
        return Err(Unreadable::crashed(format!("`{}` failed: {said}", captured.what)));
    }
    sbom::conditions(triple, &captured.stdout)
        .ok_or_else(|| Unreadable::garbage(format!("`{}` gave an answer that is not whole", captured.what)))
}

/// The resolver that the root manifest asks for, by name or by its edition.
fn resolver(evidence: &Evidence) -> Result<sbom::Resolver, Unreadable> {
    let bytes = match evidence.file(&manifest())? {
        FileRead::Content(bytes) => bytes,
        FileRead::Missing => return Err(Unreadable::garbage("Cargo.toml is gone")),
        FileRead::Failed(cause) => return Err(Unreadable::garbage(format!("Cargo.toml: {cause}"))),
    };
    sbom::Resolver::of_manifest(bytes).map_err(|cause| Unreadable::garbage(format!("Cargo.toml: {cause}")))
}

/// Name and version of each part; with or without those that run while building only.
fn named(bill: &Bill<'_>, build: bool) -> BTreeSet<(String, String)> {
    let parts = bill.parts.iter().filter(|part| build || part.purpose == Purpose::Runtime);
    parts.map(|part| (part.package.name.to_string(), part.package.version.to_string())).collect()
}

/// How a document differs from what is shipped.
fn check(path: &str, read: &FileRead, bills: &BTreeMap<&str, Bill<'_>>) -> Vec<Finding> {
    let help = "write it anew: the gate's own documents lie in its folder under the target folder";
    let finding = |rule: &str, message: String, anchor: &str| {
        Finding::error(format!("sbom/{rule}"), message).at(Place::file(path)).help(help).anchor(anchor)
    };
    let unreadable = |cause: String| vec![finding("unreadable", cause, "")];
    let bytes = match read {
        FileRead::Content(bytes) => bytes,
        FileRead::Missing => return unreadable("there is no such document".to_owned()),
        FileRead::Failed(cause) => return unreadable(cause.clone()),
    };
    let listed = match sbom::read(bytes) {
        Ok(listed) => listed,
        Err(error) => return unreadable(error.to_string()),
    };
    let Some(bill) = bills.get(listed.subject.as_str()) else {
        let subject = &listed.subject;
        return vec![finding(
            "other-subject",
            format!("it describes `{subject}`, which is not shipped"),
            subject,
        )];
    };
    let differences = differences(&listed, bill);
    differences.into_iter().map(|(rule, message, anchor)| finding(rule, message, &anchor)).collect()
}

/// Rule, message and name of the package for each difference. A document may leave out what runs while building
/// only, all of it.
fn differences(listed: &Listed, bill: &Bill<'_>) -> Vec<(&'static str, String, String)> {
    let (shipped, all) = (named(bill, false), named(bill, true));
    let lists_build = all.difference(&shipped).any(|part| listed.packages.contains(part));
    let wanted = if lists_build { &all } else { &shipped };
    let missing: Vec<_> = wanted.difference(&listed.packages).collect();
    let extra: Vec<_> = listed.packages.difference(&all).collect();
    let twin = |name: &str, others: &[&(String, String)]| {
        others.iter().find(|other| other.0 == name).map(|other| other.1.clone())
    };
    let mut found = Vec::new();
    for (name, version) in &missing {
        found.push(match twin(name, &extra) {
            Some(other) => {
                ("version", format!("{name} is shipped as {version}, the document has {other}"), name.clone())
            }
            None => ("missing", format!("{name} {version} is shipped and not in the document"), name.clone()),
        });
    }
    for (name, version) in extra.iter().filter(|(name, _)| twin(name, &missing).is_none()) {
        found.push(("extra", format!("{name} {version} is in the document and not shipped"), name.clone()));
    }
    found
}

const MANUAL: &str = "\
## What it checks

For each package with a program (where there is none: each that may be published) it works out which packages cargo
builds into it, by cargo's own rules for features, targets and resolvers, and writes two documents to its folder under
the target folder: `NAME.cdx.json` (CycloneDX 1.6, or 1.7 on request) and `NAME.spdx.json` (SPDX 2.3). What is shipped
has the scope `required`; what runs while building only (build scripts' dependencies, procedural macros) the scope
`excluded`; dependencies of tests are not in it. Features are those of the run's command line, turned on together for
all its packages, as in a build of the workspace; a name that no package and no dependency has leaves no verdict. Flags for
rustc, which may add conditions, are those that cargo takes: of one source, for each target by itself.

Equal sources give equal documents: parts are sorted, serial numbers come from the content, the time is
`SOURCE_DATE_EPOCH` or that of the last commit.

Documents that the repository holds itself (`check`) are compared: each package that is shipped, with its version, and
no other. One that leaves out everything that runs while building is complete too.

## Why

Who runs the program has to find out within minutes whether it has a package with a new hole in it. A list that lacks
one package answers wrongly.

## How to fix

Copy the document that the gate wrote over the old one, or let the release attach it.
";

#[cfg(test)]
mod tests;
