//! The measured lines against their bars: one finding for each bar that is missed, one for each run of
//! lines that matter and were not run.

use super::{Figure, Measured, Percent, uncovered_runs};
use crate::config::Globs;
use crate::finding::{Excerpt, Finding, Place, Worse};
use crate::parse::git_diff::Changes;
use crate::step::Sources;

/// The figure of the base revision.
#[derive(Debug, Clone, PartialEq)]
pub struct BaseFigure {
    /// The figure.
    pub figure: Figure,
    /// Which revision, in words.
    pub how: String,
}

/// Paths with a bar of their own.
#[derive(Debug)]
pub struct Critical<'a> {
    /// The paths.
    pub paths: &'a Globs,
    /// Their bar.
    pub minimum: Percent,
}

/// What is held against bars.
#[derive(Debug)]
pub struct Scale<'a> {
    /// The lines.
    pub measured: &'a Measured,
    /// The sources, for excerpts.
    pub sources: &'a Sources,
}

impl Scale<'_> {
    /// The whole against its bar.
    pub fn whole(&self, minimum: Percent) -> Vec<Finding> {
        let whole = self.measured.figure(|_| true);
        if whole.reaches(minimum) {
            return Vec::new();
        }
        let message = format!("{whole} of lines were run by tests (bar {minimum}): {}", missing(whole));
        let finding = Finding::error("coverage/below-minimum", message).help(self.worst(|_| true));
        vec![measured(finding.anchor("whole"), whole)]
    }

    /// A package against the bar of packages.
    pub fn package(&self, name: &str, wanted: impl Fn(&str) -> bool, minimum: Percent) -> Vec<Finding> {
        let figure = self.measured.figure(&wanted);
        if figure.reaches(minimum) {
            return Vec::new();
        }
        let message =
            format!("{name}: {figure} of lines were run by tests (bar {minimum}): {}", missing(figure));
        let finding = Finding::error("coverage/package-below-minimum", message).help(self.worst(wanted));
        vec![measured(finding.anchor(name), figure)]
    }

    /// Critical paths against their bar. A glob without a measured line protects nothing.
    pub fn critical(&self, critical: &Critical<'_>) -> Vec<Finding> {
        let Critical { paths, minimum } = critical;
        let names = Vec::from((*paths).clone()).join(", ");
        let figure = self.measured.figure(|path| paths.matches(path));
        let measured = self.measured.files.iter().filter(|(_, counts)| counts.total() > 0);
        let dead = paths.unmatched(measured.map(|(path, _)| path.as_str())).into_iter().map(|glob| {
            let message = format!("no measured line lies under the critical path {glob}");
            let help = "correct the glob under `critical`, or remove it";
            Finding::error("coverage/critical-unmeasured", message).help(help).anchor(glob)
        });
        let dead: Vec<Finding> = dead.collect();
        if figure.reaches(*minimum) {
            return dead;
        }
        let files = self.measured.files.iter().filter(|(path, _)| paths.matches(path));
        let runs = files.flat_map(|(path, counts)| {
            uncovered_runs(counts, |_| true).into_iter().map(move |run| (path, run))
        });
        let found = runs.map(|(path, run)| {
            let message = format!(
                "no test runs {} of a critical path ({figure} under {names}, bar {minimum})",
                lines(run)
            );
            self.point(Finding::error("coverage/critical", message), path, run)
        });
        dead.into_iter().chain(found).collect()
    }

    /// The whole against the base: it may be lower by so many points.
    pub fn drop(&self, base: &BaseFigure, most: Percent) -> Vec<Finding> {
        let whole = self.measured.figure(|_| true);
        let (Some(now), Some(before)) = (whole.percent(), base.figure.percent()) else { return Vec::new() };
        // sums of fractions: a hair is no drop
        if before - now <= most.value() + 1e-9 {
            return Vec::new();
        }
        let message = format!(
            "{whole} of lines were run by tests, {} at {} ({:+.2} points; {} lines were not run, {} before)",
            base.figure,
            base.how,
            now - before,
            whole.total - whole.hit,
            base.figure.total - base.figure.hit,
        );
        let help = "test what the change adds; `max_drop` in [gates.coverage] allows a drop";
        vec![Finding::error("coverage/dropped", message).help(help).anchor("whole")]
    }

    /// The changed lines against their bar, if there is one; each run of changed lines that no test runs
    /// is named either way.
    pub fn changed(&self, changes: &Changes, minimum: Option<Percent>) -> (Figure, Vec<Finding>) {
        let mut figure = Figure::default();
        let mut findings = Vec::new();
        for (path, counts) in &self.measured.files {
            let Some(ranges) = changes.files.get(path) else { continue };
            let touched = |line: u32| ranges.iter().any(|range| range.contains(&line));
            for count in counts.iter().filter(|count| touched(count.line)) {
                figure.total += 1;
                figure.hit += u64::from(count.hits > 0);
            }
            for run in uncovered_runs(counts, touched) {
                let message = format!("no test runs {} that the change touches", lines(run));
                let finding = Finding::warning("coverage/changed-uncovered", message);
                findings.push(self.point(finding, path, run));
            }
        }
        if let Some(minimum) = minimum.filter(|minimum| !figure.reaches(*minimum)) {
            let message = format!(
                "{figure} of the changed lines were run by tests (bar {minimum}): {}",
                missing(figure)
            );
            let help = "test them; their places follow";
            findings.insert(
                0,
                Finding::error("coverage/changed-below-minimum", message).help(help).anchor("changed"),
            );
        }
        (figure, findings)
    }

    /// A finding at a run of lines, with the first of them as excerpt.
    fn point(&self, finding: Finding, path: &str, (first, last): (u32, u32)) -> Finding {
        const MOST: u32 = 6;
        let place = Place { end_line: Some(last), ..Place::line(path, first) };
        let finding = finding.measure(f64::from(last.saturating_sub(first)) + 1.0, Worse::Higher);
        let Some(file) = self.sources.get(path) else { return finding.at(place) };
        let shown = first..=last.min(first.saturating_add(MOST - 1));
        let text: Vec<&str> = shown.map(|line| file.lines().line_text(file.text(), line)).collect();
        let head = text.first().copied().unwrap_or_default();
        let indent = head.len() - head.trim_start().len();
        let text = text.join("\n");
        let column = u32::try_from(indent).unwrap_or(u32::MAX).saturating_add(1);
        let excerpt = Excerpt { mark: indent..text.len().max(indent), text, first_line: first };
        finding.at(Place { column: Some(column), ..place }).anchor(head).excerpt(Some(excerpt))
    }

    /// Where most lines were not run.
    fn worst(&self, wanted: impl Fn(&str) -> bool) -> String {
        const MOST: usize = 3;
        let files = self.measured.files.iter().filter(|(path, _)| wanted(path));
        let mut missed: Vec<(u64, &str)> = files
            .map(|(path, counts)| (Figure::of(counts), path))
            .map(|(figure, path)| (figure.total - figure.hit, path.as_str()))
            .collect();
        missed.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let named: Vec<String> =
            missed.iter().take(MOST).map(|(count, path)| format!("{path} ({count})")).collect();
        format!("most lines without a test: {}; all of them: cargo gate coverage --html", named.join(", "))
    }
}

/// The finding with the share that it is about.
fn measured(finding: Finding, figure: Figure) -> Finding {
    match figure.percent() {
        Some(percent) => finding.measure(percent, Worse::Lower),
        None => finding,
    }
}

fn missing(figure: Figure) -> String {
    format!("{} of {} were not", figure.total - figure.hit, figure.total)
}

fn lines((first, last): (u32, u32)) -> String {
    if first == last { "this line".to_owned() } else { format!("lines {first} to {last}") }
}

#[cfg(test)]
mod tests;
