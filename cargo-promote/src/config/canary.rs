//! `[canary]`: how a candidate that runs beside the one before is watched, and when it is taken back.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use cargo_gate::config::{CommandLine, Timeout};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// How a candidate is watched, as `[canary]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Canary {
    /// The address of Prometheus, where `--prometheus` does not say it.
    pub prometheus: Option<String>,
    /// The environment variable with the bearer token for Prometheus.
    pub token_env: Option<String>,
    /// What is asked. `{version}`, `{commit}` and `{candidate}` stand for what is asked about, `{environment}` and
    /// `{window}` for themselves.
    pub queries: Queries,
    /// What is judged.
    pub measures: Vec<Measure>,
    /// The time that one judgement looks back over.
    pub window: Timeout,
    /// The time from one judgement to the next; `window` where it is not said. Shorter than that, windows overlap and
    /// tell less than their number says.
    pub interval: Option<Timeout>,
    /// How many windows in a row must say the same.
    pub windows: u32,
    /// The fewest requests that candidate and baseline each must have had in a window.
    pub min_requests: u64,
    /// By how much the candidate's error rate may be above that of the baseline: 0.01 is one percentage point.
    pub error_margin: Share,
    /// How many times as long as the baseline's the 95th percentile of the candidate's latency may be.
    pub latency_ratio: Ratio,
    /// A latency up to which the candidate is never too slow, whatever the ratio.
    pub latency_floor: Timeout,
    /// How many crashes in a window the candidate may have more than the baseline.
    pub crashes: u64,
    /// How old the newest sample may be. Older ones tell of an exporter that is not scraped any more.
    pub max_age: Timeout,
    /// The longest that all of it may take; then the result is inconclusive.
    pub timeout: Timeout,
    /// Shares of the traffic in percent, one after the other, each as a number or as a table. Without any the
    /// candidate is only watched.
    pub steps: Vec<Step>,
    /// What brings a share of the traffic to the candidate, for steps that have no command of their own. It is given
    /// `PROMOTE_PERCENT`, `PROMOTE_CANDIDATE`, `PROMOTE_BASELINE`, `PROMOTE_VERSION` and `PROMOTE_ENVIRONMENT`.
    pub command: Option<CommandLine>,
    /// What takes all traffic away from a bad candidate, before the ledger is moved: it is given the same, with a
    /// `PROMOTE_PERCENT` of 0.
    pub undo: Option<CommandLine>,
    /// What becomes of a bad candidate.
    pub on_bad: OnBad,
}

/// What Prometheus is asked, as `[canary.queries]`. Each must give one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Queries {
    /// How many requests there were in the window.
    pub requests: String,
    /// How many of them failed.
    pub errors: String,
    /// The 95th percentile of the time that they took, in seconds.
    pub latency: String,
    /// How often the program began anew in the window.
    pub crashes: String,
    /// The age of the newest sample, in seconds.
    pub age: String,
}

/// One thing that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The share of failed requests.
    Errors,
    /// The 95th percentile of the latency.
    Latency,
    /// How often the program began anew.
    Crashes,
}

/// What becomes of a bad candidate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnBad {
    /// The environment goes back to what it ran before.
    #[default]
    Rollback,
    /// It is only said.
    Report,
}

/// One share of the traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The share in percent, 1 to 100.
    pub percent: u8,
    /// What brings it about; the common command without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandLine>,
    /// The least time that it is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bake: Option<Timeout>,
}

/// A share above 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

/// A ratio of at least 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Ratio(f64);

/// Counters of the names that client libraries give them, in the units that Prometheus recommends.
impl Default for Queries {
    fn default() -> Self {
        Self {
            requests: r#"sum(increase(http_requests_total{version="{version}"}[{window}]))"#.to_owned(),
            // without a single failed request there is no series of failed ones: nothing times zero is still nothing,
            // some requests times zero are no failures
            errors: r#"sum(increase(http_requests_total{version="{version}",code=~"5.."}[{window}])) or sum(increase(http_requests_total{version="{version}"}[{window}])) * 0"#
                .to_owned(),
            latency: r#"histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{version="{version}"}[{window}])))"#
                .to_owned(),
            crashes: r#"sum(changes(process_start_time_seconds{version="{version}"}[{window}]))"#.to_owned(),
            age: r#"time() - min(timestamp(http_requests_total{version="{version}"}))"#.to_owned(),
        }
    }
}

impl Default for Canary {
    fn default() -> Self {
        Self {
            prometheus: None,
            token_env: None,
            queries: Queries::default(),
            measures: vec![Measure::Errors, Measure::Latency, Measure::Crashes],
            window: Timeout(Duration::from_mins(1)),
            interval: None,
            windows: 3,
            min_requests: 100,
            error_margin: Share(0.01),
            latency_ratio: Ratio(1.25),
            latency_floor: Timeout(Duration::from_millis(50)),
            crashes: 0,
            max_age: Timeout(Duration::from_mins(1)),
            timeout: Timeout(Duration::from_hours(1)),
            steps: Vec::new(),
            command: None,
            undo: None,
            on_bad: OnBad::default(),
        }
    }
}

impl Canary {
    /// The time from one judgement to the next.
    pub fn interval(&self) -> Duration {
        self.interval.unwrap_or(self.window).0
    }

