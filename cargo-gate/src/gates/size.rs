//! `size`: the size of each release program, and its growth.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::binary::Image;
use crate::finding::{Finding, Worse};
use crate::gate::{Context, Gate, Info, Metric, Outcome, Planned, Rule, Stage, Unreadable};
use crate::release::{self, BuiltProgram};
use crate::step::{Base, Evidence, Step, base, base_figures, release_build};
use crate::text::counted;

/// The settings of `size`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Size {
    /// The most that a program may have, in megabytes (of 1,000,000 bytes).
    max_megabytes: f64,
    /// The most that a program may grow against the base, in percent of its size there.
    max_growth_percent: f64,
    /// Programs with a bar of their own in the place of `max_megabytes`.
    programs: BTreeMap<String, f64>,
}

impl Default for Size {
    fn default() -> Self {
        Self { max_megabytes: 50.0, max_growth_percent: 10.0, programs: BTreeMap::new() }
    }
}

impl Gate for Size {
    const INFO: Info = Info {
        id: "size",
        judges: "the size of each release program",
        bar: "≤ 50 MB each, growth against the base ≤ 10 %",
        stages: &[Stage::Ci, Stage::Release],
        timeout: Duration::from_hours(1),
        rules: &[
            Rule::error("too-large", "a program that is larger than its bar"),
            Rule::error("grown", "a program that grew by more than the bar"),
            Rule::warning("growth-unknown", "a program whose size at the base is not known"),
            Rule::warning("unknown-program", "an entry of `programs` that names no program"),
        ],
        manual: "\
## What it checks

The file of each program of the release build (`cargo build --release --bins`), as it is built. The report
also has the size that `strip` would leave: without debug information and the table of symbols. A program
that grew is compared with the base revision, and the sections and crates that grew the most are named.
A crate's share is the sum of the functions and constants that its name stands for; generic code counts
for the crate that wrote it. A program that the profile strips has no names, so only its sections are told.

The sizes at the base are those that an earlier run of this gate recorded there, in the target directory,
with the same packages and features.
Where there is none the growth cannot be judged, and the gate warns: run it on the base once, or keep the
target directory's `bulletproof/figures` between runs of the CI.

## Why

A program grows in small steps that nobody sees: a feature that a dependency turns on, a table that is
built in, one more generic instance of a large function.

## How to fix

Look at the sections and crates that the finding names. `strip = true`, `lto = true`, `codegen-units = 1`,
`panic = \"abort\"` and `opt-level = \"s\"` in `[profile.release]` make programs smaller; so do fewer
features of the dependencies (`cargo tree --edges features`). A size that is meant is a new bar:
`programs.NAME = 80` for one program.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        if release::expected(cx.facts, cx.options).next().is_none() {
            return Planned::NothingToJudge("nothing to judge: no package has a program".to_owned());
        }
        Planned::Steps(vec![Step::Programs { build: release_build(cx) }, base(cx), base_figures(cx, "size")])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let programs = evidence.programs(&Step::Programs { build: release_build(cx) })?;
        let base = evidence.base(cx)?;
        let old = evidence.figures(&base_figures(cx, "size"))?;
        let sized: Vec<Sized> = programs.iter().map(Sized::read).collect::<Result<_, _>>()?;
        let mut outcome = Outcome::new(self.summary(&sized, old)).count("programs", sized.len());
        for program in &sized {
            outcome.metrics.extend(program.figures());
        }
        let findings = sized.iter().flat_map(|program| self.findings(program, base, old)).collect();
        let columns = ["program", "size", "stripped", "base", "growth"];
        let rows = sized.iter().map(|program| program.row(old)).collect();
        Ok(outcome.findings(findings).findings(self.unknown(cx)).table(&columns, rows))
    }
}

impl Size {
    fn bar(&self, name: &str) -> f64 {
        self.programs.get(name).copied().unwrap_or(self.max_megabytes)
    }

