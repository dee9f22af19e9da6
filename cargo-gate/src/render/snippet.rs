//! One finding in the look of rustc's messages.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::finding::{Finding, Severity};
use crate::report::FindingReport;

/// The most lines of a diff or a test's output that are shown where not all is asked for.
const FEW_LINES: usize = 12;
/// The widest that a source line is shown.
const WIDTH: usize = 80;

/// One finding by itself, in full.
pub fn finding(finding: Finding) -> String {
    snippet(&FindingReport::new(finding, String::new()), true)
}

/// The finding, ending with a newline.
pub(super) fn snippet(finding: &FindingReport, in_full: bool) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let accepted = if finding.baselined { " (accepted by the baseline)" } else { "" };
    let title = level.primary_title(format!("{}{accepted}", finding.message)).id(finding.rule.as_str());
    let mut group = match source(finding) {
        Some(snippet) => title.element(snippet),
        None => match &finding.file {
            Some(file) => title.element(origin(file, finding)),
            None => Group::with_title(title),
        },
    };
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let mut text = Renderer::styled().term_width(WIDTH).render(&[group]);
    text.push('\n');
    if let Some(detail) = &finding.detail {
        text.push_str(&indented(detail, in_full));
    }
    text
}

fn source(finding: &FindingReport) -> Option<Snippet<'_, annotate_snippets::Annotation<'_>>> {
    let excerpt = finding.excerpt.as_ref()?;
    let boundary = |at: usize| excerpt.text.is_char_boundary(at);
    let mark =
        if boundary(excerpt.mark.start) && boundary(excerpt.mark.end) { excerpt.mark.clone() } else { 0..0 };
    let snippet = Snippet::source(excerpt.text.as_str())
        .line_start(excerpt.first_line as usize)
        .path(finding.file.as_deref())
        .annotation(AnnotationKind::Primary.span(mark));
    Some(snippet)
}

fn origin<'a>(file: &'a str, finding: &FindingReport) -> Origin<'a> {
    let origin = Origin::path(file);
    match (finding.line, finding.column) {
        (Some(line), Some(column)) => origin.line(line as usize).char_column(column as usize),
        (Some(line), None) => origin.line(line as usize),
        _ => origin,
    }
}

fn indented(detail: &str, in_full: bool) -> String {
    let lines = detail.lines().count();
    let shown = if in_full || lines <= FEW_LINES + 1 { lines } else { FEW_LINES };
    let mut text = String::new();
    for line in detail.lines().take(shown) {
        let _ = writeln!(text, "      {line}");
    }
    if shown < lines {
        let _ = writeln!(text, "      … {} more lines (-v shows all)", lines - shown);
    }
    text
}