    /// The command that brings a step about.
    pub fn command_of<'a>(&'a self, step: &'a Step) -> Option<&'a CommandLine> {
        step.command.as_ref().or(self.command.as_ref())
    }

    /// What is well formed and makes no sense.
    pub(super) fn mistakes(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut wrong = |what: String| found.push(format!("[canary]: {what}"));
        if self.windows == 0 {
            wrong("`windows` is 0, and nothing would be judged".to_owned());
        }
        if self.min_requests == 0 {
            wrong("`min_requests` is 0, and no requests at all would be judged".to_owned());
        }
        if self.measures.is_empty() {
            wrong("`measures` is empty, and nothing would be judged".to_owned());
        }
        let rising = self.steps.is_sorted_by(|a, b| a.percent < b.percent);
        if !rising {
            wrong("the percentages of `steps` do not rise".to_owned());
        }
        if rising && self.steps.last().is_some_and(|step| step.percent != 100) {
            wrong("the last of `steps` is not 100".to_owned());
        }
        for step in self.steps.iter().filter(|step| self.command_of(step).is_none()) {
            wrong(format!("the step of {} % has no command, and there is no common one", step.percent));
        }
        let watched = self.window.0.max(self.interval()) + self.interval() * self.windows.saturating_sub(1);
        let steps = u32::try_from(self.steps.len().max(1)).unwrap_or(u32::MAX);
        if self.timeout.0 < watched.saturating_mul(steps) {
            let timeout = String::from(self.timeout);
            wrong(format!("`timeout` is {timeout}, too short for the windows of all steps"));
        }
        for (name, query) in self.queries.all() {
            let known = ["version", "commit", "candidate", "environment", "window"];
            let asks = ["{version}", "{commit}", "{candidate}"].iter().any(|hole| query.contains(hole));
            if query.trim().is_empty() || !asks {
                wrong(format!(
                    "the query `{name}` asks about no candidate; it needs `{{version}}`, `{{commit}}` or `{{candidate}}`"
                ));
            }
            // braces belong to the language of the queries: only what looks like a misspelt hole is one
            for hole in holes(query).filter(|hole| !known.contains(hole)) {
                wrong(format!("the query `{name}` has `{{{hole}}}`; known are: {}", known.join(", ")));
            }
        }
        found
    }
}

impl Queries {
    /// All with their names.
    pub fn all(&self) -> [(&'static str, &str); 5] {
        [
            ("requests", &self.requests),
            ("errors", &self.errors),
            ("latency", &self.latency),
            ("crashes", &self.crashes),
            ("age", &self.age),
        ]
    }
}

/// What stands in braces and is a single word: labels are followed by `=` or `!`.
fn holes(query: &str) -> impl Iterator<Item = &str> {
    query.split('{').skip(1).filter_map(|rest| {
        let (word, _) = rest.split_once('}')?;
        let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        plain.then_some(word)
    })
}

impl Share {
    /// The number.
    pub fn value(self) -> f64 {
        self.0
    }
}

/// It is never NaN.
impl Eq for Share {}

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if value > 0.0 && value < 1.0 {
            Ok(Self(value))
        } else {
            Err(format!("{value} is not above 0 and below 1; one percentage point is 0.01"))
        }
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 })
    }
}

impl Ratio {
    /// The number.
    pub fn value(self) -> f64 {
        self.0
    }
}

/// It is never NaN.
impl Eq for Ratio {}

impl TryFrom<f64> for Ratio {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if value >= 1.0 && value.is_finite() {
            Ok(Self(value))
        } else {
            Err(format!("{value} is no ratio of at least 1; a quarter more is 1.25"))
        }
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> Self {
        ratio.0
    }
}

impl JsonSchema for Ratio {
    fn schema_name() -> Cow<'static, str> {
        "Ratio".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 1 })
    }
}

/// A step as a table.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepTable {
    /// The share of the traffic in percent.
    #[schemars(range(min = 1, max = 100))]
    percent: i64,
    /// What brings it about; the common command without one.
    #[serde(default)]
    command: Option<CommandLine>,
    /// The least time that it is watched.
    #[serde(default)]
    bake: Option<Timeout>,
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Step;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a percentage, or a table with `percent`, `command` and `bake`")
            }

            fn visit_i64<E: de::Error>(self, percent: i64) -> Result<Step, E> {
                Ok(Step { percent: percentage(percent)?, command: None, bake: None })
            }

            fn visit_u64<E: de::Error>(self, percent: u64) -> Result<Step, E> {
                self.visit_i64(i64::try_from(percent).unwrap_or(i64::MAX))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Step, A::Error> {
                let table = StepTable::deserialize(MapAccessDeserializer::new(map))?;
                let StepTable { percent, command, bake } = table;
                Ok(Step { percent: percentage(percent)?, command, bake })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

fn percentage<E: de::Error>(percent: i64) -> Result<u8, E> {
    let fits = u8::try_from(percent).ok().filter(|percent| (1..=100).contains(percent));
    fits.ok_or_else(|| E::custom(format!("{percent} is no percentage of 1 to 100")))
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = StepTable::json_schema(generator);
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 100 }, table] })
    }
}

#[cfg(test)]
mod tests;
