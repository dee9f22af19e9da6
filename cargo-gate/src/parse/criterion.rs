//! The files of criterion (`benchmark.json`, `sample.json`, `estimates.json`), the list that a criterion
//! program prints, and the exports of critcmp (`critcmp --export`).
//!
//! criterion keeps `<home>/<directory>/<baseline>/{benchmark,sample,estimates}.json`; the directory's
//! name is a cleaned one, so that a bench's name comes from `benchmark.json` only. Files of criterion 0.3
//! to 0.8 are read; fields that are not named here are ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

/// The longest list of samples that is read; criterion takes 100 where nobody asks for another number.
const MOST_SAMPLES: usize = 1 << 20;

/// A file that is not what criterion or critcmp writes.
#[derive(Debug, Error)]
pub enum CriterionError {
    /// Not the JSON of that file.
    #[error("not a {file} of criterion ({cause})")]
    Malformed {
        /// Which file.
        file: &'static str,
        /// What is wrong with it.
        cause: serde_json::Error,
    },
    /// The JSON of that file, with content that cannot be.
    #[error("a {file} of criterion that cannot be right: {cause}")]
    Senseless {
        /// Which file.
        file: &'static str,
        /// What is wrong with it.
        cause: String,
    },
}

/// `benchmark.json`: which bench it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Benchmark {
    /// Its full name, `group/function/parameter`.
    pub full_id: String,
}

/// `sample.json`: what was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Time for one iteration in each sample, in the unit of the measurement: nanoseconds, unless the
    /// bench measures something else. All are finite and above 0, and there is at least one.
    pub per_iteration: Vec<f64>,
}

impl Sample {
    /// The shortest of them: what the code takes where nothing disturbs it.
    pub fn shortest(&self) -> f64 {
        self.per_iteration.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// One figure of `estimates.json`, with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The figure, in nanoseconds for one iteration.
    pub point: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// `estimates.json`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimates {
    /// The mean.
    pub mean: Estimate,
    /// The median.
    pub median: Estimate,
}

/// What `critcmp --export NAME` writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The baseline's name.
    pub name: String,
    /// The benches by their full names.
    pub benches: BTreeMap<String, Estimates>,
}

/// What a bench program answers to `--bench --list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The full names of criterion's benches, in its order.
    Criterion(Vec<String>),
    /// The harness of the standard library, with this number of benches.
    Libtest(usize),
    /// It names no bench.
    Nothing,
}

#[derive(Deserialize)]
struct RawSample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

#[derive(Deserialize)]
struct RawEstimates {
    // criterion before 0.3 wrote capitals, and exports of that time are still about
    #[serde(alias = "Mean")]
    mean: RawEstimate,
    #[serde(alias = "Median")]
    median: RawEstimate,
}

#[derive(Deserialize)]
struct RawEstimate {
    confidence_interval: RawInterval,
    point_estimate: f64,
}

#[derive(Deserialize)]
struct RawInterval {
    lower_bound: f64,
    upper_bound: f64,
}

#[derive(Deserialize)]
struct RawExport {
    name: String,
    benchmarks: BTreeMap<String, RawExported>,
}

#[derive(Deserialize)]
struct RawExported {
    #[serde(rename = "criterion_benchmark_v1")]
    benchmark: Benchmark,
    #[serde(rename = "criterion_estimates_v1")]
    estimates: RawEstimates,
}

/// Reads a `benchmark.json`.
///
/// # Errors
/// When it is not one.
pub fn benchmark(bytes: &[u8]) -> Result<Benchmark, CriterionError> {
    let benchmark: Benchmark = decode("benchmark.json", bytes)?;
    if benchmark.full_id.is_empty() {
        return Err(senseless("benchmark.json", "the bench has no name"));
    }
    Ok(benchmark)
}

