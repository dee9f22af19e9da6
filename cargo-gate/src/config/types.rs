//! Values that the config writes as text and the gates use as something stricter.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use globset::{Glob, GlobSet, GlobSetBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A duration as people write it: `90s`, `10m`, `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timeout(pub Duration);

impl TryFrom<String> for Timeout {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let duration = humantime::parse_duration(&text).map_err(|error| {
            format!("`{text}` is not a duration ({error}); write for example \"90s\" or \"10m\"")
        })?;
        if duration.is_zero() {
            Err("a duration of zero leaves no time at all".to_owned())
        } else {
            Ok(Self(duration))
        }
    }
}

impl From<Timeout> for String {
    fn from(timeout: Timeout) -> Self {
        // in one unit: humantime counts in months, which nobody set
        let seconds = timeout.0.as_secs();
        let units = [(24 * 60 * 60, "days"), (60 * 60, "h"), (60, "m"), (1, "s")];
        let whole = units
            .into_iter()
            .find(|(unit, _)| timeout.0.subsec_nanos() == 0 && seconds.is_multiple_of(*unit));
        match whole {
            Some((unit, name)) => format!("{}{name}", seconds / unit),
            None => humantime::format_duration(timeout.0).to_string(),
        }
    }
}

impl JsonSchema for Timeout {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A duration: 90s, 10m, 1h 30m." })
    }
}

/// Globs over paths relative to the workspace root, with `/` between their parts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Globs {
    patterns: Vec<String>,
    set: GlobSet,
}

impl Globs {
    /// Whether one of the globs matches the path.
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    /// The globs that match none of the paths.
    pub fn unmatched<'a>(&'a self, paths: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let matched: BTreeSet<usize> = paths.flat_map(|path| self.set.matches(path)).collect();
        let left = self.patterns.iter().enumerate().filter(|(place, _)| !matched.contains(place));
        left.map(|(_, glob)| glob.as_str()).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }
}

/// Equal globs in equal order.
impl PartialEq for Globs {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl Eq for Globs {}

impl TryFrom<Vec<String>> for Globs {
    type Error = String;

    fn try_from(patterns: Vec<String>) -> Result<Self, String> {
        let mut builder = GlobSetBuilder::new();
        for pattern in &patterns {
            builder.add(
                Glob::new(pattern).map_err(|error| format!("`{pattern}` is not a glob: {}", error.kind()))?,
            );
        }
        Ok(Self { set: builder.build().map_err(|error| error.to_string())?, patterns })
    }
}

impl From<Globs> for Vec<String> {
    fn from(globs: Globs) -> Self {
        globs.patterns
    }
}

impl JsonSchema for Globs {
    fn schema_name() -> Cow<'static, str> {
        "Globs".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": { "type": "string" },
            "description": "Globs over paths relative to the workspace root."
        })
    }
}

/// A program and its arguments, as a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct CommandLine {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
}

impl TryFrom<Vec<String>> for CommandLine {
    type Error = &'static str;

    fn try_from(words: Vec<String>) -> Result<Self, Self::Error> {
        let mut words = words.into_iter();
        match words.next().filter(|program| !program.trim().is_empty()) {
            Some(program) => Ok(Self { program, args: words.collect() }),
            None => Err("a command names its program first, and this one names none"),
        }
    }
}

impl From<CommandLine> for Vec<String> {
    fn from(line: CommandLine) -> Self {
        std::iter::once(line.program).chain(line.args).collect()
    }
}

impl std::fmt::Display for CommandLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
}

impl JsonSchema for CommandLine {
    fn schema_name() -> Cow<'static, str> {
        "CommandLine".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": { "type": "string" },
            "minItems": 1,
            "description": "A program and its arguments."
        })
    }
}

/// A reason in words; it may not be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

impl TryFrom<String> for Reason {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() { Err("a reason may not be empty".to_owned()) } else { Ok(Self(text)) }
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Reason {
    fn schema_name() -> Cow<'static, str> {
        "Reason".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "description": "A reason in words." })
    }
}

/// The last day on which an exception holds, as `2027-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expiry(pub jiff::civil::Date);

impl TryFrom<String> for Expiry {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|_| format!("`{text}` is not a date; write for example \"2027-01-31\""))
    }
}

impl From<Expiry> for String {
    fn from(expiry: Expiry) -> Self {
        expiry.0.to_string()
    }
}

impl JsonSchema for Expiry {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "description": "A date: 2027-01-31." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_written_as_people_write_it() {
        assert_eq!(Timeout::try_from("1m 30s".to_owned()).unwrap().0, Duration::from_secs(90));
        assert!(Timeout::try_from("soon".to_owned()).unwrap_err().contains("`soon`"));
        assert!(Timeout::try_from("0s".to_owned()).is_err());
        let written = ["60days", "90m", "45s", "1500ms"].map(|text| {
            let timeout = Timeout::try_from(text.to_owned()).unwrap();
            String::from(timeout)
        });
        assert_eq!(written, ["60days", "90m", "45s", "1s 500ms"]);
    }

    #[test]
    fn globs_match_paths_and_a_broken_glob_is_named() {
        let globs = Globs::try_from(vec!["gen/**".to_owned(), "**/*.pb.rs".to_owned()]).unwrap();
        assert!(globs.matches("gen/a/b.rs") && globs.matches("src/x.pb.rs") && !globs.matches("src/x.rs"));
        assert!(Globs::try_from(vec!["a[".to_owned()]).unwrap_err().contains("`a[`"));
    }

    #[test]
    fn an_empty_reason_is_none() {
        assert!(Reason::try_from("  ".to_owned()).is_err());
    }

    #[test]
    fn a_date_that_does_not_exist_is_refused() {
        assert!(Expiry::try_from("2027-02-30".to_owned()).is_err());
        assert!(Expiry::try_from("2027-02-28".to_owned()).is_ok());
    }
}
