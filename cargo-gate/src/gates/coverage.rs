//! `coverage`: which lines of the code the tests run.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Expiry, Globs, Reason};
use crate::coverage::{
    BaseFigure, Critical, Figure, LeftOut, Measured, Percent, Scale, completeness, counted_lines,
    counting_steps, counts_step, html, nothing_measured, of_these_sources, rows, tests_failed,
};
use crate::facts::{Facts, selects};
use crate::finding::{Finding, digest};
use crate::gate::{Context, Gate, Info, Metric, Outcome, Planned, Rule, Stage, Unreadable};
use crate::parse::lcov::{self, Lcov};
use crate::step::{Evidence, Step, base, base_figures, changes};
use crate::test_run::{self, TestSettings};
use crate::text::counted;

/// The settings of `coverage`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Coverage {
    /// The lowest share of all lines that tests run.
    minimum: Percent,
    /// The lowest share of each package's lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    package_minimum: Option<Percent>,
    /// Paths whose lines matter more, with a bar of their own.
    critical: Vec<CriticalPaths>,
    /// By how many points the whole may be lower than at the base revision.
    max_drop: Percent,
    /// The lowest share of the lines that the change touches; without it they are named and fail nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_minimum: Option<Percent>,
    /// Where the figure of the base revision comes from.
    compare: Compare,
    /// Sources that are not judged.
    exclude: Vec<Exclude>,
    /// Whether lines count that documentation's examples run.
    doctests: bool,
}

/// Where the figure of the base revision comes from.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Compare {
    /// From the record that this gate made when it ran there.
    #[default]
    Recorded,
    /// From that record; where there is none, from a run on a private copy of the base.
    Run,
    /// Nothing is compared: neither the whole nor the changed lines.
    Off,
}

/// Paths with a bar of their own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CriticalPaths {
    /// Globs of the paths.
    paths: Globs,
    /// The lowest share of their lines: 100 where nothing is said.
    #[serde(default = "all")]
    minimum: Percent,
}

fn all() -> Percent {
    Percent::ALL
}

/// Sources that are not judged.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Exclude {
    /// Globs of their paths.
    paths: Globs,
    /// Why no test needs to run them.
    reason: Reason,
    /// The last day on which this holds; none where it always does, as for generated code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Expiry>,
}

impl Default for Coverage {
    fn default() -> Self {
        Self {
            minimum: Percent::whole(80),
            package_minimum: None,
            critical: Vec::new(),
            max_drop: Percent::whole(0),
            changed_minimum: None,
            compare: Compare::default(),
            exclude: Vec::new(),
            doctests: TestSettings::default().measure_doctests,
        }
    }
}

