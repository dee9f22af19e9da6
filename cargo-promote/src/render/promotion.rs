//! What a promotion or a rollback would do, and what it did.

use std::fmt::Write as _;

use serde_json::json;

use super::{Format, check_line, document, hanging};
use crate::ops::promotion::Done;
use crate::plan::{Plan, Step};

/// The plan, before anything is done.
pub(crate) fn plan(plan: &Plan, execute: bool) -> String {
    let Plan { environment, name, rollback, .. } = plan;
    let runs = plan.from_name.as_deref().unwrap_or("nothing yet");
    let mut text = match (plan.is_there(), rollback) {
        (true, _) => format!("{environment} runs {name} already\n"),
        (false, true) => format!("{environment} goes back to {name}\n     from  {runs}\n"),
        (false, false) => format!("{environment} gets {name}\n     runs  {runs}\n"),
    };
    if !plan.checks.is_empty() {
        text += "\nchecks\n";
        for check in &plan.checks {
            let _ = writeln!(text, "{}", check_line(check));
        }
    }
    if !plan.steps.is_empty() {
        text += if plan.is_there() { "\nwhat follows a move\n" } else { "\nsteps\n" };
        for (step, number) in plan.steps.iter().zip(1..) {
            let _ = writeln!(text, "{}", hanging(&format!("{number:>9}  "), &step_text(step)));
        }
    }
    if plan.forbidden().is_none() && !plan.steps.is_empty() && !execute {
        text += "\nnothing is done yet: add --execute\n";
    }
    text
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Verify { store } => format!("read every byte in the store `{store}`, and compare"),
        Step::Copy { from, to } => format!("copy it from the store `{from}` to `{to}`"),
        Step::Move { ledger } => format!("one entry in {ledger}"),
        Step::Deploy { command } => format!("run `{command}`"),
        Step::Name { store, name } => format!("name it `{name}` in the store `{store}`"),
        Step::Reveal { store } => format!("show it to the public in the store `{store}`"),
        Step::Mirror { remote } => format!("bring the tags of {remote} up to date"),
    }
}

/// What was done.
pub(crate) fn done(plan: &Plan, done: &Done) -> String {
    let Plan { environment, name, .. } = plan;
    let mut text = match &done.entry {
        Some((digest, entry)) => format!(
            "{environment} runs {name}\nentry {} of the ledger ({}), by {}\n",
            entry.sequence,
            digest.short(),
            entry.actor.escape_debug()
        ),
        None => format!("{environment} runs {name}: it was already there\n"),
    };
    if !done.left.is_empty() {
        let _ = writeln!(
            text,
            "not done yet; `cargo promote to {environment} {} --execute` goes on:",
            plan.candidate.short()
        );
        for left in &done.left {
            let _ = writeln!(text, "{}", hanging("  ", left));
        }
    }
    text
}

/// Both for machines.
pub(crate) fn json(plan: &Plan, done: Option<&Done>) -> String {
    document(json!({
        "plan": plan,
        "forbidden": plan.forbidden().map(|why| why.to_string()),
        "executed": done.is_some(),
        "entry": done.and_then(|done| done.entry.as_ref()).map(|(digest, entry)| json!({
            "digest": digest, "sequence": entry.sequence, "time": entry.time, "actor": entry.actor,
        })),
        "left": done.map(|done| &done.left),
    }))
}

/// Either, in the form that is asked for.
pub(crate) fn promotion(plan_: &Plan, done_: Option<&Done>, format: Format) -> String {
    match (format, done_) {
        (Format::Json, _) => json(plan_, done_),
        (Format::Human, None) => plan(plan_, false),
        (Format::Human, Some(what)) => done(plan_, what),
    }
}

#[cfg(test)]
mod tests;
