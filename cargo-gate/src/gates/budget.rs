//! `budget`: time and memory of configured commands.

use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile;
use crate::config::{CommandLine, Timeout};
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::parse::measured::{self, Ending, Measured};
use crate::release;
use crate::sampling::{Estimate, Kept, estimate, least_runs};
use crate::step::{End, Evidence, ProgramCall, Step, Timing};
use crate::text::counted;

/// The settings of `budget`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Budget {
    /// The commands that are measured, each with its bars.
    commands: Vec<Command>,
}

/// A command with its bars.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Command {
    /// What it is called in the report; the command itself where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The program and its arguments: a program of the workspace by its name, which is then built for release,
    /// else a path relative to the workspace root or a name on the search path.
    run: CommandLine,
    /// The most that the median of its wall time may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_wall: Option<Timeout>,
    /// The most that 95 of 100 runs may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_p95: Option<Timeout>,
    /// The most memory that it may hold at a time, in megabytes (of 1,000,000 bytes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_megabytes: Option<f64>,
    /// How often it is measured; by default 20 times, and 100 where `max_p95` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runs: Option<NonZeroU32>,
    /// How often it runs before it is measured.
    #[serde(default = "one")]
    warmup: u32,
    /// The exit code that it must end with.
    #[serde(default)]
    exit: i32,
    /// Where it runs, relative to the workspace root.
    #[serde(default)]
    folder: String,
}

fn one() -> u32 {
    1
}

const MEDIAN: f64 = 0.5;
const P95: f64 = 0.95;

impl Gate for Budget {
    const INFO: Info = Info {
        id: "budget",
        judges: "wall time, tail latency and peak memory of configured commands",
        bar: "as configured",
        stages: &[Stage::Ci, Stage::Release],
        timeout: Duration::from_hours(1),
        rules: &[
            Rule::error("too-slow", "a median of the wall time above its bar"),
            Rule::error("slow-tail", "a 95th percentile of the wall time above its bar"),
            Rule::error("too-much-memory", "a run that held more memory than its bar"),
            Rule::error("fails", "a run that did not end as it must"),
            Rule::warning("too-noisy", "measurements that do not tell on which side of the bar the figure is"),
            Rule::warning("no-bar", "a command without a bar"),
        ],
        manual: "\
## What it checks

Each configured command runs several times while nothing else of this tool runs. The median of its wall time,
its 95th percentile and its largest peak of memory are compared with their bars:

```toml
[[gates.budget.commands]]
run = [\"demo\", \"sample.txt\"]
max_wall = \"200ms\"
max_p95 = \"300ms\"
max_megabytes = 50
```

A program of the workspace is taken from its release build; where its package is not judged (`-p`), it is not
measured, and the report says so. Standard input is empty; output is thrown away.
Memory is the resident memory of the command, or of the largest of the processes that it started and waited
for (on Windows of the command alone). Windows' and macOS' figures differ from Linux' for the same program.

Figures of time come with an interval that holds the true value in 95 of 100 cases. The gate fails where the
whole interval is above the bar, and passes where it is below. Where the bar lies within, it warns, and says how
many runs would tell. A 95th percentile needs at least 72 runs.

## Why

One measurement tells the weather; a mean tells the worst of a bad minute.

## How to fix

Measure it by hand with a profiler. Bars hold for the machine that they were set on: leave room for the slowest
one that runs the gate. A noisy machine needs more `runs`, or a bar that is farther away.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        if self.commands.is_empty() {
            return Planned::NothingToJudge("nothing to judge: no command is configured".to_owned());
        }
        let steps: Vec<Step> = self.commands.iter().filter_map(|command| command.step(cx)).collect();
        if steps.is_empty() {
            let why = "nothing to judge: no command is of a package that is judged";
            return Planned::NothingToJudge(why.to_owned());
        }
        Planned::Steps(steps)
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let (mut judged, mut notes) = (Vec::new(), Vec::new());
        for command in &self.commands {
            match command.step(cx) {
                Some(step) => judged.push(command.judge(&read(cx, evidence, &step, command)?)),
                None => notes.push(format!(
                    "not measured: `{}`, a program of a package that is not judged",
                    command.title()
                )),
            }
        }
        let findings: Vec<Finding> = judged.iter().flat_map(|one| one.findings.clone()).collect();
        let over = judged.iter().filter(|one| one.is_over()).count();
        let mut outcome =
            Outcome::new(summary(&judged)).count("commands", judged.len()).count("over", over).table(
                &["command", "runs", "median", "bar", "p95", "bar", "peak MB", "bar"],
                judged.iter().map(|one| one.row.clone()).collect(),
            );
        for (name, value) in judged.iter().flat_map(|one| &one.metrics) {
            outcome = outcome.number(name, *value);
        }
        Ok(notes.into_iter().fold(outcome.findings(findings), Outcome::note))
    }
}

