//! `flaky`: tests that pass and fail without a change.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Expiry, Reason};
use crate::finding::Finding;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::Evidence;
use crate::test_run::{self, History, TestSettings, UnitTests};
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
            Rule::error("tests-failed", "a test that failed at every try, of which nobody knows whether it is flaky"),
            Rule::warning("nothing-to-compare", "a run without retries, and no earlier one on the same tree"),
            Rule::error("accept-expired", "an accepted test whose time is over"),
            Rule::warning("accept-unused", "an accepted test that is not there, or passed many runs on this tree"),
        ],
        manual: "\
## What it checks

Tests that pass and fail without a change of the code. Within a run: nextest tries each failed test again
(`retries`), and a test that then passes is flaky. Across runs: the outcomes of the tests on a commit's tree
are kept under `<target>/bulletproof/history/`, by every run of `test` too; a test that failed in one of them
and passed in another is flaky. Files that differ from the commit leave no such record. `cargo test` tries
nothing again and names no test that passed: with it only whole test programs are compared, across runs. A run
without retries, and without an earlier one to compare with, can show nothing: that is a warning. So is a test
that failed at every try an error here: the run shows that it is broken, not that it is steady. A run that ended at
its first failure (`--fail-fast`) leaves no verdict.

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
        if let Some(not_run) = &tests.not_run {
            let reason = format!("{not_run} did not run, since the run ended at a failure");
            return Err(Unreadable::nothing_ran(reason).help("run without --fail-fast"));
        }
        let history = evidence.history(&test_run::unit_test_history(cx))?;
        let most = cx.tests().runner.is_nextest(cx.facts).then_some(self.retries);
        let all = cx.options.packages.is_empty() && cx.options.exclude.is_empty();
        Ok(self.weigh(&Run { tests: &tests, history, most, all }, cx.facts.today()))
    }

    fn shape_tests(&self, tests: &mut TestSettings) {
        tests.retries = self.retries;
    }
}

/// So many runs on one tree without a failure let an acceptance go: fewer prove little.
const STEADY_RUNS: u64 = 20;

/// What a run tells, and those before it.
struct Run<'a> {
    tests: &'a UnitTests,
    /// The outcomes of all runs on this tree; none where files differ from the commit.
    history: Option<&'a History>,
    /// How often a failed test is tried again at most; none where the runner tries nothing again.
    most: Option<u32>,
    /// Whether the tests of all packages ran.
    all: bool,
}

impl Run<'_> {
    /// What is flaky: each test with its finding.
    fn flaky(&self) -> BTreeMap<String, Finding> {
        let mut found = BTreeMap::new();
        for (test, tally) in self.history.into_iter().flat_map(History::flaky) {
            let message = format!(
                "{test} failed in {} and passed in {} runs on this same tree",
                tally.failed, tally.passed
            );
            found.insert(test.to_owned(), Finding::error("flaky/unsteady", message));
        }
        for (test, tries) in &self.tests.retried {
            let message = format!("{test} passed only at try {tries}");
            found.insert(test.clone(), Finding::error("flaky/retried", message));
        }
        found
    }

    /// The tests that failed, and are not known to be flaky.
    fn failed(&self, flaky: &BTreeMap<String, Finding>) -> Option<Finding> {
        let mut failed =
            self.tests.ended.iter().filter(|(test, passed)| !passed && !flaky.contains_key(test)).peekable();
        let (first, _) = *failed.peek()?;
        let message = format!(
            "{} failed at every try, so that nobody knows what of that is flaky; the first: {first}",
            counted(failed.count(), "test")
        );
        let help = "mend them first: cargo gate test";
        Some(Finding::error("flaky/tests-failed", message).help(help).anchor(""))
    }

    /// Where neither a retry nor an earlier run could show anything.
    fn nothing_to_compare(&self) -> Option<Finding> {
        let again = self.most.is_some_and(|most| most > 0);
        let runs = self.history.map_or(1, |history| history.runs);
        (!again && runs < 2).then(|| {
            let message = "not judged yet: no test is tried again, and there is no earlier run on this tree";
            let help = "install nextest, which tries failed tests again, with `retries` above 0; or run the tests \
                        of a commit again";
            Finding::warning("flaky/nothing-to-compare", message).help(help).anchor("")
        })
    }
}

impl Flaky {
    fn weigh(&self, run: &Run<'_>, today: Date) -> Outcome {
        let flaky = run.flaky();
        let accepted =
            |test: &str| self.accept.iter().any(|accept| accept.test == test && accept.expires.0 >= today);
        let help =
            "look for what its runs do not share; or accept it for a time under `accept` in [gates.flaky]";
        let mut findings: Vec<Finding> = flaky
            .iter()
            .filter(|(test, _)| !accepted(test))
            .map(|(test, finding)| finding.clone().help(help).anchor(test))
            .collect();
        findings.extend(run.failed(&flaky));
        findings.extend(run.nothing_to_compare());
        findings.extend(self.accept.iter().filter_map(|accept| stale(accept, &flaky, run, today)));
        let runs = run.history.map_or(0, |history| history.runs);
        let mut outcome = Outcome::new(summary(flaky.len(), run.tests.ran, runs, run.most))
            .count("flaky", flaky.len())
            .count("ran", run.tests.ran)
            .count("runs_on_this_tree", usize::try_from(runs).unwrap_or(usize::MAX))
            .findings(findings);
        for accept in self.accept.iter().filter(|accept| accepted(&accept.test)) {
            let steady = if flaky.contains_key(&accept.test) { "" } else { ", steady in this run" };
            outcome = outcome.note(format!(
                "accepted until {}: {} ({}){steady}",
                accept.expires.0, accept.test, accept.reason
            ));
        }
        if run.history.is_none() {
            outcome = outcome.note("files differ from the commit: earlier runs are not compared");
        }
        outcome
    }
}

