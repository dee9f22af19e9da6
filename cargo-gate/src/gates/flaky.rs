//! `flaky`: tests that pass and fail without a change.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Expiry, Reason};
use crate::finding::Finding;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::Evidence;
use crate::test_run::{self, History, TestSettings};
use crate::text::counted;

/// The settings of `flaky`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Flaky {
    /// How often nextest tries a failed test again; it passes `test` where one try passes.
    retries: u32,
    /// Tests that are accepted for a time.
    accept: Vec<Accept>,
}

/// A flaky test that is accepted for a time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Accept {
    /// Its name, as the finding has it.
    test: String,
    /// Why it may stay for now.
    reason: Reason,
    /// The last day on which this holds.
    expires: Expiry,
}

impl Default for Flaky {
    fn default() -> Self {
        Self { retries: TestSettings::default().retries, accept: Vec::new() }
    }
}

impl Gate for Flaky {
    const INFO: Info = Info {
        id: "flaky",
        judges: "tests that pass only on a retry, or passed and failed on the same tree",
        bar: "0",
        stages: &[Stage::Ci, Stage::Nightly],
        timeout: Duration::from_hours(1),
        rules: &[
            Rule::error("retried", "a test that passed only when it was tried again"),
            Rule::error("unsteady", "a test that failed and passed in runs on the same commit's tree"),
            Rule::error("accept-expired", "an accepted test whose time is over"),
            Rule::warning("accept-unused", "an accepted test that is not flaky"),
        ],
        manual: "\
## What it checks

Tests that pass and fail without a change of the code. Within a run: nextest tries each failed test again
(`retries`), and a test that then passes is flaky. Across runs: the outcomes of the tests on a commit's tree
are kept under `<target>/bulletproof/history/`, by every run of `test` too; a test that failed in one of them
and passed in another is flaky. Files that differ from the commit leave no such record. `cargo test` tries
nothing again and names no test that passed: with it only whole test programs are compared, across runs.

## Why

A test that fails now and then teaches people to run everything again, and one day to ignore the failure
that means something.

## How to fix

Look for what the runs do not share: time, order, ports, files of one name in the folder for temporary files,
randomness. A test that cannot be mended yet is accepted for a time: an entry under `accept` with `test`,
`reason` and `expires`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        if !test_run::has_unit_tests(cx) {
            return Planned::NothingToJudge("nothing to judge: no target has tests".to_owned());
        }
        Planned::Steps(vec![test_run::unit_tests(cx), test_run::unit_test_history(cx)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let tests = test_run::judge_unit_tests(cx, evidence.tool(&test_run::unit_tests(cx))?)?;
        if tests.ran == 0 {
            return Err(Unreadable::nothing_ran("no test ran"));
        }
        let history = evidence.history(&test_run::unit_test_history(cx))?;
        let most = cx.tests().runner.is_nextest(cx.facts).then_some(self.retries);
        Ok(self.weigh(&tests.retried, tests.ran, history, most, cx.facts.today()))
    }

    fn shape_tests(&self, tests: &mut TestSettings) {
        tests.retries = self.retries;
    }
}

impl Flaky {
    fn weigh(
        &self,
        retried: &[(String, u32)],
        ran: usize,
        history: Option<&History>,
        most: Option<u32>,
        today: Date,
    ) -> Outcome {
        let mut found: Vec<(String, Finding)> = Vec::new();
        for (test, tries) in retried {
            let message = format!("{test} passed only at try {tries}");
            found.push((test.clone(), Finding::error("flaky/retried", message)));
        }
        let earlier = history.into_iter().flat_map(History::flaky);
        for (test, tally) in earlier.filter(|(test, _)| !retried.iter().any(|(one, _)| one == test)) {
            let message = format!(
                "{test} failed in {} and passed in {} runs on this same tree",
                tally.failed, tally.passed
            );
            found.push((test.to_owned(), Finding::error("flaky/unsteady", message)));
        }
        let flaky: BTreeSet<String> = found.iter().map(|(test, _)| test.clone()).collect();
        let accepted =
            |test: &str| self.accept.iter().any(|accept| accept.test == test && accept.expires.0 >= today);
        let help =
            "look for what its runs do not share; or accept it for a time under `accept` in [gates.flaky]";
        let mut findings: Vec<Finding> = found
            .into_iter()
            .filter(|(test, _)| !accepted(test))
            .map(|(test, finding)| finding.help(help).anchor(test))
            .collect();
        findings.extend(self.accept.iter().filter_map(|accept| stale(accept, &flaky, today)));
        let runs = history.map_or(0, |history| history.runs);
        let mut outcome = Outcome::new(summary(flaky.len(), ran, runs, most))
            .count("flaky", flaky.len())
            .count("ran", ran)
            .count("runs_on_this_tree", usize::try_from(runs).unwrap_or(usize::MAX))
            .findings(findings);
        for accept in self.accept.iter().filter(|accept| accepted(&accept.test)) {
            outcome = outcome
                .note(format!("accepted until {}: {} ({})", accept.expires.0, accept.test, accept.reason));
        }
        if history.is_none() {
            outcome = outcome.note("files differ from the commit: earlier runs are not compared");
        }
        outcome
    }
}

/// What is wrong with an acceptance itself.
fn stale(accept: &Accept, flaky: &BTreeSet<String>, today: Date) -> Option<Finding> {
    let Accept { test, reason, expires } = accept;
    if expires.0 < today {
        let message = format!("{test} was accepted as flaky until {} ({reason})", expires.0);
        let help = "mend it now, or accept it again with a new date";
        return Some(Finding::error("flaky/accept-expired", message).help(help).anchor(test));
    }
    // one run without a failure proves little: the entry may stay
    (!flaky.contains(test)).then(|| {
        let message = format!("{test} is accepted as flaky and was steady");
        let help = "remove it from `accept` if it is mended";
        Finding::warning("flaky/accept-unused", message).help(help).anchor(test)
    })
}

fn summary(flaky: usize, ran: usize, runs: u64, retries: Option<u32>) -> String {
    let within = match retries {
        Some(0) => "without retries".to_owned(),
        Some(retries) => format!("up to {}", counted(retries as usize, "retry").replace("retrys", "retries")),
        None => "cargo test tries nothing again".to_owned(),
    };
    let across = if runs == 0 {
        String::new()
    } else {
        format!(", {} on this tree", counted(usize::try_from(runs).unwrap_or(usize::MAX), "run"))
    };
    format!("{flaky} of {} flaky (bar 0; {within}{across})", counted(ran, "test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(flaky: &Flaky, retried: &[(&str, u32)], history: Option<&History>) -> Outcome {
        let retried: Vec<(String, u32)> =
            retried.iter().map(|(test, tries)| ((*test).to_owned(), *tries)).collect();
        flaky.weigh(&retried, 9, history, Some(2), jiff::civil::date(2026, 6, 1))
    }

    fn rules(outcome: &Outcome) -> Vec<&str> {
        outcome.findings.iter().map(|finding| finding.rule.as_str()).collect()
    }

    fn accepting(test: &str, expires: &str) -> Flaky {
        let accept = Accept {
            test: test.into(),
            reason: Reason::try_from("known race".to_owned()).unwrap(),
            expires: Expiry::try_from(expires.to_owned()).unwrap(),
        };
        Flaky { accept: vec![accept], ..Flaky::default() }
    }

    fn history() -> History {
        let mut history = History::default();
        history.add(&[("a".into(), true), ("b".into(), true)], &[]);
        history.add(&[("a".into(), false), ("b".into(), true)], &[]);
        history
    }

    #[test]
    fn retries_and_earlier_runs_both_tell() {
        let outcome = weighed(&Flaky::default(), &[("c", 3)], Some(&history()));
        assert_eq!(rules(&outcome), ["flaky/retried", "flaky/unsteady"]);
        assert_eq!(outcome.findings[0].message, "c passed only at try 3");
        assert_eq!(outcome.findings[1].message, "a failed in 1 and passed in 1 runs on this same tree");
        assert_eq!(outcome.summary, "2 of 9 tests flaky (bar 0; up to 2 retries, 2 runs on this tree)");
    }

    #[test]
    fn a_test_is_told_once() {
        let outcome = weighed(&Flaky::default(), &[("a", 2)], Some(&history()));
        assert_eq!(rules(&outcome), ["flaky/retried"]);
    }

    #[test]
    fn a_test_may_be_accepted_until_the_day() {
        let outcome = weighed(&accepting("a", "2026-06-01"), &[("a", 2)], None);
        assert_eq!(rules(&outcome), Vec::<&str>::new());
        assert!(outcome.notes[0].starts_with("accepted until 2026-06-01: a"), "{:?}", outcome.notes);
        let late = weighed(&accepting("a", "2026-05-31"), &[("a", 2)], None);
        assert_eq!(rules(&late), ["flaky/retried", "flaky/accept-expired"]);
        let unused = weighed(&accepting("x", "2027-01-01"), &[], None);
        assert_eq!(rules(&unused), ["flaky/accept-unused"]);
    }

    #[test]
    fn without_a_commit_the_report_says_that_nothing_was_compared() {
        let outcome = weighed(&Flaky::default(), &[], None);
        assert_eq!(outcome.summary, "0 of 9 tests flaky (bar 0; up to 2 retries)");
        assert!(outcome.notes[0].contains("not compared"));
    }
}
