//! What differs between two candidates.

use std::fmt::Write as _;

use serde_json::json;

use super::{Format, document, hanging, size};
use crate::candidate::Candidate;
use crate::diff::{Advisories, Change, Commits, Dependency, Difference, FileChange, Known};

/// How many commits are shown to people.
const MOST_SHOWN: usize = 20;

/// What differs.
pub(crate) fn difference(
    from: &Candidate,
    to: &Candidate,
    difference: &Difference,
    format: Format,
) -> String {
    match format {
        Format::Human => human(from, to, difference),
        Format::Json => json(from, to, difference),
    }
}

fn human(from: &Candidate, to: &Candidate, difference: &Difference) -> String {
    let Difference { commits, dependencies, files, advisories } = difference;
    let mut text = format!("from  {}\nto    {}\n", from.shown(), to.shown());
    match commits {
        Known::Known(found) => text += &commits_text(found),
        Known::Unknown(why) => _ = writeln!(text, "\n{}", hanging("commits: not known: ", why)),
    }
    match dependencies {
        Known::Known(found) => text += &dependencies_text(found),
        Known::Unknown(why) => _ = writeln!(text, "\n{}", hanging("dependencies: not known: ", why)),
    }
    text += &files_text(files);
    match advisories {
        Known::Known(found) => text += &advisories_text(found),
        Known::Unknown(why) => _ = writeln!(text, "\n{}", hanging("advisories: not judged: ", why)),
    }
    text
}

fn commits_text(commits: &Commits) -> String {
    let mut text = String::new();
    for (what, list) in [("new commits", &commits.new), ("commits taken back", &commits.gone)] {
        if list.is_empty() && what != "new commits" {
            continue;
        }
        let _ = writeln!(text, "\n{what}: {}", list.len());
        for (hash, title) in list.iter().take(MOST_SHOWN) {
            let short: String = hash.chars().take(10).collect();
            let title: String = title.chars().filter(|c| !c.is_control()).take(64).collect();
            let _ = writeln!(text, "  {short} {title}");
        }
        if list.len() > MOST_SHOWN {
            let _ = writeln!(text, "  and {} more", list.len() - MOST_SHOWN);
        }
    }
    text
}

fn dependencies_text(dependencies: &[Dependency]) -> String {
    let mut text = format!("\ndependencies that differ: {}\n", dependencies.len());
    for Dependency { name, change, from, to } in dependencies {
        let (from, to) = (from.join(", "), to.join(", "));
        let _ = match change {
            Change::Added => writeln!(text, "  + {name} {to}"),
            Change::Removed => writeln!(text, "  - {name} {from}"),
            Change::Changed => writeln!(text, "  ~ {name} {from} -> {to}"),
        };
    }
    text
}

fn files_text(files: &[FileChange]) -> String {
    let mut text = "\nfiles\n".to_owned();
    let longest = files.iter().map(|file| file.name.len()).max().unwrap_or_default();
    for FileChange { name, from, to, same } in files {
        let what = match (from, to) {
            _ if *same => "the same bytes".to_owned(),
            (None, Some(to)) => format!("new, {}", size(*to)),
            (Some(from), None) => format!("gone, was {}", size(*from)),
            (Some(from), Some(to)) if to == from => format!("{}, other bytes", size(*to)),
            (Some(from), Some(to)) if to > from => format!("{}, {} more", size(*to), size(to - from)),
            (Some(from), Some(to)) => format!("{}, {} less", size(*to), size(from - to)),
            (None, None) => String::new(),
        };
        let _ = writeln!(text, "  {name:<longest$}  {what}");
    }
    text
}

fn advisories_text(advisories: &Advisories) -> String {
    let Advisories { new, stay, gone } = advisories;
    let mut text = format!("\nadvisories: {} new, {} in both, {} gone\n", new.len(), stay.len(), gone.len());
    for (sign, list) in [("+", new), ("=", stay), ("-", gone)] {
        for (id, package, title) in list {
            let title: String = title.chars().filter(|c| !c.is_control()).take(50).collect();
            let _ = writeln!(text, "  {sign} {id} {package}: {title}");
        }
    }
    text
}

fn json(from: &Candidate, to: &Candidate, difference: &Difference) -> String {
    let side = |candidate: &Candidate| {
        let manifest = candidate.manifest();
        json!({ "candidate": candidate.digest(), "name": manifest.name, "version": manifest.version,
                "commit": manifest.commit })
    };
    document(json!({ "from": side(from), "to": side(to), "difference": difference }))
}

#[cfg(test)]
mod tests;