/// What came of one command.
struct Judged {
    findings: Vec<Finding>,
    row: Vec<String>,
    metrics: Vec<(String, f64)>,
}

impl Judged {
    fn is_over(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == crate::finding::Severity::Error)
    }
}

fn summary(judged: &[Judged]) -> String {
    let over = judged.iter().filter(|one| one.is_over()).count();
    // what was too noisy, or has no bar
    let open = judged.iter().filter(|one| !one.is_over() && !one.findings.is_empty()).count();
    let all = counted(judged.len(), "command");
    match (over, open) {
        (0, 0) => format!("{all} within the budget"),
        (0, many) => format!("{} of {all} within the budget, {many} not told", judged.len() - many),
        (many, _) => format!("{many} of {all} over the budget (bar 0)"),
    }
}

/// The runs of a command.
fn read(
    cx: &Context<'_>,
    evidence: &Evidence,
    step: &Step,
    command: &Command,
) -> Result<Measured, Unreadable> {
    if let Some(Step::Tool(build)) = step.after().first() {
        release::read(cx.facts, cx.options, evidence.tool(&Step::Tool(build.clone()))?)?;
    }
    let captured = evidence.tool(step)?;
    let code = captured.exit_code()?;
    if code != 0 {
        return Err(Unreadable {
            reason: format!("`{}` could not be run: {}", command.title(), said(captured)),
            ..compile::failed(captured)
        });
    }
    let measured =
        measured::parse(&captured.stdout).map_err(|error| Unreadable::garbage(error.to_string()))?;
    let rounds = command.warmup.saturating_add(command.runs());
    let all = u32::try_from(measured.samples.len()).is_ok_and(|count| count == rounds);
    let failed = measured.samples.last().is_some_and(|last| last.end != Ending::Code(command.exit));
    if !all && !failed {
        let count = measured.samples.len();
        return Err(Unreadable::garbage(format!(
            "`{}` ran {count} times, not {rounds} times",
            command.title()
        )));
    }
    Ok(measured)
}

fn said(captured: &crate::step::Captured) -> String {
    match &captured.end {
        End::Code(_) => {
            String::from_utf8_lossy(&captured.stderr).lines().last().unwrap_or_default().to_owned()
        }
        other => format!("{other:?}"),
    }
}