    fn findings(&self, program: &Sized, base: Option<&Base>, old: Option<&Figures>) -> Vec<Finding> {
        let Sized { name, .. } = program;
        let mut findings = Vec::new();
        let bar = self.bar(name);
        if program.bytes > bar * MEGA {
            let (size, stripped) = (readable(program.bytes), readable(program.stripped));
            let message = format!("the program `{name}` has {size}, bar {bar} MB (stripped {stripped})");
            let help = "look at the largest parts below; `strip = true` in [profile.release] drops symbols and debug information";
            let largest = largest(
                &program.parts.iter().map(|(part, bytes)| (part.as_str(), *bytes)).collect::<Vec<_>>(),
            );
            let detail = format!("largest: {largest}");
            let finding = Finding::error("size/too-large", message).help(help).detail(detail).anchor(name);
            findings.push(finding.measure(program.bytes, Worse::Higher));
        }
        let Some(base) = base else { return findings };
        match program.base(old) {
            None => findings.push(
                Finding::warning(
                    "size/growth-unknown",
                    format!("the size of `{name}` at {} is not known", base.how),
                )
                .help(format!(
                    "run `cargo gate size` once on the base ({}), with the same options and this target directory",
                    base.short()
                ))
                .anchor(name),
            ),
            Some(before) if program.growth(before) > self.max_growth_percent => {
                let growth = program.growth(before);
                let message = format!(
                    "the program `{name}` grew by {growth:.1} % against {}: {} → {} (bar {} %)",
                    base.how,
                    readable(before),
                    readable(program.bytes),
                    self.max_growth_percent,
                );
                let grown = program.grown(old.unwrap_or(&Figures::new()));
                let detail = if grown.is_empty() {
                    "no single part grew".to_owned()
                } else {
                    format!("grew the most: {}", largest(&grown))
                };
                let help = "look at what grew; `cargo tree --edges features` shows who turns a feature on";
                findings.push(Finding::error("size/grown", message).help(help).detail(detail).anchor(name));
            }
            Some(_) => {}
        }
        findings
    }

    /// Entries that name no program of ours.
    fn unknown(&self, cx: &Context<'_>) -> Vec<Finding> {
        let is_known = |name: &str| {
            cx.facts
                .packages
                .iter()
                .flat_map(|package| &package.targets)
                .any(|target| target.is("bin") && target.name == name)
        };
        let unknown = self.programs.keys().filter(|name| !is_known(name));
        unknown
            .map(|name| {
                let message = format!("`programs.{name}` in [gates.size] names no program of the workspace");
                Finding::warning("size/unknown-program", message)
                    .help("remove the entry, or correct its name")
                    .anchor(name)
            })
            .collect()
    }

    fn summary(&self, sized: &[Sized], old: Option<&Figures>) -> String {
        let most = sized.iter().max_by(|a, b| a.bytes.total_cmp(&b.bytes));
        let Some(most) = most else { return "no program".to_owned() };
        let growth = match most.base(old) {
            Some(before) => format!("{:+.1} % (bar {} %)", most.growth(before), self.max_growth_percent),
            None => "growth unknown".to_owned(),
        };
        let (count, name, bar) = (counted(sized.len(), "program"), &most.name, self.bar(&most.name));
        format!("{count}, the largest {name} {} (bar {bar} MB), {growth}", readable(most.bytes))
    }
}

const MEGA: f64 = 1e6;
/// How many parts of a program are kept as figures, and how many are named.
const KEPT: usize = 40;
const NAMED: usize = 6;

type Figures = BTreeMap<String, Metric>;

/// A program with its sizes, in bytes.
struct Sized {
    name: String,
    bytes: f64,
    stripped: f64,
    /// Sections and crates: `section .text`, `crate regex`.
    parts: BTreeMap<String, f64>,
}

impl Sized {
    fn read(program: &BuiltProgram) -> Result<Self, Unreadable> {
        let name = program.name.clone();
        let image = Image::read(&program.bytes)
            .map_err(|error| Unreadable::garbage(format!("the program `{name}`: {error}")))?;
        let mut crates: Vec<(String, u64)> = image.by_crate().into_iter().collect();
        crates.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        let crates =
            crates.into_iter().take(KEPT).map(|(name, bytes)| (format!("crate {name}"), exact(bytes)));
        let sections = image.by_section().into_iter();
        let sections = sections.map(|(name, bytes)| (format!("section {name}"), exact(bytes as u64)));
        let parts = sections.chain(crates).collect();
        Ok(Self { name, bytes: exact(image.size as u64), stripped: exact(image.stripped() as u64), parts })
    }

    fn figures(&self) -> Figures {
        let whole = [("bytes", self.bytes), ("stripped bytes", self.stripped)];
        let whole = whole.into_iter().map(|(what, bytes)| (what.to_owned(), bytes));
        let parts = self.parts.iter().map(|(part, bytes)| (part.clone(), *bytes));
        whole
            .chain(parts)
            .map(|(what, bytes)| (format!("{} {what}", self.name), Metric::Number(bytes)))
            .collect()
    }

    fn before(&self, old: &Figures, what: &str) -> Option<f64> {
        number(old.get(&format!("{} {what}", self.name))?)
    }

    /// The size at the base, where it is known.
    fn base(&self, old: Option<&Figures>) -> Option<f64> {
        self.before(old?, "bytes").filter(|bytes| *bytes > 0.0)
    }

    /// In percent.
    fn growth(&self, before: f64) -> f64 {
        (self.bytes - before) / before * 100.0
    }