/// What is wrong with an acceptance itself.
fn stale(accept: &Accept, flaky: &BTreeMap<String, Finding>, run: &Run<'_>, today: Date) -> Option<Finding> {
    let Accept { test, reason, expires } = accept;
    if expires.0 < today {
        let message = format!("{test} was accepted as flaky until {} ({reason})", expires.0);
        let help = "mend it now, or accept it again with a new date";
        return Some(Finding::error("flaky/accept-expired", message).help(help).anchor(test));
    }
    let steady = run.history.map_or(0, |history| history.steady_runs(test));
    let message = if run.tests.ended.iter().all(|(name, _)| name != test) {
        run.all.then(|| format!("{test} is accepted as flaky, and no test of that name ran"))?
    } else if !flaky.contains_key(test) && steady >= STEADY_RUNS {
        format!("{test} is accepted as flaky and was steady in {steady} runs on this tree")
    } else {
        return None;
    };
    let help = "remove it from `accept` if it is mended";
    Some(Finding::warning("flaky/accept-unused", message).help(help).anchor(test))
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

    const TODAY: Date = jiff::civil::date(2026, 6, 1);

    fn tests(ended: &[(&str, bool)], retried: &[(&str, u32)]) -> UnitTests {
        UnitTests {
            outcome: Outcome::new(""),
            ran: 9,
            retried: retried.iter().map(|(test, tries)| ((*test).to_owned(), *tries)).collect(),
            ended: ended.iter().map(|(test, passed)| ((*test).to_owned(), *passed)).collect(),
            not_run: None,
        }
    }

    fn weighed(flaky: &Flaky, retried: &[(&str, u32)], history: Option<&History>) -> Outcome {
        let tests = tests(&[("a", true), ("b", true), ("c", true)], retried);
        flaky.weigh(&Run { tests: &tests, history, most: Some(2), all: true }, TODAY)
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
        assert_eq!(rules(&outcome), ["flaky/unsteady", "flaky/retried"]);
        assert_eq!(outcome.findings[0].message, "a failed in 1 and passed in 1 runs on this same tree");
        assert_eq!(outcome.findings[1].message, "c passed only at try 3");
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
    }

    #[test]
    fn an_acceptance_goes_when_its_test_is_gone_or_was_steady_for_long() {
        let gone = weighed(&accepting("x", "2027-01-01"), &[], None);
        assert_eq!(rules(&gone), ["flaky/accept-unused"]);
        let mut history = History::default();
        for runs in 1..=STEADY_RUNS {
            history.add(&[("a".into(), true)], &[]);
            let steady = weighed(&accepting("a", "2027-01-01"), &[], Some(&history));
            assert_eq!(rules(&steady).is_empty(), runs < STEADY_RUNS, "{runs}");
            assert!(steady.notes[0].ends_with("steady in this run"), "{:?}", steady.notes);
        }
        let tests = tests(&[("a", true)], &[]);
        let part = Run { tests: &tests, history: None, most: Some(2), all: false };
        assert_eq!(rules(&accepting("x", "2027-01-01").weigh(&part, TODAY)), Vec::<&str>::new());
    }

    #[test]
    fn tests_that_failed_at_every_try_are_an_error_unless_they_are_known_to_be_flaky() {
        let tests = tests(&[("a", false), ("b", false), ("c", true)], &[]);
        let weighed = |flaky: &Flaky, history: Option<&History>| {
            let outcome = flaky.weigh(&Run { tests: &tests, history, most: Some(2), all: true }, TODAY);
            rules(&outcome).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(weighed(&Flaky::default(), None), ["flaky/tests-failed"]);
        assert_eq!(weighed(&accepting("a", "2026-06-01"), None), ["flaky/tests-failed"]);
        assert_eq!(weighed(&Flaky::default(), Some(&history())), ["flaky/unsteady", "flaky/tests-failed"]);
    }

    #[test]
    fn a_run_without_retries_and_without_an_earlier_one_shows_nothing() {
        let tests = tests(&[("a", true)], &[]);
        let weighed = |most: Option<u32>, history: Option<&History>| {
            let outcome = Flaky::default().weigh(&Run { tests: &tests, history, most, all: true }, TODAY);
            rules(&outcome).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let mut one = History::default();
        one.add(&[("a".into(), true)], &[]);
        for history in [None, Some(&one)] {
            assert_eq!(weighed(None, history), ["flaky/nothing-to-compare"]);
            assert_eq!(weighed(Some(0), history), ["flaky/nothing-to-compare"]);
            assert_eq!(weighed(Some(1), history), Vec::<String>::new());
        }
        let mut two = one.clone();
        two.add(&[("a".into(), true)], &[]);
        assert_eq!(weighed(None, Some(&two)), Vec::<String>::new());
    }

    #[test]
    fn without_a_commit_the_report_says_that_nothing_was_compared() {
        let outcome = weighed(&Flaky::default(), &[], None);
        assert_eq!(outcome.summary, "0 of 9 tests flaky (bar 0; up to 2 retries)");
        assert!(outcome.notes[0].contains("not compared"));
    }
}