/// Reads a `sample.json`.
///
/// # Errors
/// When it is not one, or holds no sample, or one that took no time.
pub fn sample(bytes: &[u8]) -> Result<Sample, CriterionError> {
    const FILE: &str = "sample.json";
    let RawSample { iters, times } = decode(FILE, bytes)?;
    if iters.len() != times.len() {
        let cause = format!("{} iteration counts and {} times", iters.len(), times.len());
        return Err(senseless(FILE, cause));
    }
    if times.is_empty() || times.len() > MOST_SAMPLES {
        return Err(senseless(FILE, format!("{} samples", times.len())));
    }
    let per_iteration: Vec<f64> = times.iter().zip(&iters).map(|(time, iters)| time / iters).collect();
    match per_iteration.iter().position(|time| !(time.is_finite() && *time > 0.0)) {
        Some(number) => Err(senseless(FILE, format!("sample {} took no time", number + 1))),
        None => Ok(Sample { per_iteration }),
    }
}

/// Reads an `estimates.json`.
///
/// # Errors
/// When it is not one, or its figures are not above 0.
pub fn estimates(bytes: &[u8]) -> Result<Estimates, CriterionError> {
    sound_estimates("estimates.json", &decode("estimates.json", bytes)?)
}

/// Reads an export of critcmp.
///
/// # Errors
/// When it is not one, or names no bench.
pub fn export(bytes: &[u8]) -> Result<Export, CriterionError> {
    const FILE: &str = "critcmp export";
    let RawExport { name, benchmarks } = decode(FILE, bytes)?;
    if benchmarks.is_empty() {
        return Err(senseless(FILE, "it names no bench"));
    }
    let benches = benchmarks.into_values().map(|one| {
        let estimates = sound_estimates(FILE, &one.estimates)?;
        Ok((one.benchmark.full_id, estimates))
    });
    Ok(Export { name, benches: benches.collect::<Result<_, CriterionError>>()? })
}

/// Reads what a bench program printed for `--bench --list`. Other lines are the program's own.
pub fn list(stdout: &[u8]) -> Listing {
    let text = String::from_utf8_lossy(stdout);
    if let Some(benches) = text.lines().rev().find_map(libtest_total) {
        return Listing::Libtest(benches);
    }
    // criterion before 0.5 says `bench`
    let name =
        |line: &str| line.strip_suffix(": benchmark").or(line.strip_suffix(": bench")).map(str::to_owned);
    let names: Vec<String> = text.lines().filter_map(name).collect();
    if names.is_empty() { Listing::Nothing } else { Listing::Criterion(names) }
}

/// The number of benches in libtest's last line: `0 tests, 3 benchmarks`.
pub(super) fn libtest_total(line: &str) -> Option<usize> {
    let (tests, benches) = line.trim_end().split_once(", ")?;
    let number = |text: &str, noun: &str| {
        let (number, word) = text.split_once(' ')?;
        (word.trim_end_matches('s') == noun).then(|| number.parse().ok())?
    };
    number(tests, "test")?;
    number(benches, "benchmark")
}

fn decode<'a, T: Deserialize<'a>>(file: &'static str, bytes: &'a [u8]) -> Result<T, CriterionError> {
    serde_json::from_slice(bytes).map_err(|cause| CriterionError::Malformed { file, cause })
}

fn senseless(file: &'static str, cause: impl Into<String>) -> CriterionError {
    CriterionError::Senseless { file, cause: cause.into() }
}

fn sound_estimates(file: &'static str, raw: &RawEstimates) -> Result<Estimates, CriterionError> {
    let sound = |name: &str, raw: &RawEstimate| {
        let RawInterval { lower_bound: low, upper_bound: high } = raw.confidence_interval;
        let estimate = Estimate { point: raw.point_estimate, low, high };
        let finite = [estimate.point, low, high].iter().all(|figure| figure.is_finite());
        if finite && estimate.point > 0.0 && low <= high {
            Ok(estimate)
        } else {
            Err(senseless(file, format!("a {name} of {} between {low} and {high}", estimate.point)))
        }
    };
    Ok(Estimates { mean: sound("mean", &raw.mean)?, median: sound("median", &raw.median)? })
}

#[cfg(test)]
mod tests;