impl Command {
    fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.run.to_string())
    }

    fn runs(&self) -> u32 {
        let usual = if self.max_p95.is_some() { 100 } else { 20 };
        self.runs.map_or(usual, NonZeroU32::get)
    }

    /// The measurement; none where the program is of a package that is not judged.
    fn step(&self, cx: &Context<'_>) -> Option<Step> {
        let program = release::executable(cx, &self.run.program)?;
        let (args, folder) = (self.run.args.clone(), self.folder.clone());
        let call = ProgramCall { program, args, folder, limit: None };
        Some(Step::Timing(Timing { call, runs: self.runs(), warmup: self.warmup, exit: self.exit }))
    }

    fn judge(&self, measured: &Measured) -> Judged {
        let title = self.title();
        if let Some(failed) = measured.samples.iter().find(|one| one.end != Ending::Code(self.exit)) {
            let said = match failed.end {
                Ending::Code(code) => format!("ended with exit code {code}, not {}", self.exit),
                Ending::Signal(signal) => format!("was killed by signal {signal}"),
            };
            let finding = self.finding("fails", format!("`{title}` {said}"), "run it by hand to see why");
            let row = [title, "0".to_owned()].into_iter().chain(std::iter::repeat_n("-".to_owned(), 6));
            return Judged { findings: vec![finding], row: row.collect(), metrics: Vec::new() };
        }
        let samples = measured.samples.iter().skip(self.warmup as usize);
        let walls: Vec<f64> = samples.clone().map(|one| one.wall().as_secs_f64() * 1000.0).collect();
        let peak = samples.map(|one| one.peak_bytes).max().unwrap_or_default();
        let (median, p95) = (estimate(&walls, MEDIAN), estimate(&walls, P95));
        let mut findings = Vec::new();
        findings.extend(self.time("too-slow", "median", MEDIAN, self.max_wall, median, walls.len()));
        findings.extend(self.time("slow-tail", "95th percentile", P95, self.max_p95, p95, walls.len()));
        findings.extend(self.memory(peak, measured.floor_bytes));
        if self.max_wall.is_none() && self.max_p95.is_none() && self.max_megabytes.is_none() {
            let help = "set `max_wall`, `max_p95` or `max_megabytes`";
            findings.push(Finding {
                severity: crate::finding::Severity::Warning,
                ..self.finding("no-bar", format!("`{title}` has no bar"), help)
            });
        }
        let bar = |bar: Option<Timeout>| {
            bar.map_or("-".to_owned(), |bar| milliseconds(bar.0.as_secs_f64() * 1000.0))
        };
        let row = vec![
            title.clone(),
            walls.len().to_string(),
            median.map_or("-".to_owned(), shown),
            bar(self.max_wall),
            p95.map_or("-".to_owned(), |p95| milliseconds(p95.value)),
            bar(self.max_p95),
            format!("{}{:.1}", if peak <= measured.floor_bytes { "≤ " } else { "" }, megabytes(peak)),
            self.max_megabytes.map_or("-".to_owned(), |bar| format!("{bar}")),
        ];
        let mut metrics = vec![(format!("{title}: peak_megabytes"), megabytes(peak))];
        metrics.extend(median.map(|one| (format!("{title}: median_ms"), one.value)));
        metrics.extend(p95.map(|one| (format!("{title}: p95_ms"), one.value)));
        Judged { findings, row, metrics }
    }

    fn time(
        &self,
        rule: &str,
        figure: &str,
        quantile: f64,
        bar: Option<Timeout>,
        estimate: Option<Estimate>,
        runs: usize,
    ) -> Option<Finding> {
        let bar = bar?.0.as_secs_f64() * 1000.0;
        let title = self.title();
        let estimate = estimate.unwrap_or(Estimate { value: f64::NAN, low: None, high: None });
        let said = format!("the {figure} of `{title}` is {} (bar {})", shown(estimate), milliseconds(bar));
        match estimate.keeps(bar, quantile, runs) {
            Kept::Yes => None,
            Kept::No => {
                let help = "see where the time goes with a profiler, or raise the bar";
                Some(self.finding(rule, said, help))
            }
            Kept::Unclear(more) => {
                let help = match more {
                    Some(more) => {
                        format!("about {} runs would tell: `runs = {more}`", more.max(least_runs(quantile)))
                    }
                    None => "more runs would not tell: the figure is at the bar; move the bar away from it"
                        .to_owned(),
                };
                let said = format!("{said}: too noisy to tell after {}", counted(runs, "run"));
                let finding = self.finding("too-noisy", said, &help).anchor(format!("{title} {figure}"));
                Some(Finding { severity: crate::finding::Severity::Warning, ..finding })
            }
        }
    }

    fn memory(&self, peak: u64, floor: u64) -> Option<Finding> {
        let bar = self.max_megabytes?;
        let (title, held) = (self.title(), megabytes(peak));
        if held <= bar {
            return None;
        }
        if peak <= floor {
            let said = format!("`{title}` held at most {held:.1} MB, and less cannot be told (bar {bar} MB)");
            let finding =
                self.finding("too-noisy", said, "set a higher bar").anchor(format!("{title} memory"));
            return Some(Finding { severity: crate::finding::Severity::Warning, ..finding });
        }
        let said = format!("`{title}` held {held:.1} MB (bar {bar} MB)");
        Some(self.finding(
            "too-much-memory",
            said,
            "see what holds it with a heap profiler, or raise the bar",
        ))
    }

    fn finding(&self, rule: &str, message: String, help: &str) -> Finding {
        let anchor = format!("{rule} {}", self.title());
        Finding::error(format!("budget/{rule}"), message)
            .at(Place::file("bulletproof.toml"))
            .help(help)
            .anchor(anchor)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// A figure with its interval.
fn shown(estimate: Estimate) -> String {
    let end = |end: Option<f64>| end.map_or("?".to_owned(), milliseconds);
    format!("{} ({} to {})", milliseconds(estimate.value), end(estimate.low), end(estimate.high))
}

/// Milliseconds with three digits that count.
fn milliseconds(number: f64) -> String {
    match number {
        small if small < 10.0 => format!("{small:.2} ms"),
        medium if medium < 100.0 => format!("{medium:.1} ms"),
        large => format!("{large:.0} ms"),
    }
}

#[cfg(test)]
mod tests;
