//! Follows one test program from its header to the next.

use super::scan::{Counts, Mark};
use super::{Block, Failure, Section, TestOutputError, TextRun, Title};
use crate::parse::text::excerpt;

pub(super) struct OpenSection<'a> {
    lines: &'a [String],
    section: Section,
    /// Announced tests without a result. More than one only where tests print the like themselves:
    /// the groups inside the first are not counted.
    running: Vec<Running>,
    /// The total of a result that fits no announced tests.
    misfit: Option<u64>,
    remarks: Remarks,
}

/// cargo's words on the program as a whole, since the last closed block: inside a block the same
/// words are output of tests.
#[derive(Default)]
struct Remarks {
    target_failed: bool,
    ending: Option<String>,
    lists_targets: bool,
    failed_targets: Vec<String>,
}

struct Running {
    announced: u64,
    /// Index of the line.
    line: usize,
}

impl<'a> OpenSection<'a> {
    pub(super) fn new(lines: &'a [String], title: Title, executable: Option<String>) -> Self {
        Self {
            lines,
            section: Section { title, executable, blocks: Vec::new(), crashed: None },
            running: Vec::new(),
            misfit: None,
            remarks: Remarks::default(),
        }
    }

    /// Takes the mark on the line of this index.
    pub(super) fn enter(&mut self, mark: Mark, line: usize) -> Result<(), TestOutputError> {
        match mark {
            Mark::Running(announced) => self.running.push(Running { announced, line }),
            Mark::Result(counts) => self.end_block(counts, line)?,
            Mark::TargetFailed => self.remarks.target_failed = true,
            Mark::Ending(ending) if self.remarks.target_failed => {
                self.remarks.ending = Some(ending);
            }
            Mark::TargetsFailed => self.remarks.lists_targets = true,
            Mark::FailedTarget(target) if self.remarks.lists_targets => {
                self.remarks.failed_targets.push(target);
            }
            Mark::Ending(_) | Mark::FailedTarget(_) | Mark::Header { .. } => {}
        }
        Ok(())
    }

    fn end_block(&mut self, counts: Counts, line: usize) -> Result<(), TestOutputError> {
        let total = counts.total();
        let Some(first) = self.running.first() else {
            return Err(TestOutputError::StrayResult {
                section: self.section.title.to_string(),
                line: excerpt(self.lines.get(line).map_or("", String::as_str)),
            });
        };
        let (outer, start) = (first.announced, first.line);
        // The innermost group that fits; those inside of it were noise.
        let Some(fit) = self.running.iter().rposition(|run| run.announced == total) else {
            self.misfit = Some(total);
            return Ok(());
        };
        self.running.truncate(fit);
        if fit > 0 {
            return Ok(());
        }
        self.misfit = None;
        self.remarks = Remarks::default();
        let text = self.lines.get(start..line).unwrap_or_default();
        self.section.blocks.push(Block {
            announced: outer,
            passed: counts.passed,
            failed: counts.failed,
            ignored: counts.ignored,
            measured: counts.measured,
            filtered: counts.filtered,
            failures: failures(text),
        });
        Ok(())
    }

    /// Ends the section and adds it to the run.
    pub(super) fn close(mut self, run: &mut TextRun) -> Result<(), TestOutputError> {
        let remarks = self.remarks;
        let unended = self.running.first();
        if let (Some(open), Some(counted), false) = (unended, self.misfit, remarks.target_failed) {
            return Err(TestOutputError::CountsDisagree {
                place: self.section.title.to_string(),
                stated: open.announced,
                counted,
            });
        }
        let tests_failed = self.section.blocks.iter().any(|block| block.failed > 0);
        let reason = if unended.is_some() {
            Some("it ended before its `test result` line")
        } else if remarks.target_failed && !tests_failed {
            Some("it ended with a failure status")
        } else {
            None
        };
        self.section.crashed = remarks.ending.or_else(|| reason.map(str::to_owned));
        run.sections.push(self.section);
        run.failed_targets.extend(remarks.failed_targets);
        Ok(())
    }
}

/// The failed tests of a block, from the list of names at its end, each with the text under its
/// `---- name stdout ----` line.
fn failures(block: &[String]) -> Vec<Failure> {
    let is_list = |line: &String| line == "failures:";
    let Some(list) = block.iter().rposition(is_list) else {
        return Vec::new();
    };
    let (texts, list) = block.split_at_checked(list).unwrap_or_default();
    let names: Vec<&str> = list.iter().skip(1).map_while(|line| line.strip_prefix("    ")).collect();
    let heading = |line: &String| {
        let name = line.strip_prefix("---- ")?.strip_suffix(" stdout ----")?;
        names.iter().position(|known| *known == name)
    };
    let mut outputs = vec![String::new(); names.len()];
    let mut current = None;
    for line in texts {
        if let Some(index) = heading(line) {
            current = outputs.get_mut(index);
        } else if let Some(output) = &mut current {
            output.push_str(line);
            output.push('\n');
        }
    }
    names
        .iter()
        .zip(outputs)
        .map(|(name, output)| Failure { name: (*name).to_owned(), output: output.trim_end().to_owned() })
        .collect()
}
