//! One call of `cargo bulletproof fix`: manifests, then lints, then formatting, then what is left.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

use super::{lints, manifest};
use crate::cli::{Format, RunArgs};
use crate::exec::{self, Cancel};
use crate::finding::Severity;
use crate::gate::{Context, Stage, Unreadable};
use crate::render::{self, Console};
use crate::report::{GateReport, Report, SubjectKind};
use crate::run::{Prepared, RunError};
use crate::step;
use crate::text::counted;
use crate::verdict::NO_VERDICT;

/// The gates that can mend, in the order in which they do: formatting comes last.
pub const FIXABLE: [&str; 3] = ["manifest", "clippy", "fmt"];

/// How often the lints are asked: a suggestion may stand in the way of another.
const ROUNDS: usize = 4;

/// What is asked for.
#[derive(Debug)]
pub struct Asked<'a> {
    /// As for a run.
    pub args: &'a RunArgs,
    /// These gates; empty for all that can mend.
    pub gates: &'a [String],
    /// Change files with unstaged changes as well.
    pub allow_dirty: bool,
}

/// A file that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mended {
    /// The file, relative to the workspace root.
    pub file: String,
    /// The gate.
    pub gate: &'static str,
    /// What was done.
    pub what: String,
}

/// Something that was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Left {
    /// The file, relative to the workspace root; none where it is about more than one.
    pub file: Option<String>,
    /// The gate.
    pub gate: &'static str,
    /// Why.
    pub why: String,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
pub struct Done {
    /// What was changed.
    pub mended: Vec<Mended>,
    /// What was left.
    pub left: BTreeSet<Left>,
    /// What the gates say now.
    pub gates: Vec<GateReport>,
}

/// Mends what the gates find, says what it did, and gives the exit code: 0 where the gates pass then, 1 where
/// something is left that they fail for, 2 where one of them cannot judge.
pub fn fix(asked: &Asked<'_>) -> u8 {
    attempt(asked).unwrap_or_else(|error| {
        Console.error(&error.to_string());
        NO_VERDICT
    })
}

fn attempt(asked: &Asked<'_>) -> Result<u8, RunError> {
    let cancel = Cancel::on_signals();
    let Asked { args, gates, allow_dirty } = asked;
    if let Some(other) = gates.iter().find(|gate| !FIXABLE.contains(&gate.as_str())) {
        return Err(RunError::NotFixable(other.clone(), FIXABLE.join(", ")));
    }
    let wanted = |gate: &String| gates.is_empty() || gates.contains(gate);
    let gates: Vec<String> = FIXABLE.map(str::to_owned).into_iter().filter(wanted).collect();
    let prepared = Prepared::new(args, Stage::PrePush, &gates, &cancel)?;
    if prepared.facts.subject.kind != SubjectKind::Worktree {
        return Err(RunError::NotOnDisk);
    }
    let unstaged = if *allow_dirty {
        BTreeSet::new()
    } else {
        let found = exec::unstaged(&prepared.facts, &prepared.environment, &cancel).map_err(RunError::Fix)?;
        found.ok_or(RunError::NoRepository)?
    };
    let mut session = Session { args, cancel: &cancel, unstaged, done: Done::default() };
    for gate in &gates {
        match gate.as_str() {
            "manifest" => session.manifests()?,
            "clippy" => session.lints()?,
            _ => session.formatting()?,
        }
    }
    let report = session.report(&gates)?.1;
    let mut done = session.done;
    done.gates = report.gates;
    match args.format {
        Format::Human => Console.out(&render::fix_text(&done)),
        Format::Json | Format::Jsonl => {
            Console.out(&(serde_json::to_string_pretty(&done).unwrap_or_default() + "\n"));
        }
    }
    Ok(report.verdict.exit_code)
}

struct Session<'a> {
    args: &'a RunArgs,
    cancel: &'a Cancel,
    unstaged: BTreeSet<String>,
    done: Done,
}

/// A file's text before and after.
struct Edit {
    file: String,
    before: String,
    after: String,
    what: String,
}