impl Gate for Coverage {
    const INFO: Info = Info {
        id: "coverage",
        judges: "which lines the tests run: of the whole, of packages, of critical paths, of the change",
        bar: "80 % of lines, no drop against the base revision, 100 % of critical paths",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_hours(1),
        rules: &[
            Rule::error("tests-failed", "a run with failed tests, whose lines are not judged"),
            Rule::error("below-minimum", "the whole workspace is below its bar"),
            Rule::error("package-below-minimum", "a package is below the bar of packages"),
            Rule::error("critical", "lines of a critical path that no test runs"),
            Rule::error("critical-unmeasured", "critical paths under which nothing was measured"),
            Rule::error("dropped", "the share is lower than at the base revision"),
            Rule::error("changed-below-minimum", "the lines of the change are below their bar"),
            Rule::warning("changed-uncovered", "changed lines that no test runs"),
            Rule::warning("source-unmeasured", "a source with functions of which a tracefile has no line"),
            Rule::error("package-unmeasured", "a package with code of which no line was measured"),
            Rule::error("exclude-expired", "an exclusion whose time is over"),
            Rule::warning("exclude-unused", "an exclusion that leaves nothing out"),
        ],
        manual: MANUAL,
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        if !test_run::has_unit_tests(cx) && !test_run::has_doctests(cx) && cx.options.lcov.is_none() {
            return Planned::NothingToJudge("nothing to judge: no target has tests".to_owned());
        }
        let mut steps = vec![Step::Sources];
        steps.extend(counting_steps(cx));
        if self.compare != Compare::Off {
            steps.extend([base(cx), changes(cx), base_figures(cx, Self::INFO.id)]);
        }
        steps.extend(self.base_counts(cx));
        Planned::Steps(steps)
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let sources = evidence.sources()?;
        if let Some(outcome) = tests_failed(cx, evidence)? {
            return Ok(outcome);
        }
        let counted = counted_lines(cx, evidence)?;
        let measured = self.measured(cx, counted.lcov, cx.facts);
        of_these_sources(&measured, sources)?;
        let whole = measured.figure(|_| true);
        if whole.total == 0 {
            return Err(nothing_measured(&measured.left_out));
        }
        let scale = Scale { measured: &measured, sources };
        let mut findings = scale.whole(self.minimum);
        let excluded = |path: &str| self.exclude.iter().any(|exclude| exclude.paths.matches(path));
        let complete = completeness(cx, &scale, self.package_minimum, excluded)?;
        findings.extend(complete.findings);
        for CriticalPaths { paths, minimum } in &self.critical {
            findings.extend(scale.critical(&Critical { paths, minimum: *minimum }));
        }
        findings.extend(self.exclusions(cx, &measured.left_out));
        let scope = self.scope(cx, counted.way);
        let base = self.base(cx, evidence, &scope)?;
        if let Known::Figure(base) = &base {
            findings.extend(scale.drop(base, self.max_drop));
        }
        let changes = if self.compare == Compare::Off { None } else { evidence.changes(cx)? };
        let touched = changes.map(|changes| scale.changed(changes, self.changed_minimum));
        let touched_figure = touched.as_ref().map(|(figure, _)| *figure);
        findings.extend(touched.into_iter().flat_map(|(_, found)| found));
        let mut outcome = Outcome::new(self.summary(whole, &base, touched_figure))
            .count("lines", count(whole.total))
            .count("lines_hit", count(whole.hit))
            .number("line_percent", whole.percent().unwrap_or_default())
            .count("sources", measured.files.len())
            .text("scope", scope)
            .table(&["package", "lines", "not run", "covered"], rows(cx.facts, &measured))
            .findings(findings);
        if let Some(figure) = touched_figure {
            outcome = outcome
                .count("changed_lines", count(figure.total))
                .count("changed_lines_hit", count(figure.hit));
        }
        if cx.options.lcov.is_none() {
            outcome = outcome.file("lcov.info", measured.to_lcov());
        }
        if cx.options.html {
            let is_new = |path: &str, line: u32| changes.is_some_and(|changes| changes.has(path, line));
            outcome = outcome.file("index.html", html(&measured, sources, self.minimum, is_new));
        }
        let notes = counted
            .notes
            .into_iter()
            .chain(base.note())
            .chain(complete.note)
            .chain(self.excluded(&measured.left_out))
            .chain(measured.left_out.notes(sources));
        Ok(notes.fold(outcome, Outcome::note))
    }

    fn shape_tests(&self, tests: &mut TestSettings) {
        tests.measure_doctests = self.doctests;
    }
}

const MANUAL: &str = "\
## What it checks

The lines of the workspace's own code that no test runs. The tests run once, instrumented, for `test`,
`doctest`, `flaky` and this gate: our program stands in for rustc as cargo's workspace wrapper (a wrapper of
yours is called in turn), so that dependencies are built once, in the same target directory, and switching
between plain and instrumented code rebuilds nothing. LLVM's tools are tried on a program of three lines before
the long run; nothing is installed. They are looked for in this order: `LLVM_COV` and `LLVM_PROFDATA`; the
toolchain's component `llvm-tools`; `llvm-cov-N` on the search path with the compiler's own N, then with others;
`llvm-cov`. Documentation's examples count where the toolchain can do that; the report says so.
`--lcov FILE` judges a file of cargo-llvm-cov, tarpaulin or grcov instead; one that was written before a source,
a manifest or the lock file was last changed leaves no verdict.

