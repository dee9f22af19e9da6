//! `semver`: the public API against the last release.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile;
use crate::facts::{Package, relative};
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::parse::semver_checks::{self, Broken, Compared};
use crate::step::{Against, Captured, Evidence, Observed, SemverCall, SemverRun, Step, Tool};
use crate::text::counted;

/// The settings of `semver`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Semver {
    /// The revision to compare with, instead of each package's last release.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<String>,
}

impl Gate for Semver {
    const INFO: Info = Info {
        id: "semver",
        judges: "the public API against the last release",
        bar: "each change fits the version's step",
        stages: &[Stage::Release],
        timeout: Duration::from_mins(30),
        rules: &[
            Rule::error("breaking", "a change of the public API that needs a larger step of the version"),
            Rule::warning("warning", "a change that cargo-semver-checks warns of"),
        ],
        manual: "\
## What it checks

The public API of each library that may be published, by `cargo semver-checks`, against its last release: the
highest version among the tags of the history that is not above the package's version (in the forms of
`tags` in `[gates.version]`; a tag on the commit itself is the release in the making). Where no tag is one, or
the tag's tree does not have the package, the last release on crates.io. A package that crates.io does not know
was never released, and is named as such. One of another registry alone is new where the tag's tree does not
have it. Without a tag there is nothing to compare with, and no verdict, offline, in a shallow clone, and for
packages of other registries alone.

A check counts only where the tool says that it compared this package with that release to the end, and shows
as many failures as it counts.

## Why

A break in a patch release breaks the builds of everybody who trusted its version.

## How to fix

Undo the change, or take the step that the finding names: raise the version in Cargo.toml. The tool's own page
on the check is part of the help.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let mut packages = published(cx).peekable();
        if packages.peek().is_none() {
            let why = "nothing to judge: no library may be published";
            return Planned::NothingToJudge(why.to_owned());
        }
        Planned::Steps(packages.map(|package| self.step(cx, package)).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        if !cx.facts.has(Tool::SemverChecks) {
            let reason = "cargo-semver-checks is not installed";
            return Err(Unreadable::unavailable(reason).help(Tool::SemverChecks.install()));
        }
        let (mut findings, mut compared, mut checks, mut notes) = (Vec::new(), 0, 0, Vec::new());
        for package in published(cx) {
            let SemverRun { against, captured } = self.run(cx, evidence, package)?;
            let Some(captured) = captured else {
                notes.push(format!("{} is compared with {against}", package.name));
                continue;
            };
            let Some(found) = read(package, against, captured)? else {
                notes.push(format!("{} was never released: {against} does not know it", package.name));
                continue;
            };
            compared += 1;
            checks += usize::try_from(found.checks).unwrap_or(usize::MAX);
            notes.push(format!("{} {} against {} ({against})", found.package, found.to, found.from));
            let (root, manifest) = (&cx.facts.root, package.manifest());
            findings.extend(found.broken.iter().map(|broken| finding(root, &manifest, &found, broken)));
        }
        let breaking = findings.iter().filter(|finding| finding.rule == "semver/breaking").count();
        let packages = counted(compared, "package");
        let summary = match (compared, breaking) {
            (0, _) => "nothing to compare: no package was ever released".to_owned(),
            (_, 0) => format!("no break in {packages} ({})", counted(checks, "check")),
            (_, many) => format!("{} in {packages} (bar 0)", counted(many, "break")),
        };
        let outcome = Outcome::new(summary)
            .count("packages", compared)
            .count("checks", checks)
            .count("breaking", breaking)
            .findings(findings);
        Ok(notes.into_iter().fold(outcome, Outcome::note))
    }
}

/// The libraries that others may depend on.
fn published<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Package> {
    // what a procedural macro offers is no API that the tool compares
    let is_library = |package: &&Package| {
        package.targets.iter().any(|target| target.is_library() && !target.is("proc-macro"))
    };
    cx.facts.judged(cx.options).filter(|package| package.publish).filter(is_library)
}

impl Semver {
    fn step(&self, cx: &Context<'_>, package: &Package) -> Step {
        Step::SemverChecks(SemverCall {
            package: package.name.clone(),
            version: package.version.clone(),
            tags: cx.tags().to_vec(),
            baseline: self.baseline.clone(),
            registries: package.registries.clone(),
            offline: cx.options.offline,
        })
    }

    fn run<'a>(
        &self,
        cx: &Context<'_>,
        evidence: &'a Evidence,
        package: &Package,
    ) -> Result<&'a SemverRun, Unreadable> {
        let step = self.step(cx, package);
        match evidence.get(&step) {
            Some(Observed::SemverChecks(run)) => run.as_ref().map_err(Clone::clone),
            _ => Err(Unreadable::not_done(&step)),
        }
    }
}