impl Session<'_> {
    /// What those gates say of the files as they are now, with the baseline applied at the end only.
    fn report(&self, gates: &[String]) -> Result<(Prepared, Report), RunError> {
        let prepared = Prepared::new(self.args, Stage::PrePush, gates, self.cancel)?;
        let baseline = prepared.baseline()?;
        let report = prepared.judge(baseline.as_ref(), self.cancel, &|_| {});
        Ok((prepared, report))
    }

    /// The report of one gate; none where it could not judge, which is said.
    fn found(&mut self, gate: &'static str) -> Result<(Prepared, Option<GateReport>), RunError> {
        let (prepared, report) = self.report(&[gate.to_owned()])?;
        let report = report.gates.into_iter().find(|report| report.id == gate);
        let judged = report.filter(|report| report.judged && report.cause.is_none());
        if judged.is_none() {
            self.leave(None, gate, "the gate could not judge");
        }
        Ok((prepared, judged))
    }

    fn leave(&mut self, file: Option<&str>, gate: &'static str, why: impl Into<String>) {
        self.done.left.insert(Left { file: file.map(str::to_owned), gate, why: why.into() });
    }

    fn manifests(&mut self) -> Result<(), RunError> {
        let (prepared, report) = self.found("manifest")?;
        for file in files_of(report.as_ref(), "manifest/lints-not-inherited") {
            let Some(before) = exec::text_of(&prepared.facts.root.join(&file)) else { continue };
            let what = "inherits the lints of the workspace".to_owned();
            match manifest::inherit_lints(&before) {
                Some(after) => {
                    self.write(&prepared, "manifest", Edit { file, before, after, what })?;
                }
                None => self.leave(Some(&file), "manifest", "it has lints of its own"),
            }
        }
        Ok(())
    }

    fn formatting(&mut self) -> Result<(), RunError> {
        // the second round is for files whose line ends `rustfmt.toml` wants otherwise
        for _ in 0..2 {
            let (prepared, report) = self.found("fmt")?;
            let mut kept = false;
            for file in files_of(report.as_ref(), "fmt/unformatted") {
                let Some(before) = exec::text_of(&prepared.facts.root.join(&file)) else { continue };
                match exec::formatted_text(&prepared.facts, &file, &before, self.cancel) {
                    Ok(formatted) => {
                        let after = with_line_ends(&before, formatted);
                        let windows = after.contains("\r\n");
                        let what = "formatted".to_owned();
                        kept |= self.write(&prepared, "fmt", Edit { file, before, after, what })?.is_some()
                            && windows;
                    }
                    Err(error) => self.leave(Some(&file), "fmt", error.reason),
                }
            }
            if !kept {
                return Ok(());
            }
        }
        Ok(())
    }

    fn lints(&mut self) -> Result<(), RunError> {
        let mut last: Vec<Edit> = Vec::new();
        for round in 0..=ROUNDS {
            let (prepared, report) = self.found("clippy")?;
            let Some(report) = report else { return self.take_back(&prepared, last) };
            let suggested = suggestions(&prepared, &report, self.cancel).map_err(RunError::Fix)?;
            if !suggested.compiled {
                if round == 0 {
                    self.leave(None, "clippy", "the lints of code that does not compile are not known");
                }
                return self.take_back(&prepared, last);
            }
            if round == ROUNDS {
                return Ok(());
            }
            last = Vec::new();
            for (file, suggestions) in &suggested.files {
                if let Some(edit) = edit_of(&prepared, file, suggestions)
                    && let Some(edit) = self.write(&prepared, "clippy", edit)?
                {
                    last.push(edit);
                }
            }
            if last.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Writes a file, unless it has unstaged changes or somebody changed it meanwhile.
    fn write(
        &mut self,
        prepared: &Prepared,
        gate: &'static str,
        edit: Edit,
    ) -> Result<Option<Edit>, RunError> {
        if self.unstaged.contains(&edit.file) {
            self.leave(Some(&edit.file), gate, "it has unstaged changes: stage it first, or --allow-dirty");
            return Ok(None);
        }
        let path = prepared.facts.root.join(&edit.file);
        if exec::text_of(&path).as_deref() != Some(&edit.before) {
            self.leave(Some(&edit.file), gate, "somebody changed it meanwhile");
            return Ok(None);
        }
        if edit.before == edit.after {
            return Ok(None);
        }
        exec::replace_file(&path, edit.after.as_bytes())?;
        self.done.mended.push(Mended { file: edit.file.clone(), gate, what: edit.what.clone() });
        Ok(Some(edit))
    }

    /// Takes back what the last round did, where the code does not compile with it.
    fn take_back(&mut self, prepared: &Prepared, edits: Vec<Edit>) -> Result<(), RunError> {
        for edit in edits {
            let path = prepared.facts.root.join(&edit.file);
            if exec::text_of(&path).as_deref() == Some(&edit.after) {
                exec::replace_file(&path, edit.before.as_bytes())?;
            }
            let last = self.done.mended.iter().rposition(|one| one.file == edit.file && one.gate == "clippy");
            last.map(|place| self.done.mended.remove(place));
            let why = format!("taken back, since the code does not compile with it: {}", edit.what);
            self.leave(Some(&edit.file), "clippy", why);
        }
        Ok(())
    }
}

/// What the lints of the report suggest.
fn suggestions(
    prepared: &Prepared,
    report: &GateReport,
    cancel: &Cancel,
) -> Result<lints::Suggested, Unreadable> {
    let selected = BTreeSet::from(["clippy"]);
    let Prepared { facts, options, config, environment, .. } = prepared;
    let step = step::clippy(&Context::new(facts, options, &selected));
    let gate = config.gates.iter().find(|gate| gate.info.id == "clippy");
    let timeout = gate.map(crate::registry::Configured::timeout).unwrap_or_default();
    let captured = exec::said(facts, options, config, environment, cancel, &step, timeout)?;
    captured.exit_code()?;
    let names = report.findings.iter().filter_map(|finding| finding.rule.strip_prefix("clippy/"));
    let names: HashSet<String> =
        names.flat_map(|name| [name.to_owned(), format!("clippy::{name}")]).collect();
    Ok(lints::suggested(&captured.stdout, &names))
}

/// The file with its suggestions; none for one that is not of the workspace.
fn edit_of(prepared: &Prepared, file: &str, suggestions: &[(String, rustfix::Suggestion)]) -> Option<Edit> {
    prepared.facts.files.binary_search_by(|other| other.as_str().cmp(file)).ok()?;
    let before = exec::text_of(&prepared.facts.root.join(file))?;
    let (after, counts) = lints::applied(&before, suggestions)?;
    Some(Edit { file: file.to_owned(), before, after, what: described(&counts) })
}

fn described(counts: &BTreeMap<String, usize>) -> String {
    let all: usize = counts.values().sum();
    let names: Vec<&str> = counts.keys().map(String::as_str).collect();
    format!("{} applied ({})", counted(all, "suggestion"), names.join(", "))
}

/// The formatted text with the line ends that the file has: rustfmt writes others as soon as it changes anything.
/// Where nothing else is different, they are what it wants changed.
pub(super) fn with_line_ends(before: &str, formatted: String) -> String {
    let is_windows = before.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n"));
    if !is_windows || formatted.contains("\r\n") {
        return formatted;
    }
    let windows = formatted.replace('\n', "\r\n");
    if windows == before { formatted } else { windows }
}

/// The files of a rule's findings, each once. What a baseline accepts is mended as well.
pub(super) fn files_of(report: Option<&GateReport>, rule: &str) -> BTreeSet<String> {
    let findings = report.into_iter().flat_map(|report| &report.findings);
    let of_rule = findings.filter(|finding| finding.rule == rule && finding.severity >= Severity::Warning);
    of_rule.filter_map(|finding| finding.file.clone()).collect()
}