A line counts by its `DA` record. (`llvm-cov report` and `--fail-under-lines` count `LF`, which is made from
regions and gives other numbers.) Not judged, and named in the report: sources in folders named `tests`,
`examples` or `benches` and files named `tests.rs`, `*_tests.rs` or `*-tests.rs`; code that a build script wrote;
`exclude`; code under `#[coverage(off)]`. A source with functions of which a tracefile has no line is a warning
(generic functions that nobody calls leave none), more than half of them leave no verdict. Build scripts and procedural macros run inside the compiler and are
not measured, save by their own tests. `cfg(coverage)` is not set: the code that is tested is the code that is shipped.

The lines of a run with a failed test are not judged, which fails the gate. Each glob of a critical path must have
a measured line. The figure of the base revision is the one that this gate recorded under
`<target>/bulletproof/figures/` when it ran there; where there is none, the report says so; `compare = \"run\"`
then runs the tests on a private copy of the base. A figure that was counted another way (other packages, features,
exclusions, compiler, a tracefile, without doctests) is not compared, and the report says so.

## Why

Untested code breaks unseen. The share itself says little; a change of it says more.

## How to fix

`cargo gate coverage --html` writes a page with the counts of every line. Test what the change adds first.
Code that no test needs to run is listed under `exclude` with its reason.
";

/// What is known of the base's figure.
enum Known {
    /// Nothing is asked, or there is nothing to compare with.
    Nothing,
    /// There is a base, and no figure that can be compared; says why.
    Unknown(String),
    /// Its figure.
    Figure(BaseFigure),
}

impl Known {
    fn note(&self) -> Option<String> {
        match self {
            Self::Unknown(why) => Some(why.clone()),
            Self::Nothing | Self::Figure(_) => None,
        }
    }
}

impl Coverage {
    /// The judged lines of a workspace: the one that is judged, or the copy of its base.
    fn measured(&self, cx: &Context<'_>, lcov: Lcov, facts: &Facts) -> Measured {
        let excluded = |path: &str| self.exclude.iter().position(|exclude| exclude.paths.matches(path));
        let package = |path: &str| facts.owner(path).and_then(|index| facts.packages.get(index));
        let selected = |path: &str| package(path).is_some_and(|package| selects(cx.options, &package.name));
        let judged = |path: &str| selected(path) && !cx.options.left_out.matches(path);
        Measured::new(lcov, facts, judged, excluded)
    }

    /// The step that measures the base, where that is asked for.
    fn base_counts(&self, cx: &Context<'_>) -> Option<Step> {
        let Step::Counts { runs, doctests } = counts_step(cx)? else { return None };
        let (gate, base) = (Self::INFO.id.to_owned(), cx.options.base.clone());
        (self.compare == Compare::Run).then_some(Step::BaseCounts { runs, doctests, gate, base })
    }

