//! One event as it is on the wire.

use serde::Deserialize;

use super::{Outcome, Suite};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Event {
    Suite(SuiteEvent),
    Test(TestEvent),
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum SuiteEvent {
    Started {
        nextest: Binary,
    },
    #[serde(alias = "failed")]
    Ok {
        nextest: Binary,
        passed: u64,
        failed: u64,
        ignored: u64,
    },
}

#[derive(Deserialize)]
pub(super) struct Binary {
    #[serde(rename = "crate")]
    package: String,
    #[serde(rename = "test_binary")]
    name: String,
    kind: String,
}

#[derive(Deserialize)]
pub(super) struct TestEvent {
    pub(super) event: Step,
    pub(super) name: String,
    exec_time: Option<f64>,
    reason: Option<String>,
    stdout: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Step {
    Started,
    Ok,
    Failed,
    Ignored,
}

impl Binary {
    pub(super) fn into_suite(self) -> Suite {
        Suite { package: self.package, binary: self.name, kind: self.kind }
    }
}

impl TestEvent {
    /// How the test ended; nothing for its start.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self.event {
            Step::Started => None,
            Step::Ok => Some(Outcome::Passed),
            Step::Ignored => Some(Outcome::Ignored),
            Step::Failed if self.reason.as_deref() == Some("time limit exceeded") => Some(Outcome::TimedOut),
            Step::Failed => Some(Outcome::Failed),
        }
    }

    pub(super) fn duration_ms(&self) -> Option<u64> {
        let time = std::time::Duration::try_from_secs_f64(self.exec_time?).ok()?;
        u64::try_from(time.as_millis()).ok()
    }

    /// What the test printed, or else the reason that nextest gives.
    pub(super) fn into_output(self) -> String {
        self.stdout.or(self.reason).unwrap_or_default()
    }
}