    /// The parts that grew, with their growth.
    fn grown(&self, old: &Figures) -> Vec<(&str, f64)> {
        let growth = |(part, bytes): (&String, &f64)| bytes - self.before(old, part).unwrap_or_default();
        let parts = self.parts.iter().map(|(part, bytes)| (part.as_str(), growth((part, bytes))));
        parts.filter(|(_, growth)| *growth > 0.0).collect()
    }

    fn row(&self, old: Option<&Figures>) -> Vec<String> {
        let before = self.base(old);
        let base = before.map_or_else(|| "unknown".to_owned(), readable);
        let growth =
            before.map_or_else(|| "unknown".to_owned(), |before| format!("{:+.1} %", self.growth(before)));
        vec![self.name.clone(), readable(self.bytes), readable(self.stripped), base, growth]
    }
}

fn number(metric: &Metric) -> Option<f64> {
    match metric {
        Metric::Count(count) => Some(exact(*count)),
        Metric::Number(number) => Some(*number),
        Metric::Text(_) => None,
    }
}

/// A size as a number: exact below 2^53.
#[expect(clippy::cast_precision_loss, reason = "no program has 2^53 bytes")]
fn exact(bytes: u64) -> f64 {
    bytes as f64
}

fn readable(bytes: f64) -> String {
    if bytes >= MEGA { format!("{:.2} MB", bytes / MEGA) } else { format!("{:.1} kB", bytes / 1e3) }
}

/// The largest of them, in words.
fn largest(parts: &[(&str, f64)]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named = parts.iter().take(NAMED).map(|(part, bytes)| format!("{part} {}", readable(*bytes)));
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(bytes: f64, text: f64) -> Sized {
        let parts = [("section .text".to_owned(), text), ("crate core".to_owned(), 5e3)].into();
        Sized { name: "tool".to_owned(), bytes, stripped: bytes / 2.0, parts }
    }

    fn the_base() -> Base {
        Base { commit: "c".repeat(40), tree: "t".repeat(40), how: "where HEAD left main".to_owned() }
    }

    fn found(program: &Sized, old: Option<&Figures>) -> Vec<(String, String)> {
        let findings = Size::default().findings(program, Some(&the_base()), old);
        findings.into_iter().map(|one| (one.rule, one.message)).collect()
    }

    #[test]
    fn a_program_of_the_bar_itself_passes_and_one_byte_more_does_not() {
        let old = sized(50e6, 1e3).figures();
        assert_eq!(found(&sized(50e6, 1e3), Some(&old)), []);
        let one = found(&sized(50e6 + 1.0, 1e3), Some(&old));
        let message = "the program `tool` has 50.00 MB, bar 50 MB (stripped 25.00 MB)";
        assert_eq!(one, [("size/too-large".to_owned(), message.to_owned())]);
    }

    #[test]
    fn growth_is_judged_against_the_base_and_names_what_grew() {
        let old = sized(1e6, 1e5).figures();
        assert_eq!(found(&sized(1.1e6, 2e5), Some(&old)), []);
        let program = sized(1.2e6, 3e5);
        let findings = Size::default().findings(&program, Some(&the_base()), Some(&old));
        assert_eq!(findings[0].rule, "size/grown");
        assert!(
            findings[0]
                .message
                .contains("grew by 20.0 % against where HEAD left main: 1.00 MB → 1.20 MB (bar 10 %)"),
            "{}",
            findings[0].message
        );
        assert_eq!(findings[0].detail.as_deref(), Some("grew the most: section .text 200.0 kB"));
    }

    #[test]
    fn a_program_that_the_base_does_not_know_warns() {
        assert_eq!(found(&sized(1e6, 1e5), None)[0].0, "size/growth-unknown");
        assert_eq!(found(&sized(1e6, 1e5), Some(&Figures::new()))[0].0, "size/growth-unknown");
        assert!(Size::default().findings(&sized(1e6, 1e5), None, None).is_empty());
    }

    #[test]
    fn a_program_has_a_bar_of_its_own_where_the_config_says_so() {
        let size = Size { programs: [("tool".to_owned(), 1.0)].into(), ..Size::default() };
        let findings = size.findings(&sized(2e6, 1e5), None, None);
        assert_eq!(findings[0].message, "the program `tool` has 2.00 MB, bar 1 MB (stripped 1.00 MB)");
        assert!(findings[0].measure.is_some_and(|bytes| bytes.is_worse_than(2e6 - 1.0)), "{findings:?}");
    }

    #[test]
    fn a_file_that_is_no_program_leaves_no_verdict() {
        let program =
            BuiltProgram { package_id: String::new(), name: "x".to_owned(), bytes: b"#!/bin/sh\n".to_vec() };
        let error = Sized::read(&program).err().unwrap();
        assert!(error.reason.starts_with("the program `x`: not a program"), "{error}");
    }
}
