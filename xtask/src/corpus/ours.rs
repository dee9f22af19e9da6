//! Runs the real program, and reads its report.

use std::path::{Path, PathBuf};

use cargo_gate::gate::Metric;
use cargo_gate::report::{FindingReport, GateReport, Report};

use super::Error;
use super::cargo::{Programs, Ran};

/// Every gate.
pub(super) const ALL: &[&str] =
    &["fmt", "manifest", "paths", "panics", "todo", "check", "clippy", "test", "doctest", "audit"];

/// The built program.
#[derive(Debug)]
pub(super) struct Ours {
    program: PathBuf,
}

/// A run of it.
#[derive(Debug)]
pub(super) struct Run {
    /// The report.
    pub(super) report: Report,
    /// The exit code of the process.
    pub(super) code: Option<i32>,
}

impl Run {
    /// What a gate said.
    pub(super) fn gate(&self, id: &str) -> Result<&GateReport, Error> {
        let found = self.report.gates.iter().find(|gate| gate.id == id);
        found.ok_or_else(|| Error::Unreadable {
            what: "cargo bulletproof".to_owned(),
            cause: format!("the report does not name the gate {id}"),
        })
    }

    /// The verdict in a word, with the exit code.
    pub(super) fn verdict(&self) -> String {
        format!("{} ({})", self.report.verdict.status.name(), self.code.unwrap_or(-1))
    }
}

impl Ours {
    /// Builds the program, and keeps a copy that a later build does not touch.
    pub(super) fn build(programs: &Programs, repository: &Path, dir: &Path) -> Result<Self, Error> {
        let args = ["build", "--locked", "--package", "cargo-bulletproof", "--message-format", "json"];
        let own = Programs::new(repository.join("target"));
        let ran = own.cargo(repository, args)?.succeeded()?;
        let built =
            ran.stdout.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let built =
            built.filter_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?))).next_back();
        let built = built.ok_or_else(|| ran.unreadable("it names no executable"))?;
        let program = dir.join(built.file_name().unwrap_or_default());
        // a new file: the old one may still be running somewhere
        let _ = std::fs::remove_file(&program);
        std::fs::copy(&built, &program).map_err(Error::io(built.display()))?;
        programs.run(&program, dir, ["bulletproof", "--version"])?.succeeded()?;
        Ok(Self { program })
    }

    /// Runs these gates on a workspace with that config, without a network.
    pub(super) fn run(
        &self,
        programs: &Programs,
        root: &Path,
        gates: &[&str],
        config: &str,
        db: Option<&Path>,
    ) -> Result<Run, Error> {
        let file = root.join("bulletproof.toml");
        if !config.is_empty() {
            std::fs::write(&file, config).map_err(Error::io(file.display()))?;
        }
        let gates = gates.join(",");
        let mut args = vec![
            "bulletproof".into(),
            "--offline".into(),
            "--no-cache".into(),
            "--format=json".into(),
            "--gate".into(),
            gates.into(),
        ];
        args.extend(db.into_iter().flat_map(|db| ["--db".into(), db.as_os_str().to_owned()]));
        let ran = programs.run(&self.program, root, args);
        if !config.is_empty() {
            std::fs::remove_file(&file).map_err(Error::io(file.display()))?;
        }
        read(&ran?)
    }
}

fn read(ran: &Ran) -> Result<Run, Error> {
    let report: Report = serde_json::from_str(&ran.stdout).map_err(|cause| {
        let said = ran.stderr.lines().last().unwrap_or_default();
        ran.unreadable(format!("{cause}; it said: {said}"))
    })?;
    if ran.code != Some(i32::from(report.verdict.exit_code)) {
        return Err(ran.unreadable(format!("exit code {:?}, and another one in the report", ran.code)));
    }
    Ok(Run { report, code: ran.code })
}

/// A figure of a gate.
pub(super) fn count(gate: &GateReport, name: &str) -> Option<u64> {
    match gate.metrics.get(name)? {
        Metric::Count(count) => Some(*count),
        _ => None,
    }
}

/// A finding's place, for people.
pub(super) fn place(finding: &FindingReport) -> String {
    let number = |number: Option<u32>| number.map(|number| format!(":{number}")).unwrap_or_default();
    let file = finding.file.as_deref().unwrap_or("-");
    format!("{file}{}{}", number(finding.line), number(finding.column))
}
