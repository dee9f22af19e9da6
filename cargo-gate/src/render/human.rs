//! The report for people: a line a gate, the findings with their source, one verdict line.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::snippet::snippet;
use super::table::rows;
use crate::baseline::Standing;
use crate::gate::Stage;
use crate::report::{FindingReport, GateReport, Report};
use crate::verdict::{Status, Verdict};

/// How many findings of a gate are shown where not all are asked for.
const MOST_FINDINGS: usize = 10;
/// How many rows of a gate's table are shown where not all are asked for.
const MOST_ROWS: usize = 20;
/// The widest that a line is made.
const WIDTH: usize = 80;
/// Where the text of a gate's line begins.
const INDENT: usize = 33;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The verdict line.
    Quiet,
    /// The most useful findings of each gate.
    Normal,
    /// Everything.
    Verbose,
}

/// The whole report.
pub fn human(report: &Report, detail: Detail) -> String {
    let mut text = String::new();
    if detail != Detail::Quiet {
        report.gates.iter().for_each(|gate| text.push_str(&gate_line(gate)));
    }
    text + &conclusion(report, detail)
}

/// What follows the gates' lines: findings, what mends broken gates, the verdict.
fn conclusion(report: &Report, detail: Detail) -> String {
    let mut text = String::new();
    if detail != Detail::Quiet {
        report.gates.iter().for_each(|gate| text.push_str(&particulars(gate, detail)));
        text.push_str(&remedies(&report.gates));
        text.push('\n');
    }
    if let Some(affected) = report.affected.as_ref().filter(|_| detail != Detail::Quiet) {
        let _ = writeln!(text, "{}", wrapped(&affected.sentence(), WIDTH).join("\n"));
    }
    for line in report.baseline.iter().flat_map(Standing::sentences) {
        let _ = writeln!(text, "{}", wrapped(&line, WIDTH).join("\n"));
    }
    text.push_str(&verdict_line(report));
    if let Some(why) = report.unrecorded.as_ref().filter(|_| detail != Detail::Quiet) {
        let judged_again = if report.stage == Stage::PrePush { " for a push" } else { "" };
        let line = format!("not recorded{judged_again}: {why}");
        let _ = writeln!(text, "{}", wrapped(&line, WIDTH).join("\n"));
    }
    text
}

impl Detail {
    /// The part of the report that follows the lines that progress already showed.
    pub fn after_progress(self, report: &Report) -> String {
        conclusion(report, self)
    }
}

/// The line of a gate, wrapped to the width of a terminal.
pub fn gate_line(gate: &GateReport) -> String {
    let style = style(gate.status);
    let status = gate.status.name();
    let time = match gate {
        GateReport { cached: true, .. } => "cached".to_owned(),
        GateReport { judged: true, duration_ms, .. } => seconds(*duration_ms),
        _ => String::new(),
    };
    let mut text = format!("  {style}{status:<7}{style:#}  {:<11} {time:>8}", gate.id);
    let saved = gate.saved_ms.map(|saved| format!(" ({} saved)", seconds(saved))).unwrap_or_default();
    let lines = wrapped(&format!("{}{saved}", gate.reason), WIDTH - INDENT);
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            let _ = write!(text, "\n{:width$}", "", width = INDENT - 2);
        }
        let _ = write!(text, "  {line}");
    }
    text + "\n"
}

