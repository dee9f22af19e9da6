//! One window: is the candidate worse than what ran before?
//!
//! Nothing that could not be measured on both sides is ever good. For the share of failed requests good and bad both
//! have to be shown: it is bad where it is surely more than the margin above that of the baseline, good where it surely
//! is not, and between them there were too few requests to tell.

use serde::Serialize;

use super::answer::NoValue;
use super::proportions::{Share, difference};
use crate::config::{Canary, Measure};

/// What a window, a step or the whole came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Not worse.
    Good,
    /// It cannot be told.
    Inconclusive,
    /// Worse.
    Bad,
}

impl Outcome {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Inconclusive => "inconclusive",
            Self::Bad => "bad",
        }
    }
}

/// What was read of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    /// How many requests.
    pub requests: Result<f64, NoValue>,
    /// How many of them failed.
    pub errors: Result<f64, NoValue>,
    /// The 95th percentile of their time, in seconds.
    pub latency: Result<f64, NoValue>,
    /// How often the program began anew.
    pub crashes: Result<f64, NoValue>,
    /// The age of the newest sample, in seconds.
    pub age: Result<f64, NoValue>,
}

/// One measure of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// What was judged.
    pub measure: Measure,
    /// What it came to.
    pub outcome: Outcome,
    /// The figures, or why there are none.
    pub why: String,
}

/// A judged window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Window {
    /// Bad where one measure is bad, good where all are good.
    pub outcome: Outcome,
    /// Each measure.
    pub measures: Vec<Judged>,
}

impl Window {
    /// Why it came to what it did, in one line.
    pub fn why(&self) -> String {
        let said = self.measures.iter().filter(|judged| judged.outcome == self.outcome);
        said.map(|judged| judged.why.as_str()).collect::<Vec<_>>().join("; ")
    }
}

/// Judges a window.
pub fn judge(settings: &Canary, candidate: &Readings, baseline: &Readings) -> Window {
    let pair = Pair { settings, candidate, baseline };
    let judged = settings.measures.iter().map(|measure| {
        let told = match measure {
            Measure::Errors => pair.errors(),
            Measure::Latency => pair.latency(),
            Measure::Crashes => pair.crashes(),
        };
        let (outcome, why) = told.unwrap_or_else(|why| (Outcome::Inconclusive, why));
        Judged { measure: *measure, outcome, why }
    });
    let measures: Vec<Judged> = judged.collect();
    let outcome = measures.iter().map(|judged| judged.outcome).max();
    Window { outcome: outcome.unwrap_or(Outcome::Inconclusive), measures }
}

/// An outcome with its figures, or why there is none.
type Told = Result<(Outcome, String), String>;

struct Pair<'a> {
    settings: &'a Canary,
    candidate: &'a Readings,
    baseline: &'a Readings,
}

