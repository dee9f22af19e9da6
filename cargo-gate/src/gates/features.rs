//! `features`: every feature compiles, by itself and with others.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile::{self, Compiled, is_compile_error};
use crate::config::Reason;
use crate::facts::{Package, Target};
use crate::feature_sets::{self, Combination, Limits, TooMany, turned_on};
use crate::finding::{Finding, Place};
use crate::gate::{Context, Features, Gate, Info, Options, Outcome, Planned, Rule, Stage, Unreadable};
use crate::parse::cargo_messages::{Diagnostic, Level, distinct};
use crate::step::{Evidence, Sources, Step, cargo};
use crate::text::counted;

/// The settings of `features`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FeatureGate {
    /// The most features that are turned on together by name: with 1 each by itself, with 2 each pair too.
    depth: u8,
    /// Whether an optional dependency that no `dep:` hides counts as a feature, as it does for cargo.
    optional_deps: bool,
    /// Features that cannot be compiled here: no combination turns them on.
    skip: Vec<Group>,
    /// Groups of features of which no two work together.
    exclusive: Vec<Group>,
    /// Groups of features of which at least one must be on.
    one_of: Vec<Group>,
}

/// Features that need care, and why.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Group {
    /// Their names.
    features: BTreeSet<String>,
    /// The package whose features they are; every package's where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    package: Option<String>,
    /// Why.
    reason: Reason,
}

impl Default for FeatureGate {
    fn default() -> Self {
        let (skip, exclusive, one_of) = (Vec::new(), Vec::new(), Vec::new());
        Self { depth: 1, optional_deps: true, skip, exclusive, one_of }
    }
}

impl Gate for FeatureGate {
    const INFO: Info = Info {
        id: "features",
        judges: "that each feature compiles by itself, and with none and all of the others",
        bar: "compiles",
        stages: &[Stage::Ci, Stage::Nightly],
        timeout: Duration::from_mins(30),
        rules: &[
            Rule::error("does-not-compile", "an error of the compiler with some features"),
            Rule::warning("warning", "a warning that the default features do not give"),
            Rule::warning("needs-nightly", "features that only a nightly toolchain compiles"),
            Rule::warning("unused-entry", "an entry of the config that concerns no feature"),
        ],
        manual: "\
## What it checks

The libraries and programs of each package, by themselves (without the features that other members would
turn on), with `cargo check`: without features, with the default ones, with each feature alone, with all. With
`depth = 2` each pair of features too, and so on. Combinations that turn the same features on are compiled
once. The list is that of `cargo hack check --feature-powerset --depth N --optional-deps`. Where the limits below
leave a package no combination at all, there is no verdict.

What one combination and the next both complain of is told once. Warnings that the default features give too
are `clippy`'s to tell. A feature that needs a nightly toolchain is named as not judged.

## Why

Everyday builds know one set of features; users have others. A `use` that only one feature needs, or a type
that is gone without another, breaks their build and not yours.

## How to fix

The finding names the features; the command in its help shows the error in full. Features that cannot work
together or not on this machine are told to the gate, each with its reason:

```toml
[gates.features]
skip = [{ features = [\"cuda\"], reason = \"needs a graphics card\" }]
exclusive = [{ features = [\"rustls\", \"openssl\"], reason = \"one TLS library at a time\" }]
one_of = [{ features = [\"rustls\", \"openssl\"], reason = \"there is no client without TLS\" }]
```

A feature that turns a skipped one on is skipped with it, and so is the combination of all features; all the
others are compiled together in its place.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let packages: Vec<&Package> = packages(cx).collect();
        if packages.iter().all(|package| package.features.is_empty()) && cx.facts.packages.len() == 1 {
            return Planned::NothingToJudge("nothing to judge: the package has no features".to_owned());
        }
        if packages.is_empty() {
            return Planned::NothingToJudge(
                "nothing to judge: no package has a library or program".to_owned(),
            );
        }
        // too many of them is told by the judgement
        let runs = self.runs(cx).unwrap_or_default();
        Planned::Steps(std::iter::once(Step::Sources).chain(runs.iter().map(|run| run.step(cx))).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let runs = self.runs(cx)?;
        let sources = evidence.sources()?;
        let judged: Vec<Judged<'_>> =
            runs.iter().map(|run| run.judge(cx, evidence)).collect::<Result<_, _>>()?;
        let failed = judged.iter().filter(|one| one.fails()).count();
        let packages = packages(cx).count();
        let unjudged = judged.iter().filter(|one| one.needs_nightly()).count();
        let all = counted(runs.len() - unjudged, "combination");
        let of = counted(packages, "package");
        let summary = match failed {
            0 => format!("{all} of features compile, in {of}"),
            1 => format!("1 of {all} of features does not compile (bar 0)"),
            many => format!("{many} of {all} of features do not compile (bar 0)"),
        };
        let unsaid = if unjudged > 0 { format!("; {unjudged} not judged") } else { String::new() };
        let outcome = Outcome::new(summary + &unsaid)
            .count("combinations", runs.len() - unjudged)
            .count("not_judged", unjudged)
            .count("failed", failed)
            .count("packages", packages)
            .findings(findings(&judged, Some(sources)))
            .findings(self.unused(cx));
        Ok(self.notes(cx).into_iter().fold(outcome, Outcome::note))
    }
}

impl FeatureGate {
    fn limits(&self, package: &Package) -> Limits {
        let groups = |groups: &[Group]| -> Vec<BTreeSet<String>> {
            groups.iter().filter(|one| one.concerns(package)).map(|one| one.features.clone()).collect()
        };
        Limits {
            depth: usize::from(self.depth),
            optional_deps: self.optional_deps,
            skip: groups(&self.skip).into_iter().flatten().collect(),
            exclusive: groups(&self.exclusive),
            one_of: groups(&self.one_of),
        }
    }