/// The findings and notes of a gate.
fn particulars(gate: &GateReport, detail: Detail) -> String {
    let mut text = String::new();
    let verbose = detail == Detail::Verbose;
    let shown = |finding: &&FindingReport| verbose || !finding.baselined;
    let nothing = gate.findings.iter().find(shown).is_none();
    if nothing && gate.notes.is_empty() && gate.table.is_none() && gate.files.is_empty() {
        return text;
    }
    let style = style(gate.status);
    let _ = writeln!(text, "\n{style}{}{style:#}: {}", gate.id, gate.reason);
    if let Some(table) = &gate.table {
        let most = if verbose { usize::MAX } else { MOST_ROWS };
        let _ = write!(text, "\n{}", rows(table, WIDTH, most));
        if table.rows.len() > most {
            let _ = writeln!(
                text,
                "  … and {} more rows; all of them: cargo gate {} -v",
                table.rows.len() - most,
                gate.id
            );
        }
    }
    let most = if verbose { usize::MAX } else { MOST_FINDINGS };
    // errors first: a long list of warnings must not push them out
    let mut findings: Vec<_> = gate.findings.iter().filter(shown).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings.iter().take(most) {
        let _ = write!(text, "\n{}", snippet(finding, verbose));
    }
    if findings.len() > most {
        let _ =
            writeln!(text, "\n… and {} more; all of them: cargo gate {} -v", findings.len() - most, gate.id);
    }
    for file in &gate.files {
        let _ = writeln!(text, "  wrote {file}");
    }
    for line in gate.notes.iter().flat_map(|note| wrapped(&format!("note: {note}"), WIDTH - 2)) {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// What mends the gates that could not judge; told once where it mends several.
fn remedies(gates: &[GateReport]) -> String {
    let mut remedies: Vec<(&str, Vec<&str>)> = Vec::new();
    for gate in gates {
        let Some(help) = gate.help.as_deref() else { continue };
        match remedies.iter_mut().find(|(other, _)| *other == help) {
            Some((_, gates)) => gates.push(&gate.id),
            None => remedies.push((help, vec![&gate.id])),
        }
    }
    let line =
        |(help, gates): (&str, Vec<&str>)| wrapped(&format!("help for {}: {help}", gates.join(", ")), WIDTH);
    let lines: Vec<String> = remedies.into_iter().flat_map(line).collect();
    if lines.is_empty() { String::new() } else { format!("\n{}\n", lines.join("\n")) }
}

fn verdict_line(report: &Report) -> String {
    let Verdict { status, exit_code, passed, warned, failed, broken, skipped } = &report.verdict;
    let style = style(*status);
    let counts = [
        (passed, "passed"),
        (warned, "warned"),
        (failed, "failed"),
        (broken, "broken"),
        (skipped, "skipped"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| **count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let counts = if counts.is_empty() { "no gate ran".to_owned() } else { counts.join(", ") };
    let name = status.name();
    let time = seconds(report.duration_ms);
    let cached = report.gates.iter().filter(|gate| gate.cached).count();
    let saved = report.saved_ms.map(|saved| format!("; {cached} cached, {} saved", seconds(saved)));
    let saved = saved.unwrap_or_default();
    let mut text = format!("{style}{name}{style:#}: {counts} in {time} (exit code {exit_code}){saved}\n");
    let unjudged = report.gates.iter().filter(|gate| gate.status != Status::Skipped && !gate.judged);
    let unjudged: Vec<&str> = unjudged.map(|gate| gate.id.as_str()).collect();
    if !unjudged.is_empty() {
        let _ = writeln!(text, "not judged: {}", unjudged.join(", "));
    }
    text
}

fn style(status: Status) -> Style {
    let color = match status {
        Status::Passed => AnsiColor::Green,
        Status::Warned => AnsiColor::Yellow,
        Status::Failed => AnsiColor::Red,
        Status::Broken => AnsiColor::Magenta,
        Status::Skipped => AnsiColor::BrightBlack,
    };
    color.on_default().bold()
}

/// A time for people: `0.31 s`, `12.3 s`, `3 m 20 s`.
pub fn seconds(milliseconds: u64) -> String {
    let (whole, rest) = (milliseconds / 1000, milliseconds % 1000);
    match whole {
        0..10 => format!("{whole}.{:02} s", rest / 10),
        10..120 => format!("{whole}.{} s", rest / 100),
        _ => format!("{} m {:02} s", whole / 60, whole % 60),
    }
}

/// Breaks a text into lines of at most that many characters, at spaces where there are any.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
