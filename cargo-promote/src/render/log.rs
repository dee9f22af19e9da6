//! Who did what, when and why, and the figures of DORA.

use serde_json::{Value, json};

use super::status::minute;
use super::{Format, columns, document, hanging};
use crate::digest::Digest;
use crate::dora::Dora;
use crate::ledger::{Action, Told};
use crate::name::Label;
use crate::select;

/// The entries, the newest first, and the figures.
pub(crate) fn log(told: &[&Told], dora: Option<&Dora>, format: Format) -> String {
    match format {
        Format::Json => document(json!({
            "entries": told.iter().map(|one| entry(one)).collect::<Vec<_>>(),
            "dora": dora,
        })),
        Format::Human => {
            let mut text: String = told.iter().map(|one| human(one)).collect();
            if told.is_empty() {
                text += "no entries\n";
            }
            text + &dora.map(figures).unwrap_or_default()
        }
    }
}

fn entry(one: &Told) -> Value {
    let it = &one.entry;
    json!({
        "sequence": it.sequence,
        "digest": one.digest,
        "previous": it.previous,
        "time": it.time,
        "actor": it.actor,
        "reason": it.reason,
        "action": it.action,
        "void": one.void.as_ref().map(ToString::to_string),
    })
}

fn human(one: &Told) -> String {
    let it = &one.entry;
    let (word, parts) = what(one);
    let begin = format!("{:>5}  {}  {word:<9}", it.sequence, minute(it.time));
    let mut text = columns(&format!("{begin} "), &parts) + "\n";
    let reason: Vec<String> = it.reason.lines().map(|line| line.escape_debug().to_string()).collect();
    let colon = if reason.is_empty() { "" } else { ": " };
    let said = format!("by {}{colon}{}", it.actor.escape_debug(), reason.join("\n"));
    text += &(hanging("       ", &said) + "\n");
    if let Some(why) = &one.void {
        text += &(hanging("       ", &format!("without effect: {why}")) + "\n");
    }
    text
}

/// What was done, and to what.
fn what(one: &Told) -> (&'static str, Vec<String>) {
    let named = |digest: &Digest| select::named(&one.entry.state, digest);
    let in_place = |environment: &Label, candidate: &Digest| vec![environment.to_string(), named(candidate)];
    match &one.entry.action {
        Action::Stage { candidate, .. } => ("stage", vec![named(candidate)]),
        Action::Promote { environment, candidate, .. } => ("promote", in_place(environment, candidate)),
        Action::Rollback { environment, candidate, .. } => ("rollback", in_place(environment, candidate)),
        Action::Finish { environment, candidate } => ("finish", in_place(environment, candidate)),
        Action::Remove { candidates } => ("remove", candidates.iter().map(Digest::short).collect()),
    }
}

fn figures(dora: &Dora) -> String {
    let Dora { environment, from, to, deployments, failures, rollbacks, .. } = dora;
    let time = |seconds: Option<i64>| seconds.map_or_else(|| "-".to_owned(), duration);
    let unknown = match dora.lead_time_unknown {
        0 => String::new(),
        some => format!(" ({some} with a commit that is not here)"),
    };
    let percent = dora.change_failure_percent.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1} %"));
    format!(
        "\n{environment}, {} to {}\n  deployment frequency  {:.2} a day ({deployments})\n  \
         lead time             {}, median{unknown}\n  change failure rate   {percent} ({failures} of {deployments})\n  \
         time to restore       {}, median ({rollbacks} rollbacks)\n",
        from.strftime("%Y-%m-%d"),
        to.strftime("%Y-%m-%d"),
        dora.deployments_per_day,
        time(dora.lead_time_seconds),
        time(dora.time_to_restore_seconds),
    )
}

/// In the two largest units.
fn duration(seconds: i64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let first = units.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(units.len() - 1);
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, name) in units.iter().skip(first).take(2) {
        let count = left / unit;
        left %= unit;
        if count > 0 || parts.is_empty() {
            parts.push(format!("{count} {name}"));
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests;
