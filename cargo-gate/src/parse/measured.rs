//! What the runs of a measured program took: one JSON value a line, written by this program itself in the
//! place of the measured one's parent, and a last line that says that there are no more.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// From start to end, in nanoseconds.
    pub wall_ns: u64,
    /// The most memory that it held at a time, in bytes (resident; on Unix the largest of it and the
    /// processes that it waited for).
    pub peak_bytes: u64,
    /// How it ended.
    pub end: Ending,
}

impl Sample {
    /// From start to end.
    pub fn wall(&self) -> Duration {
        Duration::from_nanos(self.wall_ns)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// By itself, with this exit code.
    Code(i32),
    /// Killed by this signal.
    Signal(i32),
}

/// The last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finished {
    /// How many runs there were.
    pub runs: u32,
    /// The least peak that can be told: the parent's own memory counts for a child until it has become
    /// another program. 0 where the system does not work like that.
    pub floor_bytes: u64,
}

/// All runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// In their order.
    pub samples: Vec<Sample>,
    /// The least peak that can be told, in bytes.
    pub floor_bytes: u64,
}

/// Output that is not what a measurement writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the measurement cannot be read: {0}")]
pub struct MeasuredError(String);

/// Reads the lines.
///
/// # Errors
/// When a line is none of them, or the last one is missing or counts others.
pub fn parse(stdout: &[u8]) -> Result<Measured, MeasuredError> {
    let error = |what: &str| MeasuredError(what.to_owned());
    let text = std::str::from_utf8(stdout).map_err(|_| error("it is not UTF-8"))?;
    let text = text.strip_suffix('\n').ok_or_else(|| error("it is cut short"))?;
    let (runs, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let last: Finished =
        serde_json::from_str(last).map_err(|_| error("it ends without saying that it is complete"))?;
    let samples: Result<Vec<Sample>, _> = runs.lines().map(serde_json::from_str).collect();
    let samples = samples.map_err(|cause| MeasuredError(cause.to_string()))?;
    if usize::try_from(last.runs).ok() != Some(samples.len()) {
        return Err(error("it does not have as many runs as it says"));
    }
    Ok(Measured { samples, floor_bytes: last.floor_bytes })
}

/// A line of the output.
pub fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(wall_ns: u64) -> Sample {
        Sample { wall_ns, peak_bytes: 4096, end: Ending::Code(0) }
    }

    fn written() -> String {
        line(&sample(7)) + &line(&sample(9)) + &line(&Finished { runs: 2, floor_bytes: 5 })
    }

    #[test]
    fn what_is_written_is_read_again() {
        let measured = parse(written().as_bytes()).unwrap();
        assert_eq!(measured, Measured { samples: vec![sample(7), sample(9)], floor_bytes: 5 });
        assert_eq!(line(&sample(7)), "{\"wall_ns\":7,\"peak_bytes\":4096,\"end\":{\"code\":0}}\n");
    }

    #[test]
    fn output_cut_short_anywhere_is_an_error() {
        let text = written();
        for end in 0..text.len() {
            assert!(parse(&text.as_bytes()[..end]).is_err(), "{end}");
        }
        let (_, without_the_first) = text.split_once('\n').unwrap();
        assert!(parse(without_the_first.as_bytes()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_runs_or_an_error(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
