//! Rounds as they are kept: one line of JSON for each bench in each round.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Error;

/// One bench in one round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) round: usize,
    pub(super) bench: String,
    /// The shortest time of one iteration in nanoseconds, by the program's name.
    pub(super) shortest: BTreeMap<String, f64>,
    /// The mean time of the same run, which shows what the machine's other work adds.
    pub(super) mean: BTreeMap<String, f64>,
}

/// Every round of each bench, in order.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    pub(super) benches: BTreeMap<String, Vec<Line>>,
}

impl Recorded {
    /// How many rounds every bench has.
    pub(super) fn rounds(&self) -> usize {
        self.benches.values().map(Vec::len).min().unwrap_or_default()
    }
}

/// Reads the kept rounds; none where there is no such file.
pub(super) fn read(path: &Path) -> Result<Recorded, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::file(path, &error)),
    };
    let mut recorded = Recorded::default();
    for (number, line) in text.lines().enumerate() {
        let line: Line = serde_json::from_str(line)
            .map_err(|error| Error::file(path, &format!("line {}: {error}", number + 1)))?;
        recorded.benches.entry(line.bench.clone()).or_default().push(line);
    }
    Ok(recorded)
}

/// Keeps more.
pub(super) fn keep(path: &Path, lines: &[Line]) -> Result<(), Error> {
    let text: Vec<String> = lines.iter().filter_map(|line| serde_json::to_string(line).ok()).collect();
    let file = std::fs::File::options().create(true).append(true).open(path);
    let written = file.and_then(|mut file| writeln!(file, "{}", text.join("\n")));
    written.map_err(|error| Error::file(path, &error))
}
