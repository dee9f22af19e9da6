//! What was staged.

use std::fmt::Write as _;

use serde_json::json;

use super::{Format, document, hanging, size};
use crate::candidate::{Artifact, Candidate, Kind};
use crate::ops::stage::Done;

/// What was staged.
pub(crate) fn staged(done: &Done, format: Format) -> String {
    match format {
        Format::Human => human(done),
        Format::Json => json(done),
    }
}

fn human(done: &Done) -> String {
    let Done { candidate, already, verdict, place, notes } = done;
    let manifest = candidate.manifest();
    let commit: String = manifest.commit.chars().take(10).collect();
    let word = if *already { "staged before" } else { "staged" };
    let mut text = format!("{word}: {} of commit {commit}\n\n", candidate.shown());
    text += &artifacts(candidate);
    let _ = write!(
        text,
        "\nverdict   {} gates of the stage `release`, {}\n{}\n",
        verdict.gates.len(),
        verdict.at.strftime("%Y-%m-%d %H:%M UTC"),
        hanging("store     ", place),
    );
    for note in notes {
        let _ = writeln!(text, "{}", hanging("note      ", note));
    }
    text
}

/// The longest name that has the rest of its line beside it.
const MOST_NAME: usize = 40;

/// A table of a candidate's files. Archives have long names.
fn artifacts(candidate: &Candidate) -> String {
    let artifacts = &candidate.manifest().artifacts;
    let longest = artifacts.iter().map(|artifact| artifact.name.as_str().len()).max().unwrap_or_default();
    let longest = longest.min(MOST_NAME);
    let line = |artifact: &Artifact| {
        let (name, kind) = (artifact.name.as_str(), kind(artifact.kind));
        let (above, name) =
            if name.len() > longest { (format!("  {name}\n"), "") } else { (String::new(), name) };
        let (size, digest) = (size(artifact.size), artifact.digest.short());
        format!("{above}  {name:<longest$}  {kind:<9}  {size:>9}  {digest}\n")
    };
    artifacts.iter().map(line).collect()
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Binary => "program",
        Kind::Crate => "crate",
        Kind::Archive => "archive",
        Kind::Sbom => "SBOM",
        Kind::Checksums => "checksums",
        Kind::File => "file",
    }
}

fn json(done: &Done) -> String {
    let Done { candidate, already, verdict, place, notes } = done;
    document(json!({
        "candidate": candidate.digest(),
        "already_staged": already,
        "manifest": candidate.manifest(),
        "store": place,
        "notes": notes,
        "verdict": { "at": verdict.at, "gates": verdict.gates, "unjudged": verdict.unjudged },
    }))
}

#[cfg(test)]
mod tests;
