//! The account of all test binaries: every start needs its end, every total its events.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::event::{Event, SuiteEvent, TestEvent};
use super::{Outcome, Suite, TestCase, TestOutputError, TestRun};

#[derive(Default)]
pub(super) struct Ledger {
    suites: Vec<Suite>,
    tests: Vec<TestCase>,
    accounts: BTreeMap<String, Account>,
}

/// What is known about the suites of one `package::binary`.
#[derive(Default)]
struct Account {
    /// Suites started and not yet ended.
    open: u64,
    /// Tests passed or failed, by the totals of the suites' ends.
    stated: u64,
    /// Tests failed, by the totals of the suites' ends.
    stated_failed: u64,
    /// Tests ignored: for each kind of target the highest total of its suites' ends.
    stated_ignored: BTreeMap<String, u64>,
    finished: u64,
    failed: u64,
    ignored: u64,
    /// Tests started and not yet ended, with how often.
    pending: BTreeMap<String, u64>,
}

impl Ledger {
    pub(super) fn enter(&mut self, event: Event) -> Result<(), TestOutputError> {
        match event {
            Event::Suite(SuiteEvent::Started { nextest }) => {
                let suite = nextest.into_suite();
                self.accounts.entry(suite.id()).or_default().open += 1;
                if !self.suites.contains(&suite) {
                    self.suites.push(suite);
                }
                Ok(())
            }
            Event::Suite(SuiteEvent::Ok { nextest, passed, failed, ignored }) => {
                let suite = nextest.into_suite();
                self.account(&suite.id())?.end_suite(suite, passed, failed, ignored)
            }
            Event::Test(event) => self.enter_test(event),
        }
    }

    fn account(&mut self, id: &str) -> Result<&mut Account, TestOutputError> {
        self.accounts.get_mut(id).ok_or_else(|| TestOutputError::Unannounced { name: id.to_owned() })
    }

    fn enter_test(&mut self, event: TestEvent) -> Result<(), TestOutputError> {
        let unannounced = || TestOutputError::Unannounced { name: event.name.clone() };
        let (suite, name) = event.name.split_once('$').ok_or_else(unannounced)?;
        let (suite, name) = (suite.to_owned(), name.to_owned());
        let account = self.account(&suite)?;
        let Some(outcome) = event.outcome() else {
            *account.pending.entry(name).or_default() += 1;
            return Ok(());
        };
        let (name, attempts) = account.end_test(&name).ok_or_else(unannounced)?;
        account.count(outcome);
        let duration_ms = event.duration_ms();
        let ignored = outcome == Outcome::Ignored;
        let keeps_output = matches!(outcome, Outcome::Failed | Outcome::TimedOut);
        self.tests.push(TestCase {
            suite,
            name,
            outcome,
            attempts: if ignored { 0 } else { attempts },
            duration_ms,
            output: if keeps_output { event.into_output() } else { String::new() },
        });
        Ok(())
    }

    /// Checks every account and gives the run.
    pub(super) fn close(self) -> Result<TestRun, TestOutputError> {
        let mut tests = self.tests;
        for (suite, account) in self.accounts {
            account.check(&suite)?;
            for (name, count) in account.pending {
                tests.extend((0..count).map(|_| TestCase {
                    suite: suite.clone(),
                    name: name.clone(),
                    outcome: Outcome::Ignored,
                    attempts: 0,
                    duration_ms: None,
                    output: String::new(),
                }));
            }
        }
        Ok(TestRun { suites: self.suites, tests, ..TestRun::default() })
    }
}

impl Account {
    fn end_suite(
        &mut self,
        suite: Suite,
        passed: u64,
        failed: u64,
        ignored: u64,
    ) -> Result<(), TestOutputError> {
        let Some(open) = self.open.checked_sub(1) else {
            return Err(TestOutputError::Unannounced { name: suite.id() });
        };
        self.open = open;
        self.stated = self.stated.saturating_add(passed).saturating_add(failed);
        self.stated_failed = self.stated_failed.saturating_add(failed);
        let highest = self.stated_ignored.entry(suite.kind).or_default();
        *highest = ignored.max(*highest);
        Ok(())
    }

    /// Takes a test off the pending ones; gives its name and the number of attempts, which nextest
    /// adds to the name as `#2`.
    fn end_test(&mut self, name: &str) -> Option<(String, u32)> {
        if self.take_pending(name) {
            return Some((name.to_owned(), 1));
        }
        let (base, attempts) = name.rsplit_once('#')?;
        let attempts: NonZeroU32 = attempts.parse().ok()?;
        self.take_pending(base).then(|| (base.to_owned(), attempts.get()))
    }

    fn take_pending(&mut self, name: &str) -> bool {
        match self.pending.get_mut(name) {
            Some(0) | None => false,
            Some(count) => {
                *count -= 1;
                if *count == 0 {
                    self.pending.remove(name);
                }
                true
            }
        }
    }

    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ignored => self.ignored += 1,
            Outcome::Passed => self.finished += 1,
            Outcome::Failed | Outcome::TimedOut => {
                self.finished += 1;
                self.failed += 1;
            }
        }
    }

    fn check(&self, suite: &str) -> Result<(), TestOutputError> {
        if self.open > 0 {
            return Err(TestOutputError::SuiteCutShort { suite: suite.to_owned() });
        }
        // A test that fails by leaking a process is counted as passed in nextest's total.
        if self.stated != self.finished || self.stated_failed > self.failed {
            return Err(TestOutputError::CountsDisagree {
                place: format!("the finished tests of `{suite}`"),
                stated: self.stated,
                counted: self.finished,
            });
        }
        let unended: u64 = self.pending.values().sum();
        let stated_ignored =
            self.stated_ignored.values().fold(0, |sum: u64, ignored| sum.saturating_add(*ignored));
        match self.pending.keys().next() {
            Some(name) if self.ignored.saturating_add(unended) > stated_ignored => {
                Err(TestOutputError::TestCutShort { suite: suite.to_owned(), name: name.clone() })
            }
            _ => Ok(()),
        }
    }
}