    /// Every call of cargo, package by package.
    fn runs<'a>(&self, cx: &Context<'a>) -> Result<Vec<Run<'a>>, Unreadable> {
        let mut runs = Vec::new();
        for package in packages(cx) {
            let combinations = feature_sets::combinations(&package.features, &self.limits(package));
            let combinations = combinations.map_err(|TooMany| {
                Unreadable::nothing_ran(format!("more than {} combinations of features", feature_sets::MOST))
                    .help("set a lower `depth` in [gates.features]")
            })?;
            if combinations.is_empty() {
                let reason = format!("`one_of` and `exclusive` leave `{}` no combination", package.name);
                return Err(Unreadable::nothing_ran(reason)
                    .help("set a higher `depth` in [gates.features], so that each group of `one_of` has its feature"));
            }
            runs.extend(combinations.into_iter().map(|combination| Run { package, combination }));
        }
        Ok(runs)
    }

    /// A warning for each entry that no package of the workspace has a feature of.
    fn unused(&self, cx: &Context<'_>) -> Vec<Finding> {
        let groups = [("skip", &self.skip), ("exclusive", &self.exclusive), ("one_of", &self.one_of)];
        let named = groups.into_iter().flat_map(|(key, groups)| groups.iter().map(move |group| (key, group)));
        let unknown = named.flat_map(|(key, group)| {
            let known = |name: &str| {
                let mut packages = cx.facts.packages.iter().filter(|package| group.concerns(package));
                packages.any(|package| package.features.contains_key(name))
            };
            let unknown = group.features.iter().filter(move |name| !known(name));
            unknown.map(move |name| (key, name))
        });
        unknown
            .map(|(key, name)| {
                let message = format!("`{key}` names the feature `{name}`, which no package has");
                Finding::warning("features/unused-entry", message).help(format!("remove it from `{key}`"))
            })
            .collect()
    }

    /// What is not compiled, and why.
    fn notes(&self, cx: &Context<'_>) -> Vec<String> {
        let skipped = self.skip.iter().map(|group| {
            let names = group.features.iter().cloned().collect::<Vec<_>>().join(", ");
            format!("skipped: {names} ({})", group.reason)
        });
        let uncovered = packages(cx).filter_map(|package| {
            let limits = self.limits(package);
            let found = feature_sets::combinations(&package.features, &limits).ok()?;
            let names = feature_sets::uncovered(&package.features, &limits, &found);
            let text = format!("no combination turns on {} of {}", names.join(", "), package.name);
            (!names.is_empty()).then_some(text)
        });
        skipped.chain(uncovered).collect()
    }
}

impl Group {
    fn concerns(&self, package: &Package) -> bool {
        self.package.as_ref().is_none_or(|name| *name == package.name)
    }
}

/// The judged packages that have a library or a program.
fn packages<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Package> + use<'a> {
    let has_code = |package: &&Package| package.targets.iter().any(Target::is_production);
    cx.facts.judged(cx.options).filter(has_code)
}

/// One call of cargo.
struct Run<'a> {
    package: &'a Package,
    combination: Combination,
}