impl Pair<'_> {
    fn errors(&self) -> Told {
        self.fresh()?;
        let share = |side: &Readings, name: &str| -> Result<Share, String> {
            let (all, failed) = (self.requests(side, name)?, count(&side.errors, "errors", name)?);
            // both are extrapolated to the window from samples of the same times
            if failed > all * 1.02 + 1.0 {
                return Err(format!("the {name} has {failed} failed requests and only {all} in all"));
            }
            Ok(Share { failed: failed.min(all), all })
        };
        let candidate = share(self.candidate, "candidate");
        let (candidate, baseline) = both(candidate, share(self.baseline, "baseline"))?;
        let margin = self.settings.error_margin.value();
        let (low, high) = difference(candidate, baseline);
        let figures = format!(
            "errors {} of {} requests, before {} of {}; the difference is {} to {}, {} may be",
            candidate.failed,
            candidate.all,
            baseline.failed,
            baseline.all,
            percent(low),
            percent(high),
            percent(margin),
        );
        if low > margin {
            Ok((Outcome::Bad, figures))
        } else if high <= margin {
            Ok((Outcome::Good, figures))
        } else {
            Err(format!("too few requests to tell: {figures}"))
        }
    }

    fn latency(&self) -> Told {
        self.fresh()?;
        let enough = self.requests(self.candidate, "candidate");
        both(enough, self.requests(self.baseline, "baseline"))?;
        let candidate = number(&self.candidate.latency, "latency", "candidate");
        let (candidate, baseline) = both(candidate, number(&self.baseline.latency, "latency", "baseline"))?;
        let floor = self.settings.latency_floor.0.as_secs_f64();
        let most = (baseline * self.settings.latency_ratio.value()).max(floor);
        let outcome = if candidate > most { Outcome::Bad } else { Outcome::Good };
        let [candidate, baseline, most] = [candidate, baseline, most].map(|seconds| seconds * 1000.0);
        let figures = format!("p95 {candidate:.1} ms, before {baseline:.1} ms; {most:.1} ms may be");
        Ok((outcome, figures))
    }

    /// What has crashed has crashed, however old the samples are; that nothing crashed is known of fresh ones only.
    fn crashes(&self) -> Told {
        let candidate = count(&self.candidate.crashes, "crashes", "candidate");
        let (candidate, baseline) = both(candidate, count(&self.baseline.crashes, "crashes", "baseline"))?;
        #[expect(clippy::cast_precision_loss, reason = "nobody allows 2^53 crashes")]
        let most = baseline + self.settings.crashes as f64;
        let figures = format!("crashes {candidate}, before {baseline}; {most} may be");
        if candidate > most {
            return Ok((Outcome::Bad, figures));
        }
        self.fresh()?;
        Ok((Outcome::Good, figures))
    }

    fn requests(&self, side: &Readings, name: &str) -> Result<f64, String> {
        let requests = count(&side.requests, "requests", name)?;
        let least = self.settings.min_requests;
        #[expect(clippy::cast_precision_loss, reason = "nobody asks for 2^53 requests in a window")]
        let enough = requests >= least as f64;
        if enough {
            Ok(requests)
        } else {
            Err(format!("the {name} had {requests} requests, {least} are needed"))
        }
    }

    fn fresh(&self) -> Result<(), String> {
        let most = self.settings.max_age.0.as_secs_f64();
        let fresh = |side: &Readings, name: &str| {
            let age = number(&side.age, "age", name)?;
            let stale =
                || format!("the newest sample of the {name} is {age:.0} s old: it is not scraped any more");
            if age > most { Err(stale()) } else { Ok(()) }
        };
        both(fresh(self.candidate, "candidate"), fresh(self.baseline, "baseline")).map(|_| ())
    }
}

/// Both values, or why there are not both: both reasons where both have one.
fn both<T>(first: Result<T, String>, second: Result<T, String>) -> Result<(T, T), String> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(first), Err(second)) => Err(format!("{first}; {second}")),
        (Err(why), Ok(_)) | (Ok(_), Err(why)) => Err(why),
    }
}

/// A value that is not below zero.
fn number(reading: &Result<f64, NoValue>, what: &str, side: &str) -> Result<f64, String> {
    match reading {
        // a hair below zero comes of rounding
        Ok(value) if *value < -1e-3 => Err(format!("{what} of the {side}: {value} is below zero")),
        Ok(value) if value.is_finite() => Ok(value.max(0.0)),
        Ok(value) => Err(format!("{what} of the {side}: the value is {value}")),
        Err(why) => Err(format!("{what} of the {side}: {why}")),
    }
}

/// A whole number: Prometheus extrapolates what it counts to the ends of the window.
fn count(reading: &Result<f64, NoValue>, what: &str, side: &str) -> Result<f64, String> {
    number(reading, what, side).map(f64::round)
}

fn percent(share: f64) -> String {
    format!("{:+.2} %", share * 100.0)
}

#[cfg(test)]
mod tests;