/// What the tool says of a package; none where it was never released.
fn read(package: &Package, against: &Against, captured: &Captured) -> Result<Option<Compared>, Unreadable> {
    let code = captured.exit_code()?;
    let compared = match semver_checks::parse(&captured.stdout, &captured.stderr) {
        Ok(compared) => compared,
        Err(_) if code != 0 => {
            let stderr = String::from_utf8_lossy(&captured.stderr);
            let unknown = format!("{} not found in registry", package.name);
            return match against {
                Against::CratesIo if stderr.contains(&unknown) => Ok(None),
                _ => Err(compile::failed(captured)),
            };
        }
        Err(error) => return Err(Unreadable::garbage(error.to_string())),
    };
    if (&compared.package, &compared.to) != (&package.name, &package.version) {
        let reason = format!("cargo-semver-checks compared {} {}", compared.package, compared.to);
        return Err(Unreadable::garbage(format!("{reason}, not {} {}", package.name, package.version)));
    }
    // 100 since 0.50, 1 before it
    if compared.needs.is_some() != matches!(code, 1 | 100) || !matches!(code, 0 | 1 | 100) {
        let reason = format!("the exit code {code} of cargo-semver-checks contradicts its report");
        return Err(Unreadable::garbage(reason));
    }
    Ok(Some(compared))
}

fn finding(root: &Path, manifest: &str, compared: &Compared, broken: &Broken) -> Finding {
    let (name, from, to) = (&compared.package, &compared.from, &compared.to);
    let message = format!("{name} {from} -> {to}: {} [{}]", broken.title, broken.lint);
    let finding = if broken.warning {
        Finding::warning("semver/warning", message)
    } else {
        Finding::error("semver/breaking", message)
    };
    let needs = match &compared.needs {
        Some(step) if !broken.warning => format!("undo it, or release it as a new {step} version"),
        _ => "look whether users notice it".to_owned(),
    };
    let more = broken.reference.as_ref().map(|reference| format!("; {reference}")).unwrap_or_default();
    let items: Vec<Item<'_>> = broken.places.iter().map(|place| item(place)).collect();
    // what is gone stood in the baseline, whose files are not the user's
    let here = items.iter().find_map(|item| Some((relative(root, Path::new(item.path?)), item.line?)));
    let here = here.filter(|(path, _)| Path::new(path).is_relative());
    let place = here.map_or_else(|| Place::file(manifest), |(path, line)| Place::line(path, line));
    let names: Vec<&str> = items.iter().map(|item| item.name).collect();
    finding
        .at(place)
        .help(needs + &more)
        .detail(items.iter().map(Item::line).collect::<Vec<_>>().join("\n"))
        .anchor(format!("{name} {} {}", broken.lint, names.join(" ")))
}

/// A place as the tool tells it: `function a::b, previously in file /…/src/lib.rs:3`.
struct Item<'a> {
    name: &'a str,
    /// Whether it stood in the baseline.
    before: bool,
    path: Option<&'a str>,
    line: Option<u32>,
}

impl Item<'_> {
    /// The same for people; the folder in which the tool keeps the baseline is none of their business.
    fn line(&self) -> String {
        let (Some(path), Some(line)) = (self.path, self.line) else { return self.name.to_owned() };
        let of_baseline = path.split_once("/semver-checks/").and_then(|(_, rest)| rest.splitn(3, '/').nth(2));
        let word = if self.before { ", before in " } else { " in " };
        format!("{}{word}{}:{line}", self.name, of_baseline.unwrap_or(path))
    }
}

fn item(place: &str) -> Item<'_> {
    let none = Item { name: place, before: false, path: None, line: None };
    let parts = place.rsplit_once(" in file ").or_else(|| place.rsplit_once(" in "));
    let Some((name, place)) = parts else { return none };
    let Some((path, line)) = place.rsplit_once(':') else { return none };
    let Ok(line) = line.parse() else { return none };
    let before = name.strip_suffix(", previously");
    Item { name: before.unwrap_or(name), before: before.is_some(), path: Some(path), line: Some(line) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(place: &str) -> (Finding, String) {
        let compared = Compared {
            package: "a".into(),
            from: "1.0.0".into(),
            to: "1.0.1".into(),
            change: "patch change".into(),
            checks: 1,
            needs: Some("major".into()),
            broken: Vec::new(),
        };
        let broken = Broken {
            lint: "gone".into(),
            title: "gone".into(),
            places: vec![place.into()],
            ..Broken::default()
        };
        let finding = finding(Path::new("/ws"), "a/Cargo.toml", &compared, &broken);
        let detail = finding.detail.clone().unwrap();
        (finding, detail)
    }

    #[test]
    fn what_is_gone_is_shown_without_the_folder_of_the_baseline() {
        let cache = "/t/semver-checks/git-v1_0_0/fa7c2b6a";
        let (finding, detail) = broken(&format!("function a::b, previously in file {cache}/src/lib.rs:4"));
        assert_eq!(detail, "function a::b, before in src/lib.rs:4");
        assert_eq!(finding.place.unwrap(), Place::file("a/Cargo.toml"));
        assert_eq!(finding.anchor, "a gone function a::b");
        assert_eq!(finding.help.as_deref(), Some("undo it, or release it as a new major version"));
    }

    #[test]
    fn what_is_there_has_its_place() {
        let (finding, _) = broken("function a::b in /ws/a/src/lib.rs:12");
        assert_eq!(finding.place.unwrap(), Place::line("a/src/lib.rs", 12));
        let (finding, detail) = broken("feature x in the package's Cargo.toml");
        assert_eq!(
            (finding.place.unwrap(), detail.as_str()),
            (Place::file("a/Cargo.toml"), "feature x in the package's Cargo.toml")
        );
    }
}
