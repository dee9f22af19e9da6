//! What was read back.

use std::fmt::Write as _;

use serde_json::json;

use super::{Format, check_line, document, hanging, size};
use crate::ops::verify::Verified;
use crate::verify::Problem;

/// What was read back, and what is wrong.
pub(crate) fn verified(done: &Verified, format: Format) -> String {
    match format {
        Format::Human => human(done),
        Format::Json => json(done),
    }
}

fn human(done: &Verified) -> String {
    let mut text = String::new();
    for one in &done.read {
        let seen = &one.seen;
        let _ = writeln!(
            text,
            "{}\n  {} files, {}, {} archives opened, {} attestations\n{}",
            one.candidate.shown(),
            seen.artifacts,
            size(seen.bytes),
            seen.archives,
            seen.attestations,
            hanging("  ", &format!("in {}", one.place))
        );
        for check in &one.checks {
            let _ = writeln!(text, "{}", check_line(check));
        }
    }
    let _ = writeln!(text, "ledger: {} entries, each after the one that it names", done.entries);
    for Problem { place, what, how, .. } in &done.problems {
        let (place, how) = (hanging("  ", &format!("in {place}")), hanging("  ", how));
        let _ = writeln!(text, "\nwrong: {what}\n{place}\n{how}");
    }
    let _ = match done.problems.len() {
        0 => writeln!(text, "\nverified: everything is as it was staged"),
        1 => writeln!(text, "\nnot verified: 1 problem"),
        count => writeln!(text, "\nnot verified: {count} problems"),
    };
    text
}

fn json(done: &Verified) -> String {
    let read = done.read.iter().map(|one| {
        let manifest = one.candidate.manifest();
        json!({ "candidate": one.candidate.digest(), "name": manifest.name, "version": manifest.version,
                "store": one.place, "read": one.seen, "checks": one.checks })
    });
    document(json!({
        "verified": done.problems.is_empty(),
        "ledger_entries": done.entries,
        "candidates": read.collect::<Vec<_>>(),
        "problems": done.problems,
    }))
}

#[cfg(test)]
mod tests;