    fn base(&self, cx: &Context<'_>, evidence: &Evidence, scope: &str) -> Result<Known, Unreadable> {
        if self.compare == Compare::Off {
            return Ok(Known::Nothing);
        }
        let Some(found) = evidence.base(cx)? else { return Ok(Known::Nothing) };
        let unknown = |why: &str| Ok(Known::Unknown(format!("not compared with {}: {why}", found.how)));
        let Some(figures) = evidence.figures(&base_figures(cx, Self::INFO.id))? else {
            let Some(step) = self.base_counts(cx) else {
                return unknown(
                    "no figure is recorded; it is when the gate runs there, or with compare = \"run\"",
                );
            };
            let counts = evidence.base_counts(&step)?.ok_or_else(|| Unreadable::not_done(&step))?;
            let lcov = lcov::parse(&counts.lcov).map_err(|error| Unreadable::garbage(error.to_string()))?;
            let figure = self.measured(cx, lcov, &counts.facts).figure(|_| true);
            return Ok(Known::Figure(BaseFigure { figure, how: found.how.clone() }));
        };
        if figures.get("scope") != Some(&Metric::Text(scope.to_owned())) {
            return unknown(
                "its recorded figure is of other packages, features or exclusions, of another compiler, or \
                 counted another way (a tracefile, with or without doctests)",
            );
        }
        match (figures.get("lines_hit"), figures.get("lines")) {
            (Some(Metric::Count(hit)), Some(Metric::Count(total))) => Ok(Known::Figure(BaseFigure {
                figure: Figure { hit: *hit, total: *total },
                how: found.how.clone(),
            })),
            _ => Err(Unreadable::garbage("the recorded figures of the base name no lines")
                .help("remove them from <target>/bulletproof/figures")),
        }
    }

    /// Names what is counted, and how: only figures of the same are compared.
    fn scope(&self, cx: &Context<'_>, way: &str) -> String {
        let excluded = self.exclude.iter().flat_map(|exclude| Vec::from(exclude.paths.clone()));
        let excluded: Vec<String> = excluded.collect();
        let options = cx.options;
        digest(&[
            &options.packages.join(","),
            &options.exclude.join(","),
            &format!("{:?}", options.features),
            &excluded.join(","),
            &Vec::from(options.left_out.clone()).join(","),
            &self.doctests.to_string(),
            way,
            &cx.facts.toolchain.rustc,
        ])
    }

    /// What is wrong with the exclusions themselves.
    fn exclusions(&self, cx: &Context<'_>, left_out: &LeftOut) -> Vec<Finding> {
        let found = self.exclude.iter().enumerate().filter_map(|(place, exclude)| {
            let Exclude { paths, reason, expires } = exclude;
            let names = Vec::from(paths.clone()).join(", ");
            let expired = expires.filter(|expires| expires.0 < cx.facts.today());
            if let Some(expires) = expired {
                let message = format!("{names} was excluded until {} ({reason})", expires.0);
                let help = "test it now, or exclude it again with a new date";
                return Some(Finding::error("coverage/exclude-expired", message).help(help).anchor(names));
            }
            let used = left_out.excluded.iter().any(|(by, _)| *by == place)
                || cx.facts.sources.iter().any(|source| paths.matches(&source.path));
            (!used).then(|| {
                let message = format!("the exclusion {names} leaves nothing out");
                Finding::warning("coverage/exclude-unused", message)
                    .help("remove it from `exclude`")
                    .anchor(names)
            })
        });
        found.collect()
    }

    fn summary(&self, whole: Figure, base: &Known, changed: Option<Figure>) -> String {
        let against = match (base, whole.percent()) {
            (Known::Figure(BaseFigure { figure, .. }), Some(now)) => {
                format!(", base {figure}, {:+.1}", now - figure.percent().unwrap_or_default())
            }
            _ => String::new(),
        };
        let change = match changed.filter(|changed| changed.total > 0) {
            Some(changed) => format!("; {} of {} changed lines", changed.hit, changed.total),
            None => String::new(),
        };
        format!("{whole} of lines (bar {}{against}){change}", self.minimum)
    }

    /// What the config leaves out, in words.
    fn excluded(&self, left_out: &LeftOut) -> Vec<String> {
        let mut notes = Vec::new();
        for (place, Exclude { paths, reason, expires }) in self.exclude.iter().enumerate() {
            let files = left_out.excluded.iter().filter(|(by, _)| *by == place).count();
            let names = Vec::from(paths.clone()).join(", ");
            let until = expires.map(|expires| format!(" until {}", expires.0)).unwrap_or_default();
            notes.push(format!("not judged{until}: {} under {names} ({reason})", counted(files, "source")));
        }
        notes
    }
}

fn count(lines: u64) -> usize {
    usize::try_from(lines).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
