//! What is staged, and what each environment runs.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Format, columns, document, hanging};
use crate::overview::{Known, Overview, Place};

/// The overview in the form that is asked for.
pub(crate) fn status(overview: &Overview, format: Format) -> String {
    match format {
        Format::Human => human(overview),
        Format::Json => document(serde_json::to_value(overview).unwrap_or_default()),
    }
}

/// A time, to the minute.
pub(super) fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

fn human(overview: &Overview) -> String {
    let Overview { configuration, ledger, guarantee, entries, environments, waiting, .. } = overview;
    let mut text = format!(
        "{}\n{entries} entries, {guarantee}; times are UTC\n{}\n\n",
        hanging("", ledger),
        hanging("configuration: ", configuration)
    );
    let longest = environments.iter().map(|place| place.name.as_str().len()).max().unwrap_or(0);
    for place in environments {
        text += &line(place, longest);
    }
    if entries == &0 {
        text += "\nnothing is staged; `cargo promote stage` stages a commit\n";
    }
    if !waiting.is_empty() {
        text += "\nstaged, and run by no environment\n";
        for known in waiting {
            let mut parts = shown(known);
            parts.push(format!("staged {}", minute(known.staged)));
            let _ = writeln!(text, "{}", columns("  ", &parts));
        }
    }
    text + &left(overview)
}

fn line(place: &Place, longest: usize) -> String {
    let name = place.name.as_str();
    let mut text = match (&place.runs, place.since) {
        (Some(known), Some(since)) => {
            let mut parts = shown(known);
            parts.push(format!("since {}", minute(since)));
            columns(&format!("{name:<longest$}  "), &parts) + "\n"
        }
        _ => format!("{name:<longest$}  nothing yet\n"),
    };
    if !place.configured {
        let _ = writeln!(text, "{:longest$}  promote.toml does not have this environment", "");
    }
    text
}

fn shown(known: &Known) -> Vec<String> {
    let commit: String = known.commit.chars().take(8).collect();
    let Known { candidate, name, version, .. } = known;
    vec![format!("{} {version}", name.escape_debug()), candidate.short(), format!("commit {commit}")]
}

/// What follows a move and is not done.
fn left(overview: &Overview) -> String {
    let mut text = String::new();
    for place in overview.environments.iter().filter(|place| place.unfinished) {
        let name = &place.name;
        let candidate = place.runs.as_ref().map(|known| known.candidate.short()).unwrap_or_default();
        let _ = writeln!(
            text,
            "\n{name} is not deployed as the ledger says; this goes on with it:\n  \
             cargo promote to {name} {candidate} --execute"
        );
    }
    if !overview.mirrors.is_empty() {
        text += "\nreferences that lag behind the ledger\n";
        for lag in &overview.mirrors {
            let is = lag.is.as_deref().map_or("is not there".to_owned(), |is| format!("is {}", first(is)));
            let name = lag.reference.strip_prefix("refs/tags/").unwrap_or(&lag.reference);
            let _ = writeln!(text, "  {name} {is}, should be {}", first(&lag.wanted));
        }
        text += "`cargo promote to ENV --execute` brings them up to date, without a move too\n";
    }
    if let Some(why) = &overview.mirrors_unknown {
        let _ = writeln!(text, "\n{}", hanging("whether references lag behind is not known: ", why));
    }
    text
}

fn first(object: &str) -> String {
    object.chars().take(8).collect()
}

#[cfg(test)]
mod tests;
