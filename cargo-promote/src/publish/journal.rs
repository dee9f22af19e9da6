//! The journal of a publication: what was begun and what came of it, a JSON document a line. The index tells what is
//! there; the journal tells what may be on its way, which an index shows late.

use std::collections::BTreeMap;

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
    /// The package.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Its bytes.
    pub digest: Digest,
}

/// What happened to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It is about to begin.
    Begun,
    /// The registry said no.
    Refused,
    /// The registry took it; its index does not show it yet.
    Taken,
    /// The index shows it with our checksum.
    Done,
}

/// A record as a line.
///
/// # Errors
/// Never for a record that was made here.
pub fn written(record: &Record) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(record)? + "\n")
}

/// Reads a journal. What a crash left of the last line was never begun: a line is written before its upload begins.
///
/// # Errors
/// In words, where a whole line is no record.
pub fn read_journal(bytes: &[u8]) -> Result<Vec<Record>, String> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lines = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty());
    lines
        .map(|(place, line)| {
            serde_json::from_slice(line).map_err(|error| format!("line {}: {error}", place + 1))
        })
        .collect()
}

/// The uploads of which nobody heard how they ended, or that the index did not show yet.
pub fn in_flight(records: &[Record]) -> Vec<&Record> {
    let mut last: BTreeMap<(&str, &Version), &Record> = BTreeMap::new();
    for record in records {
        last.insert((&record.name, &record.version), record);
    }
    last.into_values().filter(|record| matches!(record.event, Event::Begun | Event::Taken)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(name: &str, event: Event) -> Record {
        let version = Version::new(1, 0, 0);
        Record {
            time: Timestamp::UNIX_EPOCH,
            event,
            name: name.to_owned(),
            version,
            digest: Digest::of(b"x"),
        }
    }

    #[test]
    fn what_was_begun_and_not_heard_of_is_in_flight() {
        let all = [
            record("a", Event::Begun),
            record("b", Event::Begun),
            record("a", Event::Done),
            record("c", Event::Begun),
            record("c", Event::Refused),
            record("d", Event::Begun),
            record("d", Event::Taken),
        ];
        let text: String = all.iter().map(|record| written(record).unwrap()).collect();
        let read = read_journal(text.as_bytes()).unwrap();
        assert_eq!(read, all);
        let names: Vec<_> = in_flight(&read).iter().map(|record| record.name.as_str()).collect();
        assert_eq!(names, ["b", "d"]);
    }

    #[test]
    fn half_a_last_line_is_nothing_and_half_a_line_before_is_an_error() {
        let line = written(&record("a", Event::Begun)).unwrap();
        for end in 0..line.len() {
            let cut = [line.as_bytes(), &line.as_bytes()[..end]].concat();
            assert_eq!(read_journal(&cut).unwrap().len(), 1, "{end}");
        }
        assert!(read_journal(format!("{{\n{line}").as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_give_records_or_an_error(bytes: Vec<u8>) {
            let _ = read_journal(&bytes);
        }
    }
}
