//! What `cargo bulletproof` says of a tree: the report of a run, or its word that a recorded verdict holds.

use std::collections::{BTreeMap, BTreeSet};

use cargo_gate::gate::Stage;
use cargo_gate::report::{Report, SubjectKind};
use cargo_gate::verdict::Status;
use jiff::Timestamp;
use serde::Deserialize;

use crate::attest;

/// A passing verdict of the stage `release` on a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The tree, in hexadecimal digits.
    pub tree: String,
    /// When it was given.
    pub at: Timestamp,
    /// How each gate ended: none failed, none was broken.
    pub gates: BTreeMap<String, Status>,
    /// The gates among them that could not judge, where the config accepts that.
    pub unjudged: BTreeSet<String>,
    /// The digest of the config's text.
    pub config_digest: String,
    /// The compiler's version, as it told it to the gates.
    pub rustc: String,
    /// Where each tool of the gates was found.
    pub tools: BTreeMap<String, String>,
    /// What `cargo bulletproof` printed: the report of the run, or what it says of the recorded verdict.
    pub bytes: Vec<u8>,
}

/// Why there is no verdict that a candidate can rest on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoVerdict {
    /// Gates failed.
    #[error("the stage `release` failed on this commit:\n{0}")]
    Failed(String),
    /// Gates could not judge.
    #[error("the stage `release` gave no verdict on this commit:\n{0}")]
    Broken(String),
    /// What was printed is no report, or one of something else.
    #[error("cargo bulletproof gave no verdict on this commit: {0}")]
    Other(String),
}

/// What is said of a recorded verdict.
#[derive(Debug, Deserialize)]
struct Held {
    holds: bool,
    #[serde(default)]
    tree: String,
    stage: Option<Stage>,
    at: Option<Timestamp>,
    #[serde(default)]
    gates: BTreeMap<String, Status>,
    #[serde(default)]
    unjudged: BTreeSet<String>,
    #[serde(default)]
    config_digest: String,
    #[serde(default)]
    rustc: String,
    #[serde(default)]
    tools: BTreeMap<String, String>,
    #[serde(default)]
    judged_anew: BTreeSet<String>,
}

/// What is recorded of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// A verdict that holds.
    Whole(Verdict),
    /// One that holds but for gates that have to be judged anew.
    Part,
    /// None.
    None,
}

impl Verdict {
    /// Reads what `verify --format json` printed.
    pub fn recorded(bytes: &[u8], tree: &str) -> Recorded {
        let Ok(held) = serde_json::from_slice::<Held>(bytes) else { return Recorded::None };
        let sound = held.tree == tree && held.stage == Some(Stage::Release);
        let passed = |status: &Status| matches!(status, Status::Passed | Status::Warned);
        let Some(at) = held.at.filter(|_| sound && held.gates.values().all(passed)) else {
            return Recorded::None;
        };
        let Held { holds, tree, gates, unjudged, config_digest, rustc, tools, judged_anew, .. } = held;
        let bytes = bytes.to_vec();
        match () {
            () if gates.is_empty() => Recorded::None,
            () if !judged_anew.is_empty() => Recorded::Part,
            () if !holds => Recorded::None,
            () => Recorded::Whole(Self { tree, at, gates, unjudged, config_digest, rustc, tools, bytes }),
        }
    }

    /// What is signed of it. `versions` are those of the tools.
    pub fn statement(&self, commit: &str, versions: BTreeMap<String, String>) -> attest::Verdict {
        let gate = |(id, status): (&String, &Status)| attest::Gate {
            id: id.clone(),
            status: *status,
            judged: !self.unjudged.contains(id),
        };
        attest::Verdict {
            stage: Stage::Release,
            status: self.gates.values().copied().max().unwrap_or(Status::Broken),
            tree: self.tree.clone(),
            commit: commit.to_owned(),
            config_digest: self.config_digest.clone(),
            time: self.at,
            whole_stage: true,
            gates: self.gates.iter().map(gate).collect(),
            tools: versions,
        }
    }

