//! What the settings of several gates together say about the test runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::step::Tool;

/// What runs the tests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Runner {
    /// nextest where it is installed, else `cargo test`.
    #[default]
    Auto,
    /// nextest; the gate is `broken` without it.
    Nextest,
    /// `cargo test`.
    Cargo,
}

impl Runner {
    /// Whether that means nextest here.
    pub fn is_nextest(self, facts: &Facts) -> bool {
        match self {
            Self::Auto => facts.has(Tool::Nextest),
            Self::Nextest => true,
            Self::Cargo => false,
        }
    }
}

/// How the tests run: one run serves several gates, and each of those has its say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestSettings {
    /// What runs the unit and integration tests (`gates.test.runner`).
    pub runner: Runner,
    /// Whether the tests run once more for `coverage` (`gates.test.separate`).
    pub separate: bool,
    /// How often a failed test is tried again where `flaky` runs (`gates.flaky.retries`).
    pub retries: u32,
    /// Whether doctests count as coverage (`gates.coverage.doctests`).
    pub measure_doctests: bool,
}

impl Default for TestSettings {
    fn default() -> Self {
        Self { runner: Runner::Auto, separate: false, retries: 2, measure_doctests: true }
    }
}
