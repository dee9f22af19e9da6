//! `fmt`: every Rust source is as rustfmt writes it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Globs;
use crate::finding::{Finding, Place, Worse};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Captured, Evidence, Formatted, SourceFile, Step, Tool};
use crate::text::{counted, exact};

/// The settings of `fmt`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Fmt {
    /// Sources that need not be formatted: generated code, test data.
    exclude: Globs,
}

impl Gate for Fmt {
    const INFO: Info = Info {
        id: "fmt",
        judges: "the formatting of every Rust source, also of those that no `mod` reaches",
        bar: "no difference",
        stages: &[Stage::PreCommit, Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(1),
        rules: &[
            Rule::error("unformatted", "a file that rustfmt would write otherwise"),
            Rule::error("unparsable", "a file of the module tree that rustfmt cannot parse"),
            Rule::warning("stray-unparsable", "a file that no `mod` reaches and that rustfmt cannot parse"),
        ],
        manual: "\
## What it checks

rustfmt looks at each tracked or new Rust source of the workspace's packages, with the edition of the
package that owns it and its `rustfmt.toml`: those that a target reaches, and then each of the others.
A file that rustfmt did not look at is not taken for formatted. Files
that only `#[rustfmt::skip]` modules reach are left alone. A file that no `mod` reaches, and that
does not parse, is only a warning: test data often looks like that.

## Why

`cargo fmt --check` follows `mod` lines. A file behind a macro that writes its `mod` line, or a file
that no `mod` reaches yet, is never looked at, and the check passes.

## How to fix

`cargo fmt --all`, or `rustfmt FILE` for a file that cargo does not find.
",
    };

    fn plan(&self, _: &Context<'_>) -> Planned {
        Planned::Steps(vec![Step::Sources, Step::Format])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let sources = evidence.sources()?;
        let formatted = evidence.formatted()?;
        if formatted.len() != sources.files.len() {
            let (got, all) = (formatted.len(), sources.files.len());
            return Err(Unreadable::garbage(format!("rustfmt answered for {got} of {all} files")));
        }
        let reached = sources.reached(cx.facts);
        let mut findings = Vec::new();
        let mut judged = 0;
        for (file, answer) in sources.files.iter().zip(formatted) {
            let reach = reached.get(&file.path);
            if self.exclude.matches(&file.path) || reach.is_some_and(|reach| reach.rustfmt_skip) {
                continue;
            }
            judged += 1;
            findings.extend(judge(file, answer, reach.is_some())?);
        }
        if judged == 0 {
            return Err(Unreadable::no_source());
        }
        let summary = match findings.len() {
            0 => format!("{} formatted", counted(judged, "file")),
            wrong => format!("{wrong} of {} not formatted (bar 0)", counted(judged, "file")),
        };
        let outcome = Outcome::new(summary).count("files", judged).count("unformatted", findings.len());
        Ok(outcome.findings(findings))
    }
}

/// What rustfmt made of a file.
fn judge(file: &SourceFile, answer: &Formatted, reached: bool) -> Result<Option<Finding>, Unreadable> {
    match answer {
        _ if answer.path() != file.path => Err(Unreadable::garbage("rustfmt answered for other files")),
        Formatted::Checked(_, hunks) => Ok(hunks.first().map(|first| {
            let text: Vec<&str> = hunks.iter().map(|hunk| hunk.text.as_str()).collect();
            unformatted(file, first.first_change(), hunks.len(), text.join("\n"))
        })),
        Formatted::Answered(_, run) => compare(file, run, reached),
    }
}

/// A file against the whole text that rustfmt gave back.
fn compare(file: &SourceFile, run: &Captured, reached: bool) -> Result<Option<Finding>, Unreadable> {
    let code = run.exit_code().map_err(|unreadable| unreadable.help(Tool::Rustfmt.install()))?;
    let source = file.text();
    if code != 0 {
        return refused(file, run, reached).map(Some);
    }
    let answer = String::from_utf8(run.stdout.clone())
        .map_err(|_| Unreadable::garbage(format!("rustfmt's answer for {} is not UTF-8", file.path)))?;
    if answer.is_empty() && has_code(file) {
        return Err(Unreadable::garbage(format!("rustfmt gave an empty answer for {}", file.path)));
    }
    Ok((answer != source).then(|| {
        let diff = similar::TextDiff::from_lines(source, &answer);
        let groups = diff.grouped_ops(0);
        let first = groups.first().and_then(|group| group.first()).map_or(0, |op| op.old_range().start);
        let line = u32::try_from(first + 1).unwrap_or(u32::MAX);
        unformatted(file, line, groups.len(), diff.unified_diff().context_radius(1).to_string())
    }))
}

/// Whether the file holds anything but whitespace; only then must the answer hold something.
fn has_code(file: &SourceFile) -> bool {
    !file.text().trim_start_matches('\u{feff}').trim().is_empty()
}

fn refused(file: &SourceFile, run: &Captured, reached: bool) -> Result<Finding, Unreadable> {
    let text = String::from_utf8_lossy(&run.stderr);
    let Some(message) = text.lines().find(|line| line.starts_with("error")) else {
        let said = text.lines().next().unwrap_or("nothing");
        return Err(Unreadable::crashed(format!("rustfmt failed on {} and said: {said}", file.path)));
    };
    if message.contains("is not installed") || message.contains("toolchain") {
        return Err(Unreadable::unavailable(format!("rustfmt: {message}")).help(Tool::Rustfmt.install()));
    }
    // an error of the file has a place in it; any other is rustfmt's own trouble
    let place = text.lines().find_map(|line| line.trim().strip_prefix("--> <stdin>:"));
    let Some(place) = place else {
        return Err(Unreadable::crashed(format!("rustfmt failed on {}: {message}", file.path)));
    };
    let line = place.split(':').next().and_then(|line| line.parse().ok()).unwrap_or(1);
    let message = format!("rustfmt cannot parse this file: {}", message.trim_start_matches("error: "));
    let finding = if reached {
        Finding::error("fmt/unparsable", message)
    } else {
        Finding::warning("fmt/stray-unparsable", message)
            .help("list it under `exclude` in [gates.fmt] if it is test data")
    };
    Ok(finding.at(Place::line(&file.path, line)).anchor(&file.path))
}

fn unformatted(file: &SourceFile, line: u32, places: usize, diff: String) -> Finding {
    // places may grow together, lines do not
    let lines = diff.lines().filter(|line| line.starts_with(['-', '+'])).count();
    Finding::error("fmt/unformatted", format!("not formatted ({})", counted(places, "place")))
        .at(Place::line(&file.path, line))
        .help(format!("cargo fmt --all, or: rustfmt {}", file.path))
        .detail(diff)
        .anchor(&file.path)
        .measure(exact(lines), Worse::Higher)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::rustfmt::Hunk;
    use crate::step::End;

    fn run(end: End, stdout: &str, stderr: &str) -> Captured {
        Captured {
            what: "rustfmt".into(),
            end,
            stdout: stdout.as_bytes().to_vec(),
            stderr: stderr.as_bytes().to_vec(),
            duration: Duration::ZERO,
        }
    }

    fn file(text: &str) -> SourceFile {
        SourceFile::new("src/a.rs".into(), Some(0), Ok(text.into()))
    }

    #[test]
    fn a_file_that_is_its_own_answer_is_formatted() {
        assert_eq!(compare(&file("fn a() {}\n"), &run(End::Code(0), "fn a() {}\n", ""), true).unwrap(), None);
    }

    #[test]
    fn a_difference_is_shown_as_a_diff_at_its_first_line() {
        let finding = compare(&file("// x\nfn a( ) {}\n"), &run(End::Code(0), "// x\nfn a() {}\n", ""), true);
        let finding = finding.unwrap().unwrap();
        assert_eq!(finding.place.unwrap().line, Some(2));
        let diff = finding.detail.unwrap();
        assert!(diff.contains("-fn a( ) {}") && diff.contains("+fn a() {}"), "{diff}");
    }

    #[test]
    fn a_file_of_a_checked_tree_is_formatted_where_rustfmt_would_change_nothing() {
        let hunk = Hunk { line: 7, text: "-a\n+b\n".into() };
        let checked = |hunks| Formatted::Checked("src/a.rs".into(), hunks);
        assert_eq!(judge(&file("x\n"), &checked(Vec::new()), true).unwrap(), None);
        let finding = judge(&file("x\n"), &checked(vec![hunk.clone(), hunk]), true).unwrap().unwrap();
        assert_eq!(
            (finding.place.unwrap().line, finding.message.as_str()),
            (Some(7), "not formatted (2 places)")
        );
        let other = Formatted::Checked("src/b.rs".into(), Vec::new());
        assert!(judge(&file("x\n"), &other, true).is_err());
    }

    #[test]
    fn an_empty_answer_is_no_answer() {
        assert!(compare(&file("fn a() {}\n"), &run(End::Code(0), "", ""), true).is_err());
        assert_eq!(compare(&file(""), &run(End::Code(0), "", ""), true).unwrap(), None);
    }

    #[test]
    fn a_file_that_does_not_parse_is_an_error_in_the_module_tree_and_a_warning_beside_it() {
        let stderr = "error: expected one of `!` or `::`, found `b`\n --> <stdin>:1:3\n";
        let in_tree = compare(&file("a b\n"), &run(End::Code(1), "", stderr), true).unwrap().unwrap();
        assert_eq!((in_tree.rule.as_str(), in_tree.place.unwrap().line), ("fmt/unparsable", Some(1)));
        let stray = compare(&file("a b\n"), &run(End::Code(1), "", stderr), false).unwrap().unwrap();
        assert_eq!(stray.rule, "fmt/stray-unparsable");
    }

    #[test]
    fn a_rustfmt_that_is_missing_killed_or_silent_breaks_the_gate() {
        let missing = compare(&file("x"), &run(End::NotFound, "", ""), true).unwrap_err();
        assert!(missing.help.unwrap().contains("rustup component add rustfmt"));
        assert!(compare(&file("x"), &run(End::Signal(9), "", ""), true).is_err());
        assert!(compare(&file("x"), &run(End::Code(1), "", ""), true).is_err());
        let refused = "error: unexpected argument '--new-one' found\n";
        assert!(compare(&file("x"), &run(End::Code(1), "", refused), true).is_err());
        let component = "error: 'rustfmt' is not installed for the toolchain 'stable'\n";
        assert!(compare(&file("x"), &run(End::Code(1), "", component), true).is_err());
    }
}