impl Run<'_> {
    /// The request narrowed to this package with these features.
    fn options(&self, cx: &Context<'_>) -> Options {
        Options {
            packages: vec![self.package.name.clone()],
            exclude: Vec::new(),
            features: self.combination.flags.clone(),
            ..cx.options.clone()
        }
    }

    fn step(&self, cx: &Context<'_>) -> Step {
        let options = self.options(cx);
        // with the package's own manifest the features are its own under every resolver
        let manifest = self.package.manifest();
        let command = ["check", "--manifest-path", &manifest, "--keep-going", "--message-format=json"];
        Step::Tool(cargo(&cx.with(&options), &command))
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Judged<'_>, Unreadable> {
        let step = self.step(cx);
        let captured = evidence.tool(&step)?;
        if let Some(error) = compile::foreign_error(cx, captured) {
            return Ok(Judged { run: self, compiled: None, foreign: Some(error) });
        }
        let options = self.options(cx);
        let on = &self.combination.on;
        let read = compile::read_targets(&cx.with(&options), captured, |_, target| {
            let needed =
                turned_on(&self.package.features, target.required_features.iter().map(String::as_str));
            target.is_production() && needed.is_subset(on)
        });
        let compiled = read.map_err(|unreadable| Unreadable {
            reason: format!("{}: {}", self.describe(), unreadable.reason),
            ..unreadable
        })?;
        Ok(Judged { run: self, compiled: Some(compiled), foreign: None })
    }

    fn is_default(&self) -> bool {
        self.combination.flags == Features::default()
    }

    /// Whether those features are on that a build without options turns on.
    fn is_usual(&self) -> bool {
        self.combination.on == turned_on(&self.package.features, ["default"])
    }

    /// The package and its features, in words.
    fn describe(&self) -> String {
        let Features { names, all, .. } = &self.combination.flags;
        let features = match names.as_slice() {
            [] if *all => "all features".to_owned(),
            [] if self.is_default() && self.package.features.is_empty() => {
                return format!("`{}`", self.package.name);
            }
            [] if self.is_default() => "its default features".to_owned(),
            [] => "no features".to_owned(),
            [one] => format!("the feature `{one}` alone"),
            many => format!(
                "the features {}",
                many.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        format!("`{}` with {features}", self.package.name)
    }

    /// The command that shows it.
    fn command(&self) -> String {
        let Features { names, all, no_default } = &self.combination.flags;
        let mut command = format!("cargo check --manifest-path {}", self.package.manifest());
        if *all {
            command.push_str(" --all-features");
        }
        if *no_default {
            command.push_str(" --no-default-features");
        }
        if !names.is_empty() {
            command.push_str(" --features ");
            command.push_str(&names.join(","));
        }
        command
    }
}

/// What came of one call.
struct Judged<'a> {
    run: &'a Run<'a>,
    /// None where code of others does not compile.
    compiled: Option<Compiled>,
    /// The first error in code of others.
    foreign: Option<Diagnostic>,
}

impl Judged<'_> {
    fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.compiled.iter().flat_map(|compiled| &compiled.diagnostics).chain(&self.foreign)
    }

    fn needs_nightly(&self) -> bool {
        self.compiled.as_ref().is_some_and(|compiled| !compiled.nightly.is_empty())
            || self.foreign.as_ref().is_some_and(compile::needs_nightly)
    }

    fn fails(&self) -> bool {
        !self.needs_nightly() && self.diagnostics().any(is_compile_error)
    }

    fn nightly_finding(&self) -> Option<Finding> {
        let message = format!("{} needs a nightly toolchain and is not judged", self.run.describe());
        let help = "judge it with `cargo +nightly gate features`, or name it in `skip` with the reason";
        self.needs_nightly().then(|| {
            Finding::warning("features/needs-nightly", message)
                .at(Place::file(self.run.package.manifest()))
                .help(help)
        })
    }
}

/// Each complaint once, with the combinations that it was made in.
fn findings(judged: &[Judged<'_>], sources: Option<&Sources>) -> Vec<Finding> {
    let usual: Vec<Diagnostic> =
        judged.iter().filter(|one| one.run.is_usual()).flat_map(Judged::diagnostics).cloned().collect();
    let counted: Vec<(&Judged<'_>, &Diagnostic)> = judged
        .iter()
        .filter(|one| !one.needs_nightly())
        .flat_map(|one| one.diagnostics().map(move |diagnostic| (one, diagnostic)))
        .filter(|(_, diagnostic)| is_compile_error(diagnostic) || diagnostic.level == Level::Warning)
        .filter(|(_, diagnostic)| {
            is_compile_error(diagnostic) || !usual.iter().any(|one| same(one, diagnostic))
        })
        .collect();
    let all = distinct(counted.iter().map(|(_, diagnostic)| (*diagnostic).clone()).collect());
    let told = all.iter().map(|diagnostic| {
        let runs: Vec<&Run<'_>> =
            counted.iter().filter(|(_, other)| same(diagnostic, other)).map(|(one, _)| one.run).collect();
        finding(diagnostic, &runs, sources)
    });
    told.chain(judged.iter().filter_map(Judged::nightly_finding)).collect()
}

fn same(one: &Diagnostic, other: &Diagnostic) -> bool {
    (one.level, &one.code, &one.message, &one.spans)
        == (other.level, &other.code, &other.message, &other.spans)
}

fn finding(diagnostic: &Diagnostic, runs: &[&Run<'_>], sources: Option<&Sources>) -> Finding {
    let Some(first) = runs.first() else { return compile::finding("features/warning", diagnostic, sources) };
    let rule = if is_compile_error(diagnostic) { "features/does-not-compile" } else { "features/warning" };
    let mut finding = compile::finding(rule, diagnostic, sources);
    if diagnostic.package_id != first.package.id {
        finding.message = format!("{}, in the dependency `{}`", finding.message, diagnostic.target.name);
        finding.place = Some(Place::file(first.package.manifest()));
    }
    let more = match runs.len() {
        0 | 1 => String::new(),
        many => format!(" (and {})", counted(many - 1, "other combination")),
    };
    let severity =
        if is_compile_error(diagnostic) { finding.severity } else { crate::finding::Severity::Warning };
    let message = format!("{}, in {}{more}", finding.message, first.describe());
    let help = match &finding.help {
        Some(help) => format!("{help}; {}", first.command()),
        None => first.command(),
    };
    Finding { severity, message, ..finding }.help(help)
}
