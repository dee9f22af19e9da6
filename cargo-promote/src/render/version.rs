//! The plan of a new version.

use std::fmt::Write;

use serde_json::json;
use similar::TextDiff;

use super::document;
use crate::version::{FileChange, Plan};

/// For people: the diff, what git gets, what else there is to know. `commit` is what was made, where it was.
pub(crate) fn human(plan: &Plan, commit: Option<&str>) -> String {
    let Plan { from, to, because, .. } = plan;
    let mut out =
        if from == to { format!("{to}: {because}\n\n") } else { format!("{from} -> {to}: {because}\n\n") };
    for file in &plan.files {
        let _ = writeln!(out, "{}", diff(file));
    }
    if !plan.files.is_empty() {
        let _ = writeln!(out, "commit: {}", plan.message);
    }
    for tag in &plan.tags {
        let _ = writeln!(out, "tag: {tag}");
    }
    for note in &plan.notes {
        let _ = writeln!(out, "note: {note}");
    }
    let end = match commit {
        Some(commit) => format!("done: {}", commit.chars().take(12).collect::<String>()),
        None => "nothing was written; `--execute` does it".to_owned(),
    };
    let _ = writeln!(out, "{end}");
    out
}

/// The same for programs.
pub(crate) fn json(plan: &Plan, commit: Option<&str>) -> String {
    let file = |file: &FileChange| json!({ "path": file.path, "diff": diff(file) });
    document(json!({
        "from": plan.from,
        "to": plan.to,
        "because": plan.because,
        "files": plan.files.iter().map(file).collect::<Vec<_>>(),
        "message": plan.message,
        "tags": plan.tags,
        "notes": plan.notes,
        "executed": commit.is_some(),
        "commit": commit,
    }))
}

fn diff(file: &FileChange) -> String {
    let before = file.before.as_deref().unwrap_or_default();
    let (old, new) = match file.before {
        Some(_) => (format!("a/{}", file.path), format!("b/{}", file.path)),
        None => ("/dev/null".to_owned(), format!("b/{}", file.path)),
    };
    TextDiff::from_lines(before, file.after.as_str()).unified_diff().header(&old, &new).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Plan {
        let file = |path: &str, before: Option<&str>, after: &str| FileChange {
            path: path.to_owned(),
            before: before.map(str::to_owned),
            after: after.to_owned(),
        };
        Plan {
            from: "0.1.0".parse().unwrap(),
            to: "0.2.0".parse().unwrap(),
            because: "something breaks in the 2 commits since v0.1.0".to_owned(),
            files: vec![
                file(
                    "Cargo.toml",
                    Some("[package]\nversion = \"0.1.0\"\n"),
                    "[package]\nversion = \"0.2.0\"\n",
                ),
                file("CHANGELOG.md", None, "# Changelog\n"),
            ],
            message: "chore: release 0.2.0".to_owned(),
            tags: vec!["v0.2.0".to_owned()],
            notes: vec!["CHANGELOG.md: made, an entry for 0.2.0, filled from the commits".to_owned()],
        }
    }

    #[test]
    fn a_plan_is_shown_as_a_diff() {
        insta::assert_snapshot!(human(&sample(), None));
        let done = human(&sample(), Some("0123456789abcdef"));
        assert!(done.ends_with("done: 0123456789ab\n"), "{done}");
    }

    #[test]
    fn a_plan_is_shown_to_programs() {
        insta::assert_snapshot!(json(&sample(), Some("0123456789abcdef")));
    }
}
