//! From a command's end and output to an outcome.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{join, relative};
use crate::finding::{Finding, Place, Severity};
use crate::gate::{Outcome, Unreadable};
use crate::parse::junit::{JunitOutcome, JunitTest};
use crate::parse::{ReportError, Reported, json_lines, junit, sarif};
use crate::step::{Captured, End};
use crate::text::counted;

/// How many lines of a command's output are shown.
const TAIL: usize = 40;

/// How the answer of a command is read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// It passes with the exit code 0 and fails with any other.
    #[default]
    ExitCode,
    /// Standard output is a SARIF 2.1.0 log.
    Sarif,
    /// Standard output is a `JUnit` report.
    Junit,
    /// Standard output is a finding a line as JSON, and a last line that counts them.
    JsonLines,
}

/// The answer of a command, and what is needed to judge it.
#[derive(Debug, Clone, Copy)]
pub struct Judgement<'a> {
    /// The gate's name.
    pub gate: &'a str,
    /// The workspace root, absolute.
    pub root: &'a Path,
    /// The folder that the command ran in, relative to the root.
    pub folder: &'a str,
    /// How it ended, and what it wrote.
    pub captured: &'a Captured,
}

impl Judgement<'_> {
    /// Judges it.
    ///
    /// # Errors
    /// When the command could not be run or did not end by itself, when its report cannot be believed, and
    /// when that contradicts the exit code.
    pub fn by(self, output: Output) -> Result<Outcome, Unreadable> {
        match output {
            Output::ExitCode => self.exit_code(),
            Output::Sarif => self.sarif(),
            Output::Junit => self.junit(),
            Output::JsonLines => self.json_lines(),
        }
    }

    fn exit_code(self) -> Result<Outcome, Unreadable> {
        let code = self.code()?;
        let what = &self.captured.what;
        Ok(if code == 0 {
            Outcome::new(format!("`{what}` ended with 0"))
        } else {
            let summary = format!("`{what}` ended with {code} (bar 0)");
            Outcome::new(summary).findings(vec![self.failed(code)])
        })
    }

    fn sarif(self) -> Result<Outcome, Unreadable> {
        let code = self.code()?;
        let log = sarif::parse(&self.captured.stdout).map_err(|error| self.unreadable(code, &error))?;
        let by = log.tools.join(", ");
        let outcome = self.reported(code, &log.results, &format!("by {by}"))?.text("tool", by);
        Ok(match log.suppressed {
            0 => outcome,
            count => outcome.note(format!("{} suppressed in the report", counted(count, "result"))),
        })
    }

    fn json_lines(self) -> Result<Outcome, Unreadable> {
        let code = self.code()?;
        let read = json_lines::parse(&self.captured.stdout).map_err(|error| self.unreadable(code, &error))?;
        let checked = usize::try_from(read.checked).unwrap_or(usize::MAX);
        let outcome = self.reported(code, &read.findings, &format!("in {checked} checked"))?;
        Ok(outcome.count("checked", checked))
    }

    fn junit(self) -> Result<Outcome, Unreadable> {
        let code = self.code()?;
        let report = junit::parse(&self.captured.stdout).map_err(|error| self.unreadable(code, &error))?;
        let (ran, failed) = (report.ran(), report.failed().count());
        if (failed > 0) != (code != 0) {
            return Err(self.contradiction(code, &format!("reports {}", counted(failed, "failed test"))));
        }
        if ran == 0 {
            return Err(Unreadable::nothing_ran("no test ran: the report has skipped ones only"));
        }
        let findings = report.failed().map(|test| self.failed_test(test)).collect();
        let skipped = match report.tests.len() - ran {
            0 => String::new(),
            count => format!(", {count} skipped"),
        };
        Ok(Outcome::new(format!("{} of {ran} tests passed{skipped}", ran - failed))
            .count("ran", ran)
            .count("failed", failed)
            .findings(findings))
    }

    /// The exit code of a command that was run and ended by itself.
    fn code(self) -> Result<i32, Unreadable> {
        let what = &self.captured.what;
        // what shells and `env` say where there is no such program, or none that can be run
        let not_found = matches!(self.captured.end, End::NotFound | End::Code(126 | 127));
        if not_found {
            let help = format!("install it, or correct `command` of the gate `{}`", self.gate);
            let reason = format!("`{what}`: there is no such program, or it cannot be run");
            return Err(Unreadable::unavailable(reason).help(help));
        }
        self.captured.exit_code()
    }

    fn reported(self, code: i32, reported: &[Reported], where_: &str) -> Result<Outcome, Unreadable> {
        if code != 0 && reported.is_empty() {
            return Err(self.contradiction(code, "reports nothing wrong"));
        }
        let mut findings: Vec<Finding> = reported.iter().map(|one| self.finding(one)).collect();
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        if code != 0 && errors == 0 {
            findings.push(self.failed(code));
        }
        let summary = match findings.len() {
            0 => format!("nothing wrong {where_}"),
            count => format!("{} {where_} (bar 0)", counted(count, "finding")),
        };
        Ok(Outcome::new(summary).count("findings", findings.len()).findings(findings))
    }

    fn finding(self, reported: &Reported) -> Finding {
        let rule = match reported.rule.trim() {
            "" => "finding".to_owned(),
            rule => rule.split_whitespace().collect::<Vec<_>>().join("-"),
        };
        let rule = format!("{}/{rule}", self.gate);
        let finding = Finding { severity: reported.severity, ..Finding::error(rule, &reported.message) };
        let place = reported.file.as_ref().map(|file| Place {
            file: self.path(file),
            line: reported.start.0,
            column: reported.start.1,
            end_line: reported.end.0,
            end_column: reported.end.1,
        });
        Finding { place, help: reported.help.clone(), detail: reported.detail.clone(), ..finding }
    }

    fn failed_test(self, test: &JunitTest) -> Finding {
        let how = if test.outcome == JunitOutcome::Errored { "ended in an error" } else { "failed" };
        let first = test.message.lines().next().filter(|line| !line.trim().is_empty());
        let message = match first {
            Some(line) => format!("{} {how}: {line}", test.name),
            None => format!("{} {how}", test.name),
        };
        let detail = [test.message.as_str(), test.text.as_str()].map(str::trim).join("\n");
        let place = test.file.as_ref().map(|file| Place { line: test.line, ..Place::file(self.path(file)) });
        let finding = Finding::error(format!("{}/failed", self.gate), message).anchor(&test.name);
        Finding { place, ..finding }.detail(detail.trim())
    }

    /// A path as the command names it, relative to the root.
    fn path(self, file: &str) -> String {
        let path = Path::new(file);
        if path.has_root() {
            return relative(self.root, path);
        }
        join(self.folder, file.strip_prefix("./").unwrap_or(file)).replace('\\', "/")
    }

    /// The finding of a command that failed.
    fn failed(self, code: i32) -> Finding {
        let what = &self.captured.what;
        let message = format!("`{what}` ended with the exit code {code}");
        let finding = Finding::error(format!("{}/failed", self.gate), message).anchor(what);
        finding.detail(self.tail()).help("run it by itself in the workspace root")
    }

    /// The end of what the command wrote.
    fn tail(self) -> String {
        let plain = |bytes: &[u8]| anstream::adapter::strip_str(&String::from_utf8_lossy(bytes)).to_string();
        let both =
            [plain(&self.captured.stdout), plain(&self.captured.stderr)].map(|text| text.trim().to_owned());
        let text = both.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n");
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default().join("\n")
    }

    fn contradiction(self, code: i32, says: &str) -> Unreadable {
        let what = &self.captured.what;
        Unreadable::garbage(format!("`{what}` ended with the exit code {code} and {says}"))
    }

    /// Why a report cannot be believed; where the command failed as well, its own words say more.
    fn unreadable(self, code: i32, error: &ReportError) -> Unreadable {
        let what = &self.captured.what;
        let last = String::from_utf8_lossy(&self.captured.stderr);
        let last = last.lines().rev().map(str::trim).find(|line| !line.is_empty());
        match (error, last) {
            (ReportError::Nothing { .. }, _) => Unreadable::nothing_ran(error.to_string()),
            (_, Some(line)) if code != 0 => {
                Unreadable::crashed(format!("`{what}` ended with the exit code {code}: {line}"))
            }
            _ => Unreadable::garbage(format!("`{what}` ended with the exit code {code}; {error}")),
        }
    }
}

#[cfg(test)]
mod tests;
