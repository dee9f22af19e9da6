//! What a canary would do, does and came to.

use std::fmt::Write as _;

use cargo_gate::config::Timeout;
use serde_json::json;

use super::{Format, document};
use crate::canary::{Event, Outcome, Plan, Report, Window};
use crate::config::{Measure, OnBad};

/// What would be done, and what the window that ends now says.
pub(crate) fn canary_plan(plan: &Plan, now: &Window, format: Format) -> String {
    match format {
        Format::Json => document(json!({ "plan": plan, "now": now, "executed": false, "report": null })),
        Format::Human => {
            let mut text = outline(plan);
            text += "\nasked about the candidate\n";
            for (name, query) in &plan.queries {
                let _ = writeln!(text, "{name:>9}  {query}");
            }
            let _ = writeln!(text, "\nnow it is {}", now.outcome.name());
            for judged in &now.measures {
                let _ = writeln!(text, "{:>14}  {}", judged.outcome.name(), judged.why);
            }
            text + "\nnothing is done yet: add --execute\n"
        }
    }
}

/// The plan in a few lines.
pub(crate) fn outline(plan: &Plan) -> String {
    let Plan { environment, candidate, baseline, settings, .. } = plan;
    let (candidate, baseline) = (candidate.shown(), baseline.shown());
    let mut text = format!("{environment} runs {candidate}, watched beside {baseline}\n");
    let mut row = |name: &str, value: String| {
        let _ = writeln!(text, "{name:>9}  {value}");
    };
    row("asks", plan.prometheus.clone());
    let (window, timeout) = (String::from(settings.window), String::from(settings.timeout));
    let interval = String::from(Timeout(settings.interval()));
    row(
        "window",
        format!("{window}, one every {interval}; {} in a row decide, within {timeout}", settings.windows),
    );
    let least = settings.min_requests;
    row("good", settings.measures.iter().map(|measure| rule(plan, *measure)).collect::<Vec<_>>().join(", "));
    row(
        "needs",
        format!(
            "{least} requests in a window on each side, samples not older than {}",
            String::from(settings.max_age)
        ),
    );
    for step in &settings.steps {
        let command = settings.command_of(step).map(ToString::to_string).unwrap_or_default();
        let bake = step.bake.map(|bake| format!(", for {} at least", String::from(bake)));
        row("step", format!("{} % by `{command}`{}", step.percent, bake.unwrap_or_default()));
    }
    let undo = settings.undo.as_ref().map(|undo| format!("`{undo}`, then ")).unwrap_or_default();
    row(
        "bad",
        match settings.on_bad {
            OnBad::Rollback => format!("{undo}a rollback to {baseline}"),
            OnBad::Report => "it is said, and nothing is done".to_owned(),
        },
    );
    if let Some(percent) = plan.interrupted {
        row(
            "resumes",
            format!("an earlier canary of it was not finished; it was at {percent} %, and goes on there"),
        );
    }
    text
}

fn rule(plan: &Plan, measure: Measure) -> String {
    let settings = &plan.settings;
    match measure {
        Measure::Errors => {
            format!("errors at most {} percentage points above", settings.error_margin.value() * 100.0)
        }
        Measure::Latency => {
            let floor = String::from(settings.latency_floor);
            format!("p95 at most {} times as long, or {floor}", settings.latency_ratio.value())
        }
        Measure::Crashes => format!("at most {} crashes more", settings.crashes),
    }
}

/// A line for something that happens.
pub(crate) fn canary_event(event: &Event<'_>) -> String {
    match event {
        Event::Step { percent, command } => format!("{percent} %: {command}"),
        Event::Window { number, streak, needed, window } => {
            let row = if window.outcome == Outcome::Inconclusive {
                String::new()
            } else {
                format!(" ({streak} of {needed})")
            };
            format!("window {number}: {}{row}: {}", window.outcome.name(), window.why())
        }
        Event::Note(text) => (*text).to_owned(),
    }
}

/// What it came to.
pub(crate) fn canary_report(plan: &Plan, report: &Report, format: Format) -> String {
    if format == Format::Json {
        return document(json!({ "plan": plan, "now": null, "executed": true, "report": report }));
    }
    let Plan { environment, candidate, baseline, .. } = plan;
    let mut text = format!("{} is {}: {}\n", candidate.shown(), report.outcome.name(), report.why);
    if let Some(rollback) = &report.rollback {
        let (entry, digest, baseline) = (rollback.sequence, rollback.digest.short(), baseline.shown());
        let _ = writeln!(text, "{environment} runs {baseline} again: entry {entry} of the ledger ({digest})");
    }
    for left in &report.left {
        let _ = writeln!(text, "not done: {left}");
    }
    let back = format!("`cargo promote rollback {environment} --reason TEXT --execute` goes back");
    match (report.outcome, report.percent) {
        (Outcome::Inconclusive, Some(percent)) => {
            let _ = writeln!(
                text,
                "it was given {percent} % of the traffic; the same call goes on there, {back}"
            );
        }
        (Outcome::Inconclusive, None) => {
            let _ = writeln!(text, "nothing was done; {back}");
        }
        (Outcome::Bad, _) if report.rollback.is_none() => {
            let _ = writeln!(text, "{environment} still runs it: {back}");
        }
        _ => {}
    }
    text
}

#[cfg(test)]
mod tests;
