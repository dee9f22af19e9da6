//! What was, or would be, cleaned up.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;

use super::{Format, document, hanging, size};
use crate::cleanup::KEPT_BEFORE;
use crate::digest::Digest;
use crate::ledger::Staged;
use crate::ops::cleanup::Cleaned;
use crate::select::shown;

/// What goes, what stays and why.
pub(crate) fn cleaned(done: &Cleaned, format: Format) -> String {
    match format {
        Format::Human => human(done),
        Format::Json => json(done),
    }
}

fn human(done: &Cleaned) -> String {
    let Cleaned { executed, removed, kept, free } = done;
    let mut text = String::new();
    for (digest, staged, why) in kept {
        let why: Vec<&str> = why.iter().map(String::as_str).collect();
        let _ = writeln!(text, "stays  {}\n{}", shown(digest, staged), hanging("         ", &why.join("; ")));
    }
    for (digest, staged) in removed {
        let _ = writeln!(text, "goes   {}", shown(digest, staged));
    }
    if removed.is_empty() {
        text += "no candidate goes\n";
    }
    let _ = writeln!(
        text,
        "\nof what an environment ran before its present candidate, the last {KEPT_BEFORE} stay"
    );
    for (place, bytes) in free {
        let word = if *executed { "freed" } else { "would be freed" };
        let _ = writeln!(text, "{}", hanging("", &format!("{} {word} in {place}", size(*bytes))));
    }
    if !executed && (!removed.is_empty() || free.iter().any(|(_, bytes)| *bytes > 0)) {
        text += "nothing was changed; --execute does it\n";
    }
    text
}

fn json(done: &Cleaned) -> String {
    let side = |digest: &Digest, staged: &Staged, why: &BTreeSet<String>| json!({ "candidate": digest, "name": staged.name, "version": staged.version, "why": why });
    let none = BTreeSet::new();
    let removed = done.removed.iter().map(|(digest, staged)| side(digest, staged, &none));
    let kept = done.kept.iter().map(|(digest, staged, why)| side(digest, staged, why));
    let free = done.free.iter().map(|(place, bytes)| json!({ "store": place, "bytes": bytes }));
    document(json!({
        "executed": done.executed,
        "removed": removed.collect::<Vec<_>>(),
        "kept": kept.collect::<Vec<_>>(),
        "free": free.collect::<Vec<_>>(),
    }))
}

#[cfg(test)]
mod tests;