    /// Reads what `run --format json` printed.
    ///
    /// # Errors
    /// Where it is no passing verdict on that commit and tree.
    pub fn of_run(bytes: &[u8], commit: &str, tree: &str) -> Result<Self, NoVerdict> {
        let other = |why: String| NoVerdict::Other(why);
        let report: Report = serde_json::from_slice(bytes)
            .map_err(|error| other(format!("its report is damaged: {error}")))?;
        let subject = &report.subject;
        let same = subject.kind == SubjectKind::Commit
            && !subject.dirty
            && subject.commit.as_deref() == Some(commit)
            && subject.tree.as_deref() == Some(tree);
        if !same || report.stage != Stage::Release {
            return Err(other("its report is about something else".to_owned()));
        }
        let with = |status: Status| {
            let gates = report.gates.iter().filter(|gate| gate.status == status);
            gates.map(|gate| format!("  {}: {}", gate.id, gate.reason)).collect::<Vec<_>>()
        };
        let [failed, broken] = [Status::Failed, Status::Broken].map(with);
        let lines = |lines: Vec<String>| lines.join("\n");
        let good = |status: Status| matches!(status, Status::Passed | Status::Warned);
        let passed = good(report.verdict.status) && report.gates.iter().any(|gate| good(gate.status));
        match () {
            () if !broken.is_empty() => Err(NoVerdict::Broken(lines([broken, failed].concat()))),
            () if !failed.is_empty() => Err(NoVerdict::Failed(lines(failed))),
            () if !passed || report.verdict.exit_code != 0 => {
                Err(NoVerdict::Broken("  no gate judged it".to_owned()))
            }
            () => Ok(Self {
                tree: tree.to_owned(),
                at: report.started_at.parse().map_err(|_| other("its report has no time".to_owned()))?,
                unjudged: report.gates.iter().filter(|one| !one.judged).map(|one| one.id.clone()).collect(),
                config_digest: report.environment.config_digest,
                rustc: report.environment.rustc,
                tools: report.environment.tools,
                gates: report.gates.into_iter().map(|gate| (gate.id, gate.status)).collect(),
                bytes: bytes.to_vec(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const COMMIT: &str = "1111111111111111111111111111111111111111";
    const TREE: &str = "2222222222222222222222222222222222222222";

    fn report(statuses: &[(&str, &str)]) -> serde_json::Value {
        let count = |wanted: &str| statuses.iter().filter(|(_, status)| *status == wanted).count();
        let worst = ["broken", "failed", "warned", "passed"].into_iter().find(|one| count(one) > 0);
        let code = match worst {
            Some("broken") | None => 2,
            Some("failed") => 1,
            _ => 0,
        };
        let gate = |(id, status): &(&str, &str)| {
            json!({ "id": id, "status": status, "judged": true, "reason": format!("{id} says so"), "duration_ms": 1,
                    "cached": false, "metrics": {}, "notes": [], "findings": [] })
        };
        json!({ "schema_version": "1.0", "stage": "release", "started_at": "2026-11-21T17:00:00Z", "duration_ms": 1,
            "verdict": { "status": worst.unwrap_or("broken"), "exit_code": code, "passed": count("passed"),
                "warned": count("warned"), "failed": count("failed"), "broken": count("broken"), "skipped": 0 },
            "subject": { "kind": "commit", "commit": COMMIT, "tree": TREE, "dirty": false, "workspace_root": "." },
            "environment": { "rustc": "", "host": "", "config_digest": "", "tools": {} },
            "gates": statuses.iter().map(gate).collect::<Vec<_>>() })
    }

    fn read(report: &serde_json::Value) -> Result<Verdict, NoVerdict> {
        Verdict::of_run(report.to_string().as_bytes(), COMMIT, TREE)
    }

    #[test]
    fn a_run_that_passed_on_the_commit_is_a_verdict() {
        let mut report = report(&[("fmt", "passed"), ("todo", "warned")]);
        report["environment"]["tools"] = json!({ "git": "/usr/bin/git" });
        report["environment"]["rustc"] = json!("rustc 1");
        let verdict = read(&report).unwrap();
        assert_eq!((verdict.gates.len(), verdict.tree.as_str()), (2, TREE));
        assert_eq!((verdict.rustc.as_str(), verdict.tools["git"].as_str()), ("rustc 1", "/usr/bin/git"));
        let versions = BTreeMap::from([("git".to_owned(), "git 2".to_owned())]);
        assert_eq!(verdict.statement(COMMIT, versions.clone()).tools, versions);
    }

    #[test]
    fn what_failed_or_could_not_judge_is_named() {
        let failed = read(&report(&[("fmt", "passed"), ("test", "failed")])).unwrap_err();
        assert!(matches!(&failed, NoVerdict::Failed(text) if text.contains("test says so")), "{failed}");
        let broken = read(&report(&[("audit", "broken"), ("test", "failed")])).unwrap_err();
        assert!(
            matches!(&broken, NoVerdict::Broken(text) if text.contains("audit") && text.contains("test"))
        );
        assert!(matches!(read(&report(&[])), Err(NoVerdict::Broken(_))));
    }

    #[test]
    fn a_report_that_says_passed_of_gates_that_were_left_out_is_no_verdict() {
        let mut report = report(&[("fmt", "passed")]);
        report["gates"][0]["status"] = json!("skipped");
        assert!(matches!(read(&report), Err(NoVerdict::Broken(_))));
    }

    #[test]
    fn a_report_of_something_else_is_no_verdict() {
        for (key, value) in [
            ("/subject/kind", json!("worktree")),
            ("/subject/dirty", json!(true)),
            ("/subject/commit", json!(TREE)),
            ("/subject/tree", json!(COMMIT)),
            ("/stage", json!("pre-push")),
            ("/verdict/exit_code", json!(2)),
        ] {
            let mut report = report(&[("fmt", "passed")]);
            *report.pointer_mut(key).unwrap() = value;
            assert!(read(&report).is_err(), "{key}");
        }
    }

    #[test]
    fn a_recorded_verdict_holds_for_its_tree_and_stage_only() {
        let held = json!({ "schema_version": "1.0", "holds": true, "tree": TREE, "stage": "release",
            "at": "2026-11-21T17:00:00Z", "gates": { "fmt": "passed" }, "rustc": "rustc 1",
            "tools": { "git": "/usr/bin/git" } });
        let recorded = |value: &serde_json::Value| Verdict::recorded(value.to_string().as_bytes(), TREE);
        let Recorded::Whole(verdict) = recorded(&held) else { panic!("it holds") };
        assert_eq!((verdict.gates.len(), verdict.rustc.as_str(), verdict.tools.len()), (1, "rustc 1", 1));
        let mut part = held.clone();
        part["judged_anew"] = json!(["audit"]);
        assert_eq!(recorded(&part), Recorded::Part);
        part["holds"] = json!(false);
        assert_eq!(recorded(&part), Recorded::Part, "for the other gates it does");
        for (key, value) in [
            ("/holds", json!(false)),
            ("/tree", json!(COMMIT)),
            ("/stage", json!("ci")),
            ("/gates", json!({})),
            ("/gates/fmt", json!("failed")),
            ("/gates/fmt", json!("skipped")),
        ] {
            let mut other = held.clone();
            *other.pointer_mut(key).unwrap() = value;
            assert_eq!(recorded(&other), Recorded::None, "{key}");
        }
    }

    proptest! {
        #[test]
        fn a_report_that_is_cut_is_no_verdict(cut in 0_usize..2000) {
            let text = report(&[("fmt", "passed")]).to_string();
            let cut = cut % text.len();
            prop_assert!(Verdict::of_run(&text.as_bytes()[..cut], COMMIT, TREE).is_err());
        }

        #[test]
        fn any_bytes_are_a_verdict_or_none(bytes: Vec<u8>) {
            let _ = Verdict::of_run(&bytes, COMMIT, TREE);
            prop_assert_eq!(Verdict::recorded(&bytes, TREE), Recorded::None);
        }
    }
}
